#pragma once
// Bech32 (BIP 173) over whole bytes, as the age format writes its keys: a prefix, "1", and characters of 5 bits, the
// last 6 of which are a checksum that finds up to four wrong ones. Texts are as BIP 173 limits them, 90 characters.
// Bytes may be secret: whatever held them is cleansed.

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "formats/secret.hpp"

namespace decamp::formats {

inline constexpr std::size_t bech32_text_limit = 90;  // characters
inline constexpr std::size_t bech32_byte_limit = 51;  // what 90 characters hold behind a prefix of one

enum class bech32_fault {
    length,        // more than 90 characters, or too few for a checksum
    character,     // one that cannot stand where it stands
    mixed_case,    // small and capital letters together
    no_separator,  // no "1" behind a prefix
    checksum,      // mistyped
    padding,       // not whole bytes, or bits left over that are not zero
};

struct bech32_content {
    std::string_view prefix;  // of the text that was decoded, as it stands there
    secret_bytes<bech32_byte_limit> store;
    std::size_t size = 0;
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return store.span().first(size); }
};

[[nodiscard]] std::variant<bech32_content, bech32_fault> bech32_decode(std::string_view text);

// In the case of the prefix: all capitals where it has one, small letters otherwise. Nothing where the text would be
// too long, or where the prefix is empty, in mixed case or has characters beyond the visible ones of ASCII.
[[nodiscard]] std::optional<secret_text> bech32_encode(std::string_view prefix, std::span<const std::byte> bytes);

}  // namespace decamp::formats
