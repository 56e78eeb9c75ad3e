#pragma once

#include <cstdint>
#include <string>

namespace decamp::samplecloud {

/// How many names hostile_name() has before it starts over; neighbours make pairs (same name, case, normal form).
std::uint64_t hostile_name_count();

/// A file name that hurts somewhere: it climbs, hides, is too long, is reserved, or equals its neighbour when folded.
std::string hostile_name(std::uint64_t number);

std::uint64_t hostile_album_name_count();
std::string hostile_album_name(std::uint64_t number);

}  // namespace decamp::samplecloud
