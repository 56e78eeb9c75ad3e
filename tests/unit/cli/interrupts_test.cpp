#include "engine/world/interrupts.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <latch>
#include <thread>

namespace decamp::world {
namespace {

// To the process, as Ctrl-C and kill do; std::raise() would send it to this thread, which blocks it.
void send(int number) {
    ::kill(::getpid(), number);
}

TEST(interrupts, the_first_asks_to_stop) {
    std::stop_source stop;
    std::latch told(1);
    {
        const interrupts watched(stop, 5, [&told] { told.count_down(); });
        EXPECT_FALSE(stop.stop_requested());
        send(SIGTERM);
        told.wait();
        EXPECT_TRUE(stop.stop_requested());
    }
    EXPECT_EQ(told.try_wait(), true);
}

TEST(interrupts, none_is_fine_too) {
    std::stop_source stop;
    std::atomic<bool> told{false};
    {
        const interrupts watched(stop, 5, [&told] { told = true; });
    }
    EXPECT_FALSE(stop.stop_requested());
    EXPECT_FALSE(told);
}

// The first is never answered: only the second can end this process.
[[noreturn]] void hang(int first, int second) {
    std::stop_source stop;
    std::latch told(1);
    const interrupts watched(stop, 5, [&told] { told.count_down(); });
    send(first);
    told.wait();
    send(second);
    for (;;) std::this_thread::yield();
}

TEST(interrupts_death, the_second_ends_the_process_whatever_hangs) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(hang(SIGINT, SIGINT), testing::ExitedWithCode(5), "");
    EXPECT_EXIT(hang(SIGTERM, SIGINT), testing::ExitedWithCode(5), "");
    EXPECT_EXIT(hang(SIGHUP, SIGTERM), testing::ExitedWithCode(5), "");
}

}  // namespace
}  // namespace decamp::world
