#include "formats/size.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

namespace decamp::formats {
namespace {

struct unit {
    std::string_view name;  // lower case
    std::uint64_t bytes;
};

constexpr std::array units{
    unit{"", 1},
    unit{"b", 1},
    unit{"kb", 1'000},
    unit{"mb", 1'000'000},
    unit{"gb", 1'000'000'000},
    unit{"tb", 1'000'000'000'000},
    unit{"kib", std::uint64_t{1} << 10},
    unit{"mib", std::uint64_t{1} << 20},
    unit{"gib", std::uint64_t{1} << 30},
    unit{"tib", std::uint64_t{1} << 40},
};

constexpr std::size_t longest_number = 40;

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

std::string_view take_digits(std::string_view& text) {
    auto end = std::ranges::find_if_not(text, is_digit);
    auto digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(digits.size());
    return digits;
}

std::optional<std::uint64_t> unit_bytes(std::string_view name) {
    auto same = [name](const unit& u) {
        return std::ranges::equal(name, u.name,
                                  [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
    };
    auto found = std::ranges::find_if(units, same);
    if (found == units.end()) return std::nullopt;
    return found->bytes;
}

std::optional<std::uint64_t> whole_number(std::string_view digits) {
    std::uint64_t value = 0;
    for (char c : digits) {
        if (__builtin_mul_overflow(value, 10U, &value)) return std::nullopt;
        if (__builtin_add_overflow(value, static_cast<std::uint64_t>(c - '0'), &value)) return std::nullopt;
    }
    return value;
}

// floor(0.digits * unit), from the last digit on: nested floors of tenths are exact, and floating point is not.
std::uint64_t fraction_of(std::string_view digits, std::uint64_t unit) {
    std::uint64_t value = 0;
    for (std::size_t i = digits.size(); i-- > 0;)
        value = (static_cast<std::uint64_t>(digits[i] - '0') * unit + value) / 10;
    return value;
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
    if (text.size() > longest_number) return std::nullopt;
    std::string_view whole = take_digits(text);
    std::string_view fraction;
    if (whole.empty()) return std::nullopt;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        fraction = take_digits(text);
        if (fraction.empty()) return std::nullopt;
    }
    bool space = text.starts_with(' ');
    if (space) text.remove_prefix(1);
    if (space && text.empty()) return std::nullopt;
    auto unit = unit_bytes(text);
    auto value = whole_number(whole);
    if (!unit || !value) return std::nullopt;
    std::uint64_t bytes = 0;
    if (__builtin_mul_overflow(*value, *unit, &bytes)) return std::nullopt;
    if (__builtin_add_overflow(bytes, fraction_of(fraction, *unit), &bytes)) return std::nullopt;
    return bytes;
}

std::optional<std::uint64_t> parse_rate(std::string_view text) {
    if (text.ends_with("/s") || text.ends_with("/S")) text.remove_suffix(2);
    return parse_size(text);
}

std::string human_size(std::uint64_t bytes) {
    static constexpr std::array names{"KB", "MB", "GB", "TB", "PB", "EB"};
    if (bytes < 1000) return fmt::format("{} B", bytes);
    std::uint64_t unit = 1000;
    std::size_t name = 0;
    for (;;) {
        std::uint64_t whole = bytes / unit;
        std::uint64_t tenths = (bytes % unit * 10 + unit / 2) / unit;
        if (tenths == 10) {
            ++whole;
            tenths = 0;
        }
        if (whole < 1000 || name + 1 == names.size()) return fmt::format("{}.{} {}", whole, tenths, names[name]);
        unit *= 1000;
        ++name;
    }
}

}  // namespace decamp::formats
