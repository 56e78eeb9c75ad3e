#pragma once
// Base 64 (RFC 4648, section 4) without padding and canonical (section 3.5): one text a value, nothing else is read.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace decamp::formats {

// Characters that so many bytes take.
[[nodiscard]] constexpr std::size_t base64_length(std::size_t bytes) noexcept {
    return bytes / 3 * 4 + (bytes % 3 == 0 ? 0 : bytes % 3 + 1);
}

[[nodiscard]] std::string to_base64(std::span<const std::byte> bytes);

// True when `text` is the encoding of some bytes.
[[nodiscard]] bool is_base64(std::string_view text) noexcept;

// Decodes into exactly out.size() bytes; false (out is then unspecified) when `text` is not the encoding of as many.
[[nodiscard]] bool decode_base64(std::string_view text, std::span<std::byte> out) noexcept;

}  // namespace decamp::formats
