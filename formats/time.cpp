#include "formats/time.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace decamp::formats {
namespace {

constexpr std::int64_t ns_per_second = 1'000'000'000;
constexpr std::int64_t seconds_per_day = 86'400;
constexpr int most_offset_minutes = 23 * 60 + 59;

constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) noexcept {
    return a / b - (a % b < 0 ? 1 : 0);
}

constexpr bool leap(std::int64_t year) noexcept {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

civil_date clamped(civil_date date) noexcept {
    if (date.year < 0) return {0, 1, 1};
    if (date.year > 9999) return {9999, 12, 31};
    return date;
}

// Reads fixed-width fields from the front of a text.
class field_reader {
  public:
    explicit field_reader(std::string_view text) : rest_(text) {}

    std::optional<int> number(std::size_t width) {
        if (rest_.size() < width) return std::nullopt;
        int value = 0;
        for (char c : rest_.substr(0, width)) {
            if (c < '0' || c > '9') return std::nullopt;
            value = value * 10 + (c - '0');
        }
        rest_.remove_prefix(width);
        return value;
    }
    char take(std::string_view any_of) {  // the character taken, or NUL
        if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return '\0';
        char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }
    bool at_end() const { return rest_.empty(); }

  private:
    std::string_view rest_;
};

std::optional<civil_date> read_date(field_reader& in, bool dashes) {
    auto year = in.number(4);
    if (!year || (dashes && in.take("-") == '\0')) return std::nullopt;
    auto month = in.number(2);
    if (!month || (dashes && in.take("-") == '\0')) return std::nullopt;
    auto day = in.number(2);
    if (!day) return std::nullopt;
    civil_date date{*year, static_cast<unsigned>(*month), static_cast<unsigned>(*day)};
    if (!is_real_date(date)) return std::nullopt;
    return date;
}

// Nanoseconds of a fraction whose point is already read; needs at least one digit.
std::optional<std::int64_t> read_fraction(field_reader& in) {
    std::int64_t ns = 0;
    std::int64_t weight = ns_per_second;
    bool any = false;
    while (char c = in.take("0123456789")) {
        any = true;
        weight /= 10;
        ns += weight * (c - '0');
    }
    if (!any) return std::nullopt;
    return ns;
}

std::optional<int> read_offset(field_reader& in) {
    char sign = in.take("Zz+-");
    if (sign == 'Z' || sign == 'z') return 0;
    if (sign == '\0') return std::nullopt;
    auto hours = in.number(2);
    if (!hours || *hours > 23 || in.take(":") == '\0') return std::nullopt;
    auto minutes = in.number(2);
    if (!minutes || *minutes > 59) return std::nullopt;
    int offset = *hours * 60 + *minutes;
    return sign == '-' ? -offset : offset;
}

std::optional<std::int64_t> joined(std::int64_t seconds, std::int64_t ns) {
    // Negative seconds are brought one up first, so that the lowest int64 does not overflow on its way.
    if (seconds < 0 && ns > 0) {
        seconds += 1;
        ns -= ns_per_second;
    }
    std::int64_t product = 0;
    std::int64_t sum = 0;
    if (__builtin_mul_overflow(seconds, ns_per_second, &product) || __builtin_add_overflow(product, ns, &sum)) {
        return std::nullopt;
    }
    return sum;
}

}  // namespace

bool is_real_date(civil_date date) noexcept {
    static constexpr unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (date.month < 1 || date.month > 12 || date.day < 1) return false;
    return date.day <= days[date.month - 1] + (date.month == 2 && leap(date.year) ? 1U : 0U);
}

// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March, eras have 400 years.
std::int64_t days_from_civil(civil_date date) noexcept {
    std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
    std::int64_t era = floor_div(year, 400);
    std::int64_t year_of_era = year - era * 400;
    std::int64_t month = date.month;
    std::int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + date.day - 1;
    std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146'097 + day_of_era - 719'468;
}

civil_date civil_from_days(std::int64_t days) noexcept {
    days += 719'468;
    std::int64_t era = floor_div(days, 146'097);
    std::int64_t day_of_era = days - era * 146'097;
    std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
    std::int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), static_cast<unsigned>(month), static_cast<unsigned>(day)};
}

std::string format_rfc3339(std::int64_t unix_ns, int offset_minutes, unsigned fraction_digits) {
    offset_minutes = std::clamp(offset_minutes, -most_offset_minutes, most_offset_minutes);
    std::int64_t seconds = floor_div(unix_ns, ns_per_second);
    std::int64_t ns = unix_ns % ns_per_second;
    if (ns < 0) ns += ns_per_second;
    std::int64_t local = seconds + std::int64_t{offset_minutes} * 60;
    std::int64_t days = floor_div(local, seconds_per_day);
    std::int64_t of_day = local - days * seconds_per_day;
    civil_date date = civil_from_days(days);
    std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", date.year, date.month, date.day, of_day / 3600,
                                  of_day / 60 % 60, of_day % 60);
    if (fraction_digits > 0) {
        out += '.';
        out += fmt::format("{:09}", ns).substr(0, std::min(fraction_digits, 9U));
    }
    if (offset_minutes == 0) return out + 'Z';
    int magnitude = offset_minutes < 0 ? -offset_minutes : offset_minutes;
    return out + fmt::format("{}{:02}:{:02}", offset_minutes < 0 ? '-' : '+', magnitude / 60, magnitude % 60);
}

std::optional<rfc3339_time> parse_rfc3339(std::string_view text) {
    if (text.size() > 128) return std::nullopt;
    field_reader in(text);
    auto date = read_date(in, true);
    if (!date || in.take("Tt ") == '\0') return std::nullopt;
    auto hour = in.number(2);
    if (!hour || *hour > 23 || in.take(":") == '\0') return std::nullopt;
    auto minute = in.number(2);
    if (!minute || *minute > 59 || in.take(":") == '\0') return std::nullopt;
    auto second = in.number(2);
    if (!second || *second > 60) return std::nullopt;
    std::int64_t ns = 0;
    if (in.take(".") != '\0') {
        auto fraction = read_fraction(in);
        if (!fraction) return std::nullopt;
        ns = *fraction;
    }
    auto offset = read_offset(in);
    if (!offset || !in.at_end()) return std::nullopt;
    const int of_day = *hour * 3600 + *minute * 60 + *second;
    const int shift = *offset * 60;
    std::int64_t seconds = days_from_civil(*date) * seconds_per_day + of_day - shift;
    auto unix_ns = joined(seconds, ns);
    if (!unix_ns) return std::nullopt;
    return rfc3339_time{*unix_ns, *offset};
}

std::optional<civil_date> parse_day(std::string_view yyyymmdd) {
    field_reader in(yyyymmdd);
    auto date = read_date(in, false);
    if (!in.at_end()) return std::nullopt;
    return date;
}

std::optional<civil_date> parse_dashed_day(std::string_view yyyy_mm_dd) {
    field_reader in(yyyy_mm_dd);
    auto date = read_date(in, true);
    if (!in.at_end()) return std::nullopt;
    return date;
}

std::string format_day(civil_date date) {
    date = clamped(date);
    return fmt::format("{:04}{:02}{:02}", date.year, date.month, date.day);
}

std::string format_dashed_day(civil_date date) {
    date = clamped(date);
    return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

std::optional<std::string> dashed_day(std::string_view yyyymmdd) {
    auto date = parse_day(yyyymmdd);
    if (!date) return std::nullopt;
    return format_dashed_day(*date);
}

civil_date date_of_ms(std::int64_t unix_ms, int offset_minutes) noexcept {
    offset_minutes = std::clamp(offset_minutes, -most_offset_minutes, most_offset_minutes);
    std::int64_t seconds = floor_div(unix_ms, 1000) + std::int64_t{offset_minutes} * 60;
    std::int64_t days = floor_div(seconds, seconds_per_day);
    // Clamped before the calendar, whose arithmetic is made for a few billion days only.
    static const std::int64_t first = days_from_civil({0, 1, 1});
    static const std::int64_t last = days_from_civil({9999, 12, 31});
    return civil_from_days(std::clamp(days, first, last));
}

std::string day_of_ms(std::int64_t unix_ms, int offset_minutes) {
    return format_day(date_of_ms(unix_ms, offset_minutes));
}

std::int64_t ns_from_ms(std::int64_t unix_ms) noexcept {
    std::int64_t ns = 0;
    if (!__builtin_mul_overflow(unix_ms, std::int64_t{1'000'000}, &ns)) return ns;
    return unix_ms < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}

}  // namespace decamp::formats
