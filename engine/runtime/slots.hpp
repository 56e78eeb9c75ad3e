#pragma once
// A number of places (connections, writers) that can change while they are taken.

#include <cstddef>
#include <utility>

#include "engine/runtime/event.hpp"
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
    std::size_t waiting() const { return queued_; }

  private:
    friend class slot;
    void release_one() noexcept;
    void admit();

    std::size_t limit_;
    std::size_t in_use_ = 0;   // taken, or promised to a waiter that is being woken
    std::size_t queued_ = 0;   // waiters not yet promised a place
    std::size_t promised_ = 0; // of in_use_: promised, the waiter not yet run
    bool closed_ = false;
    event wake_;
};

}  // namespace decamp::runtime
