#pragma once
// Unsigned numbers as bytes, the lowest first, and back.

#include <concepts>
#include <cstddef>
#include <span>
#include <string>

namespace decamp::formats {

template <std::unsigned_integral Value>
void append_little(std::string& to, Value value) {
    for (std::size_t i = 0; i < sizeof(Value); ++i) to += static_cast<char>(static_cast<unsigned char>(value >> 8 * i));
}

// The number at `at`; at + sizeof(Value) <= bytes.size().
template <std::unsigned_integral Value>
[[nodiscard]] Value little_at(std::span<const std::byte> bytes, std::size_t at) {
    Value value = 0;
    for (std::size_t i = sizeof(Value); i > 0; --i)
        value = static_cast<Value>(value << 8 | std::to_integer<Value>(bytes[at + i - 1]));
    return value;
}

}  // namespace decamp::formats
