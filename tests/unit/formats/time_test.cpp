#include "formats/time.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "random_text.hpp"

namespace decamp::formats {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();

TEST(civil, days_count_up_one_by_one_for_two_thousand_years) {
    static constexpr unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    std::int64_t days = -719'528;  // 0000-01-01
    for (std::int64_t year = 0; year < 2400; ++year) {
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        for (unsigned month = 1; month <= 12; ++month) {
            unsigned length = lengths[month - 1] + (month == 2 && leap ? 1 : 0);
            for (unsigned day = 1; day <= length; ++day, ++days) {
                civil_date date{year, month, day};
                ASSERT_EQ(days_from_civil(date), days);
                ASSERT_EQ(civil_from_days(days), date);
                ASSERT_TRUE(is_real_date(date));
            }
            ASSERT_FALSE(is_real_date({year, month, length + 1}));
        }
    }
    EXPECT_EQ(days_from_civil({1970, 1, 1}), 0);
    EXPECT_EQ(civil_from_days(days_from_civil({-1, 12, 31})), (civil_date{-1, 12, 31}));
    EXPECT_FALSE(is_real_date({2024, 0, 1}));
    EXPECT_FALSE(is_real_date({2024, 13, 1}));
    EXPECT_FALSE(is_real_date({2024, 1, 0}));
}

TEST(rfc3339, format_table) {
    struct row {
        std::int64_t ns;
        int offset;
        unsigned digits;
        std::string_view expected;
    };
    const row table[] = {
        {0, 0, 0, "1970-01-01T00:00:00Z"},
        {0, 480, 0, "1970-01-01T08:00:00+08:00"},
        {0, -30, 3, "1969-12-31T23:30:00.000-00:30"},
        {1'714'521'600 * second + 123'456'789, 0, 9, "2024-05-01T00:00:00.123456789Z"},
        {1'714'521'600 * second + 999'999'999, 345, 3, "2024-05-01T05:45:00.999+05:45"},
        {-1, 0, 9, "1969-12-31T23:59:59.999999999Z"},
        {-1, 0, 0, "1969-12-31T23:59:59Z"},
        {951'782'400 * second, 0, 0, "2000-02-29T00:00:00Z"},
        {lowest, 0, 9, "1677-09-21T00:12:43.145224192Z"},
        {highest, 0, 9, "2262-04-11T23:47:16.854775807Z"},
        {lowest, -9999, 0, "1677-09-20T00:13:43-23:59"},
        {highest, 9999, 12, "2262-04-12T23:46:16.854775807+23:59"},
    };
    for (const row& r : table) EXPECT_EQ(format_rfc3339(r.ns, r.offset, r.digits), r.expected);
}

TEST(rfc3339, parse_table) {
    const std::pair<std::string_view, rfc3339_time> table[] = {
        {"1985-04-12T23:20:50.52Z", {482'196'050 * second + 520'000'000, 0}},  // the RFC's own examples
        {"1996-12-19T16:39:57-08:00", {851'042'397 * second, -480}},
        {"1990-12-31T23:59:60Z", {662'688'000 * second, 0}},
        {"1990-12-31T15:59:60-08:00", {662'688'000 * second, -480}},
        {"1937-01-01T12:00:27.87+00:20", {-1'041'337'173 * second + 870'000'000, 20}},
        {"1970-01-01 00:00:00z", {0, 0}},
        {"1970-01-01t00:00:00-00:00", {0, 0}},
        {"1970-01-01T00:00:00.0000000019999Z", {1, 0}},
        {"1969-12-31T23:59:59.999999999Z", {-1, 0}},
        {"1677-09-21T00:12:43.145224192Z", {lowest, 0}},
        {"2262-04-11T23:47:16.854775807Z", {highest, 0}},
    };
    for (const auto& [text, expected] : table) EXPECT_EQ(parse_rfc3339(text), expected) << text;
}

TEST(rfc3339, refusals) {
    for (std::string_view bad : {"",
                                 "2024",
                                 "2024-05-01",
                                 "2024-05-01T00:00:00",
                                 "2024-05-01T00:00Z",
                                 "2024-5-01T00:00:00Z",
                                 "2024-13-01T00:00:00Z",
                                 "2024-02-30T00:00:00Z",
                                 "2023-02-29T00:00:00Z",
                                 "2024-05-01T24:00:00Z",
                                 "2024-05-01T00:60:00Z",
                                 "2024-05-01T00:00:61Z",
                                 "2024-05-01T00:00:00.Z",
                                 "2024-05-01T00:00:00,5Z",
                                 "2024-05-01T00:00:00+0800",
                                 "2024-05-01T00:00:00+24:00",
                                 "2024-05-01T00:00:00+08:60",
                                 "2024-05-01T00:00:00ZZ",
                                 " 2024-05-01T00:00:00Z",
                                 "2024-05-01T00:00:00Z ",
                                 "2024/05/01T00:00:00Z",
                                 "-024-05-01T00:00:00Z",
                                 "+2024-05-01T00:00:00Z",
                                 "1677-09-21T00:12:43.145224191Z",
                                 "2262-04-11T23:47:16.854775808Z",
                                 "9999-12-31T23:59:59Z",
                                 "0000-01-01T00:00:00Z",
                                 "2024-05-01T00:00:00.1-Z",
                                 "2024-05-01T00:00:0\xC2\xB2Z"}) {
        EXPECT_FALSE(parse_rfc3339(bad)) << bad;
    }
    EXPECT_FALSE(parse_rfc3339("2024-05-01T00:00:00." + std::string(200, '1') + "Z"));
}

TEST(rfc3339, round_trip) {
    test::random_text random(30);
    for (int i = 0; i < test::rounds(20'000); ++i) {
        auto ns = static_cast<std::int64_t>(random.below(std::numeric_limits<std::uint64_t>::max()));
        int offset = static_cast<int>(random.below(2 * 1439 + 1)) - 1439;
        auto back = parse_rfc3339(format_rfc3339(ns, offset, 9));
        ASSERT_TRUE(back) << ns;
        EXPECT_EQ(back->unix_ns, ns);
        EXPECT_EQ(back->offset_minutes, offset);
    }
}

TEST(day, texts) {
    EXPECT_EQ(dashed_day("20240501"), "2024-05-01");
    EXPECT_EQ(dashed_day("20240229"), "2024-02-29");
    EXPECT_EQ(dashed_day("00000101"), "0000-01-01");
    for (std::string_view bad : {"", "2024501", "202405011", "20230229", "20241301", "20240532", "20240500", "2024-5-1",
                                 "abcdefgh", "+2024501", " 2024050"}) {
        EXPECT_FALSE(dashed_day(bad)) << bad;
        EXPECT_FALSE(parse_dashed_day(bad)) << bad;
    }
    EXPECT_EQ(parse_dashed_day("2024-05-01"), (civil_date{2024, 5, 1}));
    EXPECT_FALSE(parse_dashed_day("2024-05-01x"));
    EXPECT_FALSE(parse_dashed_day("2024-05-0"));
    EXPECT_EQ(format_day({2024, 5, 1}), "20240501");
    EXPECT_EQ(format_dashed_day({-5, 5, 1}), "0000-01-01");
    EXPECT_EQ(format_day({12'345, 5, 1}), "99991231");
}

TEST(day, of_an_instant_at_an_offset) {
    struct row {
        std::int64_t ms;
        int offset;
        std::string_view expected;
    };
    constexpr std::int64_t may_first = 1'714'521'600'000;  // 2024-05-01T00:00Z
    const row table[] = {
        {0, 0, "19700101"},
        {-1, 0, "19691231"},
        {-1, 1, "19700101"},
        {may_first, 0, "20240501"},
        {may_first - 1, 0, "20240430"},
        {may_first - 1, 480, "20240501"},
        {may_first + 57'599'999, 480, "20240501"},
        {may_first + 57'600'000, 480, "20240502"},
        {may_first, -1, "20240430"},
        {lowest, 0, "00000101"},
        {highest, 0, "99991231"},
        {lowest, -9999, "00000101"},
        {highest, 9999, "99991231"},
    };
    for (const row& r : table) EXPECT_EQ(day_of_ms(r.ms, r.offset), r.expected) << r.ms << " " << r.offset;
}

TEST(time, saturates_and_clamps) {
    EXPECT_EQ(ns_from_ms(5), 5'000'000);
    EXPECT_EQ(ns_from_ms(-5), -5'000'000);
    EXPECT_EQ(ns_from_ms(highest), highest);
    EXPECT_EQ(ns_from_ms(lowest), lowest);
    EXPECT_EQ(ns_from_ms(9'223'372'036'854), 9'223'372'036'854'000'000);
    EXPECT_EQ(ns_from_ms(9'223'372'036'855), highest);
    EXPECT_EQ(clamp_time(5, 0, 10), 5);
    EXPECT_EQ(clamp_time(-5, 0, 10), 0);
    EXPECT_EQ(clamp_time(15, 0, 10), 10);
}

}  // namespace
}  // namespace decamp::formats
