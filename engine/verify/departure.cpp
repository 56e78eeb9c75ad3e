#include "engine/verify/departure.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "engine/model/layout.hpp"
#include "engine/verify/parity_keeper.hpp"
#include "engine/world/workers.hpp"
#include "formats/safe_name.hpp"

namespace decamp::verify {

namespace {

constexpr std::string_view departures_fact = "departures";
constexpr std::size_t batch_size = 256;

result<void> carry_out(world::file_store& files, const std::vector<departure>& names) {
    world::folder_flush folders(files);
    for (const departure& d : names) {
        if (auto r = folders.need(std::string(layout::parent_of(d.path))); !r) return r;
        if (d.blob != 0) {
            if (auto r = keep_aside(files, d.path, d.blob, folders); !r) return r;
            continue;
        }
        auto removed = files.remove(d.path);
        if (!removed && removed.error().code != world::file_errc::not_found) return removed;
    }
    return folders.flush();  // or a power cut brings the wrong bytes back under a name that is planned again
}

result<std::vector<departure>> names_of(catalogue::catalogue& where, const std::vector<damaged_blob>& bad) {
    std::vector<departure> names;
    for (const damaged_blob& blob : bad) {
        names.push_back({blob.path, blob.blob.value});
        item_key after{};
        for (;;) {
            const auto linked = where.next_linked(blob.blob, after, batch_size);
            if (!linked) return linked.error();
            if (linked.value().empty()) break;
            for (const auto& link : linked.value()) names.push_back({link.path, 0});
            after = linked.value().back().file;
        }
    }
    return names;
}

// True: something is planned again.
result<bool> note(catalogue::catalogue& where, const std::vector<damaged_blob>& bad,
                  const std::vector<departure>& names) {
    if (auto r = where.begin(); !r) return r.error();
    bool again = false;
    result<void> noted = where.set_fact(departures_fact, departures_text(names));
    for (const damaged_blob& blob : bad) {
        if (!noted) break;
        const auto planned = where.record_damaged(blob);
        if (!planned)
            noted = planned.error();
        else
            again = again || planned.value();
    }
    if (noted) noted = where.commit();
    if (noted) return again;
    where.rollback();
    return noted.error();
}

task<result<void>> carry_out_and_forget(runtime::surroundings& around, world::file_store& files,
                                        catalogue::catalogue& where, const std::vector<departure>& names) {
    auto leave = [&] { return carry_out(files, names); };
    const result<void> left = co_await world::run_on(around.workers, world::queue::commit, leave);
    if (!left) co_return left;
    auto forget = [&] { return where.set_fact(departures_fact, ""); };
    co_return co_await world::run_on(around.workers, world::queue::catalogue, forget);
}

}  // namespace

std::string departures_text(const std::vector<departure>& names) {
    std::string text;
    for (const departure& d : names) text += std::to_string(d.blob) + " " + d.path + "\n";
    return text;
}

std::vector<departure> parse_departures(std::string_view text) {
    std::vector<departure> names;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        departure d;
        const auto number = std::from_chars(line.data(), line.data() + line.size(), d.blob);
        const auto used = static_cast<std::size_t>(number.ptr - line.data());
        if (number.ec != std::errc() || d.blob < 0 || used + 1 >= line.size() || line[used] != ' ') continue;
        d.path = line.substr(used + 1);
        names.push_back(std::move(d));
    }
    return names;
}

// That the blobs are planned again before their names are free is no race: whoever fetches one asks the catalogue
// first, and publishes by the same commit queue, where this stands before it.
task<result<bool>> take_away(runtime::surroundings& around, world::file_store& files, catalogue::catalogue& where,
                             const std::vector<damaged_blob>& bad) {
    std::vector<departure> names;
    auto record = [&]() -> result<bool> {
        auto found = names_of(where, bad);
        if (!found) return found.error();
        names = std::move(found.value());
        return note(where, bad, names);
    };
    const result<bool> again = co_await world::run_on(around.workers, world::queue::catalogue, record);
    if (!again) co_return again.error();
    const result<void> gone = co_await carry_out_and_forget(around, files, where, names);
    if (!gone) co_return gone.error();
    co_return again.value();
}

// Recorded, or written by a run that was killed before it could record it; and what it was writing.
static result<void> add_parity(catalogue::catalogue& where, const volume_row& volume, bool keep,
                               std::vector<departure>& names) {
    const auto percent = where.fact(catalogue::recovery_fact);
    if (!percent) return percent.error();
    const auto known = where.parity_of(volume.number);
    if (!known) return known.error();
    std::set<std::string> all;
    for (const parity_file& f : known.value()) all.insert(f.name);
    unsigned wanted = 0;
    const std::string text = percent.value().value_or("");
    (void)std::from_chars(text.data(), text.data() + text.size(), wanted);
    for (std::string& name : parity_names(volume, std::min(wanted, 100U))) all.insert(std::move(name));
    for (const std::string& name : all) {
        names.push_back({layout::below(layout::volumes_folder, name), keep ? volume.number : 0});
        names.push_back({layout::below(layout::open_volumes_folder, name), 0});
    }
    return {};
}

task<result<bool>> take_away_volume(runtime::surroundings& around, world::file_store& files,
                                    catalogue::catalogue& where, const volume_row& volume, std::string path,
                                    std::string detail) {
    const std::string list = layout::list_beside(layout::below(layout::volumes_folder, volume.name));
    std::vector<departure> names{{std::move(path), volume.number}, {list, 0}};
    auto record = [&]() -> result<bool> {
        if (auto r = add_parity(where, volume, true, names); !r) return r.error();
        if (auto r = where.begin(); !r) return r.error();
        auto again = where.record_volume_damaged(volume.number, detail);
        result<void> noted =
            again ? where.set_fact(departures_fact, departures_text(names)) : result<void>(again.error());
        if (noted) noted = where.commit();
        if (noted) return again;
        where.rollback();
        return noted.error();
    };
    const result<bool> again = co_await world::run_on(around.workers, world::queue::catalogue, record);
    if (!again) co_return again.error();
    const result<void> gone = co_await carry_out_and_forget(around, files, where, names);
    if (!gone) co_return gone.error();
    co_return again.value();
}

task<result<void>> take_away_parity(runtime::surroundings& around, world::file_store& files,
                                    catalogue::catalogue& where, const volume_row& volume) {
    std::vector<departure> names;
    auto record = [&]() -> result<void> {
        if (auto r = add_parity(where, volume, false, names); !r) return r;
        if (auto r = where.begin(); !r) return r;
        result<void> noted = where.record_parity(volume.number, {});
        if (noted) noted = where.set_fact(departures_fact, departures_text(names));
        if (noted) noted = where.commit();
        if (!noted) where.rollback();
        return noted;
    };
    const result<void> noted = co_await world::run_on(around.workers, world::queue::catalogue, record);
    if (!noted) co_return noted;
    co_return co_await carry_out_and_forget(around, files, where, names);
}

// Wrong bytes may be all that is left of a photo, and cells that cannot be read had better stay taken: they are kept
// where no manifest lists them.
result<void> keep_aside(world::file_store& files, std::string_view path, std::int64_t mark,
                        world::folder_flush& folders) {
    if (auto r = folders.need(std::string(layout::damaged_folder)); !r) return r;
    for (unsigned n = 1;; ++n) {
        const std::string suffix = std::to_string(mark) + (n == 1 ? "" : "-" + std::to_string(n));
        const auto name = formats::with_suffix(layout::name_of(path), suffix);
        auto moved = files.rename(path, layout::below(layout::damaged_folder, name));
        if (moved || moved.error().code == world::file_errc::not_found) return {};
        if (moved.error().code != world::file_errc::exists || n == 1000) return moved;
    }
}

task<result<void>> finish_departures(runtime::surroundings& around, world::file_store& files,
                                     catalogue::catalogue& where) {
    auto look = [&] { return where.fact(departures_fact); };
    const auto noted = co_await world::run_on(around.workers, world::queue::catalogue, look);
    if (!noted) co_return noted.error();
    if (!noted.value() || noted.value()->empty()) co_return result<void>();
    const std::vector<departure> names = parse_departures(*noted.value());
    co_return co_await carry_out_and_forget(around, files, where, names);
}

}  // namespace decamp::verify
