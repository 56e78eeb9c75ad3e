#include "engine/runtime/retry.hpp"

#include <algorithm>

namespace decamp::runtime {

namespace {

using world::duration;

// `first` doubled for each failure after the first, held below `longest`.
duration bound(const retry_policy& policy, unsigned attempt) {
    duration d = std::min(policy.first, policy.longest);
    for (unsigned i = 1; i < attempt && d < policy.longest; ++i) d = d > policy.longest / 2 ? policy.longest : d * 2;
    return d;
}

// Uniform over [0, span].
duration random_within(duration span, std::uint64_t random) {
    if (span <= duration::zero()) return duration::zero();
    return duration(static_cast<duration::rep>(random % (static_cast<std::uint64_t>(span.count()) + 1)));
}

}  // namespace

retry_decision decide_retry(const retry_policy& policy, unsigned attempt, error_class what,
                            std::optional<duration> retry_after, std::uint64_t random) {
    if (what != error_class::transient && what != error_class::refresh) return {};
    if (attempt >= policy.tries) return {};
    if (what == error_class::refresh && attempt <= 1 && !retry_after) return {true, duration::zero()};
    const duration drawn = random_within(bound(policy, attempt), random);
    if (!retry_after) return {true, std::max(policy.shortest, drawn)};
    // Never before what was asked; the draw on top keeps many waiters from coming back in one instant.
    const duration asked = std::clamp(*retry_after, duration::zero(), policy.longest_asked);
    return {true, std::max(policy.shortest, asked + std::min(drawn, asked / 10 + policy.shortest))};
}

}  // namespace decamp::runtime
