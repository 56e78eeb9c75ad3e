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
    if (group_blobs_ == 0) oldest_ = around_.clock.now();
    pending_weight_ += weight(blob);
    group_bytes_ += blob.digests.size;
    ++group_blobs_;
    pending_.push_back(std::move(blob));
    arrived_.notify_all();
    if (alarm_set_ && is_due()) alarm_->ring();
}

bool committer::is_old() const {
    return group_blobs_ > 0 && around_.clock.now() >= oldest_ + limits_.age;
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
    while (group_blobs_ == 0 && !hurry_) co_await arrived_.wait();
    while (group_blobs_ > 0 && !hurry_ && !is_due() && !is_old()) {
        alarm_set_ = true;
        co_await alarm_->wait_until(oldest_ + limits_.age);
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
        const bool closes = hurried || is_full() || is_old();
        result<void> done = co_await commit_pending(closes);
        if (done && hurried) done = co_await settle();
        if (!done) {
            failed_ = true;
            around_.stop.request_stop(done.error());
            room_.notify_all();
        }
        if (last && group_blobs_ == 0) co_return;
    }
}

task<result<void>> committer::commit_pending(bool closes) {
    if (group_blobs_ == 0) co_return result<void>();
    std::vector<checked_blob> blobs = std::exchange(pending_, {});
    pending_weight_ = 0;
    if (closes) {
        group_bytes_ = 0;
        group_blobs_ = 0;
    }
    room_.notify_all();
    co_return co_await commit(std::move(blobs), closes);
}

}  // namespace decamp::store
