#include "engine/store/recovery.hpp"

#include <vector>

#include "engine/model/layout.hpp"
#include "engine/store/publish.hpp"

namespace decamp::store {

namespace {

constexpr std::size_t batch_size = 256;
using unsettled = catalogue::catalogue::unsettled;

// True: it lies under its final name now, to be flushed. False: its bytes are nowhere.
result<bool> settle_one(world::file_store& files, publisher& names, const unsettled& u) {
    if (has_bytes(files, u.blob.path, u.blob.size, u.blob.sha256)) {
        if (auto r = names.adopt(u.blob.path, u.time_ms); !r) return r.error();
        return true;
    }
    const auto there = files.info(u.blob.path);
    if (!there) return there.error();
    if (there.value()) {
        if (auto r = files.remove(u.blob.path); !r) return r.error();
    }
    if (u.staging_path.empty() || !has_bytes(files, u.staging_path, u.blob.size, u.blob.sha256)) return false;
    if (auto r = names.publish(u.staging_path, u.blob.path, u.time_ms); !r) return r.error();
    return true;
}

task<result<std::uint64_t>> sweep_staging(runtime::surroundings& around, world::file_store& files,
                                          catalogue::catalogue& where) {
    // The catalogue belongs to its own thread, and a staging folder holds no more than a run had under way.
    std::vector<std::string> found;
    auto look = [&]() -> result<void> {
        const auto folder = files.info(layout::staging_folder);
        if (!folder) return folder.error();
        if (!folder.value()) return {};
        return files.walk(layout::staging_folder, [&](std::string_view path, const world::file_info& info) {
            if (!info.folder) found.emplace_back(path);
            return found.size() < 1'000'000;
        });
    };
    const result<void> looked = co_await world::run_on(around.workers, world::queue::commit, look);
    if (!looked) co_return looked.error();
    auto ask = [&]() -> result<void> {
        for (std::string& path : found) {
            const auto known = where.knows_staging(path);
            if (!known) return known.error();
            if (known.value()) path.clear();
        }
        return {};
    };
    const result<void> asked = co_await world::run_on(around.workers, world::queue::catalogue, ask);
    if (!asked) co_return asked.error();
    std::uint64_t swept = 0;
    auto sweep = [&]() -> result<void> {
        for (const std::string& path : found) {
            if (path.empty()) continue;
            if (auto r = files.remove(path); !r) return r;
            ++swept;
        }
        return {};
    };
    const result<void> done = co_await world::run_on(around.workers, world::queue::commit, sweep);
    if (!done) co_return done.error();
    co_return swept;
}

}  // namespace

task<result<recovered>> settle_left_behind(runtime::surroundings& around, world::file_store& files,
                                           catalogue::catalogue& where, bool packed) {
    recovered sum;
    blob_key after{};
    for (;;) {
        auto ask = [&] { return where.next_unsettled(after, batch_size); };
        const auto batch = co_await world::run_on(around.workers, world::queue::catalogue, ask);
        if (!batch) co_return batch.error();
        if (batch.value().empty()) break;
        std::vector<blob_key> whole, lost;
        auto settle = [&]() -> result<void> {
            publisher names(files);
            for (const unsettled& u : batch.value()) {
                const auto found = packed ? result<bool>(false) : settle_one(files, names, u);
                if (!found) return found.error();
                (found.value() ? whole : lost).push_back(u.blob.blob);
            }
            return names.flush();
        };
        const result<void> settled = co_await world::run_on(around.workers, world::queue::commit, settle);
        if (!settled) co_return settled.error();
        auto record = [&]() -> result<void> {
            const auto last = where.last_group();
            if (!last) return last.error();
            if (!whole.empty()) {
                if (auto r = where.record_stored(whole, last.value() + 1); !r) return r;
            }
            for (const blob_key& key : lost) {
                if (auto r = where.plan_again(key); !r) return r;
            }
            return {};
        };
        const result<void> recorded = co_await world::run_on(around.workers, world::queue::catalogue, record);
        if (!recorded) co_return recorded.error();
        sum.adopted += whole.size();
        sum.plan_again += lost.size();
        after = batch.value().back().blob.blob;
    }
    const auto swept = co_await sweep_staging(around, files, where);
    if (!swept) co_return swept.error();
    sum.swept = swept.value();
    co_return sum;
}

task<result<std::uint64_t>> plan_missing_again(runtime::surroundings& around, world::file_store& files,
                                               catalogue::catalogue& where) {
    std::uint64_t missing = 0;
    blob_key after{};
    while (!around.stop.draining()) {
        auto ask = [&] { return where.next_stored(after, batch_size); };
        const auto batch = co_await world::run_on(around.workers, world::queue::catalogue, ask);
        if (!batch) co_return batch.error();
        if (batch.value().empty()) break;
        std::vector<damaged_blob> gone;
        auto look = [&]() -> result<void> {
            for (const stored_blob& blob : batch.value()) {
                const auto there = files.info(blob.path);
                if (!there) return there.error();
                if (!there.value())
                    gone.push_back({blob.blob, blob.path, "missing"});
                else if (there.value()->size != blob.size)
                    gone.push_back({blob.blob, blob.path, "another size"});
            }
            return {};
        };
        const result<void> looked = co_await world::run_on(around.workers, world::queue::commit, look);
        if (!looked) co_return looked.error();
        auto record = [&]() -> result<void> {
            for (const damaged_blob& blob : gone) {
                if (auto planned = where.record_damaged(blob); !planned) return planned.error();
            }
            return {};
        };
        const result<void> recorded = co_await world::run_on(around.workers, world::queue::catalogue, record);
        if (!recorded) co_return recorded.error();
        missing += gone.size();
        after = batch.value().back().blob;
    }
    co_return missing;
}

task<result<void>> remove_stale_links(runtime::surroundings& around, world::file_store& files,
                                      catalogue::catalogue& where) {
    auto look = [&] { return where.fact(catalogue::stale_links_fact); };
    const auto noted = co_await world::run_on(around.workers, world::queue::catalogue, look);
    if (!noted) co_return noted.error();
    if (noted.value() != "1") co_return result<void>();
    item_key after{};
    for (;;) {
        auto ask = [&] { return where.next_unpublished(after, batch_size); };
        const auto batch = co_await world::run_on(around.workers, world::queue::catalogue, ask);
        if (!batch) co_return batch.error();
        if (batch.value().empty()) break;
        auto remove = [&]() -> result<void> {
            world::folder_flush folders(files);
            for (const auto& name : batch.value()) {
                const auto there = files.info(name.path);
                if (!there) return there.error();
                if (!there.value() || there.value()->folder || there.value()->links < 2) continue;
                if (auto r = folders.need(std::string(layout::parent_of(name.path))); !r) return r;
                if (auto r = files.remove(name.path); !r) return r;
            }
            return folders.flush();
        };
        const result<void> removed = co_await world::run_on(around.workers, world::queue::commit, remove);
        if (!removed) co_return removed.error();
        after = batch.value().back().file;
    }
    auto forget = [&] { return where.set_fact(catalogue::stale_links_fact, "0"); };
    co_return co_await world::run_on(around.workers, world::queue::catalogue, forget);
}

task<result<std::uint64_t>> settle_twins(runtime::surroundings& around, world::file_store& files,
                                         catalogue::catalogue& where, bool listed) {
    std::uint64_t settled_files = 0;
    item_key after{};
    const bool links = !listed && files.facts().hard_links;
    for (;;) {
        auto ask = [&] { return where.next_unpublished_twins(after, batch_size); };
        const auto batch = co_await world::run_on(around.workers, world::queue::catalogue, ask);
        if (!batch) co_return batch.error();
        if (batch.value().empty()) break;
        std::vector<std::pair<item_key, catalogue::publication>> done;
        auto link = [&]() -> result<void> {
            publisher names(files);
            for (const catalogue::twin_file& twin : batch.value()) {
                auto how = catalogue::publication::listed;
                if (links) {
                    const auto time = twin.has_time ? std::optional(twin.time_ms) : std::nullopt;
                    auto linked = names.link(twin.leader.path, twin.path, time);
                    if (linked)
                        how = catalogue::publication::linked;
                    else if (linked.error().code != world::file_errc::no_links)
                        return linked;
                }
                done.emplace_back(twin.file, how);
            }
            return names.flush();
        };
        const result<void> linked = co_await world::run_on(around.workers, world::queue::commit, link);
        if (!linked) co_return linked.error();
        auto record = [&] { return where.record_published(done); };
        const result<void> recorded = co_await world::run_on(around.workers, world::queue::catalogue, record);
        if (!recorded) co_return recorded.error();
        settled_files += done.size();
        after = batch.value().back().file;
    }
    co_return settled_files;
}

}  // namespace decamp::store
