#include "engine/plan/filter.hpp"

#include <gtest/gtest.h>

#include <tuple>

namespace decamp::plan {
namespace {

TEST(filter, matches_table) {
    const std::tuple<const char*, const char*, bool> table[] = {
        {"a", "a", true},
        {"a", "b", false},
        {"a", "", false},
        {"a", "aa", false},
        {"*", "", true},
        {"*", "anything", true},
        {"*", "a/b", false},
        {"**", "a/b/c", true},
        {"**", "", true},
        {"*.jpg", "x.jpg", true},
        {"*.jpg", "x.JPG", false},
        {"*.jpg", ".jpg", true},
        {"*.jpg", "x.jpg.png", false},
        {"*.jpg", "x.jpg.jpg", true},
        {"Camera/*", "Camera/x.jpg", true},
        {"Camera/*", "Camera/", true},
        {"Camera/*", "Camera2/x.jpg", false},
        {"Camera/*", "Trips/Camera/x.jpg", false},
        {"**/Camera/*", "Trips/Camera/x.jpg", true},
        {"Trips/**", "Trips/2020/x.jpg", true},
        {"Trips/*", "Trips/2020/x.jpg", false},
        {"*/*", "a/b", true},
        {"*/*", "a/b/c", false},
        {"a*b*c", "aXbYc", true},
        {"a*b*c", "aXbYcZ", false},
        {"a*b*c", "abcbc", true},
        {"?", "x", true},
        {"?", "", false},
        {"?", "/", false},
        {"?", "照", true},
        {"??.jpg", "照片.jpg", true},
        {"IMG_????.jpg", "IMG_0001.jpg", true},
        {"IMG_????.jpg", "IMG_001.jpg", false},
        {"[abc]", "b", true},
        {"[abc]", "d", false},
        {"[a-c]x", "bx", true},
        {"[!a-c]", "d", true},
        {"[!a-c]", "b", false},
        {"[^a-c]", "d", true},
        {"[!a]", "/", false},
        {"[/]", "/", false},
        {"[]]", "]", true},
        {"[]a]", "a", true},
        {"[!]]", "]", false},
        {"[a-]", "-", true},
        {"[a-]", "a", true},
        {"[-a]", "-", true},
        {"[一-龥]*", "照片", true},
        {"[一-龥]*", "photo", false},
        {"[\\]]", "]", true},
        {"\\*", "*", true},
        {"\\*", "x", false},
        {"\\[a]", "[a]", true},
        {"a\\/b", "a/b", true},
        {"***", "a/b", true},
        {"😀*", "😀.jpg", true},
    };
    for (const auto& [pattern, text, expected] : table)
        EXPECT_EQ(matches(pattern, text), expected) << pattern << " on " << text;
}

TEST(filter, in_one_name_a_slash_is_a_character) {
    EXPECT_TRUE(matches("*.jpg", "a/b.jpg", true));
    EXPECT_TRUE(matches("a?b", "a/b", true));
    EXPECT_TRUE(matches("a[!x]b", "a/b", true));
    EXPECT_FALSE(matches("*.png", "a/b.jpg", true));
}

TEST(filter, bad_utf8_in_a_name_is_one_character) {
    EXPECT_TRUE(matches("a?b",
                        "a\xff"
                        "b"));
    EXPECT_FALSE(matches("ab",
                         "a\xff"
                         "b"));
}

TEST(filter, malformed_patterns) {
    for (const char* bad : {"", "[", "[]", "[!", "[!]", "[a", "a[b-", "[z-a]", "\\", "a\\", "[\\", "\xff", "[a-\\"}) {
        EXPECT_FALSE(is_pattern(bad)) << bad;
        EXPECT_FALSE(matches(bad, bad)) << bad;
    }
    EXPECT_TRUE(is_pattern(std::string(longest_pattern, 'a')));
    EXPECT_FALSE(is_pattern(std::string(longest_pattern + 1, 'a')));
}

// The obvious definition, exponential, as the oracle.
bool slow_match(std::string_view pattern, std::string_view text) {
    if (pattern.empty()) return text.empty();
    if (pattern.starts_with("**")) {
        for (std::size_t i = 0; i <= text.size(); ++i)
            if (slow_match(pattern.substr(2), text.substr(i))) return true;
        return false;
    }
    if (pattern[0] == '*') {
        for (std::size_t i = 0;; ++i) {
            if (slow_match(pattern.substr(1), text.substr(i))) return true;
            if (i == text.size() || text[i] == '/') return false;
        }
    }
    if (text.empty()) return false;
    if (pattern[0] == '?' ? text[0] != '/' : pattern[0] == text[0])
        return slow_match(pattern.substr(1), text.substr(1));
    return false;
}

void words(std::string_view alphabet, std::size_t length, std::vector<std::string>& into) {
    into.emplace_back();
    for (std::size_t from = 0, round = 0; round < length; ++round) {
        const auto end = into.size();
        for (; from < end; ++from)
            for (const char c : alphabet) into.push_back(into[from] + c);
    }
}

TEST(filter, agrees_with_the_obvious_definition) {
    std::vector<std::string> patterns, texts;
    words("ab/*?", 4, patterns);
    words("ab/", 4, texts);
    std::size_t matched = 0;
    for (const auto& pattern : patterns) {
        if (pattern.empty() || pattern.find("***") != std::string::npos) continue;
        for (const auto& text : texts) {
            const bool expected = slow_match(pattern, text);
            ASSERT_EQ(matches(pattern, text), expected) << pattern << " on " << text;
            matched += expected ? 1 : 0;
        }
    }
    EXPECT_GT(matched, 1000U);
}

TEST(filter, many_stars_end_soon) {
    std::string pattern;
    for (int i = 0; i < 200; ++i) pattern += "a*";
    EXPECT_FALSE(matches(pattern + "b", std::string(5000, 'a')));
    EXPECT_TRUE(matches(pattern, std::string(5000, 'a')));
}

listed_item photo(std::string name) {
    listed_item item;
    item.name = std::move(name);
    return item;
}

TEST(filter, include_and_exclude) {
    const auto in = [](const filter& f, std::string_view album, const char* name) {
        return wanted(f, album, photo(name));
    };
    EXPECT_TRUE(in({}, "Camera", "a.jpg"));

    const filter camera{.include = {"Camera/*"}, .exclude = {}, .since = {}};
    EXPECT_TRUE(in(camera, "Camera", "a.jpg"));
    EXPECT_FALSE(in(camera, "Screenshots", "a.jpg"));

    const filter two{.include = {"Camera/*", "*.png"}, .exclude = {}, .since = {}};
    EXPECT_TRUE(in(two, "Camera", "a.jpg"));
    EXPECT_TRUE(in(two, "Screenshots", "a.png"));
    EXPECT_FALSE(in(two, "Screenshots", "a.jpg"));

    const filter no_videos{.include = {}, .exclude = {"*.mp4"}, .since = {}};
    EXPECT_TRUE(in(no_videos, "Camera", "a.jpg"));
    EXPECT_FALSE(in(no_videos, "Camera", "a.mp4"));
    EXPECT_FALSE(in(no_videos, "Camera", "../a.mp4"));

    const filter both{.include = {"Camera/*"}, .exclude = {"Camera/*"}, .since = {}};
    EXPECT_FALSE(in(both, "Camera", "a.jpg"));

    // Without a slash a pattern is about the file's name, or with ** about the whole.
    EXPECT_FALSE(in({.include = {"Camera"}, .exclude = {}, .since = {}}, "Camera", "a.jpg"));
    EXPECT_TRUE(in({.include = {"Camera**"}, .exclude = {}, .since = {}}, "Camera", "a.jpg"));
}

TEST(filter, normal_forms_are_one) {
    const filter composed{.include = {"caf\u00e9.jpg"}, .exclude = {}, .since = {}};
    const filter decomposed{.include = {"cafe\u0301.jpg"}, .exclude = {}, .since = {}};
    for (const auto* f : {&composed, &decomposed}) {
        EXPECT_TRUE(wanted(*f, "a", photo("caf\u00e9.jpg")));
        EXPECT_TRUE(wanted(*f, "a", photo("cafe\u0301.jpg")));
        EXPECT_FALSE(wanted(*f, "a", photo("cafe.jpg")));
    }
}

TEST(filter, since_takes_undated_items_by_the_zone_it_is_given) {
    listed_item item;
    item.name = "a.jpg";
    item.modified_ms = 1'714'593'600'000;  // 2024-05-01T20:00:00Z
    filter may_2{.include = {}, .exclude = {}, .since = "2024-05-02"};
    EXPECT_TRUE(wanted(may_2, "", item)) << "in China it is four in the morning";
    may_2.offset_minutes = 0;
    EXPECT_FALSE(wanted(may_2, "", item));
    item.bucket = "20240502";
    EXPECT_TRUE(wanted(may_2, "", item)) << "the source says under which day";
}

TEST(filter, since_goes_by_the_day_of_the_source) {
    const filter may{.include = {}, .exclude = {}, .since = "2024-05-01"};
    const auto listed = [&](const char* bucket) {
        auto item = photo("a.jpg");
        item.bucket = bucket;
        return wanted(may, "Camera", item);
    };
    EXPECT_FALSE(listed("20240430"));
    EXPECT_TRUE(listed("20240501"));
    EXPECT_TRUE(listed("20250101"));

    const auto taken = [&](std::int64_t ms) {
        auto item = photo("a.jpg");
        item.taken_ms = ms;
        return wanted(may, "Camera", item);
    };
    constexpr std::int64_t midnight_utc8 = 1714492800000;  // 2024-05-01T00:00:00+08:00
    EXPECT_TRUE(taken(midnight_utc8));
    EXPECT_FALSE(taken(midnight_utc8 - 1));

    // The bucket is the source's own word and wins; without taken_ms the change counts; without any date: exported.
    auto item = photo("a.jpg");
    item.taken_ms = midnight_utc8 - 1;
    item.bucket = "20240501";
    EXPECT_TRUE(wanted(may, "Camera", item));
    item = photo("a.jpg");
    item.modified_ms = midnight_utc8 - 1;
    EXPECT_FALSE(wanted(may, "Camera", item));
    EXPECT_TRUE(wanted(may, "Camera", photo("a.jpg")));
    item = photo("a.jpg");
    item.bucket = "unknown";
    EXPECT_TRUE(wanted(may, "Camera", item));
}

TEST(filter, since_and_patterns_are_both_asked) {
    const filter f{.include = {"Camera/*"}, .exclude = {}, .since = "2024-05-01"};
    auto item = photo("a.jpg");
    item.bucket = "20240502";
    EXPECT_TRUE(wanted(f, "Camera", item));
    EXPECT_FALSE(wanted(f, "Other", item));
    item.bucket = "20240401";
    EXPECT_FALSE(wanted(f, "Camera", item));
}

TEST(filter, problems_are_sentences) {
    EXPECT_FALSE(problem({}, language::en));
    EXPECT_FALSE(problem({.include = {"*.jpg"}, .exclude = {"[ab]"}, .since = "2024-02-29"}, language::en));
    EXPECT_NE(problem({.include = {"*", "[a"}, .exclude = {}, .since = {}}, language::en)->find("[a"),
              std::string::npos);
    EXPECT_TRUE(problem({.include = {}, .exclude = {""}, .since = {}}, language::zh_cn));
    for (const char* bad : {"2023-02-29", "20240501", "2024-5-1", "yesterday", "2024-05-01 ", "2024-13-01"})
        EXPECT_TRUE(problem({.include = {}, .exclude = {}, .since = bad}, language::en)) << bad;
}

}  // namespace
}  // namespace decamp::plan
