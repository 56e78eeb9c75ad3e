#pragma once
// How fast one account is asked: one pace for listing, links and renewal together. A 503 slows the account, not one
// item's retry loop.

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "engine/runtime/event.hpp"
#include "engine/runtime/stop.hpp"
#include "engine/world/clock.hpp"

namespace decamp::runtime {

// In the order of who goes first.
enum class pace_kind { link, listing };

struct pace_settings {
    world::duration least_interval{};                                 // between requests while all is well
    world::duration first_wait = std::chrono::seconds(1);             // of the whole account, after throttling; doubles
                                                                      // while nothing is answered well
    world::duration longest_wait = std::chrono::minutes(10);          // also cuts a longer Retry-After
    world::duration first_interval = std::chrono::milliseconds(100);  // between requests after throttling; doubles
    world::duration longest_interval = std::chrono::seconds(5);
    unsigned recover_after = 10;  // good answers until the interval shrinks by a third
    // At most `quota` requests in any stretch of `quota_within`; 0: no limit is known. Costs 8 bytes a request.
    unsigned quota = 0;
    world::duration quota_within{};
};

// Pure. One context.
class pace {
  public:
    explicit pace(const pace_settings& settings = {}) : settings_(settings) {}

    // From when on a request of this kind may be sent; not later than `now`: at once. While the pace is slowed, a
    // listing leaves the next place to a link.
    world::steady_time ready_at(pace_kind kind, world::steady_time now) const;
    void on_sent(world::steady_time now);  // a request goes out
    // Answers 429 or 503 and their like. Several within one wait are one.
    void on_throttled(world::steady_time now, std::optional<world::duration> retry_after);
    void on_ok(world::steady_time now);  // a good answer

    bool waiting(world::steady_time now) const { return now < closed_until_; }
    world::steady_time closed_until() const { return closed_until_; }
    // From when on the quota lets the next request go; a time long gone where it does already.
    world::steady_time quota_free_at() const;
    world::duration interval() const {
        return interval_ > settings_.least_interval ? interval_ : settings_.least_interval;
    }

  private:
    pace_settings settings_;
    world::steady_time closed_until_{};
    world::steady_time next_{};   // earliest time of the next request by the interval
    world::duration interval_{};  // zero: not slowed
    unsigned rounds_ = 0;         // waits in a row without a good answer between
    bool answered_ = false;       // well, since the last wait
    unsigned good_ = 0;
    std::deque<world::steady_time> sent_;  // as many as the quota has
};

// The pace with its queues: coroutines wait here for their turn, links before listings, each kind in order. One
// single-threaded context; outlives its waiters.
class pace_gate {
  public:
    // `quota_used_up` is told how long the next request will wait for it, once a wait.
    pace_gate(
        world::clock& clock, stop_state& stop, const pace_settings& settings = {},
        std::function<void(world::duration)> quota_used_up = [](world::duration) {});
    pace_gate(const pace_gate&) = delete;
    pace_gate& operator=(const pace_gate&) = delete;

    // Waits for a turn and takes it. False once draining has begun. `even_draining`: waits on until stopped, for what a
    // drain still finishes.
    task<bool> turn(pace_kind kind, bool even_draining = false);
    void on_throttled(std::optional<world::duration> retry_after) { pace_.on_throttled(clock_.now(), retry_after); }
    void on_ok() { pace_.on_ok(clock_.now()); }
    const pace& current() const { return pace_; }

  private:
    bool mine(pace_kind kind, std::uint64_t ticket) const;

    world::clock& clock_;
    stop_state& stop_;
    pace pace_;
    std::function<void(world::duration)> quota_used_up_;
    world::steady_time told_until_{};  // the end of the wait that was told last
    std::deque<std::uint64_t> queues_[2];
    std::uint64_t tickets_ = 0;
    event moved_;
};

// A ceiling on bytes a second, by a token bucket that may be overdrawn: take what has come, then wait until the time
// given. Thread-safe, so that all network threads share one.
class byte_rate {
  public:
    // `burst`: what may pass at once after a quiet time; zero: a quarter of a second's worth.
    explicit byte_rate(std::uint64_t bytes_per_second, std::uint64_t burst = 0);
    // From when on the caller may go on, having taken `bytes`; not later than `now`: at once.
    world::steady_time take(std::uint64_t bytes, world::steady_time now);
    std::uint64_t bytes_per_second() const { return rate_; }

  private:
    std::uint64_t rate_;
    world::duration burst_time_;
    std::mutex mutex_;
    world::steady_time paid_until_{};
};

}  // namespace decamp::runtime
