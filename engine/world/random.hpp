#pragma once
// Chance, as the engine may know it: seeded in simulation.

#include <cstdint>
#include <memory>

namespace decamp::world {

class random {
  public:
    virtual ~random() = default;
    virtual std::uint64_t next() = 0;  // uniform over 64 bits; any thread
};

std::unique_ptr<random> make_system_random();  // getrandom(2)

}  // namespace decamp::world
