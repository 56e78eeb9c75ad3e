#pragma once
// Calendar arithmetic on the proleptic Gregorian calendar, without a clock, a time zone database or leap seconds.
// Instants are nanoseconds or milliseconds since 1970-01-01T00:00:00Z, offsets are minutes east of UTC.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace decamp::formats {

struct civil_date {
    std::int64_t year = 1970;
    unsigned month = 1;  // 1..12
    unsigned day = 1;    // 1..31
    auto operator<=>(const civil_date&) const = default;
};

// Days since 1970-01-01. The date must be a real one, |year| below 10 million.
[[nodiscard]] std::int64_t days_from_civil(civil_date date) noexcept;
// |days| below 3 billion.
[[nodiscard]] civil_date civil_from_days(std::int64_t days) noexcept;
[[nodiscard]] bool is_real_date(civil_date date) noexcept;

// RFC 3339 with the offset written out ("Z" for 0) and `fraction_digits` (0..9) digits of the second, cut, not rounded.
// The offset is clamped to +-23:59. int64 nanoseconds reach from 1677 to 2262, so every value can be written.
[[nodiscard]] std::string format_rfc3339(std::int64_t unix_ns, int offset_minutes = 0, unsigned fraction_digits = 0);

struct rfc3339_time {
    std::int64_t unix_ns = 0;
    int offset_minutes = 0;
    bool operator==(const rfc3339_time&) const = default;
};
// RFC 3339, section 5.6: "T", "t" or a space, any number of fraction digits (those below 1 ns are cut), Z or an offset.
// A leap second :60 is taken for the second after :59. Nothing for a date that is none or beyond int64 nanoseconds.
[[nodiscard]] std::optional<rfc3339_time> parse_rfc3339(std::string_view text);

// Days as the clouds name them: "YYYYMMDD". Nothing where the eight digits are no real date.
[[nodiscard]] std::optional<civil_date> parse_day(std::string_view yyyymmdd);
[[nodiscard]] std::optional<civil_date> parse_dashed_day(std::string_view yyyy_mm_dd);
[[nodiscard]] std::string format_day(civil_date date);         // YYYYMMDD; years are clamped to 0..9999
[[nodiscard]] std::string format_dashed_day(civil_date date);  // YYYY-MM-DD, likewise
[[nodiscard]] std::optional<std::string> dashed_day(std::string_view yyyymmdd);

// The day on which that instant falls at that offset; instants before year 0 or after 9999 give the first or last day.
[[nodiscard]] civil_date date_of_ms(std::int64_t unix_ms, int offset_minutes) noexcept;
[[nodiscard]] std::string day_of_ms(std::int64_t unix_ms, int offset_minutes);  // YYYYMMDD

// Saturates instead of overflowing.
[[nodiscard]] std::int64_t ns_from_ms(std::int64_t unix_ms) noexcept;

// Into [lowest, highest]; lowest <= highest.
[[nodiscard]] constexpr std::int64_t clamp_time(std::int64_t ns, std::int64_t lowest_ns,
                                                std::int64_t highest_ns) noexcept {
    return ns < lowest_ns ? lowest_ns : ns > highest_ns ? highest_ns : ns;
}

}  // namespace decamp::formats
