#include "formats/base64.hpp"

#include <cstdint>

namespace decamp::formats {
namespace {

constexpr int value_of(char c) noexcept {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    if (c == '/') return 63;
    return -1;
}

// Hands every whole byte to `take`, in order. False: a character that is none, a length that no bytes have, or bits
// left over that are not zero.
template <class Take>
bool decode(std::string_view text, Take take) noexcept {
    if (text.size() % 4 == 1) return false;
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : text) {
        const int value = value_of(c);
        if (value < 0) return false;
        bits = (bits << 6 | static_cast<std::uint32_t>(value)) & 0xFFFF;
        held += 6;
        if (held >= 8) {
            held -= 8;
            take(static_cast<std::byte>(bits >> held & 0xFF));
        }
    }
    return (bits & ((1U << held) - 1)) == 0;
}

}  // namespace

std::string to_base64(std::span<const std::byte> bytes) {
    static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    out.reserve(base64_length(bytes.size()));
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const std::byte b : bytes) {
        bits = (bits << 8 | std::to_integer<std::uint32_t>(b)) & 0xFFFF;
        for (held += 8; held >= 6; held -= 6) out.push_back(digits[bits >> (held - 6) & 63]);
    }
    if (held != 0) out.push_back(digits[bits << (6 - held) & 63]);
    return out;
}

bool is_base64(std::string_view text) noexcept {
    return decode(text, [](std::byte) {});
}

bool decode_base64(std::string_view text, std::span<std::byte> out) noexcept {
    if (text.size() != base64_length(out.size())) return false;
    std::size_t at = 0;
    return decode(text, [&](std::byte b) { out[at++] = b; });
}

}  // namespace decamp::formats
