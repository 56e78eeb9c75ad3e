#include "engine/verify/prover.hpp"

#include <algorithm>
#include <utility>

#include "engine/verify/departure.hpp"

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
                if (found.unreadable && ++unreadable_ > most_unreadable)
                    return failure(world::file_errc::io, found.path);
                bad.push_back(std::move(std::get<damaged_blob>(outcome.value())));
            }
        }
        return {};
    };
    const result<void> read_through = co_await world::run_on(around_.workers, world::queue::read, read);
    if (!read_through) co_return read_through.error();
    auto record = [&] { return catalogue_.record_proven(good); };
    const result<void> recorded = co_await world::run_on(around_.workers, world::queue::catalogue, record);
    if (!recorded) co_return recorded.error();
    result<bool> again = false;
    if (!bad.empty()) again = co_await take_away(around_, files_, catalogue_, bad);
    if (!again) co_return again.error();
    around_.report.counters.items_proven += good.size();
    around_.report.event("read_back", [&](formats::json_line& line) {
        line.add("blobs", good.size())
            .add("bytes", bytes)
            .add("method", reader_.method() == read_back_method::medium ? "medium" : "cache");
    });
    for (const damaged_blob& blob : bad)
        around_.report.say(messages::id::warn_read_back_differs, blob.path, blob.detail);
    if (again.value()) damaged_();
    co_return bad.size();
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
        if (!read) co_return read.error();
        agreed = read.value();
    }
    if (agreed && !full) co_return true;
    if (!agreed) around_.report.say(messages::id::warn_lying_drive);
    around_.report.say(messages::id::msg_scrubbing);
    fetch all = [this](blob_key after) { return catalogue_.next_stored(after, batch_size); };
    const auto scrubbed = co_await read_all(std::move(all));
    if (!scrubbed) co_return scrubbed.error();
    co_return agreed&& scrubbed.value();
}

}  // namespace decamp::verify
