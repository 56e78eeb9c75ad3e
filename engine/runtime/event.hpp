#pragma once
// A condition to wait for, without a timer behind it: works in simulation, where a steady_timer never fires.

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <deque>

#include "engine/runtime/task.hpp"

namespace decamp::runtime {

// Like a condition variable: a notification nobody waits for is lost, so a waiter loops over its own condition.
// One single-threaded context only. Waiters are woken in the order they came; the wake-up is posted to the waiter's
// executor, never run inside notify. Must outlive its waiters.
class event {
  public:
    event() = default;
    event(const event&) = delete;
    event& operator=(const event&) = delete;
    ~event();

    task<void> wait();
    void notify_one();
    void notify_all();
    std::size_t waiting() const { return waiters_.size(); }

  private:
    struct waiter {
        boost::asio::any_io_executor executor;
        boost::asio::any_completion_handler<void()> handler;
    };
    std::deque<waiter> waiters_;
};

}  // namespace decamp::runtime
