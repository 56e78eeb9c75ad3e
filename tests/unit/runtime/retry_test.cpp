#include "engine/runtime/retry.hpp"

#include <gtest/gtest.h>

#include <random>

namespace decamp::runtime {
namespace {

using namespace std::chrono_literals;
constexpr auto most = ~std::uint64_t{0};

TEST(retry, only_what_may_pass_is_tried_again) {
    const retry_policy policy;
    for (const auto what : {error_class::item, error_class::run, error_class::bug})
        EXPECT_EQ(decide_retry(policy, 1, what, 1s, 0), retry_decision());
    EXPECT_TRUE(decide_retry(policy, 1, error_class::transient, std::nullopt, 0).again);
    EXPECT_EQ(decide_retry(policy, 1, error_class::refresh, std::nullopt, most), (retry_decision{true, 0s}));
    EXPECT_GE(decide_retry(policy, 2, error_class::refresh, std::nullopt, 0).after, policy.shortest);
}

TEST(retry, ends_with_the_tries) {
    const retry_policy policy{.tries = 3};
    for (const auto what : {error_class::transient, error_class::refresh}) {
        EXPECT_TRUE(decide_retry(policy, 1, what, std::nullopt, 0).again);
        EXPECT_TRUE(decide_retry(policy, 2, what, std::nullopt, 0).again);
        EXPECT_FALSE(decide_retry(policy, 3, what, std::nullopt, 0).again);
        EXPECT_FALSE(decide_retry(policy, 4, what, std::nullopt, 0).again);
    }
}

TEST(retry, the_bound_doubles_up_to_the_longest) {
    const retry_policy policy{.tries = 100, .first = 500ms, .longest = 8s};
    const std::vector<world::duration> bounds{500ms, 1s, 2s, 4s, 8s, 8s, 8s};
    std::mt19937_64 random(1);
    for (unsigned attempt = 1; attempt <= bounds.size(); ++attempt) {
        world::duration longest{};
        for (int i = 0; i < 2000; ++i) {
            const auto d = decide_retry(policy, attempt, error_class::transient, std::nullopt, random());
            ASSERT_TRUE(d.again);
            ASSERT_GE(d.after, policy.shortest);
            ASSERT_LE(d.after, bounds[attempt - 1]);
            longest = std::max(longest, d.after);
        }
        EXPECT_GT(longest, bounds[attempt - 1] * 9 / 10) << "the jitter is full";
    }
    EXPECT_LE(decide_retry(policy, 99, error_class::transient, std::nullopt, most).after, 8s) << "no overflow";
}

TEST(retry, never_comes_back_before_it_was_asked_to) {
    const retry_policy policy{.longest_asked = 10min};
    struct row {
        world::duration asked, least, most;
    };
    const row table[] = {{0s, 50ms, 500ms},
                         {-5s, 50ms, 500ms},
                         {30s, 30s, 33s + 50ms},
                         {10min, 10min, 11min + 50ms},
                         {24h, 10min, 11min + 50ms}};
    std::mt19937_64 random(2);
    for (const auto& [asked, least, longest] : table) {
        for (int i = 0; i < 200; ++i) {
            const auto d = decide_retry(policy, 1, error_class::transient, asked, random());
            ASSERT_TRUE(d.again);
            ASSERT_GE(d.after, least);
            ASSERT_LE(d.after, longest);
        }
    }
}

}  // namespace
}  // namespace decamp::runtime
