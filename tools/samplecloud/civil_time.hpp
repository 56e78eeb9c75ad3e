#pragma once

#include <cstdint>

namespace decamp::samplecloud {

inline constexpr std::int64_t day_ms = 86'400'000;
inline constexpr std::int64_t utc8_ms = 8LL * 3'600'000;

struct civil_day {
    int year = 1970;
    int month = 1;
    int day = 1;
};

/// Proleptic Gregorian calendar, days since 1970-01-01 (H. Hinnant, "chrono-compatible low-level date algorithms").
constexpr std::int64_t days_from_civil(civil_day date) {
    const std::int64_t y = date.month <= 2 ? date.year - 1 : date.year;
    const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
    const std::int64_t yoe = y - era * 400;
    const std::int64_t doy = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
    const std::int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146'097 + doe - 719'468;
}

constexpr civil_day civil_from_days(std::int64_t days) {
    days += 719'468;
    const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
    const std::int64_t doe = days - era * 146'097;
    const std::int64_t yoe = (doe - doe / 1460 + doe / 36'524 - doe / 146'096) / 365;
    const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const std::int64_t mp = (5 * doy + 2) / 153;
    const std::int64_t month = mp < 10 ? mp + 3 : mp - 9;
    return {static_cast<int>(yoe + era * 400 + (month <= 2 ? 1 : 0)), static_cast<int>(month),
            static_cast<int>(doy - (153 * mp + 2) / 5 + 1)};
}

/// Rounds towards minus infinity, so that times before 1970 fall on the right day.
constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    const std::int64_t quotient = a / b;
    return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

}  // namespace decamp::samplecloud
