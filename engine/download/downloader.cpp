#include "engine/download/downloader.hpp"

#include <utility>

#include "engine/download/errors.hpp"

namespace decamp::download {

namespace {

constexpr std::size_t batch_size = 64;

runtime::concurrency_settings concurrency_of(const downloader_settings& settings) {
    runtime::concurrency_settings c;
    c.most = settings.most_connections;
    if (settings.connections > 0) c.least = c.most = c.start = settings.connections;
    return c;
}

}  // namespace

downloader::downloader(runtime::surroundings& around, source::source& from, catalogue::catalogue& where,
                       std::vector<lane> lanes, const transfer_settings& transfers, runtime::pace_gate& pace, outlets out,
                       downloader_settings settings)
    : around_(around),
      source_(from),
      catalogue_(where),
      lanes_(std::move(lanes)),
      transfers_(transfers),
      pace_(pace),
      out_(std::move(out)),
      settings_(settings),
      concurrency_(concurrency_of(settings)),
      slots_(concurrency_.limit()) {}

void downloader::wake() {
    ++news_;
    changed_.notify_all();
}

void downloader::listing_ended() {
    listing_ended_ = true;
    wake();
}

void downloader::committed(blob_key blob) {
    jobs_.erase(blob);
    wake();
}

task<result<void>> downloader::run() {
    const auto executor = co_await boost::asio::this_coro::executor;
    const auto woken = around_.stop.subscribe(executor, [this] {
        if (around_.stop.draining()) slots_.close();
        wake();
    });
    runtime::task_group group(executor);
    result<void> outcome;
    while (!around_.stop.draining()) {
        // What happens while the catalogue is asked is not slept over: news_ tells.
        const std::uint64_t news = news_;
        const bool quiet = listing_ended_ && jobs_.empty();
        const result<bool> fed = co_await feed_batch(group);
        if (!fed) {
            outcome = fed.error();
            break;
        }
        if (fed.value()) continue;
        if (quiet && cursor_.value == 0) break;  // a whole pass from the start found nothing
        if (quiet) {
            cursor_ = {};  // another pass: leaders that took over, and what is to be fetched again
            continue;
        }
        if (listing_ended_ && active_ == 0) out_.hurry();
        lend_spare();
        if (news == news_) co_await changed_.wait();
    }
    if (!outcome) around_.stop.request_stop(outcome.error());
    co_await group.join();
    co_return outcome;
}

// True: something was taken.
task<result<bool>> downloader::feed_batch(runtime::task_group& group) {
    auto ask = [this] { return catalogue_.next_planned(cursor_, batch_size); };
    auto batch = co_await world::run_on(around_.workers, world::queue::catalogue, ask);
    if (!batch) co_return batch.error();
    for (planned_item& item : batch.value()) {
        if (around_.stop.draining()) break;
        cursor_ = item.key;
        if (jobs_.contains(item.blob)) continue;
        while (jobs_.size() >= settings_.most_ahead && !around_.stop.draining()) co_await changed_.wait();
        runtime::slot place = co_await slots_.acquire();
        if (!place) break;
        std::vector<runtime::chunk> memory = co_await lease_held(item);
        if (around_.stop.draining()) break;
        jobs_.insert(item.blob);
        ++active_;
        if (!item.audit_of) out_.expect(item.key);
        group.spawn(job(std::move(item), std::move(memory), std::move(place)));
    }
    co_return !batch.value().empty();
}

// One item after the other leases all its memory here: two that each had a part of theirs would wait for each other.
task<std::vector<runtime::chunk>> downloader::lease_held(const planned_item& item) {
    std::vector<runtime::chunk> memory;
    for (const runtime::chunk_size size : held_chunks(transfers_, item)) {
        auto chunk = co_await transfers_.budget.acquire(size);
        if (!chunk) break;
        memory.push_back(std::move(*chunk));
    }
    co_return memory;
}

}  // namespace decamp::download
