#pragma once
// What this process takes of the machine.

#include <cstdint>

namespace decamp::world {

std::uint64_t resident_bytes();       // now; 0 where the system does not say
std::uint64_t peak_resident_bytes();  // the most so far (VmHWM); 0 where the system does not say

}  // namespace decamp::world
