#pragma once
// Whether and when to try again. Pure.

#include <chrono>
#include <cstdint>
#include <optional>

#include "engine/model/error.hpp"
#include "engine/world/clock.hpp"

namespace decamp::runtime {

struct retry_policy {
    unsigned tries = 6;                                        // in all, the first one included
    world::duration first = std::chrono::milliseconds(500);    // upper bound of the first delay; doubles each time
    world::duration longest = std::chrono::seconds(60);        // upper bound of every delay
    world::duration shortest = std::chrono::milliseconds(50);  // no delay is shorter, so that no loop spins
    world::duration longest_asked = std::chrono::minutes(10);  // a longer Retry-After is cut to this
};

struct retry_decision {
    bool again = false;
    world::duration after{};  // zero: at once
    bool operator==(const retry_decision&) const = default;
};

// `attempt`: tries made so far, 1 after the first failure. transient: again, after a random delay within an exponential
// bound (full jitter), never before what the server asked for. refresh: the first time at once (the caller has
// renewed), then as transient. item, run, bug: never. `random`: 64 uniform bits.
retry_decision decide_retry(const retry_policy& policy, unsigned attempt, error_class what,
                            std::optional<world::duration> retry_after, std::uint64_t random);

}  // namespace decamp::runtime
