#pragma once
// A number of places (connections, writers) that can change while they are taken.

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <deque>
#include <utility>

#include "engine/runtime/task.hpp"

namespace decamp::runtime {

class slots;

// A place taken; given back by its destructor, on the context of its slots. Empty when the slots were closed.
class slot {
  public:
    slot() = default;
    slot(slot&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    slot& operator=(slot&& other) noexcept;
    ~slot() { release(); }
    explicit operator bool() const { return owner_ != nullptr; }
    void release() noexcept;

  private:
    friend class slots;
    explicit slot(slots* owner) : owner_(owner) {}
    slots* owner_ = nullptr;
};

// One single-threaded context. First come, first served. Outlives its slots and waiters.
class slots {
  public:
    explicit slots(std::size_t limit) : limit_(limit) {}
    slots(const slots&) = delete;
    slots& operator=(const slots&) = delete;
    ~slots();

    task<slot> acquire();
    slot try_acquire();
    // A smaller limit takes nothing away from those who hold a slot: it is reached as they end.
    void set_limit(std::size_t limit);
    void close();  // ends all waits with an empty slot, now and later

    std::size_t limit() const { return limit_; }
    std::size_t in_use() const { return in_use_; }
    std::size_t waiting() const { return waiters_.size(); }

  private:
    friend class slot;
    struct waiter {
        boost::asio::any_io_executor executor;
        boost::asio::any_completion_handler<void(bool)> handler;
    };
    task<bool> wait_for_place();
    void give_back() noexcept;
    void admit() noexcept;

    std::size_t limit_;
    std::size_t in_use_ = 0;  // taken, or given to a waiter that has not run yet
    bool closed_ = false;
    std::deque<waiter> waiters_;
};

}  // namespace decamp::runtime
