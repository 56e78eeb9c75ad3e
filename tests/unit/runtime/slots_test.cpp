#include "engine/runtime/slots.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

#include "tests/support/virtual_clock.hpp"

namespace decamp::runtime {
namespace {

using testing::run_ready;

struct bench {
    explicit bench(std::size_t limit) : places(limit) {}
    boost::asio::io_context context;
    slots places;
    std::map<int, slot> held;
    std::vector<int> order, refused;

    task<void> taker(int id) {
        slot got = co_await places.acquire();
        (got ? order : refused).push_back(id);
        if (got) held.emplace(id, std::move(got));
    }
    void ask(int id) {
        boost::asio::co_spawn(context, taker(id), [](std::exception_ptr e) { EXPECT_FALSE(e); });
        run_ready(context);
    }
    void release(int id) {
        held.erase(id);
        run_ready(context);
    }
};

TEST(slots, first_come_first_served) {
    bench b(2);
    for (int id : {1, 2, 3, 4}) b.ask(id);
    EXPECT_EQ(b.order, (std::vector{1, 2}));
    EXPECT_EQ(b.places.waiting(), 2U);
    EXPECT_FALSE(b.places.try_acquire());
    b.release(2);
    EXPECT_EQ(b.order, (std::vector{1, 2, 3}));
    b.release(1);
    b.release(3);
    EXPECT_EQ(b.order, (std::vector{1, 2, 3, 4}));
    EXPECT_EQ(b.places.in_use(), 1U);
    b.held.clear();
    EXPECT_EQ(b.places.in_use(), 0U);
}

TEST(slots, the_limit_moves_while_places_are_taken) {
    bench b(3);
    for (int id : {1, 2, 3, 4, 5}) b.ask(id);
    b.places.set_limit(1);
    EXPECT_EQ(b.places.in_use(), 3U) << "nothing is taken away";
    b.release(1);
    b.release(2);
    EXPECT_EQ(b.order.size(), 3U) << "still one in use";
    b.release(3);
    EXPECT_EQ(b.order, (std::vector{1, 2, 3, 4}));
    b.places.set_limit(2);
    run_ready(b.context);
    EXPECT_EQ(b.order, (std::vector{1, 2, 3, 4, 5}));
    b.held.clear();
}

TEST(slots, closing_ends_all_waits) {
    bench b(1);
    for (int id : {1, 2, 3}) b.ask(id);
    b.places.close();
    run_ready(b.context);
    EXPECT_EQ(b.refused, (std::vector{2, 3}));
    b.held.clear();
    b.ask(4);
    EXPECT_EQ(b.refused, (std::vector{2, 3, 4}));
}

TEST(slots, never_more_than_the_limit_and_never_idle_while_one_waits) {
    std::mt19937 random(7);
    bench b(4);
    int next = 0;
    for (int step = 0; step < 3000; ++step) {
        switch (random() % 5) {
            case 0:
            case 1:
                b.ask(next++);
                break;
            case 2:
            case 3:
                if (!b.held.empty())
                    b.release(std::next(b.held.begin(), static_cast<long>(random() % b.held.size()))->first);
                break;
            default:
                b.places.set_limit(1 + random() % 8);
                run_ready(b.context);
                break;
        }
        ASSERT_EQ(b.places.in_use(), b.held.size());
        if (b.places.waiting() > 0) {
            ASSERT_GE(b.held.size(), b.places.limit());
        }
        ASSERT_TRUE(std::is_sorted(b.order.begin(), b.order.end()));
    }
    b.places.close();
    run_ready(b.context);
    b.held.clear();
}

}  // namespace
}  // namespace decamp::runtime
