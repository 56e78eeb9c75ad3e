#include "engine/runtime/stop.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cassert>

namespace decamp::runtime {

struct stop_state::entry {
    boost::asio::any_io_executor executor;
    std::function<void()> wake;  // touched on the executor's thread only
    bool active = true;          // likewise
};

stop_state::stop_state() = default;

stop_state::~stop_state() {
    assert(entries_.empty() && "a subscription outlived its stop_state");
}

void stop_state::post_wake(const std::shared_ptr<entry>& e) {
    boost::asio::post(e->executor, [weak = std::weak_ptr<entry>(e)] {
        const auto alive = weak.lock();
        if (alive && alive->active) alive->wake();
    });
}

void stop_state::request_drain() {
    const std::lock_guard lock(mutex_);
    if (draining_.exchange(true, std::memory_order_acq_rel)) return;
    for (const auto& e : entries_) post_wake(e);
}

void stop_state::request_stop(failure why) {
    const std::lock_guard lock(mutex_);
    if (stopped_.load(std::memory_order_relaxed)) return;
    why_ = std::move(why);
    draining_.store(true, std::memory_order_release);
    stopped_.store(true, std::memory_order_release);
    for (const auto& e : entries_) post_wake(e);
}

std::optional<failure> stop_state::why() const {
    const std::lock_guard lock(mutex_);
    return why_;
}

stop_state::subscription stop_state::subscribe(boost::asio::any_io_executor executor, std::function<void()> wake) {
    auto e = std::make_shared<entry>();
    e->executor = std::move(executor);
    e->wake = std::move(wake);
    const std::lock_guard lock(mutex_);
    entries_.push_back(e);
    if (draining()) post_wake(e);
    return subscription(this, std::move(e));
}

stop_state::subscription& stop_state::subscription::operator=(subscription&& other) noexcept {
    if (this != &other) {
        reset();
        owner_ = other.owner_;
        entry_ = std::move(other.entry_);
    }
    return *this;
}

stop_state::subscription::~subscription() {
    reset();
}

void stop_state::subscription::reset() noexcept {
    if (!entry_) return;
    entry_->active = false;
    const std::lock_guard lock(owner_->mutex_);
    std::erase(owner_->entries_, entry_);
    entry_.reset();
}

task<bool> pause(world::clock& clock, stop_state& stop, world::duration d) {
    if (stop.draining()) co_return false;
    const auto executor = co_await boost::asio::this_coro::executor;
    const auto alarm = clock.make_alarm(executor);
    std::function<void()> wake = [&alarm] { alarm->ring(); };
    const auto subscription = stop.subscribe(executor, std::move(wake));
    co_await alarm->wait_until(clock.now() + d);
    co_return !stop.draining();
}

}  // namespace decamp::runtime
