#include "engine/runtime/concurrency.hpp"

#include <algorithm>

namespace decamp::runtime {

using world::duration;
using world::steady_time;

namespace {

constexpr double doubling_must_gain = 1.2;             // twice the places for less than a fifth more is not worth it
constexpr double step_must_gain = 0.4;                 // of a step's proportional gain: +25 % places must bring +10 %
constexpr double step_may_lose = 0.25;                 // of a step's proportional loss: -20 % places may cost 5 %
constexpr unsigned first_hold = 4, longest_hold = 32;  // windows between probes

}  // namespace

concurrency_controller::concurrency_controller(const concurrency_settings& settings) : settings_(settings) {
    settings_.least = std::max(settings_.least, 1U);
    settings_.most = std::max(settings_.most, settings_.least);
    limit_ = std::clamp(settings_.start, settings_.least, settings_.most);
    hold_length_ = first_hold;
}

void concurrency_controller::on_received(steady_time now, std::uint64_t bytes) {
    advance(now);
    window_work_ += bytes;
}

void concurrency_controller::on_finished(steady_time now, duration took, unsigned busy) {
    advance(now);
    window_work_ += settings_.item_cost;
    ++window_finished_;
    window_busy_ += busy;
    window_busiest_ = std::max(window_busiest_, busy);
    took = std::clamp(took, duration::zero(), settings_.longest_window);
    typical_ = typical_ == duration::zero() ? took : typical_ / 8 * 7 + took / 8;
}

void concurrency_controller::on_throttled(steady_time now) {
    advance(now);
    back_off(now);
}

void concurrency_controller::on_error(steady_time now) {
    advance(now);
    if (++window_errors_ >= std::max(3U, limit_ / 2)) back_off(now);
}

// Opens the first window, closes one that has seen enough, forgets one that slept.
void concurrency_controller::advance(steady_time now) {
    if (!window_open_ || now - last_event_ > settings_.longest_window) begin_window(now);
    last_event_ = now;
    const duration elapsed = now - window_start_;
    if (settling_) {
        if (elapsed < std::max(settings_.window / 2, typical_)) return;
        settling_ = false;
        begin_window(now);
        return;
    }
    if (elapsed < settings_.window) return;
    const bool enough = window_finished_ >= std::max(limit_, 4U) && elapsed >= typical_;
    const bool by_bytes = elapsed >= 4 * settings_.window && window_work_ >= std::uint64_t{limit_} << 20;
    if (enough || by_bytes || elapsed >= settings_.longest_window) end_window(now);
}

void concurrency_controller::begin_window(steady_time now) {
    window_open_ = true;
    window_start_ = now;
    window_work_ = 0;
    window_finished_ = window_errors_ = window_busiest_ = 0;
    window_busy_ = 0;
}

void concurrency_controller::end_window(steady_time now) {
    const double rate = static_cast<double>(window_work_) / std::chrono::duration<double>(now - window_start_).count();
    // Short transfers leave places empty for moments; want of work leaves them empty for good.
    const bool full = window_finished_ == 0 ||
                      (window_busiest_ >= limit_ && window_busy_ * 2 >= std::uint64_t{limit_} * window_finished_);
    const bool measured = window_work_ > 0 && full;
    begin_window(now);
    if (measured) judge(rate);
}

void concurrency_controller::judge(double rate) {
    switch (phase_) {
        case phase::doubling:
            if (base_limit_ != 0 && rate < base_rate_ * doubling_must_gain) {
                set_limit(base_limit_);
                hold(first_hold);
            } else {
                base_rate_ = rate;
                base_limit_ = limit_;
                set_limit(limit_ * 2);
                if (limit_ == base_limit_) hold(first_hold);
            }
            return;
        case phase::holding:
            base_rate_ = base_limit_ == limit_ ? base_rate_ * 0.7 + rate * 0.3 : rate;
            base_limit_ = limit_;
            if (hold_windows_ > 0) --hold_windows_;
            if (hold_windows_ == 0) begin_probe();
            return;
        case phase::probing: {
            const double grown = static_cast<double>(limit_) / base_limit_;
            const double needed = grown > 1 ? 1 + step_must_gain * (grown - 1) : 1 - step_may_lose * (1 - grown);
            if (rate >= base_rate_ * needed) {
                base_rate_ = rate;
                base_limit_ = limit_;
                probe_up_ = grown > 1;  // on in the direction that paid
                hold(first_hold);
            } else {
                set_limit(base_limit_);
                probe_up_ = !probe_up_;
                hold(std::min(hold_length_ * 2, longest_hold));
            }
            return;
        }
    }
}

void concurrency_controller::hold(unsigned windows) {
    phase_ = phase::holding;
    hold_length_ = hold_windows_ = windows;
}

void concurrency_controller::begin_probe() {
    for (int direction = 0; direction < 2; ++direction) {
        const unsigned step = std::max(1U, probe_up_ ? limit_ / 4 : limit_ / 5);
        const unsigned next = probe_up_ ? limit_ + step : limit_ > step ? limit_ - step : 1;
        set_limit(next);
        if (limit_ != base_limit_) {
            phase_ = phase::probing;
            return;
        }
        probe_up_ = !probe_up_;  // at a bound: the other way
    }
    hold(longest_hold);
}

void concurrency_controller::back_off(steady_time now) {
    const duration round = std::max(settings_.window, typical_);
    if (last_back_off_ && now - *last_back_off_ < round) return;
    last_back_off_ = now;
    set_limit(limit_ / 2);
    base_limit_ = 0;  // what was measured belongs to another time
    probe_up_ = true;
    hold(2 * first_hold);
    begin_window(now);
}

void concurrency_controller::set_limit(unsigned limit) {
    limit = std::clamp(limit, settings_.least, settings_.most);
    settling_ = settling_ || limit != limit_;
    limit_ = limit;
}

}  // namespace decamp::runtime
