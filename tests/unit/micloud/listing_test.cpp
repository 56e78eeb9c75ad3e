#include "engine/source/micloud/listing.hpp"

#include <gtest/gtest.h>

#include <regex>

#include "engine/source/micloud/device_id.hpp"
#include "tests/unit/micloud/answers.hpp"

namespace decamp::source::micloud {
namespace {

constexpr std::int64_t hour = 3600 * 1000;
constexpr std::int64_t new_year = 1704038400000;  // 2024-01-01 00:00 in China

gallery_item item(std::optional<std::int64_t> taken, std::optional<std::int64_t> sorted = {},
                  std::optional<std::int64_t> created = {}) {
    gallery_item out;
    out.listed.taken_ms = taken;
    out.sort_ms = sorted;
    out.created_ms = created;
    return out;
}

TEST(listing, names_of_albums) {
    EXPECT_EQ(album_name({"1"}, ""), "Camera");
    EXPECT_EQ(album_name({"2"}, ""), "Screenshots");
    EXPECT_EQ(album_name({"1000"}, ""), "Private");
    EXPECT_EQ(album_name({"3"}, ""), "");
    EXPECT_EQ(album_name({"1"}, "相机"), "相机");
}

TEST(listing, days) {
    const scope all{}, range{{}, "20240101", "20240131"}, one{{}, "20240110", "20240110"}, from{{}, "20240105", ""};
    EXPECT_EQ(bucket_of(item(new_year), all), "20240101");
    EXPECT_EQ(bucket_of(item(new_year - 1), all), "20231231");
    EXPECT_EQ(bucket_of(item(new_year + 24 * hour - 1), all), "20240101");
    EXPECT_EQ(bucket_of(item({}, new_year), all), "20240101");
    EXPECT_EQ(bucket_of(item({}, {}, new_year), all), "20240101");
    EXPECT_EQ(bucket_of(item(new_year, 0, 0), all), "20240101");
    EXPECT_EQ(bucket_of(item({}), all), "");
    EXPECT_EQ(bucket_of(item({}), range), "20240101");
    EXPECT_EQ(bucket_of(item(new_year - 1), range), "20240101");
    EXPECT_EQ(bucket_of(item(new_year + 40 * 24 * hour), range), "20240131");
    EXPECT_EQ(bucket_of(item(new_year), one), "20240110");
    EXPECT_EQ(bucket_of(item(new_year), from), "20240105");
    EXPECT_EQ(bucket_of(item(0), all), "19700101");
    EXPECT_EQ(bucket_of(item(std::numeric_limits<std::int64_t>::max()), all).size(), 8U);
    EXPECT_EQ(bucket_of(item(std::numeric_limits<std::int64_t>::min()), all).size(), 8U);
}

TEST(listing, an_item_that_says_no_home_has_none) {
    std::vector<gallery_item> items(2);
    items[0].listed.home.value = "5";
    const auto listed = as_listed(items, scope{{"9"}, "20240101", "20240101"});
    EXPECT_EQ(listed[0].home.value, "5");
    EXPECT_EQ(listed[1].home.value, "");
    EXPECT_EQ(listed[1].bucket, "20240101");
}

TEST(listing, scopes_that_can_be_asked_for) {
    EXPECT_TRUE(can_be_asked({}));
    EXPECT_TRUE(can_be_asked({{}, "20240229", "20240301"}));
    EXPECT_FALSE(can_be_asked({{}, "unknown", "unknown"}));
    EXPECT_FALSE(can_be_asked({{}, "20230229", "20230301"}));
}

TEST(listing, cursors) {
    EXPECT_EQ(parse_cursor(""), page_cursor{});
    for (const page_cursor c : {page_cursor{1, 0, 0}, page_cursor{7, 18446744073709551615U, 3, true, false, true},
                                page_cursor{7, 1, 2, false, true, false}})
        EXPECT_EQ(parse_cursor(to_text(c)), c);
    for (const char* bad :
         {"x", "1", "1:", "1:2", "1:2:", "1:2:3", "1:2:0x", "-1:2:0:0", "1:2:3:00", ":::", "1:2:3:8", "1:2:3:"})
        EXPECT_FALSE(parse_cursor(bad)) << bad;
    EXPECT_NE(print_of({"1", "23"}), print_of({"12", "3"}));
    EXPECT_EQ(print_of({"1", "23"}), print_of({"1", "23"}));
}

// Pages by their prints, 0 for an empty one; 'l' the last by its word, 'm' more by its word, '-' neither. What is
// taken, and how many pages are asked for.
struct page_story {
    std::vector<std::uint64_t> prints;
    std::string words;
    std::vector<std::uint64_t> taken;
    bool full = false;
};

TEST(listing, the_end_of_a_list) {
    const std::vector<page_story> stories{
        {{1, 2}, "ml", {1, 2}},
        {{1, 2, 0}, "---", {1, 2}},
        {{1, 2, 0, 0}, "mmmm", {1, 2}},            // never said to be the last
        {{1, 0, 2}, "mml", {1, 2}},                // an empty page in between
        {{1, 2, 2, 3}, "mmml", {1, 2, 3}},         // one that a stale cache repeats
        {{1, 1, 1}, "mmm", {1}},                   // the same for ever
        {{1, 2, 1, 2, 1}, "mmmmm", {1, 2, 1, 2}},  // round and round
        {{1, 2, 0}, "mll", {1, 2}, true},          // a full page that is said to be the last
        {{1, 2, 3}, "mll", {1, 2, 3}, true},       // and is not
    };
    for (const page_story& story : stories) {
        page_cursor at;
        std::vector<std::uint64_t> taken;
        std::size_t page = 0;
        for (; page < story.prints.size(); ++page) {
            page_seen seen;
            seen.print = story.prints[page];
            seen.asked_for = 200;
            seen.entries = seen.print == 0 ? 0 : story.full && page < 2 ? 200 : 3;
            seen.last = story.words[page] == 'l';
            seen.more = story.words[page] == 'm';
            const page_outcome out = after_page(at, seen);
            if (out.fresh) taken.push_back(seen.print);
            at = out.next;
            if (out.ended) break;
        }
        EXPECT_EQ(taken, story.taken) << story.words;
        EXPECT_EQ(page + 1, story.prints.size()) << story.words;
    }
}

TEST(device_id, looks_as_the_site_makes_it) {
    testing::counting_random random;
    const std::regex form("wb_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    const std::string first = make_device_id(random);
    EXPECT_TRUE(std::regex_match(first, form)) << first;
    EXPECT_NE(make_device_id(random), first);
}

}  // namespace
}  // namespace decamp::source::micloud
