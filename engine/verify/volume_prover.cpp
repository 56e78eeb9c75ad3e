#include "engine/verify/volume_prover.hpp"

#include <utility>

#include "engine/model/layout.hpp"
#include "engine/verify/departure.hpp"
#include "engine/world/workers.hpp"

namespace decamp::verify {

namespace {

constexpr std::size_t batch_size = 64;
constexpr std::int64_t sampled_volumes = 64;  // one in so many

struct wanted_file {
    std::string path;
    std::uint64_t bytes;
    const formats::sha256_digest& sha256;
};

std::vector<wanted_file> files_of(const volume_row& v) {
    const std::string path = layout::below(layout::volumes_folder, v.name);
    std::vector<wanted_file> files{{path, v.bytes, v.sha256}};
    if (v.list_bytes > 0) files.push_back({layout::list_beside(path), v.list_bytes, v.list_sha256});
    return files;
}

}  // namespace

volume_prover::volume_prover(runtime::surroundings& around, world::file_store& files, catalogue::catalogue& where,
                             std::function<void()> damaged, parity_keeper* parity)
    : around_(around),
      files_(files),
      catalogue_(where),
      damaged_(std::move(damaged)),
      parity_(parity),
      reader_(files) {}

void volume_prover::wake() {
    ++news_;
    changed_.notify_all();
}

void volume_prover::finish() {
    finished_ = true;
    wake();
}

task<result<std::vector<volume_row>>> volume_prover::page(std::int64_t after) {
    auto ask = [this, after] { return catalogue_.next_volumes(after, batch_size); };
    co_return co_await world::run_on(around_.workers, world::queue::catalogue, ask);
}

task<result<void>> volume_prover::run() {
    const auto executor = co_await boost::asio::this_coro::executor;
    const auto woken = around_.stop.subscribe(executor, [this] { wake(); });
    while (!around_.stop.draining()) {
        const std::uint64_t news = news_;
        const bool last = finished_;
        for (std::int64_t after = 0; !around_.stop.draining();) {
            const auto batch = co_await page(after);
            if (!batch) co_return batch.error();
            if (batch.value().empty()) break;
            for (const volume_row& volume : batch.value()) {
                after = volume.number;
                if (volume.state == volume_state::open || around_.stop.draining()) continue;
                if (volume.state == volume_state::proven) {
                    const auto wants = co_await wants_parity(volume);
                    if (!wants) co_return wants.error();
                    if (!wants.value()) continue;
                }
                const auto good = co_await prove(volume);
                if (!good) co_return good.error();
            }
        }
        if (news != news_) continue;
        if (last) break;
        co_await changed_.wait();
    }
    co_return result<void>();
}

// False: it was read back wrong.
task<result<bool>> volume_prover::prove(const volume_row& volume, bool mended) {
    const auto known = co_await parity_of(volume);
    if (!known) co_return known.error();
    const bool for_parity = parity_ != nullptr && known.value().empty() && !unprotected_.contains(volume.number);
    const auto found = co_await read(volume, for_parity);
    if (!found) co_return found.error();
    if (!found.value().right()) co_return co_await lost(volume, found.value(), mended);
    const result<void> recorded = co_await record(volume, found.value().method);
    if (!recorded) co_return recorded.error();
    result<void> kept;
    if (for_parity)
        kept = co_await make_parity(volume);
    else if (parity_ != nullptr && !known.value().empty())
        kept = co_await keep_parity(volume, known.value());
    if (!kept) co_return kept.error();
    co_return true;
}

task<result<volume_prover::finding>> volume_prover::read(const volume_row& volume, bool for_parity) {
    finding found;
    found.method = reader_.method();
    auto work = [&]() -> result<void> {
        if (for_parity) parity_->expect(volume);
        for (const wanted_file& f : files_of(volume)) {
            const bool is_volume = f.path == files_of(volume).front().path;
            const auto got = reader_.read(f.path, for_parity && is_volume ? parity_ : nullptr);
            if (!got) {
                const auto& code = got.error().code;
                const bool of_file = code == world::file_errc::io || code == world::file_errc::outside ||
                                     classify(code) != error_class::run || code == world::file_errc::not_found;
                if (!of_file) return got.error();
                found.detail = code.message();
            } else {
                if (got.value().method == read_back_method::cache) found.method = read_back_method::cache;
                if (got.value().sha256 == f.sha256) continue;
                found.detail = got.value().size == f.bytes
                                   ? "bytes differ"
                                   : std::to_string(got.value().size) + " bytes instead of " + std::to_string(f.bytes);
            }
            found.path = f.path;
            break;
        }
        if (for_parity && !found.right()) parity_->forget();
        return {};
    };
    const result<void> worked = co_await world::run_on(around_.workers, world::queue::read, work);
    if (!worked) co_return worked.error();
    co_return found;
}

// False, but where it could be mended.
task<result<bool>> volume_prover::lost(const volume_row& volume, const finding& wrong, bool mended) {
    const std::string path = files_of(volume).front().path;
    if (parity_ != nullptr && !mended && wrong.path == path) {
        auto work = [&] { return parity_->mend(volume); };
        const result<bool> is_mended = co_await world::run_on(around_.workers, world::queue::read, work);
        if (!is_mended) co_return is_mended.error();
        if (is_mended.value()) {
            around_.report.say(messages::id::msg_mended, wrong.path, wrong.detail);
            co_return co_await prove(volume, true);
        }
    }
    around_.report.say(messages::id::warn_read_back_differs, wrong.path, wrong.detail);
    const auto again = co_await take_away_volume(around_, files_, catalogue_, volume, path, wrong.detail);
    if (!again) co_return again.error();
    if (again.value()) damaged_();
    co_return false;
}

task<result<void>> volume_prover::record(const volume_row& volume, read_back_method method) {
    auto note = [&] { return catalogue_.record_volume_proven(volume.number, method, around_.clock.unix_ms()); };
    const auto proven = co_await world::run_on(around_.workers, world::queue::catalogue, note);
    if (!proven) co_return proven.error();
    if (volume.state == volume_state::sealed) around_.report.counters.items_proven += proven.value();
    around_.report.event("read_back", [&](formats::json_line& line) {
        line.add("blobs", proven.value()).add("bytes", volume.bytes);
        line.add("method", method == read_back_method::medium ? "medium" : "cache");
    });
    co_return result<void>();
}

task<result<std::vector<parity_file>>> volume_prover::parity_of(const volume_row& volume) {
    auto ask = [&] { return catalogue_.parity_of(volume.number); };
    co_return co_await world::run_on(around_.workers, world::queue::catalogue, ask);
}

task<result<bool>> volume_prover::wants_parity(const volume_row& volume) {
    if (parity_ == nullptr || unprotected_.contains(volume.number)) co_return false;
    const auto known = co_await parity_of(volume);
    if (!known) co_return known.error();
    const bool none = known.value().empty();
    co_return none;
}

// The volume was read again, and so is what is kept beside it. Where that is wrong it is made anew.
task<result<void>> volume_prover::keep_parity(const volume_row& volume, const std::vector<parity_file>& known) {
    std::string wrong;
    auto look = [&]() -> result<void> {
        for (const parity_file& f : known) {
            const std::string path = layout::below(layout::volumes_folder, f.name);
            const auto found = reader_.read(path);
            if (found && found.value().sha256 == f.sha256) continue;
            const bool of_file = found || found.error().code == world::file_errc::io ||
                                 found.error().code == world::file_errc::not_found ||
                                 classify(found.error()) != error_class::run;
            if (!of_file) return found.error();
            wrong = path;
        }
        return {};
    };
    const result<void> looked = co_await world::run_on(around_.workers, world::queue::read, look);
    if (!looked || wrong.empty()) co_return looked;
    around_.report.say(messages::id::warn_parity_differs, wrong);
    const result<void> gone = co_await take_away_parity(around_, files_, catalogue_, volume);
    if (!gone) co_return gone;
    const auto found = co_await read(volume, true);
    if (!found) co_return found.error();
    if (!found.value().right()) co_return result<void>();  // a drive that forgets: the next look at it will tell
    co_return co_await make_parity(volume);
}

// Of what was just read.
task<result<void>> volume_prover::make_parity(const volume_row& volume) {
    auto write = [this] { return parity_->finish(); };
    const result<parity_keeper::made> made = co_await world::run_on(around_.workers, world::queue::read, write);
    if (!made) co_return made.error();
    if (!made.value().wrong.empty()) {
        unprotected_.insert(volume.number);
        around_.report.say(messages::id::warn_parity_differs, made.value().wrong);
    }
    if (made.value().files.empty()) co_return result<void>();
    auto note = [&] { return catalogue_.record_parity(volume.number, made.value().files); };
    co_return co_await world::run_on(around_.workers, world::queue::catalogue, note);
}

task<result<bool>> volume_prover::sample_again(bool full) {
    bool agreed = true, scrub = full;
    if (full) around_.report.say(messages::id::msg_scrubbing);
    std::int64_t after = 0;
    while (!around_.stop.draining()) {
        const auto batch = co_await page(after);
        if (!batch) co_return batch.error();
        if (batch.value().empty()) break;
        for (std::size_t i = 0; i < batch.value().size() && !around_.stop.draining(); ++i) {
            const volume_row& volume = batch.value()[i];
            const bool first = after == 0;
            after = volume.number;
            const bool newest = i + 1 == batch.value().size();  // or the last of a full page, which is read for nothing
            const bool sampled = (first || volume.number % sampled_volumes == 0) && !newest;
            if (volume.state != volume_state::proven || (!scrub && !sampled)) continue;
            const auto good = co_await prove(volume);
            if (!good) co_return good.error();
            if (good.value()) continue;
            agreed = false;
            if (std::exchange(scrub, true)) continue;
            around_.report.say(messages::id::warn_lying_drive);
            around_.report.say(messages::id::msg_scrubbing);
        }
    }
    co_return agreed;
}

// What is not there, or not as long as it should be; empty: all is.
static result<std::string> missing_of(world::file_store& files, const volume_row& volume, std::string& path) {
    for (const wanted_file& f : files_of(volume)) {
        const auto there = files.info(f.path);
        if (!there) return there.error();
        path = f.path;
        if (!there.value() || there.value()->folder) return std::string("missing");
        if (there.value()->size != f.bytes) return std::string("another size");
    }
    return std::string();
}

static task<result<void>> forget_missing_parity(runtime::surroundings& around, world::file_store& files,
                                                catalogue::catalogue& where, const volume_row& volume) {
    auto ask = [&] { return where.parity_of(volume.number); };
    const auto known = co_await world::run_on(around.workers, world::queue::catalogue, ask);
    if (!known) co_return known.error();
    bool whole = true;
    auto look = [&]() -> result<void> {
        for (const parity_file& f : known.value()) {
            const auto there = files.info(layout::below(layout::volumes_folder, f.name));
            if (!there) return there.error();
            whole = whole && there.value() && !there.value()->folder && there.value()->size == f.bytes;
        }
        return {};
    };
    const result<void> looked = co_await world::run_on(around.workers, world::queue::commit, look);
    if (!looked || whole) co_return looked;
    co_return co_await take_away_parity(around, files, where, volume);
}

task<result<std::uint64_t>> give_up_missing_volumes(runtime::surroundings& around, world::file_store& files,
                                                    catalogue::catalogue& where, parity_keeper* parity) {
    std::uint64_t missing = 0;
    std::int64_t after = 0;
    while (!around.stop.draining()) {
        auto ask = [&] { return where.next_volumes(after, batch_size); };
        const auto batch = co_await world::run_on(around.workers, world::queue::catalogue, ask);
        if (!batch) co_return batch.error();
        if (batch.value().empty()) break;
        for (const volume_row& volume : batch.value()) {
            after = volume.number;
            if (volume.state == volume_state::open) continue;
            const std::string of_volume = files_of(volume).front().path;
            std::string path;
            bool mended = false;
            auto look = [&]() -> result<std::string> {
                auto lacks = missing_of(files, volume, path);
                if (!lacks || lacks.value().empty() || parity == nullptr || path != of_volume) return lacks;
                const auto tried = parity->mend(volume);
                if (!tried) return tried.error();
                mended = tried.value();
                return mended ? missing_of(files, volume, path) : lacks;
            };
            const result<std::string> lacks = co_await world::run_on(around.workers, world::queue::read, look);
            if (!lacks) co_return lacks.error();
            if (mended) around.report.say(messages::id::msg_mended, of_volume, "missing");
            if (lacks.value().empty()) {
                const result<void> kept = co_await forget_missing_parity(around, files, where, volume);
                if (!kept) co_return kept.error();
                continue;
            }
            ++missing;
            const auto again = co_await take_away_volume(around, files, where, volume, of_volume, lacks.value());
            if (!again) co_return again.error();
        }
    }
    co_return missing;
}

}  // namespace decamp::verify
