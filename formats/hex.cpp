#include "formats/hex.hpp"

namespace decamp::formats {
namespace {

constexpr int value_of(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::string to_hex(std::span<const std::byte> bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (std::byte b : bytes) {
        out.push_back(digits[std::to_integer<unsigned>(b) >> 4]);
        out.push_back(digits[std::to_integer<unsigned>(b) & 15U]);
    }
    return out;
}

bool decode_hex(std::string_view text, std::span<std::byte> out) noexcept {
    if (text.size() % 2 != 0 || text.size() / 2 != out.size()) return false;
    for (std::size_t i = 0; i < out.size(); ++i) {
        int high = value_of(text[2 * i]);
        int low = value_of(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        out[i] = static_cast<std::byte>(high * 16 + low);
    }
    return true;
}

std::optional<std::vector<std::byte>> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::vector<std::byte> out(text.size() / 2);
    if (!decode_hex(text, out)) return std::nullopt;
    return out;
}

}  // namespace decamp::formats
