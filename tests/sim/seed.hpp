#pragma once
// A seed of any range: which kind of story it is, and what there was to complain of.

#include <cstdint>
#include <string>

#include "tests/sim/checks.hpp"

namespace decamp::sim {

complaints run_seed(std::uint64_t seed, hits& seen);
std::string describe_seed(std::uint64_t seed);
// What stories like this one can hit, none of it hit yet; so far only of those with lying sources.
hits nothing_hit(std::uint64_t seed);

}  // namespace decamp::sim
