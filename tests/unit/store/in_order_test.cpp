#include "engine/store/in_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace decamp::store {
namespace {

checked_blob blob_of(std::int64_t key) {
    checked_blob b;
    b.item.key.value = key;
    return b;
}

std::vector<std::int64_t> keys(const std::vector<checked_blob>& blobs) {
    std::vector<std::int64_t> all;
    for (const checked_blob& b : blobs) all.push_back(b.item.key.value);
    return all;
}

using list = std::vector<std::int64_t>;

TEST(InOrder, WhatComesEarlyWaitsForItsTurn) {
    in_order turns;
    for (const std::int64_t k : {1, 2, 3}) turns.expect({k});
    turns.arrived(blob_of(3));
    EXPECT_EQ(keys(turns.take()), list());
    turns.arrived(blob_of(1));
    EXPECT_EQ(keys(turns.take()), list({1}));
    EXPECT_EQ(turns.waiting(), 1u);
    turns.arrived(blob_of(2));
    EXPECT_EQ(keys(turns.take()), list({2, 3}));
    EXPECT_EQ(turns.expected(), 0u);
}

TEST(InOrder, WhatFailedIsNotWaitedFor) {
    in_order turns;
    for (const std::int64_t k : {1, 2, 3}) turns.expect({k});
    turns.arrived(blob_of(3));
    turns.not_coming({1}, false);
    turns.not_coming({2}, false);
    EXPECT_EQ(keys(turns.take()), list({3}));
}

TEST(InOrder, FetchedAgainComesWhereItIsExpectedAgain) {
    in_order turns;
    turns.expect({5});
    turns.arrived(blob_of(5));
    EXPECT_EQ(keys(turns.take()), list({5}));
    turns.expect({7});
    turns.expect({5});  // a lower key, a later turn
    turns.arrived(blob_of(5));
    EXPECT_EQ(keys(turns.take()), list());
    turns.arrived(blob_of(7));
    EXPECT_EQ(keys(turns.take()), list({7, 5}));
}

TEST(InOrder, NothingGoesBeforeWhatTheNextRunWillFetch) {
    in_order turns;
    for (const std::int64_t k : {1, 2, 3, 4}) turns.expect({k});
    turns.arrived(blob_of(3));
    turns.not_coming({2}, true);
    EXPECT_EQ(keys(turns.take_dropped()), list({3}));
    turns.arrived(blob_of(4));
    EXPECT_EQ(keys(turns.take_dropped()), list({4}));
    turns.expect({9});
    turns.arrived(blob_of(9));
    EXPECT_EQ(keys(turns.take_dropped()), list({9}));
    turns.arrived(blob_of(1));  // it stood before the gap
    EXPECT_EQ(keys(turns.take()), list({1}));
    EXPECT_EQ(turns.waiting(), 0u);
    EXPECT_EQ(turns.expected(), 0u);
}

// Whatever comes when, what is taken is in the order in which it was expected, and nothing is lost.
TEST(InOrder, AnyArrivalGivesTheExpectedOrder) {
    std::mt19937 random(20261127);
    for (int round = 0; round < 200; ++round) {
        in_order turns;
        list expected;
        const std::int64_t count = 1 + static_cast<std::int64_t>(random() % 30);
        for (std::int64_t k = 1; k <= count; ++k) turns.expect({k});
        std::vector<std::int64_t> arriving;
        for (std::int64_t k = 1; k <= count; ++k) arriving.push_back(k);
        std::shuffle(arriving.begin(), arriving.end(), random);
        list taken, coming;
        for (const std::int64_t k : arriving) {
            if (random() % 5 == 0) {
                turns.not_coming({k}, false);
            } else {
                coming.push_back(k);
                turns.arrived(blob_of(k));
            }
            for (const std::int64_t t : keys(turns.take())) taken.push_back(t);
        }
        std::sort(coming.begin(), coming.end());
        EXPECT_EQ(taken, coming);
    }
}

}  // namespace
}  // namespace decamp::store
