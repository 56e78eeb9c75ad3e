#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "engine/transport/cookie_jar.hpp"

namespace decamp::transport {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_delimiter(char c) {
    const auto b = static_cast<unsigned char>(c);
    return b == 0x09 || (b >= 0x20 && b <= 0x2f) || (b >= 0x3b && b <= 0x40) || (b >= 0x5b && b <= 0x60) ||
           (b >= 0x7b && b <= 0x7e);
}

// `least` to `most` digits at the start, followed by a non-digit or the end.
std::optional<int> number(std::string_view text, std::size_t least, std::size_t most) {
    const auto stop = std::ranges::find_if_not(text, is_digit);
    const auto size = static_cast<std::size_t>(stop - text.begin());
    if (size < least || size > most) return std::nullopt;
    int value = 0;
    std::from_chars(text.data(), text.data() + size, value);
    return value;
}

struct clock_time {
    int hour, minute, second;
};

std::optional<clock_time> time_of(std::string_view token) {
    std::array<int, 3> parts{};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto part = number(token, 1, 2);
        if (!part) return std::nullopt;
        parts[i] = *part;
        const auto colon = token.find(':');
        if (i < 2 && colon > 2) return std::nullopt;  // none: npos
        if (i < 2) token.remove_prefix(colon + 1);
    }
    return clock_time{parts[0], parts[1], parts[2]};
}

std::optional<int> month_of(std::string_view token) {
    static constexpr std::string_view names = "janfebmaraprmayjunjulaugsepoctnovdec";
    if (token.size() < 3) return std::nullopt;
    std::string low(token.substr(0, 3));
    for (char& c : low)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    for (std::size_t i = 0; i < names.size(); i += 3)
        if (names.substr(i, 3) == low) return static_cast<int>(i / 3 + 1);
    return std::nullopt;
}

// The first token that fits is the one.
template <class T>
bool fill(std::optional<T>& slot, const std::optional<T>& found) {
    if (slot || !found) return false;
    slot = found;
    return true;
}

}  // namespace

std::optional<std::int64_t> parse_cookie_date(std::string_view text) {
    std::optional<clock_time> time;
    std::optional<int> day, month, year;
    while (!text.empty()) {
        const auto start = std::ranges::find_if_not(text, is_delimiter);
        text.remove_prefix(static_cast<std::size_t>(start - text.begin()));
        const auto stop = std::ranges::find_if(text, is_delimiter);
        const auto token = text.substr(0, static_cast<std::size_t>(stop - text.begin()));
        text.remove_prefix(token.size());
        if (token.empty()) continue;
        if (fill(time, time_of(token)) || fill(day, number(token, 1, 2)) || fill(month, month_of(token))) continue;
        if (!year) year = number(token, 2, 4);
    }
    if (!time || !day || !month || !year) return std::nullopt;
    if (*year >= 70 && *year <= 99) *year += 1900;
    if (*year >= 0 && *year <= 69) *year += 2000;
    if (*year < 1601 || time->hour > 23 || time->minute > 59 || time->second > 59) return std::nullopt;
    const std::chrono::year_month_day date(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day)));
    if (!date.ok()) return std::nullopt;
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    return ((days * 24 + time->hour) * 60 + time->minute) * 60 + time->second;
}

}  // namespace decamp::transport
