#pragma once
// Time, as the engine may know it. Virtual in simulation; nothing else in the engine reads a clock or sets a timer.

#include <chrono>
#include <cstdint>
#include <memory>

#include "engine/runtime/task.hpp"

namespace decamp::world {

using steady_time = std::chrono::steady_clock::time_point;
using duration = std::chrono::nanoseconds;

// A sleep that another coroutine of the same thread can end early. Not thread-safe: one context only.
class alarm {
  public:
    virtual ~alarm() = default;
    // Completes at `when`, or as soon as ring() is called. Only one wait at a time.
    virtual task<void> wait_until(steady_time when) = 0;
    virtual void ring() = 0;
};

class clock {
  public:
    virtual ~clock() = default;
    virtual steady_time now() const = 0;         // any thread
    virtual std::int64_t unix_ms() const = 0;    // any thread; wall time
    virtual int utc_offset_minutes() const = 0;  // of the local zone, for what people read
    // An alarm of the calling coroutine's context.
    virtual std::unique_ptr<alarm> make_alarm(boost::asio::any_io_executor executor) = 0;
};

std::unique_ptr<clock> make_system_clock();

}  // namespace decamp::world
