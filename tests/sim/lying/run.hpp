#pragma once
// One life of the program before a lying server: as tests/sim/life.hpp, for any kind of source.

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "engine/source/place.hpp"
#include "tests/sim/disk.hpp"
#include "tests/sim/life.hpp"
#include "tests/sim/lying/server.hpp"

namespace decamp::sim::lying {

struct lying_life {
    std::uint64_t seed = 0;
    unsigned lanes = 1;
    bool fetch_twins = false;
    volume_settings volumes;
    std::optional<std::uint64_t> killed_at;  // the request at which the program stops for ever
};

// Beyond these a life has no bound: it is ended, and that is complained of.
inline constexpr std::uint64_t most_requests = 8'000;
inline constexpr world::duration longest_life = std::chrono::hours(24 * 4);

struct lying_end {
    life_end life;
    bool died = false;  // killed, so that its verdict is nobody's
    std::uint64_t requests = 0;
    world::duration took{};
    bool bounded = true;
    std::set<std::string> hosts_asked;
};

lying_end live(const lying_life& plan, const std::shared_ptr<disk>& drive, server& to, const source::place& from);

}  // namespace decamp::sim::lying
