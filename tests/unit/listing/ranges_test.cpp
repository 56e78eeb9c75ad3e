#include "engine/listing/ranges.hpp"

#include <gtest/gtest.h>

#include <random>

namespace decamp::listing {
namespace {

using counts = std::vector<bucket_count>;

TEST(Scopes, JoinDaysUpToAPageAndLeaveNoGap) {
    const counts announced{{"20240101", 50},  {"20240102", 150}, {"20240103", 1},
                           {"20240105", 500}, {"20240106", 0},   {"20240107", 3}};
    const collection_id camera{"1"};
    const std::vector<scope> expected{{camera, "", "20240102"},
                                      {camera, "20240103", "20240103"},
                                      {camera, "20240104", "20240105"},
                                      {camera, "20240106", ""}};
    EXPECT_EQ(scopes_of(camera, announced, 200), expected);
}

TEST(Scopes, OfOnePageAreWithoutADay) {
    EXPECT_EQ(scopes_of({"1"}, {{"20240101", 50}, {"20250101", 150}}, 200), std::vector<scope>({{{"1"}, "", ""}}));
    EXPECT_EQ(scopes_of({"1"}, {{"20240101", 9000}}, 200), std::vector<scope>({{{"1"}, "", ""}}));
}

TEST(Scopes, OfWhatIsNoDayStandAlone) {
    const counts announced{{"20240101", 150}, {"20240201", 150}, {"unknown", 2}};
    const std::vector<scope> expected{{{""}, "", "20240101"}, {{""}, "20240102", ""}, {{""}, "unknown", "unknown"}};
    EXPECT_EQ(scopes_of({""}, announced, 200), expected);
    EXPECT_EQ(scopes_of({""}, {{"unknown", 2}}, 200),
              std::vector<scope>({{{""}, "", ""}, {{""}, "unknown", "unknown"}}));
}

TEST(Scopes, OfNothingAreNone) {
    EXPECT_TRUE(scopes_of({"1"}, {}, 200).empty());
    EXPECT_TRUE(scopes_of({"1"}, {{"20240101", 0}}, 200).empty());
}

// Every day there can be is in exactly one scope, in order; of what is announced, no scope of several days that are
// counted holds more than a page.
TEST(Scopes, CoverEveryDayOnce) {
    std::mt19937_64 random(7);
    for (int round = 0; round < 200; ++round) {
        counts announced;
        for (int day = 10; day < 29; ++day) {
            if (random() % 3 == 0) continue;
            const std::uint64_t huge = random() % 50 == 0 ? ~std::uint64_t{0} : random() % 300;
            announced.push_back({"202402" + std::to_string(day), huge});
        }
        const auto scopes = scopes_of({""}, announced, 200);
        if (scopes.empty()) continue;
        for (int day = 1; day < 30; ++day) {
            const std::string bucket = (day < 10 ? "2024020" : "202402") + std::to_string(day);
            int in = 0;
            for (const scope& s : scopes)
                in += (s.first_bucket.empty() || s.first_bucket <= bucket) &&
                      (s.last_bucket.empty() || bucket <= s.last_bucket);
            EXPECT_EQ(in, 1) << bucket;
        }
        for (const scope& s : scopes) {
            std::uint64_t all = 0;
            int days = 0;
            for (const bucket_count& b : announced) {
                const bool within = (s.first_bucket.empty() || s.first_bucket <= b.bucket) &&
                                    (s.last_bucket.empty() || b.bucket <= s.last_bucket);
                if (!within || b.count == 0) continue;
                all = sum(all, b.count);
                ++days;
            }
            if (days > 1) EXPECT_LE(all, 200u);
        }
    }
}

TEST(Held, IsWhatAnAnswerForABucketAloneHolds) {
    const std::vector<scope> scopes{{{""}, "", "20240101"}, {{""}, "20240102", "20240102"}};
    const counts announced{{"20240101", 3}, {"20240102", 5}};
    EXPECT_EQ(held_by_bucket(scopes, {3, 4}, announced, {{"20240101", 3}, {"20240102", 5}}),
              counts({{"20240101", 3}, {"20240102", 4}}));
}

// Days that begin at another hour than was guessed: the answer as a whole agrees.
TEST(Held, GuessesYieldToAnAnswerThatAgreesAsAWhole) {
    const std::vector<scope> scopes{{{""}, "", ""}};
    const counts announced{{"20240101", 24}, {"20240102", 24}},
        guessed{{"20240101", 16}, {"20240102", 24}, {"20240103", 8}};
    EXPECT_EQ(held_by_bucket(scopes, {48}, announced, guessed), announced);
    EXPECT_EQ(held_by_bucket(scopes, {47}, announced, guessed), guessed) << "one is missing";
    EXPECT_EQ(held_by_bucket(scopes, {std::nullopt}, announced, guessed), guessed) << "not walked to its end";
    // One is missing where it was counted, and one is there that nobody counted.
    const counts far{{"20240101", 23}, {"20240102", 24}, {"20240201", 1}};
    EXPECT_EQ(held_by_bucket(scopes, {48}, announced, far), far);
}

TEST(Held, CountsThatWrapDoNotAgree) {
    const std::uint64_t huge = std::uint64_t{1} << 63;
    const counts announced{{"20240101", huge}, {"20240102", huge}};
    EXPECT_EQ(held_by_bucket({{{""}, "", ""}}, {0}, announced, {}), counts());
}

TEST(Held, IsSetByBucket) {
    counts held{{"20240101", 3}, {"20240103", 5}};
    set_count(held, "20240102", 4);
    set_count(held, "20240103", 6);
    set_count(held, "20240104", 7);
    EXPECT_EQ(held, counts({{"20240101", 3}, {"20240102", 4}, {"20240103", 6}, {"20240104", 7}}));
}

TEST(Compare, NamesEachBucketThatDiffers) {
    const counts announced{{"a", 1}, {"b", 2}, {"d", 4}};
    const counts listed{{"b", 2}, {"c", 3}, {"d", 5}};
    const std::vector<bucket_difference> expected{{"a", 1, 0}, {"c", 0, 3}, {"d", 4, 5}};
    EXPECT_EQ(compare(announced, listed), expected);
    EXPECT_TRUE(compare(announced, announced).empty());
    EXPECT_TRUE(compare({}, {}).empty());
    EXPECT_TRUE(compare({}, {{"x", 0}}).empty());
}

TEST(Total, AddsUpAndStaysAtTheLargestNumber) {
    EXPECT_EQ(total({{"a", 1}, {"b", 41}}), 42u);
    const std::uint64_t quarter = std::uint64_t{1} << 62;
    EXPECT_EQ(total({{"a", quarter}, {"b", quarter}, {"c", quarter}, {"d", quarter}}), ~std::uint64_t{0});
}

}  // namespace
}  // namespace decamp::listing
