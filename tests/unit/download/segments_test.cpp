#include "engine/download/segments.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace decamp::download {
namespace {

// Segments of 10 bytes, four from the head's on.
constexpr segment_settings small{10, 4, 40};

TEST(segments, are_taken_in_the_order_of_need) {
    segment_plan plan(13, 67, small);
    EXPECT_EQ(plan.open(), 4u);
    EXPECT_EQ(plan.take(), (piece{13, 20}));
    EXPECT_EQ(plan.take(), (piece{20, 30}));
    EXPECT_EQ(plan.take(), (piece{30, 40}));
    EXPECT_EQ(plan.take(), (piece{40, 50}));
    EXPECT_EQ(plan.take(), std::nullopt) << "the window is full";
    EXPECT_EQ(plan.open(), 0u);
    plan.arrived(20, 10);
    EXPECT_EQ(plan.take(), std::nullopt) << "the head has not moved";
    plan.arrived(13, 7);
    EXPECT_EQ(plan.readable_to(), 30u);
    plan.hashed_to(30);
    EXPECT_EQ(plan.take(), (piece{50, 60}));
    EXPECT_EQ(plan.take(), (piece{60, 67})) << "the last one is shorter";
    EXPECT_EQ(plan.take(), std::nullopt);
}

TEST(segments, that_fail_are_the_first_to_be_taken_again_behind_what_arrived) {
    segment_plan plan(0, 100, small);
    plan.take();
    plan.take();
    plan.take();
    plan.arrived(10, 4);
    plan.give_back(10);
    EXPECT_EQ(plan.take(), (piece{14, 20}));
    plan.give_back(0);
    EXPECT_EQ(plan.open(), 2u);
    EXPECT_EQ(plan.take(), (piece{0, 10}));
    EXPECT_EQ(plan.take(), (piece{30, 40}));
}

TEST(segments, a_stream_goes_on_where_nobody_is) {
    segment_plan plan(0, 45, small);
    EXPECT_EQ(plan.take_at(0), (piece{0, 10}));
    EXPECT_EQ(plan.take_at(0), std::nullopt);
    plan.arrived(0, 10);
    plan.hashed_to(10);
    EXPECT_EQ(plan.take_at(10), (piece{10, 20}));
    EXPECT_EQ(plan.take(), (piece{20, 30}));
    plan.arrived(10, 10);
    plan.hashed_to(20);
    EXPECT_EQ(plan.take_at(20), std::nullopt) << "another's";
    plan.arrived(20, 3);
    plan.give_back(20);
    EXPECT_EQ(plan.take_at(20), std::nullopt) << "its beginning is here";
    EXPECT_EQ(plan.take_at(23), (piece{23, 30}));
    EXPECT_EQ(plan.take_at(45), std::nullopt) << "behind the end";
}

TEST(segments, are_readable_up_to_the_first_gap) {
    segment_plan plan(5, 100, small);
    plan.take();
    plan.take();
    plan.take();
    EXPECT_EQ(plan.readable_to(), 5u);
    plan.arrived(20, 10);
    EXPECT_EQ(plan.readable_to(), 5u);
    plan.arrived(10, 3);
    plan.arrived(5, 2);
    EXPECT_EQ(plan.readable_to(), 7u);
    plan.arrived(7, 3);
    EXPECT_EQ(plan.readable_to(), 13u);
    plan.hashed_to(12);
    EXPECT_EQ(plan.readable_to(), 13u);
    plan.arrived(13, 7);
    EXPECT_EQ(plan.readable_to(), 30u);
    plan.hashed_to(30);
    EXPECT_EQ(plan.readable_to(), 30u);
}

// Streams that come, bring some bytes, fail and go, and a head that follows when it likes: each byte arrives once,
// nobody fetches what another does, and in the end everything is here.
TEST(segments, bring_every_byte_once_whatever_happens) {
    for (unsigned seed = 0; seed < 300; ++seed) {
        std::mt19937 random(seed);
        const auto below = [&](std::uint64_t n) { return random() % n; };
        const std::uint64_t total = 1 + below(400);
        const std::uint64_t start = below(total);
        segment_plan plan(start, total, small);
        std::vector<int> seen(total, 0);
        std::vector<piece> streams;
        for (int step = 0; plan.head() < total; ++step) {
            ASSERT_LT(step, 20000) << seed;
            const auto what = below(10);
            if (what < 3 || streams.empty()) {
                const unsigned open = plan.open();
                const auto got = below(4) == 0 ? plan.take_at(plan.head()) : plan.take();
                if (!got) {
                    plan.hashed_to(plan.readable_to());
                    continue;
                }
                ASSERT_EQ(plan.open(), open - 1) << seed;
                ASSERT_LT(plan.segment_of(got->begin), plan.segment_of(plan.head()) + small.window) << seed;
                ASSERT_EQ(plan.segment_of(got->begin), plan.segment_of(got->end - 1)) << seed;
                for (const piece& other : streams)
                    ASSERT_TRUE(got->end <= other.begin || other.end <= got->begin) << seed;
                streams.push_back(*got);
            } else if (what < 8) {
                piece& stream = streams[below(streams.size())];
                const std::uint64_t bytes = 1 + below(stream.end - stream.begin);
                for (std::uint64_t i = 0; i < bytes; ++i) ++seen[stream.begin + i];
                plan.arrived(stream.begin, bytes);
                stream.begin += bytes;
                std::erase_if(streams, [](const piece& p) { return p.begin == p.end; });
            } else if (what == 8) {
                const auto which = below(streams.size());
                plan.give_back(streams[which].begin);
                streams.erase(streams.begin() + static_cast<std::ptrdiff_t>(which));
            } else {
                const std::uint64_t to = plan.readable_to();
                for (std::uint64_t at = start; at < to; ++at) ASSERT_EQ(seen[at], 1) << seed;
                plan.hashed_to(plan.head() + below(to - plan.head() + 1));
            }
        }
        for (std::uint64_t at = 0; at < total; ++at) ASSERT_EQ(seen[at], at < start ? 0 : 1) << seed;
    }
}

}  // namespace
}  // namespace decamp::download
