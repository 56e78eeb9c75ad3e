#include "engine/store/volumes/volume_set.hpp"

#include <algorithm>
#include <utility>

#include "engine/model/layout.hpp"
#include "engine/store/publish.hpp"
#include "engine/store/volumes/member_reader.hpp"
#include "engine/verify/departure.hpp"
#include "engine/world/folder_flush.hpp"
#include "engine/world/workers.hpp"
#include "formats/bagit.hpp"
#include "formats/time.hpp"

namespace decamp::store {

namespace {

// Of an encrypted volume, which is committed at once: whoever waits for it has a place in memory.
constexpr std::size_t most_waiting = 2048;

std::uint64_t limit_of(const volume_settings& settings, const world::drive_facts& facts, const encryption::lock* lock) {
    const std::uint64_t limit = std::min(settings.volume_bytes, facts.largest_file);
    return lock == nullptr ? limit : lock->plain_limit(limit);
}

std::string ending_of(const volume_settings& settings, const encryption::lock* lock) {
    std::string ending(word_of(settings.kind));
    if (lock != nullptr) ending += encryption::ending;
    return ending;
}

}  // namespace

volume_set::volume_set(runtime::surroundings& around, world::file_store& files, catalogue::catalogue& where,
                       const volume_settings& settings, unsigned packers, outlets out, const encryption::lock* lock)
    : around_(around),
      files_(files),
      catalogue_(where),
      settings_(settings),
      packers_(packers),
      limit_(limit_of(settings, files.facts(), lock)),
      out_(std::move(out)),
      lock_(lock) {}

task<result<void>> volume_set::add(std::vector<incoming> members) {
    std::size_t done = 0;
    while (done < members.size()) {
        const result<void> is_ready = co_await ready();
        if (!is_ready) co_return is_ready;
        auto work = [&] { return append(members, done); };
        const result<std::size_t> appended = co_await world::run_on(around_.workers, world::queue::commit, work);
        if (!appended) co_return appended.error();
        done = appended.value();
        if (done == members.size()) break;
        const result<void> sealed = co_await seal();  // the next one does not fit
        if (!sealed) co_return sealed;
    }
    co_return result<void>();
}

// The index of the first that does not fit.
result<std::size_t> volume_set::append(std::vector<incoming>& members, std::size_t from) {
    archive& content = *open_->content;
    for (std::size_t i = from; i < members.size(); ++i) {
        incoming& m = members[i];
        if (m.kind == member_kind::link && m.link_within != open_->row.number) {
            m.kind = member_kind::copy;
            m.entry.link_to.clear();
        }
        if (lock_ != nullptr && unsettled_.size() >= most_waiting) return i;
        const bool empty = content.raw() == 0;
        if (!empty) {
            const auto fits = content.fits(m.entry, limit_);
            if (!fits) return fits.error();
            if (!fits.value()) return i;
        }
        auto place = content.add(m.entry, *m.bytes);
        if (!place) return place.error();
        m.bytes.reset();
        place.value().file = m.file;
        place.value().blob = m.blob;
        place.value().kind = m.kind;
        unsettled_.push_back(place.value());
    }
    return members.size();
}

task<result<void>> volume_set::commit(bool all) {
    if (lock_ == nullptr) co_return co_await commit_members(all);
    if (!all || unsettled_.empty()) co_return result<void>();
    co_return co_await seal();
}

task<result<void>> volume_set::commit_members(bool all) {
    if (unsettled_.empty()) co_return result<void>();
    packed_group group;
    auto flush = [&] { return close_group(group, all); };
    const result<void> flushed = co_await world::run_on(around_.workers, world::queue::commit, flush);
    if (!flushed || group.members.empty()) co_return flushed;
    const result<void> recorded = co_await record(group);
    if (!recorded) co_return recorded;
    if (group.until_sealed)
        waiting_ = std::move(group.members);
    else if (grown_)
        grown_(group.members);
    co_return result<void>();
}

// On the commit queue.
result<void> volume_set::close_group(packed_group& group, bool all) {
    if (all) {
        if (auto r = open_->content->close_frame(); !r) return r;
    }
    if (auto r = open_->content->write_out(); !r) return r;
    const std::uint64_t settled = open_->content->settled();
    // A member ends where the next one begins, or the archive does.
    std::size_t whole = 0;
    while (whole < unsettled_.size()) {
        const std::uint64_t end = whole + 1 < unsettled_.size() ? unsettled_[whole + 1].at : open_->content->raw();
        if (end > settled) break;
        ++whole;
    }
    if (whole == 0) return {};
    if (auto r = open_->file->sync(); !r) return r;
    const auto cut = unsettled_.begin() + static_cast<std::ptrdiff_t>(whole);
    group.members.assign(unsettled_.begin(), cut);
    unsettled_.erase(unsettled_.begin(), cut);
    group.frames = open_->content->take_frames();
    group.until_sealed = lock_ != nullptr;
    open_->row.bytes = open_->file->stored();
    open_->row.raw = settled;
    open_->row.prefix = open_->file->prefix();
    group.head = open_->row;
    return {};
}

task<result<void>> volume_set::record(const packed_group& group) {
    auto work = [&]() -> result<void> {
        if (group_number_ == 0) {
            const auto last = catalogue_.last_group();
            if (!last) return last.error();
            group_number_ = last.value();
        }
        return catalogue_.record_packed(group, ++group_number_);
    };
    co_return co_await world::run_on(around_.workers, world::queue::catalogue, work);
}

task<result<void>> volume_set::ready() {
    if (open_) co_return result<void>();
    std::optional<volume_row> row;
    auto ask = [&]() -> result<void> {
        auto there = catalogue_.open_volume();
        if (!there) return there.error();
        row = std::move(there.value());
        return {};
    };
    const result<void> asked = co_await world::run_on(around_.workers, world::queue::catalogue, ask);
    if (!asked) co_return asked;
    if (row) {
        const result<void> taken = co_await take_up(*row);
        if (!taken || open_) co_return taken;
    }
    auto begin = [&]() -> result<void> {
        auto made = catalogue_.begin_volume(ending_of(settings_, lock_));
        if (!made) return made.error();
        row = std::move(made.value());
        return {};
    };
    const result<void> begun = co_await world::run_on(around_.workers, world::queue::catalogue, begin);
    if (!begun) co_return begun;
    auto open = [&] { return open_file(*row, {}, 0); };
    co_return co_await world::run_on(around_.workers, world::queue::commit, open);
}

// On the commit queue.
result<void> volume_set::open_file(const volume_row& row, std::vector<volume_frame> frames,
                                   std::uint64_t directory_bytes) {
    world::folder_flush folders(files_);
    if (auto r = folders.need(std::string(layout::open_volumes_folder)); !r) return r;
    auto file = row.bytes == 0 ? volume_file::create(files_, open_path(row), lock_)
                               : volume_file::resume(files_, open_path(row), row.bytes, row.prefix);
    if (!file) return file.error();
    if (auto r = folders.flush_each(); !r) return r;
    opened now;
    now.row = row;
    now.file = std::move(file.value());
    now.content = make_archive(settings_.kind, {*now.file, now.row, std::move(frames), settings_.level, directory_bytes,
                                                &around_.workers, packers_});
    open_ = std::move(now);
    return {};
}

// Of an earlier run. Its committed bytes are read, since nothing is added behind what is not there.
task<result<void>> volume_set::take_up(volume_row row) {
    if (lock_ != nullptr && row.bytes > 0) co_return co_await forget(row);
    std::vector<volume_frame> frames;
    std::uint64_t directory_bytes = 0;
    auto ask = [&]() -> result<void> {
        auto known = catalogue_.frames();
        if (!known) return known.error();
        frames = std::move(known.value());
        if (settings_.kind != container::zip) return {};
        return catalogue_.each_volume_member(row.number, [&](const named_member& m) {
            directory_bytes += directory_bytes_of(m);
            return true;
        });
    };
    const result<void> asked = co_await world::run_on(around_.workers, world::queue::catalogue, ask);
    if (!asked) co_return asked;
    // A name that the drive does not change is no lost volume: given up, it would stay behind under that name.
    auto back = [&] { return row.bytes == 0 ? result<void>() : take_back(row); };
    const result<void> named = co_await world::run_on(around_.workers, world::queue::commit, back);
    if (!named) co_return named;
    auto open = [&] { return open_file(row, std::move(frames), directory_bytes); };
    const result<void> taken = co_await world::run_on(around_.workers, world::queue::commit, open);
    if (taken) co_return taken;
    const auto& code = taken.error().code;
    const bool lost = code == world::file_errc::io || code == world::file_errc::not_found;
    if (!lost) co_return taken;
    co_return co_await give_up(row, taken.error());
}

task<result<void>> volume_set::give_up(const volume_row& row, const failure& why) {
    const std::string detail = why.detail.empty() ? why.code.message() : why.detail;
    around_.report.say(messages::id::warn_read_back_differs, open_path(row), detail);
    const auto planned =
        co_await verify::take_away_volume(around_, files_, catalogue_, row, open_path(row), why.code.message());
    if (!planned) co_return planned.error();
    if (planned.value()) out_.damaged();
    co_return result<void>();
}

// Of an encrypted volume that was never sealed, wherever a kill has left it: what it held is planned again.
task<result<void>> volume_set::forget(const volume_row& row) {
    auto gone = [&]() -> result<void> {
        world::folder_flush folders(files_);
        const std::string open = open_path(row), sealed = sealed_path(row);
        for (const std::string& path : {open, layout::list_beside(open), sealed, layout::list_beside(sealed)}) {
            auto removed = files_.remove(path);
            if (!removed && removed.error().code != world::file_errc::not_found) return removed;
            if (!removed) continue;
            if (auto r = folders.need(std::string(layout::parent_of(path))); !r) return r;
        }
        return folders.flush();
    };
    const result<void> removed = co_await world::run_on(around_.workers, world::queue::commit, gone);
    if (!removed) co_return removed;
    auto note = [&] { return catalogue_.record_volume_damaged(row.number, {}); };
    const auto noted = co_await world::run_on(around_.workers, world::queue::catalogue, note);
    if (!noted) co_return noted.error();
    if (noted.value()) out_.damaged();
    co_return result<void>();
}

task<result<void>> volume_set::seal() {
    if (!open_) {  // one of an earlier run may be
        std::optional<volume_row> row;
        auto ask = [&]() -> result<void> {
            auto there = catalogue_.open_volume();
            if (!there) return there.error();
            row = std::move(there.value());
            return {};
        };
        const result<void> asked = co_await world::run_on(around_.workers, world::queue::catalogue, ask);
        if (!asked || !row || row->bytes == 0) co_return asked;
        const result<void> taken = co_await take_up(*row);
        if (!taken || !open_) co_return taken;
    }
    const result<void> committed = co_await commit_members(true);
    if (!committed) co_return committed;
    if (open_->row.bytes == 0) co_return result<void>();  // nothing is in it: it waits for the next run
    co_return co_await finish_volume();
}

task<result<void>> volume_set::finish_volume() {
    listed whole;
    auto finish = [&]() -> result<void> {
        auto made = write_list();
        if (!made) return made.error();
        whole = std::move(made.value());
        return finish_archive();
    };
    const result<void> finished = co_await world::run_on(around_.workers, world::queue::catalogue, finish);
    if (!finished) co_return finished;
    auto place = [&] { return move_into_place(whole); };
    const result<void> placed = co_await world::run_on(around_.workers, world::queue::commit, place);
    if (!placed) co_return placed;
    const volume_row& row = whole.row;
    auto record = [&] { return catalogue_.record_sealed(row, group_number_); };
    const result<void> recorded = co_await world::run_on(around_.workers, world::queue::catalogue, record);
    if (!recorded) co_return recorded;
    open_.reset();
    const std::vector<volume_member> waited = std::exchange(waiting_, {});
    if (!waited.empty() && grown_) grown_(waited);
    around_.report.event("volume_closed",
                         [&](formats::json_line& line) { line.add("path", sealed_path(row)).add("bytes", row.bytes); });
    out_.sealed();
    co_return result<void>();
}

// It may have got its final name before the run was killed; no manifest has it yet. Or both names, where a power cut
// came between the flushes of the two folders.
result<void> volume_set::take_back(const volume_row& row) {
    const std::string open = open_path(row), sealed = sealed_path(row);
    auto moved = files_.rename(sealed, open);
    if (moved || moved.error().code == world::file_errc::not_found) return {};
    if (moved.error().code != world::file_errc::exists) return moved;
    const auto same = volume_file::begins_with(files_, sealed, row.bytes, row.prefix);
    // Else it is somebody else's, or cannot be read: it is put aside when its name is wanted.
    return same && same.value() ? files_.remove(sealed) : result<void>();
}

// On the catalogue's queue, as finish_archive(): both are written while its members are read.
result<volume_set::listed> volume_set::write_list() {
    listed made{open_->row, {}};
    auto list = volume_file::create(files_, layout::list_beside(open_path(made.row)), lock_);
    if (!list) return list.error();
    result<void> written;
    std::string line;
    const auto visited = catalogue_.each_volume_member(made.row.number, [&](const named_member& m) {
        line.clear();
        formats::append_manifest_line(line, m.sha256, archived_name(m.path));
        written = list.value()->append(line);
        if (m.time_ms && lock_ == nullptr) made.newest_ms = std::max(*m.time_ms, made.newest_ms.value_or(*m.time_ms));
        return written.has_value();
    });
    if (!written) return written.error();
    if (!visited) return visited.error();
    const auto digest = list.value()->finish();
    if (!digest) return digest.error();
    made.row.list_bytes = list.value()->stored();
    made.row.list_sha256 = digest.value();
    return made;
}

result<void> volume_set::finish_archive() {
    const std::int64_t number = open_->row.number;
    return open_->content->finish([&](const std::function<result<void>(const named_member&)>& visit) {
        result<void> written;
        const auto visited = catalogue_.each_volume_member(number, [&](const named_member& m) {
            written = visit(m);
            return written.has_value();
        });
        return written ? visited : written;
    });
}

// Once more flushed, where a flush of the folder alone would leave the time behind.
result<void> volume_set::set_time(const std::string& path, std::int64_t time_ms) {
    const auto& facts = files_.facts();
    const auto ns = formats::clamp_time(formats::ns_from_ms(time_ms), facts.oldest_time_ns, facts.newest_time_ns);
    auto file = files_.open(path, world::open_mode::read_write);
    if (!file) return file.error();
    if (auto r = file.value()->set_modified(ns); !r) return r;
    return file.value()->sync();
}

result<void> volume_set::move_into_place(listed& of) {
    volume_row& row = of.row;
    auto digest = open_->file->finish();
    if (!digest) return digest.error();
    row.bytes = open_->file->stored();
    row.sha256 = digest.value();
    row.state = volume_state::sealed;
    open_->content.reset();
    open_->file.reset();
    world::folder_flush folders(files_);
    for (const std::string_view folder : {layout::volumes_folder, layout::open_volumes_folder}) {
        if (auto r = folders.need(std::string(folder)); !r) return r;
    }
    if (auto r = folders.flush_each(); !r) return r;
    const std::string from = open_path(row), to = sealed_path(row);
    for (const std::string& path : {layout::list_beside(from), from}) {
        if (!of.newest_ms) break;
        if (auto r = set_time(path, *of.newest_ms); !r) return r;
    }
    if (auto r = files_.replace(layout::list_beside(from), layout::list_beside(to)); !r) return r;
    auto renamed = files_.rename(from, to);
    if (!renamed && renamed.error().code == world::file_errc::exists) {
        if (auto r = set_aside(files_, to); !r) return r;  // somebody else's
        renamed = files_.rename(from, to);
    }
    if (!renamed) return renamed;
    // The new names first: at no moment is there none.
    if (auto r = files_.sync_folder(layout::volumes_folder); !r) return r;
    return files_.sync_folder(layout::open_volumes_folder);
}

}  // namespace decamp::store
