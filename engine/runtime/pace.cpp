#include "engine/runtime/pace.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace decamp::runtime {

using world::duration;
using world::steady_time;

steady_time pace::ready_at(pace_kind kind, steady_time now) const {
    steady_time when = std::max(closed_until_, next_);
    if (kind == pace_kind::listing && interval_ > duration::zero()) when = std::max(when, next_ + interval_);
    return std::max({when, quota_free_at(), now});
}

steady_time pace::quota_free_at() const {
    if (settings_.quota == 0 || sent_.size() < settings_.quota) return {};
    return sent_.front() + settings_.quota_within;
}

void pace::on_sent(steady_time now) {
    next_ = now + interval();
    if (settings_.quota == 0) return;
    sent_.push_back(now);
    if (sent_.size() > settings_.quota) sent_.pop_front();
}

void pace::on_throttled(steady_time now, std::optional<duration> retry_after) {
    const auto asked =
        retry_after ? std::clamp(*retry_after, duration::zero(), settings_.longest_wait) : duration::zero();
    if (waiting(now)) {  // an answer to what was sent before the account was slowed
        closed_until_ = std::max(closed_until_, now + asked);
        return;
    }
    // Who answers others well is not closed to everybody: what is refused over and over is one item's trouble.
    if (answered_) rounds_ = 0;
    answered_ = false;
    duration wait = std::min(settings_.first_wait, settings_.longest_wait);
    for (unsigned i = 0; i < rounds_ && wait < settings_.longest_wait; ++i)
        wait = std::min(wait * 2, settings_.longest_wait);
    rounds_ = std::min(rounds_ + 1, 32U);
    closed_until_ = now + std::max(wait, asked);
    interval_ = std::clamp(interval_ * 2, settings_.first_interval, settings_.longest_interval);
    good_ = 0;
}

void pace::on_ok(steady_time now) {
    if (waiting(now)) return;
    answered_ = true;
    if (rounds_ == 0) return;
    if (++good_ < settings_.recover_after) return;
    good_ = 0;
    interval_ = interval_ / 3 * 2;
    if (rounds_ > 1) --rounds_;
    if (interval_ < settings_.first_interval / 8) {
        interval_ = duration::zero();
        rounds_ = 0;
    }
}

pace_gate::pace_gate(world::clock& clock, stop_state& stop, const pace_settings& settings,
                     std::function<void(world::duration)> quota_used_up)
    : clock_(clock), stop_(stop), pace_(settings), quota_used_up_(std::move(quota_used_up)) {}

bool pace_gate::mine(pace_kind kind, std::uint64_t ticket) const {
    const auto& links = queues_[static_cast<std::size_t>(pace_kind::link)];
    if (kind == pace_kind::link) return links.front() == ticket;
    return links.empty() && queues_[static_cast<std::size_t>(kind)].front() == ticket;
}

task<bool> pace_gate::turn(pace_kind kind, bool even_draining) {
    const auto ended = [this, even_draining] { return even_draining ? stop_.stopped() : stop_.draining(); };
    if (ended()) co_return false;
    const steady_time asked = clock_.now();
    if (queues_[0].empty() && queues_[1].empty() && pace_.ready_at(kind, asked) <= asked) {
        pace_.on_sent(asked);
        co_return true;
    }
    const auto executor = co_await boost::asio::this_coro::executor;
    const auto alarm = clock_.make_alarm(executor);
    std::function<void()> wake = [this, &alarm] {
        alarm->ring();
        moved_.notify_all();
    };
    const auto subscription = stop_.subscribe(executor, std::move(wake));
    auto& queue = queues_[static_cast<std::size_t>(kind)];
    const std::uint64_t ticket = ++tickets_;
    queue.push_back(ticket);
    bool given = false;
    while (!given && !ended()) {
        if (!mine(kind, ticket)) {
            co_await moved_.wait();
            continue;
        }
        const steady_time now = clock_.now();
        const steady_time when = pace_.ready_at(kind, now);
        if (when > now) {
            const steady_time free = pace_.quota_free_at();
            if (free > now && free > told_until_) {
                told_until_ = free;
                quota_used_up_(free - now);
            }
            co_await alarm->wait_until(when);
            continue;
        }
        pace_.on_sent(now);
        given = true;
    }
    std::erase(queue, ticket);
    moved_.notify_all();
    co_return given;
}

byte_rate::byte_rate(std::uint64_t bytes_per_second, std::uint64_t burst) : rate_(bytes_per_second), burst_time_{} {
    if (rate_ == 0) throw std::invalid_argument("byte_rate: zero");
    const double seconds = burst == 0 ? 0.25 : static_cast<double>(burst) / static_cast<double>(rate_);
    burst_time_ = duration(static_cast<duration::rep>(std::min(seconds, 3600.0) * 1e9));
}

steady_time byte_rate::take(std::uint64_t bytes, steady_time now) {
    const double seconds = static_cast<double>(bytes) / static_cast<double>(rate_);
    const duration cost(static_cast<duration::rep>(std::min(seconds, 86'400.0) * 1e9));
    const std::lock_guard lock(mutex_);
    paid_until_ = std::max(paid_until_, now - burst_time_) + cost;
    return paid_until_;
}

}  // namespace decamp::runtime
