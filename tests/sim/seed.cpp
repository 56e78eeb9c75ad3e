#include "tests/sim/seed.hpp"

#include "tests/sim/lying/story.hpp"
#include "tests/sim/story.hpp"

namespace decamp::sim {

complaints run_seed(std::uint64_t seed, hits& seen) {
    return seed < lying::first_lying_seed ? tell(story_of(seed), seen)
                                          : lying::run_story(lying::lying_story_of(seed), seen);
}

std::string describe_seed(std::uint64_t seed) {
    return seed < lying::first_lying_seed ? describe(story_of(seed)) : describe(lying::lying_story_of(seed));
}

hits nothing_hit(std::uint64_t seed) {
    hits none;
    if (seed < lying::first_lying_seed) return none;
    for (std::size_t i = 0; i < lying::source_kinds; ++i) {
        const auto kind = static_cast<lying::kind_of_source>(i);
        for (const std::string& row : lying::rows_of(kind)) none[{"lie: " + row, lying::name_of(kind)}] = 0;
    }
    return none;
}

}  // namespace decamp::sim
