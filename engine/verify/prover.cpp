#include "engine/verify/prover.hpp"

#include <algorithm>
#include <utility>

#include "engine/model/layout.hpp"
#include "engine/world/folder_flush.hpp"
#include "formats/safe_name.hpp"

namespace decamp::verify {

namespace {
constexpr std::size_t batch_size = 64;
constexpr std::int64_t sampled_groups = 64;  // one in so many
constexpr unsigned most_unreadable = 8;      // in one run: more is a drive, or a cable, that fails
}  // namespace

prover::prover(runtime::surroundings& around, world::file_store& files, catalogue::catalogue& where,
               std::function<void()> damaged)
    : around_(around), files_(files), catalogue_(where), damaged_(std::move(damaged)), reader_(files) {}

void prover::wake() {
    ++news_;
    changed_.notify_all();
}

void prover::finish() {
    finished_ = true;
    wake();
}

task<result<void>> prover::run() {
    const auto executor = co_await boost::asio::this_coro::executor;
    const auto woken = around_.stop.subscribe(executor, [this] { wake(); });
    blob_key after{};
    while (!around_.stop.draining()) {
        const std::uint64_t news = news_;
        auto ask = [&] { return catalogue_.next_unproven(after, batch_size); };
        const auto batch = co_await world::run_on(around_.workers, world::queue::catalogue, ask);
        if (!batch) co_return batch.error();
        if (!batch.value().empty()) {
            const auto wrong = co_await prove_batch(batch.value());
            if (!wrong) co_return wrong.error();
            after = batch.value().back().blob;
            continue;
        }
        if (after.value != 0) {  // blobs with smaller keys may have been stored since
            after = {};
            auto left = [&] { return catalogue_.unproven_left(); };
            const auto rest = co_await world::run_on(around_.workers, world::queue::catalogue, left);
            if (!rest) co_return rest.error();
            if (rest.value() > 0) continue;
        }
        if (news != news_) continue;
        if (finished_) break;
        co_await changed_.wait();
    }
    co_return result<void>();
}

// The number of blobs that were read back wrong.
task<result<std::size_t>> prover::prove_batch(const std::vector<stored_blob>& batch) {
    std::vector<proven_blob> good;
    std::vector<damaged_blob> bad;
    std::uint64_t bytes = 0;
    auto read = [&]() -> result<void> {
        for (const stored_blob& blob : batch) {
            if (around_.stop.stopped()) break;
            auto outcome = reader_.prove(blob, around_.clock.unix_ms());
            if (!outcome) return outcome.error();
            if (auto* proven = std::get_if<proven_blob>(&outcome.value())) {
                good.push_back(*proven);
                bytes += blob.size;
            } else {
                const damaged_blob& found = std::get<damaged_blob>(outcome.value());
                if (found.unreadable && ++unreadable_ > most_unreadable) return failure(world::file_errc::io, found.path);
                bad.push_back(std::move(std::get<damaged_blob>(outcome.value())));
            }
        }
        return {};
    };
    const result<void> read_through = co_await world::run_on(around_.workers, world::queue::read, read);
    if (!read_through) co_return read_through.error();
    bool again = false;
    auto record = [&]() -> result<void> {
        if (auto r = catalogue_.record_proven(good); !r) return r;
        for (const damaged_blob& blob : bad) {
            const auto planned = catalogue_.record_damaged(blob);
            if (!planned) return planned.error();
            again = again || planned.value();
        }
        return {};
    };
    if (!bad.empty()) {
        const result<void> gone = co_await take_away(bad);
        if (!gone) co_return gone.error();
    }
    const result<void> recorded = co_await world::run_on(around_.workers, world::queue::catalogue, record);
    if (!recorded) co_return recorded.error();
    around_.report.counters.items_proven += good.size();
    around_.report.event("read_back", [&](formats::json_line& line) {
        line.add("blobs", good.size())
            .add("bytes", bytes)
            .add("method", reader_.method() == read_back_method::medium ? "medium" : "cache");
    });
    for (const damaged_blob& blob : bad) around_.report.say(messages::id::warn_read_back_differs, blob.path, blob.detail);
    if (again) damaged_();
    co_return bad.size();
}

// Wrong bytes may be all that is left of a photo, and cells that cannot be read had better stay taken: they are kept where
// no manifest lists them.
result<void> prover::keep_aside(const damaged_blob& blob, world::folder_flush& folders) {
    if (auto r = folders.need(std::string(layout::damaged_folder)); !r) return r;
    if (auto r = folders.need(std::string(layout::parent_of(blob.path))); !r) return r;
    for (unsigned n = 1;; ++n) {
        const std::string mark = std::to_string(blob.blob.value) + (n == 1 ? "" : "-" + std::to_string(n));
        const auto name = formats::with_suffix(layout::name_of(blob.path), mark);
        const auto moved = files_.rename(blob.path, layout::below(layout::damaged_folder, name));
        if (moved || moved.error().code == world::file_errc::not_found) return {};
        if (moved.error().code != world::file_errc::exists || n == 1000) return moved;
    }
}

// A damaged file leaves all its names before it is planned again: no name is left to bytes known to be wrong.
task<result<void>> prover::take_away(const std::vector<damaged_blob>& bad) {
    std::vector<std::string> names;
    auto find_names = [&]() -> result<void> {
        for (const damaged_blob& blob : bad) {
            item_key after{};
            for (;;) {
                const auto linked = catalogue_.next_linked(blob.blob, after, batch_size);
                if (!linked) return linked.error();
                if (linked.value().empty()) break;
                for (const auto& link : linked.value()) names.push_back(link.path);
                after = linked.value().back().file;
            }
        }
        return {};
    };
    auto remove = [&]() -> result<void> {
        world::folder_flush folders(files_);
        for (const damaged_blob& blob : bad) {
            if (auto r = keep_aside(blob, folders); !r) return r;
        }
        for (const std::string& name : names) {
            const auto removed = files_.remove(name);
            if (!removed && removed.error().code == world::file_errc::not_found) continue;
            if (!removed) return removed;
            if (auto r = folders.need(std::string(layout::parent_of(name))); !r) return r;
        }
        return folders.flush();  // or a power cut brings the wrong bytes back under a name that is planned again
    };
    const result<void> found = co_await world::run_on(around_.workers, world::queue::catalogue, find_names);
    if (!found) co_return found;
    co_return co_await world::run_on(around_.workers, world::queue::commit, remove);
}

task<result<bool>> prover::read_all(fetch next) {
    blob_key after{};
    bool agreed = true;
    while (!around_.stop.draining()) {
        auto ask = [&] { return next(after); };
        const auto batch = co_await world::run_on(around_.workers, world::queue::catalogue, ask);
        if (!batch) co_return batch.error();
        if (batch.value().empty()) break;
        const auto wrong = co_await prove_batch(batch.value());
        if (!wrong) co_return wrong.error();
        agreed = agreed && wrong.value() == 0;
        after = batch.value().back().blob;
    }
    co_return agreed;
}

task<result<bool>> prover::sample_again(bool full) {
    auto ask = [&] { return catalogue_.last_group(); };
    const auto last = co_await world::run_on(around_.workers, world::queue::catalogue, ask);
    if (!last) co_return last.error();
    bool agreed = true;
    for (std::int64_t group = 1; group <= last.value() && agreed && !full; ++group) {
        const bool sampled = group == 1 || group % sampled_groups == 0 || group == last.value();
        if (!sampled) continue;
        fetch of_group = [this, group](blob_key after) { return catalogue_.of_group(group, after, batch_size); };
        const auto read = co_await read_all(std::move(of_group));
        if (!read) co_return read;
        agreed = read.value();
    }
    if (agreed && !full) co_return true;
    if (!agreed) around_.report.say(messages::id::warn_lying_drive);
    around_.report.say(messages::id::msg_scrubbing);
    fetch all = [this](blob_key after) { return catalogue_.next_stored(after, batch_size); };
    const auto scrubbed = co_await read_all(std::move(all));
    if (!scrubbed) co_return scrubbed;
    co_return agreed && scrubbed.value();
}

}  // namespace decamp::verify
