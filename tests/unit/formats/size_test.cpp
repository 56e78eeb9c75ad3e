#include "formats/size.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "random_text.hpp"

namespace decamp::formats {
namespace {

TEST(parse_size, table) {
    const std::pair<std::string_view, std::uint64_t> table[] = {
        {"0", 0},
        {"4096", 4096},
        {"10b", 10},
        {"10 B", 10},
        {"64MiB", 67'108'864},
        {"64mib", 67'108'864},
        {"64 MiB", 67'108'864},
        {"20MB", 20'000'000},
        {"1KB", 1000},
        {"1KiB", 1024},
        {"2GB", 2'000'000'000},
        {"4GiB", 4'294'967'296},
        {"1TB", 1'000'000'000'000},
        {"1TiB", 1'099'511'627'776},
        {"1.5GiB", 1'610'612'736},
        {"0.1KB", 100},
        {"1.0005KB", 1000},
        {"0.3333333333MB", 333'333},
        {"1.9B", 1},
        {"18446744073709551615", std::numeric_limits<std::uint64_t>::max()},
        {"18446744073709551.615KB", std::numeric_limits<std::uint64_t>::max()},
        {"16777215.999999TiB", 18'446'744'073'708'452'104U},
        {"007KB", 7000},
    };
    for (auto [text, bytes] : table) EXPECT_EQ(parse_size(text), bytes) << text;
}

TEST(parse_size, refusals) {
    for (std::string_view bad : {"",
                                 " ",
                                 "MB",
                                 ".5MB",
                                 "5.MB",
                                 "1..5MB",
                                 "-1MB",
                                 "+1MB",
                                 "1M",
                                 "1K",
                                 "1Ki",
                                 "1PB",
                                 "1MBs",
                                 "1MB/s",
                                 "1  MB",
                                 " 1MB",
                                 "1MB ",
                                 "1 ",
                                 "1e3",
                                 "0x10",
                                 "1,5MB",
                                 "1.5.5MB",
                                 "18446744073709551616",
                                 "18446744073709551.616KB",
                                 "16777216TiB",
                                 "99999999999999999999999999999999999999",
                                 "1.0000000000000000000000000000000000000001MB",
                                 "\xEF\xBC\x91MB"}) {
        EXPECT_FALSE(parse_size(bad)) << bad;
    }
    EXPECT_FALSE(parse_size(std::string_view("1MB\0", 4)));
}

TEST(parse_rate, table) {
    EXPECT_EQ(parse_rate("20MB/s"), 20'000'000U);
    EXPECT_EQ(parse_rate("20MB"), 20'000'000U);
    EXPECT_EQ(parse_rate("1.5MiB/S"), 1'572'864U);
    EXPECT_EQ(parse_rate("100/s"), 100U);
    for (std::string_view bad : {"", "/s", "20MB/", "20MB/m", "20MB/s/s", "20Mbit/s", "20MB /s", "20MB/ s"}) {
        EXPECT_FALSE(parse_rate(bad)) << bad;
    }
}

TEST(human_size, table) {
    const std::pair<std::uint64_t, std::string_view> table[] = {
        {0, "0 B"},
        {999, "999 B"},
        {1000, "1.0 KB"},
        {1049, "1.0 KB"},
        {1050, "1.1 KB"},
        {1500, "1.5 KB"},
        {999'949, "999.9 KB"},
        {999'950, "1.0 MB"},
        {64'000'000'000, "64.0 GB"},
        {999'999'999'999, "1.0 TB"},
        {1'234'567'890'123'456, "1.2 PB"},
        {std::numeric_limits<std::uint64_t>::max(), "18.4 EB"},
    };
    for (auto [bytes, text] : table) EXPECT_EQ(human_size(bytes), text) << bytes;
}

TEST(human_size, what_it_writes_is_read_back_within_rounding) {
    test::random_text random(50);
    for (int i = 0; i < test::rounds(5000); ++i) {
        std::uint64_t bytes = random.below(std::uint64_t{1} << (1 + random.below(49)));
        auto back = parse_size(human_size(bytes));
        ASSERT_TRUE(back) << bytes;
        std::uint64_t difference = *back > bytes ? *back - bytes : bytes - *back;
        EXPECT_LE(difference, bytes / 18) << bytes;
    }
}

}  // namespace
}  // namespace decamp::formats
