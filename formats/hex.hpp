#pragma once
// Base16 (RFC 4648, section 8). Written in lower case; both cases are read.

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace decamp::formats {

[[nodiscard]] std::string to_hex(std::span<const std::byte> bytes);

// Nothing for an odd length or any character that is no hex digit; nothing is skipped, not even white space.
[[nodiscard]] std::optional<std::vector<std::byte>> from_hex(std::string_view text);

// Decodes into exactly out.size() bytes; false (out is then unspecified) when the text is not 2 * out.size() hex
// digits.
[[nodiscard]] bool decode_hex(std::string_view text, std::span<std::byte> out) noexcept;

template <std::size_t N>
[[nodiscard]] std::optional<std::array<std::byte, N>> array_from_hex(std::string_view text) {
    std::array<std::byte, N> out{};
    if (!decode_hex(text, out)) return std::nullopt;
    return out;
}

}  // namespace decamp::formats
