#include "engine/download/joining.hpp"

#include <gtest/gtest.h>

namespace decamp::download {
namespace {

constexpr std::uint64_t kib = 1024;

transport::response_head head(std::vector<transport::header_field> fields) {
    transport::response_head h;
    h.headers = std::move(fields);
    return h;
}

TEST(joining, what_is_a_strong_validator) {
    const struct {
        const char *tag, *modified, *date, *strong;
    } table[] = {
        {"\"v1\"", "", "", "\"v1\""},
        {"\"v1\"", "Mon, 01 Jan 2024 00:00:00 GMT", "Mon, 01 Jan 2024 00:02:00 GMT", "\"v1\""},
        {"W/\"v1\"", "", "", ""},
        {"v1", "", "", ""},
        {"\"", "", "", ""},
        {"", "Mon, 01 Jan 2024 00:00:00 GMT", "Mon, 01 Jan 2024 00:01:00 GMT", "Mon, 01 Jan 2024 00:00:00 GMT"},
        {"", "Mon, 01 Jan 2024 00:00:00 GMT", "Mon, 01 Jan 2024 00:00:59 GMT", ""},
        {"", "Mon, 01 Jan 2024 00:00:00 GMT", "", ""},
        {"", "Mon, 01 Jan 2024 00:00:00 GMT", "yesterday", ""},
        {"", "", "Mon, 01 Jan 2024 00:01:00 GMT", ""},
        {"W/\"v1\"", "Mon, 01 Jan 2024 00:00:00 GMT", "Mon, 01 Jan 2024 00:02:00 GMT", ""},  // a tag comes first
    };
    for (const auto& row : table) {
        const auto version = version_of(head({{"ETag", row.tag}, {"Last-Modified", row.modified}, {"Date", row.date}}));
        EXPECT_EQ(version.strong(), row.strong) << row.tag << ' ' << row.modified << ' ' << row.date;
    }
    EXPECT_EQ(version_of(head({{"ETag", '"' + std::string(300, 'x') + '"'}})), file_version());
}

TEST(joining, what_two_answers_say_of_each_other) {
    using enum same_version;
    const file_version strong{"\"v1\"", "", false}, weak{"W/\"v1\"", "", false}, dated{"", "then", true},
        doubtful{"", "then", false};
    const struct {
        file_version before, now;
        same_version wanted;
    } table[] = {
        {strong, strong, yes},
        {strong, {"\"v2\"", "", false}, no},
        {strong, {}, unknown},
        {{}, strong, unknown},
        {strong, weak, unknown},
        {weak, weak, unknown},
        {weak, {"W/\"v2\"", "", false}, no},
        {dated, dated, yes},
        {dated, doubtful, yes},  // it was strong when the first answer came
        {doubtful, dated, unknown},
        {dated, {"", "now", true}, no},
        {doubtful, {"", "now", false}, no},
        {dated, {}, unknown},
        {{"\"v1\"", "then", true}, {"", "then", true}, unknown},  // the tag is not repeated
        {{"\"v1\"", "then", true}, {"\"v1\"", "now", true}, yes},
        {{}, {}, unknown},
    };
    for (const auto& row : table)
        EXPECT_EQ(compare(row.before, row.now), row.wanted)
            << row.before.tag << row.before.modified << " and " << row.now.tag << row.now.modified;
}

TEST(joining, a_version_that_was_kept) {
    const struct {
        file_version version;
        const char* kept;
        const char* strong;
    } table[] = {{{"\"v1\"", "then", true}, "\"v1\"", "\"v1\""},
                 {{"W/\"v1\"", "then", true}, "W/\"v1\"", ""},
                 {{"", "then", true}, "then", ""},  // whether it was strong is not kept
                 {{}, "", ""}};
    for (const auto& row : table) {
        EXPECT_EQ(recorded(row.version), row.kept);
        EXPECT_EQ(version_recorded(row.kept).strong(), row.strong) << row.kept;
        EXPECT_EQ(recorded(version_recorded(row.kept)), row.kept);
    }
}

TEST(joining, where_the_next_range_begins) {
    const file_version strong{"\"v1\"", "", false}, weak{"W/\"v1\"", "", false};
    const struct {
        const char* what;
        bytes_here here;
        file_version version;
        std::uint64_t wanted;
    } table[] = {
        {"nothing is here", {.count = 0, .total = 1000 * kib}, strong, 0},
        {"a strong tag", {.count = 500 * kib, .total = 1000 * kib}, strong, 500 * kib},
        {"a tag that ranges do not repeat",
         {.count = 500 * kib, .repeats = false, .total = 1000 * kib},
         strong,
         436 * kib},
        {"a weak tag", {.count = 500 * kib, .total = 1000 * kib}, weak, 436 * kib},
        {"no validator", {.count = 500 * kib, .total = 1000 * kib}, {}, 436 * kib},
        {"too little to compare", {.count = 64 * kib, .total = 1000 * kib}, {}, 0},
        {"little, and less to compare", {.count = 64 * kib, .overlap = 4 * kib, .total = 1000 * kib}, {}, 60 * kib},
        {"a digest", {.count = 5, .digest = true, .total = 1000 * kib}, {}, 5},
        {"an audit without a validator", {.count = 500 * kib, .readable = false, .total = 1000 * kib}, {}, 0},
        {"an audit with one", {.count = 500 * kib, .readable = false, .total = 1000 * kib}, strong, 500 * kib},
        {"an audit with a digest",
         {.count = 500 * kib, .readable = false, .digest = true, .total = 1000 * kib},
         {},
         500 * kib},
        {"all is here", {.count = 500 * kib, .total = 500 * kib}, strong, 500 * kib - 1},
        {"nobody knows whether all is here", {.count = 500 * kib}, strong, 500 * kib - 1},
        {"so with one byte", {.count = 1}, strong, 0},
        {"so without a validator", {.count = 500 * kib}, {}, 436 * kib},
    };
    for (const auto& row : table) EXPECT_EQ(next_range(row.here, row.version), row.wanted) << row.what;
}

}  // namespace
}  // namespace decamp::download
