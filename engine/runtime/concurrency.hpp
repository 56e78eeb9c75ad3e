#pragma once
// How many transfers at once: found by trying. Pure: events with their time in, a limit out.

#include <chrono>
#include <cstdint>
#include <optional>

#include "engine/world/clock.hpp"

namespace decamp::runtime {

struct concurrency_settings {
    unsigned least = 1;
    unsigned most = 64;
    unsigned start = 4;
    world::duration window = std::chrono::milliseconds(500);    // a measurement takes at least this long
    world::duration longest_window = std::chrono::seconds(15);  // and ends after this one, if anything was received
    std::uint64_t item_cost =
        32 << 10;  // what a finished transfer is worth beside its bytes: small files count requests
};

// Grows while goodput grows: doubling at first, then by steps that are kept only when they pay. Halves on throttling
// and on a burst of connection errors, at most once a round trip window. One context.
class concurrency_controller {
  public:
    explicit concurrency_controller(const concurrency_settings& settings);

    unsigned limit() const { return limit_; }

    void on_received(world::steady_time now, std::uint64_t bytes);  // as bytes arrive
    // A transfer ended well; `took` from asking to the last byte. `busy`: transfers under way, this one included; what
    // is measured while fewer run than the limit allows says nothing about a higher limit.
    void on_finished(world::steady_time now, world::duration took, unsigned busy);
    void on_throttled(world::steady_time now);
    void on_error(world::steady_time now);  // a transient failure of a connection

  private:
    enum class phase { doubling, holding, probing };

    void advance(world::steady_time now);
    void begin_window(world::steady_time now);
    void end_window(world::steady_time now);
    void judge(double rate);
    void hold(unsigned windows);
    void begin_probe();
    void back_off(world::steady_time now);
    void set_limit(unsigned limit);

    concurrency_settings settings_;
    unsigned limit_;
    phase phase_ = phase::doubling;
    unsigned base_limit_ = 0;    // the limit before the step under trial
    double base_rate_ = 0;       // goodput at base_limit_
    unsigned hold_windows_ = 0;  // windows left before the next probe
    unsigned hold_length_ = 0;   // grows while probes do not pay
    bool settling_ = false;      // the limit has just changed: what is under way belongs to the old one

    bool probe_up_ = true;

    bool window_open_ = false;
    world::steady_time last_event_{};
    world::steady_time window_start_{};
    std::uint64_t window_work_ = 0;
    unsigned window_finished_ = 0;
    unsigned window_errors_ = 0;
    std::uint64_t window_busy_ = 0;  // summed over the finished
    unsigned window_busiest_ = 0;
    world::duration typical_{};  // a smoothed transfer time
    std::optional<world::steady_time> last_back_off_;
};

}  // namespace decamp::runtime
