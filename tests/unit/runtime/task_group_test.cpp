#include "engine/runtime/task_group.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "engine/runtime/event.hpp"
#include "tests/support/virtual_clock.hpp"

namespace decamp::runtime {
namespace {

using namespace std::chrono_literals;
using testing::virtual_clock;

struct bench {
    boost::asio::io_context context;
    virtual_clock clock;
    int ended = 0;
    std::size_t most = 0;

    task<void> child(world::duration d) {
        const auto alarm = clock.make_alarm(context.get_executor());
        co_await alarm->wait_until(clock.now() + d);
        ++ended;
    }
    task<void> failing(world::duration d) {
        co_await child(d);
        throw std::runtime_error("a bug");
    }
    task<void> parent(task_group& group, int depth) {
        co_await child(1s);
        if (depth > 0) {
            group.spawn(parent(group, depth - 1));
            group.spawn(parent(group, depth - 1));
        }
    }
};

TEST(task_group, join_waits_for_all_and_for_their_children) {
    bench b;
    const auto body = [](bench& x) -> task<void> {
        task_group group(x.context.get_executor());
        group.spawn(x.parent(group, 3));
        group.spawn(x.child(1h));
        co_await group.join();
        EXPECT_EQ(group.running(), 0U);
        EXPECT_EQ(x.ended, 15 + 1);
        co_await group.join();  // again: at once
    };
    testing::run(b.context, b.clock, body(b));
}

// Its sisters may wait for the child that is gone, so nobody would ever come to see the exception.
TEST(task_group_death, what_escapes_a_child_ends_the_process) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    bench b;
    const auto body = [](bench& x) -> task<void> {
        task_group group(x.context.get_executor());
        group.spawn(x.failing(1s));
        event never;
        co_await never.wait();
    };
    EXPECT_DEATH(testing::run(b.context, b.clock, body(b)), "a bug");
}

TEST(task_group, below_bounds_the_group) {
    bench b;
    const auto body = [](bench& x) -> task<void> {
        task_group group(x.context.get_executor());
        for (int i = 0; i < 100; ++i) {
            co_await group.below(4);
            group.spawn(x.child(std::chrono::seconds(1 + i % 7)));
            x.most = std::max(x.most, group.running());
        }
        co_await group.join();
    };
    testing::run(b.context, b.clock, body(b));
    EXPECT_EQ(b.most, 4U);
    EXPECT_EQ(b.ended, 100);
}

}  // namespace
}  // namespace decamp::runtime
