#pragma once
// A seed's story of a lying server: lives before it, some of them killed, and then one after it has come to its senses,
// but for what is bent for good.

#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/checks.hpp"
#include "tests/sim/lying/bends.hpp"
#include "tests/sim/lying/run.hpp"

namespace decamp::sim::lying {

inline constexpr std::uint64_t first_lying_seed = 4'000'001;

struct lying_story {
    std::uint64_t seed = 0;
    kind_of_source kind = kind_of_source::s3;
    std::vector<bend> bent;
    drive_kind drive;
    std::vector<lying_life> lives;  // the last is calm
};

// Wrong verdicts planted on purpose: each must be complained of.
enum class planted {
    nothing,
    lost_and_complete,      // a file is taken from the drive, and it is called complete
    changed_and_complete,   // one byte of it is another
    unproven_and_complete,  // it lies in data/unproven alone
    present_and_deleted,    // one that is there is called gone, and it is 3
    whole_and_excepted,     // 3, and nothing is wrong
    never_settles,          // 4, and nothing is bent
    secret_on_drive,
    cookie_abroad,
    asks_a_foreign_host,
    without_bound,
    memory_kept,
};

lying_story lying_story_of(std::uint64_t seed);
std::string describe(const lying_story& s);
complaints run_story(const lying_story& s, hits& seen, planted wrong = planted::nothing);

}  // namespace decamp::sim::lying
