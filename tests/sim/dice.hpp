#pragma once
// Chance from one 64-bit seed, the same on every machine and library.

#include <cstddef>
#include <cstdint>

#include "engine/world/random.hpp"

namespace decamp::sim {

// SplitMix64 (Steele, Lea, Flood 2014).
class dice final : public world::random {
  public:
    explicit dice(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() override {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
        z = (z ^ z >> 27) * 0x94d049bb133111ebU;
        return z ^ z >> 31;
    }

    // 0 .. below - 1; 0 of 0.
    std::uint64_t below(std::uint64_t limit) { return limit == 0 ? 0 : next() % limit; }
    std::uint64_t between(std::uint64_t least, std::uint64_t most) { return least + below(most - least + 1); }
    bool chance(unsigned per_mille) { return below(1000) < per_mille; }
    // Dice of their own for one part, so that a change in one does not shift the others.
    dice apart(std::uint64_t part) { return dice(next() ^ part * 0xd1342543de82ef95U); }

  private:
    std::uint64_t state_;
};

}  // namespace decamp::sim
