#include "engine/store/committer.hpp"

#include <utility>

namespace decamp::store {

committer::committer(runtime::surroundings& around, world::file_store& files, catalogue::catalogue& where,
                     space_watch& space, group_limits limits, std::function<void(const committed_blob&)> committed)
    : around_(around),
      files_(files),
      catalogue_(where),
      space_(space),
      limits_(limits),
      names_(files),
      committed_(std::move(committed)) {}

task<bool> committer::submit(checked_blob blob) {
    while (!failed_ && (pending_.size() >= 2 * limits_.blobs)) co_await room_.wait();
    if (failed_) co_return false;
    if (pending_.empty()) oldest_ = around_.clock.now();
    pending_bytes_ += blob.digests.size;
    pending_.push_back(std::move(blob));
    arrived_.notify_all();
    if (alarm_set_ && (pending_bytes_ >= limits_.bytes || pending_.size() >= limits_.blobs)) alarm_->ring();
    co_return true;
}

void committer::hurry() {
    hurry_ = true;
    arrived_.notify_all();
    if (alarm_set_) alarm_->ring();
}

void committer::finish() {
    finished_ = true;
    hurry();
}

task<void> committer::wait_for_group() {
    while (pending_.empty() && !finished_) co_await arrived_.wait();
    while (!pending_.empty() && !hurry_ && pending_bytes_ < limits_.bytes && pending_.size() < limits_.blobs) {
        const auto due = oldest_ + limits_.age;
        if (around_.clock.now() >= due) break;
        alarm_set_ = true;
        co_await alarm_->wait_until(due);
        alarm_set_ = false;
    }
    hurry_ = false;
}

task<void> committer::run() {
    const auto executor = co_await boost::asio::this_coro::executor;
    alarm_ = around_.clock.make_alarm(executor);
    while (!failed_) {
        co_await wait_for_group();
        if (pending_.empty()) {
            if (finished_) co_return;
            continue;
        }
        std::vector<checked_blob> group = std::exchange(pending_, {});
        pending_bytes_ = 0;
        committing_ = true;
        room_.notify_all();
        const result<void> done = co_await commit(std::move(group));
        committing_ = false;
        if (!done) {
            failed_ = true;
            around_.stop.request_stop(done.error());
            room_.notify_all();
        }
    }
}

task<result<void>> committer::commit(std::vector<checked_blob> group) {
    const bool merge = files_.facts().hard_links;
    auto record = [&]() -> result<std::vector<catalogue::catalogue::checked_outcome>> {
        if (group_number_ == 0) {
            const auto last = catalogue_.last_group();
            if (!last) return last.error();
            group_number_ = last.value();
        }
        ++group_number_;
        return catalogue_.record_checked(group, merge);
    };
    const auto outcomes = co_await world::run_on(around_.workers, world::queue::catalogue, record);
    if (!outcomes) co_return outcomes.error();
    auto publish = [&]() -> result<void> {
        for (std::size_t i = 0; i < group.size(); ++i) {
            const auto& outcome = outcomes.value()[i];
            const checked_blob& blob = group[i];
            if (outcome.duplicate) {
                if (auto r = files_.remove(blob.staging_path); !r) return r;
                continue;
            }
            if (auto r = names_.publish(blob.staging_path, outcome.path, blob.item.listed.file_time_ms()); !r) return r;
        }
        return names_.flush();
    };
    const result<void> published = co_await world::run_on(around_.workers, world::queue::commit, publish);
    if (!published) co_return published;
    std::vector<blob_key> keys;
    std::uint64_t bytes = 0;
    for (const auto& outcome : outcomes.value()) {
        if (!outcome.duplicate) keys.push_back(outcome.blob);
    }
    auto store = [&] { return catalogue_.record_stored(keys, group_number_); };
    const result<void> stored = co_await world::run_on(around_.workers, world::queue::catalogue, store);
    if (!stored) co_return stored;
    for (std::size_t i = 0; i < group.size(); ++i) {
        bytes += group[i].digests.size;
        space_.settled(group[i].item.listed.size.value_or(0));
        const auto& outcome = outcomes.value()[i];
        committed_({std::move(group[i]), outcome.path, outcome.duplicate, outcome.contradicted});
    }
    around_.report.event("group_committed", [&](formats::json_line& line) {
        line.add("group", group_number_).add("blobs", group.size()).add("bytes", bytes);
    });
    co_return result<void>();
}

}  // namespace decamp::store
