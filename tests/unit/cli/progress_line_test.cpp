#include "tools/decamp/progress_line.hpp"

#include <gtest/gtest.h>

namespace decamp::cli {
namespace {

TEST(rate_meter, says_nothing_before_there_is_something_to_say) {
    rate_meter meter;
    EXPECT_FALSE(meter.per_second());
    meter.add(0, 0);
    EXPECT_FALSE(meter.per_second());
    meter.add(0.4, 1000);
    EXPECT_FALSE(meter.per_second());
    meter.add(1, 1000);
    ASSERT_TRUE(meter.per_second());
    EXPECT_DOUBLE_EQ(*meter.per_second(), 1000);
}

TEST(rate_meter, finds_a_steady_rate_however_often_it_is_asked) {
    for (const double step : {0.01, 0.25, 1.0, 7.0}) {
        rate_meter meter;
        for (double t = 0; t < 100; t += step) meter.add(t, static_cast<std::uint64_t>(t * 1e6));
        ASSERT_TRUE(meter.per_second());
        EXPECT_NEAR(*meter.per_second(), 1e6, 10) << step;
    }
}

TEST(rate_meter, forgets_what_lies_behind_its_window) {
    rate_meter meter(10);
    for (int t = 0; t <= 60; ++t) meter.add(t, static_cast<std::uint64_t>(t) * 1000);
    for (int t = 61; t <= 75; ++t) meter.add(t, 60'000);
    EXPECT_DOUBLE_EQ(*meter.per_second(), 0);
}

TEST(rate_meter, begins_anew_when_the_counter_or_the_clock_goes_back) {
    rate_meter meter;
    meter.add(0, 0);
    meter.add(5, 5000);
    meter.add(6, 10);
    EXPECT_FALSE(meter.per_second());
    meter.add(7, 110);
    EXPECT_DOUBLE_EQ(*meter.per_second(), 100);
    meter.add(3, 200);
    EXPECT_FALSE(meter.per_second());
}

TEST(time_left, table) {
    EXPECT_FALSE(time_left(0, 0, 100.0));
    EXPECT_FALSE(time_left(0, 1000, std::nullopt));
    EXPECT_FALSE(time_left(0, 1000, 0.0));
    EXPECT_FALSE(time_left(0, 1000, -5.0));
    EXPECT_DOUBLE_EQ(*time_left(0, 1000, 100.0), 10);
    EXPECT_DOUBLE_EQ(*time_left(900, 1000, 100.0), 1);
    EXPECT_DOUBLE_EQ(*time_left(1000, 1000, 100.0), 0);
    EXPECT_DOUBLE_EQ(*time_left(2000, 1000, 100.0), 0);
    EXPECT_FALSE(time_left(0, UINT64_MAX, 1.0));  // more than a hundred days
}

TEST(duration_text, table) {
    const std::pair<double, const char*> table[] = {
        {0, "0 s"},
        {-3, "0 s"},
        {0.2, "1 s"},
        {59, "59 s"},
        {59.5, "1 min 0 s"},
        {61, "1 min 1 s"},
        {3599, "59 min 59 s"},
        {3600, "1 h 0 min"},
        {7830, "2 h 10 min"},
        {172799, "47 h 59 min"},
        {172800, "2 d 0 h"},
        {277200, "3 d 5 h"},
        {1e300, "11574074 d 1 h"},
    };
    for (const auto& [seconds, text] : table) EXPECT_EQ(duration_text(seconds, language::en), text) << seconds;
    EXPECT_EQ(duration_text(61, language::zh_cn), "1 分 1 秒");
}

progress some() {
    progress p;
    p.items_listed = 12;
    p.items_stored = 3;
    p.bytes_wanted = 10'000'000;
    p.bytes_stored = 2'500'000;
    return p;
}

TEST(progress_text, table) {
    const auto en = language::en;
    EXPECT_EQ(progress_text({}, {}, work::exporting, en), "signing in");
    progress p = some();
    EXPECT_EQ(progress_text(p, {}, work::exporting, en), "3 of 12 files so far, 2.5 MB of 10.0 MB");
    // Nobody knows the end before the list is whole.
    EXPECT_EQ(progress_text(p, {1e6, 1e6}, work::exporting, en), "3 of 12 files so far, 2.5 MB of 10.0 MB, 1.0 MB/s");
    p.listing_done = true;
    EXPECT_EQ(progress_text(p, {2e6, 1e6}, work::exporting, en),
              "3 of 12 files, 2.5 MB of 10.0 MB, 2.0 MB/s, 8 s left");
    p.items_proven = 2;
    p.bytes_saved = 1500;
    p.retries = 4;
    p.items_failed = 1;
    EXPECT_EQ(progress_text(p, {2e6, 1e6}, work::exporting, en),
              "3 of 12 files, 2.5 MB of 10.0 MB, 2.0 MB/s, 8 s left, 2 read back, 1.5 KB saved by dedup, retries: 4, "
              "failed: 1");
    EXPECT_EQ(
        progress_text(p, {2e6, 1e6}, work::exporting, language::zh_cn),
        "3/12 个文件，已存 2.5 MB，共 10.0 MB，2.0 MB/秒，剩余 8 秒，已回读 2，去重省下 1.5 KB，重试 4 次，失败 1 项");
}

TEST(progress_text, verifying) {
    progress p = some();
    p.items_proven = 5;
    p.bytes_received = 2'500'000;
    EXPECT_EQ(progress_text(p, {5e6, 3.5}, work::verifying, language::en),
              "verifying, 5 of 12 files, 2.5 MB read, 5.0 MB/s, 2 s left");
    EXPECT_EQ(progress_text({}, {}, work::verifying, language::en), "verifying, 0 of 0 files, 0 B read");
}

}  // namespace
}  // namespace decamp::cli
