#pragma once

#include <cstdint>

namespace decamp::samplecloud {

/// Finaliser of splitmix64: every property of an item is drawn from this, so a library is a pure function of its seed.
constexpr std::uint64_t mix64(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15ULL;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31);
}

/// One independent draw for each (seed, purpose, index).
constexpr std::uint64_t draw(std::uint64_t seed, std::uint64_t purpose, std::uint64_t index) {
    return mix64(mix64(seed ^ (purpose * 0xd1342543de82ef95ULL)) + index);
}

/// What a draw is for. Values are part of the deterministic output: append, never renumber.
enum class purpose : std::uint64_t {
    content = 1,
    size,
    twin,
    twin_of,
    slot,
    second_album,
    video,
    name,
    live,
    zero,
    hostile_name,
    duplicate_name,
    fault,
    host,
    token,
    link,
    tail,
    album,
    clock,
    shared_digest,
};

constexpr std::uint64_t draw(std::uint64_t seed, purpose what, std::uint64_t index) {
    return draw(seed, static_cast<std::uint64_t>(what), index);
}

}  // namespace decamp::samplecloud
