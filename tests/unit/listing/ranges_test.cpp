#include "engine/listing/ranges.hpp"

#include <gtest/gtest.h>

#include <random>

namespace decamp::listing {
namespace {

using counts = std::vector<bucket_count>;

TEST(Scopes, JoinDaysUpToAPage) {
    const counts announced{{"20240101", 50}, {"20240102", 150}, {"20240103", 1}, {"20240105", 500}, {"20240106", 0}, {"20240107", 3}};
    const collection_id camera{"1"};
    const std::vector<scope> expected{{camera, "20240101", "20240102"},
                                      {camera, "20240103", "20240103"},
                                      {camera, "20240105", "20240105"},
                                      {camera, "20240107", "20240107"}};
    EXPECT_EQ(scopes_of(camera, announced, 200), expected);
}

TEST(Scopes, OfNothingAreNone) {
    EXPECT_TRUE(scopes_of({"1"}, {}, 200).empty());
    EXPECT_TRUE(scopes_of({"1"}, {{"20240101", 0}}, 200).empty());
}

// Every day with items is in exactly one scope, in order; no scope of several days holds more than a page.
TEST(Scopes, CoverEveryDayOnce) {
    std::mt19937_64 random(7);
    for (int round = 0; round < 200; ++round) {
        counts announced;
        for (int day = 10; day < 10 + static_cast<int>(random() % 60); ++day) {
            const std::uint64_t huge = random() % 50 == 0 ? ~std::uint64_t{0} : random() % 300;
            announced.push_back({"202401" + std::to_string(day), huge});
        }
        const auto scopes = scopes_of({""}, announced, 200);
        std::size_t at = 0;
        for (const bucket_count& b : announced) {
            if (b.count == 0) continue;
            while (at < scopes.size() && scopes[at].last_bucket < b.bucket) ++at;
            ASSERT_LT(at, scopes.size());
            EXPECT_LE(scopes[at].first_bucket, b.bucket);
        }
        for (const scope& s : scopes) {
            std::uint64_t sum = 0;
            for (const bucket_count& b : announced) {
                if (b.bucket >= s.first_bucket && b.bucket <= s.last_bucket) sum += b.count;
            }
            if (s.first_bucket != s.last_bucket) EXPECT_LE(sum, 200u);
        }
    }
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

TEST(Total, AddsUp) { EXPECT_EQ(total({{"a", 1}, {"b", 41}}), 42u); }

}  // namespace
}  // namespace decamp::listing
