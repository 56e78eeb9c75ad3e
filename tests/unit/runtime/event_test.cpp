#include "engine/runtime/event.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/virtual_clock.hpp"

namespace decamp::runtime {
namespace {

struct bench {
    boost::asio::io_context context;
    event changed;
    std::vector<int> woken;

    task<void> waiter(int id) {
        co_await changed.wait();
        woken.push_back(id);
    }
    void spawn(int id) {
        boost::asio::co_spawn(context, waiter(id), [](std::exception_ptr e) { EXPECT_FALSE(e); });
    }
};

TEST(event, wakes_in_the_order_of_coming) {
    bench b;
    for (int id : {1, 2, 3}) b.spawn(id);
    testing::run_ready(b.context);
    EXPECT_EQ(b.changed.waiting(), 3U);
    b.changed.notify_one();
    EXPECT_TRUE(b.woken.empty()) << "never inside notify";
    testing::run_ready(b.context);
    EXPECT_EQ(b.woken, (std::vector{1}));
    b.changed.notify_all();
    testing::run_ready(b.context);
    EXPECT_EQ(b.woken, (std::vector{1, 2, 3}));
    EXPECT_EQ(b.changed.waiting(), 0U);
}

TEST(event, forgets_what_nobody_waits_for) {
    bench b;
    b.changed.notify_one();
    b.changed.notify_all();
    b.spawn(1);
    testing::run_ready(b.context);
    EXPECT_TRUE(b.woken.empty());
    b.changed.notify_one();
    testing::run_ready(b.context);
    EXPECT_EQ(b.woken, (std::vector{1}));
}

task<void> wait_again(event& e, int& rounds) {
    for (int i = 0; i < 2; ++i) {
        co_await e.wait();
        ++rounds;
    }
}

TEST(event, who_waits_again_is_not_woken_twice_by_one_notification) {
    boost::asio::io_context context;
    event e;
    int rounds = 0;
    boost::asio::co_spawn(context, wait_again(e, rounds), [](std::exception_ptr escaped) { EXPECT_FALSE(escaped); });
    testing::run_ready(context);
    e.notify_all();
    testing::run_ready(context);
    EXPECT_EQ(rounds, 1);
    e.notify_all();
    testing::run_ready(context);
    EXPECT_EQ(rounds, 2);
}

}  // namespace
}  // namespace decamp::runtime
