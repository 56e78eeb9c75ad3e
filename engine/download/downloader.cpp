#include "engine/download/downloader.hpp"

#include <algorithm>
#include <utility>

#include "engine/download/errors.hpp"

namespace decamp::download {

namespace {

constexpr std::size_t batch_size = 256;

runtime::concurrency_settings concurrency_of(const downloader_settings& settings) {
    runtime::concurrency_settings c;
    c.most = settings.most_connections;
    c.start = std::min(settings.first_connections, c.most);
    if (settings.connections > 0) c.least = c.most = c.start = settings.connections;
    return c;
}

}  // namespace

downloader::downloader(runtime::surroundings& around, source::source& from, catalogue::catalogue& where,
                       std::vector<lane> lanes, const transfer_settings& transfers, runtime::pace_gate& pace,
                       outlets out, downloader_settings settings)
    : around_(around),
      source_(from),
      catalogue_(where),
      lanes_(std::move(lanes)),
      transfers_(transfers),
      pace_(pace),
      out_(std::move(out)),
      settings_(settings),
      concurrency_(concurrency_of(settings)),
      slots_(concurrency_.limit()),
      refused_limit_(settings_.refused_in_a_row) {}

void downloader::wake() {
    ++news_;
    changed_.notify_all();
}

void downloader::listing_ended() {
    listing_ended_ = true;
    wake();
}

void downloader::committed(blob_key blob) {
    forget(blob);
    wake();
}

void downloader::forget(blob_key blob) {
    jobs_.erase(blob);
    if (looking_) ended_.insert(blob);
}

task<result<void>> downloader::run() {
    const auto executor = co_await boost::asio::this_coro::executor;
    here_.emplace(executor, lanes_.front().http);
    const auto woken = around_.stop.subscribe(executor, [this] {
        if (around_.stop.draining()) slots_.close();
        wake();
    });
    runtime::task_group group(executor);
    looking_.emplace(executor);
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
    co_await looking_->join();
    looking_.reset();
    co_return outcome;
}

// Asks what is planned behind `after`, while what comes before it is fed.
task<void> downloader::look_ahead(item_key after) {
    auto ask = [this, after] { return catalogue_.next_planned(after, batch_size); };
    ahead_ = co_await world::run_on(around_.workers, world::queue::catalogue, ask);
}

// What was asked ahead says what is planned; that nothing is, only an answer of now can say.
task<result<std::vector<planned_item>>> downloader::next_batch() {
    co_await looking_->join();
    auto ahead = std::exchange(ahead_, {});
    if (ahead && (!*ahead || !ahead->value().empty())) co_return std::move(*ahead);
    ended_.clear();
    co_await look_ahead(cursor_);
    co_return std::move(*std::exchange(ahead_, {}));
}

// True: something was taken.
task<result<bool>> downloader::feed_batch(runtime::task_group& group) {
    auto batch = co_await next_batch();
    if (!batch) co_return batch.error();
    const std::set<blob_key> ended = std::exchange(ended_, {});  // since the question
    if (batch.value().size() == batch_size) looking_->spawn(look_ahead(batch.value().back().key));
    for (planned_item& item : batch.value()) {
        if (around_.stop.draining()) break;
        cursor_ = item.key;
        // Of what has come to an end meanwhile, the next pass sees what became of it.
        if (jobs_.contains(item.blob) || ended.contains(item.blob) || ended_.contains(item.blob)) continue;
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
