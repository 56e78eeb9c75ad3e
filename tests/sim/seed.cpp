#include "tests/sim/seed.hpp"

#include "tests/sim/lying/story.hpp"
#include "tests/sim/story.hpp"

namespace decamp::sim {

complaints tell_seed(std::uint64_t seed, hits& seen) {
    return seed < lying::first_lying_seed ? tell(story_of(seed), seen) : tell(lying::lying_story_of(seed), seen);
}

std::string describe_seed(std::uint64_t seed) {
    return seed < lying::first_lying_seed ? describe(story_of(seed)) : describe(lying::lying_story_of(seed));
}

}  // namespace decamp::sim
