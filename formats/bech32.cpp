#include "formats/bech32.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace decamp::formats {
namespace {

constexpr std::string_view alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t checksum_length = 6;
constexpr std::uint32_t checksum_of_whole = 1;  // what a text together with its checksum comes to

constexpr bool is_small(char c) noexcept {
    return c >= 'a' && c <= 'z';
}
constexpr bool is_capital(char c) noexcept {
    return c >= 'A' && c <= 'Z';
}
constexpr char small(char c) noexcept {
    return is_capital(c) ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr char capital(char c) noexcept {
    return is_small(c) ? static_cast<char>(c - 'a' + 'A') : c;
}

bool is_mixed(std::string_view text) noexcept {
    return std::ranges::any_of(text, is_small) && std::ranges::any_of(text, is_capital);
}
bool is_visible(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return c >= 0x21 && c <= 0x7E; });
}

// The remainder of BIP 173's polynomial over values of 5 bits.
class checksum {
  public:
    explicit checksum(std::string_view prefix) noexcept {
        for (const char c : prefix) add(static_cast<unsigned>(small(c)) >> 5);
        add(0);
        for (const char c : prefix) add(static_cast<unsigned>(small(c)) & 31);
    }
    void add(unsigned value) noexcept {
        static constexpr std::uint32_t generator[] = {0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3};
        const std::uint32_t top = remainder_ >> 25;
        remainder_ = (remainder_ & 0x1FFFFFF) << 5 ^ value;
        for (unsigned i = 0; i < 5; ++i)
            if ((top >> i & 1) != 0) remainder_ ^= generator[i];
    }
    [[nodiscard]] std::uint32_t remainder() const noexcept { return remainder_; }

  private:
    std::uint32_t remainder_ = 1;
};

// Cleanses what it guards, however the function that owns it is left.
struct cleansed_chars {
    std::array<char, bech32_text_limit> chars{};
    std::size_t size = 0;
    cleansed_chars() = default;
    cleansed_chars(const cleansed_chars&) = delete;
    cleansed_chars& operator=(const cleansed_chars&) = delete;
    ~cleansed_chars() { cleanse(std::span<char>(chars)); }
    void push(char c) noexcept { chars[size++] = c; }
};

}  // namespace

std::variant<bech32_content, bech32_fault> bech32_decode(std::string_view text) {
    if (text.size() > bech32_text_limit) return bech32_fault::length;
    if (!is_visible(text)) return bech32_fault::character;
    if (is_mixed(text)) return bech32_fault::mixed_case;
    const std::size_t separator = text.rfind('1');
    if (separator == std::string_view::npos || separator == 0) return bech32_fault::no_separator;
    const std::string_view behind = text.substr(separator + 1);
    if (behind.size() < checksum_length) return bech32_fault::length;

    bech32_content content;
    content.prefix = text.substr(0, separator);
    checksum sum(content.prefix);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (std::size_t i = 0; i < behind.size(); ++i) {
        const std::size_t value = alphabet.find(small(behind[i]));
        if (value == std::string_view::npos) return bech32_fault::character;
        sum.add(static_cast<unsigned>(value));
        if (i >= behind.size() - checksum_length) continue;
        bits = (bits << 5 | static_cast<std::uint32_t>(value)) & 0xFFF;
        held += 5;
        if (held >= 8) {
            held -= 8;
            content.store.span()[content.size++] = static_cast<std::byte>(bits >> held & 0xFF);
        }
    }
    if (sum.remainder() != checksum_of_whole) return bech32_fault::checksum;
    if (held >= 5 || (bits & ((1U << held) - 1)) != 0) return bech32_fault::padding;
    return content;
}

std::optional<secret_text> bech32_encode(std::string_view prefix, std::span<const std::byte> bytes) {
    if (prefix.empty() || prefix.size() > bech32_text_limit || bytes.size() > bech32_byte_limit) return std::nullopt;
    if (!is_visible(prefix) || is_mixed(prefix)) return std::nullopt;
    if (prefix.size() + 1 + (bytes.size() * 8 + 4) / 5 + checksum_length > bech32_text_limit) return std::nullopt;

    const bool capitals = std::ranges::any_of(prefix, is_capital);
    cleansed_chars out;
    for (const char c : prefix) out.push(c);
    out.push('1');
    checksum sum(prefix);
    const auto put = [&](std::uint32_t value) {
        const char c = alphabet[value & 31];
        out.push(capitals ? capital(c) : c);
    };
    const auto put_data = [&](std::uint32_t value) {
        sum.add(value & 31);
        put(value);
    };
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const std::byte b : bytes) {
        bits = (bits << 8 | std::to_integer<std::uint32_t>(b)) & 0xFFF;
        for (held += 8; held >= 5; held -= 5) put_data(bits >> (held - 5));
    }
    if (held != 0) put_data(bits << (5 - held));
    for (std::size_t i = 0; i < checksum_length; ++i) sum.add(0);
    const std::uint32_t closing = sum.remainder() ^ checksum_of_whole;
    for (unsigned i = 0; i < checksum_length; ++i) put(closing >> 5 * (checksum_length - 1 - i));
    return secret_text(std::string_view(out.chars.data(), out.size));
}

}  // namespace decamp::formats
