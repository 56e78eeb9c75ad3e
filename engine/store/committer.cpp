#include "engine/store/committer.hpp"

#include <utility>

namespace decamp::store {

task<bool> committer::submit(checked_blob blob) {
    while (!failed_ && (pending_.size() >= 2 * limits_.blobs)) co_await room_.wait();
    if (failed_) co_return false;
    add(std::move(blob));
    co_return true;
}

void committer::add(checked_blob blob) {
    if (pending_.empty()) oldest_ = around_.clock.now();
    pending_bytes_ += weight(blob);
    pending_.push_back(std::move(blob));
    arrived_.notify_all();
    if (alarm_set_ && (pending_bytes_ >= limits_.bytes || pending_.size() >= limits_.blobs)) alarm_->ring();
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
    while (pending_.empty() && !hurry_) co_await arrived_.wait();
    while (!pending_.empty() && !hurry_ && pending_bytes_ < limits_.bytes && pending_.size() < limits_.blobs) {
        const auto due = oldest_ + limits_.age;
        if (around_.clock.now() >= due) break;
        alarm_set_ = true;
        co_await alarm_->wait_until(due);
        alarm_set_ = false;
    }
}

task<void> committer::run() {
    const auto executor = co_await boost::asio::this_coro::executor;
    alarm_ = around_.clock.make_alarm(executor);
    while (!failed_) {
        co_await wait_for_group();
        const bool hurried = std::exchange(hurry_, false);
        const bool last = finished_;
        result<void> done = co_await commit_pending();
        if (done && hurried) done = co_await settle();
        if (!done) {
            failed_ = true;
            around_.stop.request_stop(done.error());
            room_.notify_all();
        }
        if (last && pending_.empty()) co_return;
    }
}

task<result<void>> committer::commit_pending() {
    if (pending_.empty()) co_return result<void>();
    std::vector<checked_blob> group = std::exchange(pending_, {});
    pending_bytes_ = 0;
    room_.notify_all();
    co_return co_await commit(std::move(group));
}

}  // namespace decamp::store
