#include "engine/runtime/stop.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "engine/world/file_store.hpp"
#include "tests/support/virtual_clock.hpp"

namespace decamp::runtime {
namespace {

using namespace std::chrono_literals;
using testing::run_ready;
using testing::virtual_clock;

TEST(stop, the_first_failure_is_the_reason) {
    stop_state stop;
    EXPECT_FALSE(stop.draining());
    EXPECT_FALSE(stop.why());
    stop.request_drain();
    EXPECT_TRUE(stop.draining());
    EXPECT_FALSE(stop.stopped());
    stop.request_stop(world::file_errc::no_space);
    stop.request_stop(world::file_errc::device_gone);
    EXPECT_TRUE(stop.stopped());
    EXPECT_TRUE(stop.draining());
    ASSERT_TRUE(stop.why());
    EXPECT_EQ(stop.why()->code, make_error_code(world::file_errc::no_space));
}

TEST(stop, wakes_subscribers_at_each_change_and_at_once_when_late) {
    boost::asio::io_context context;
    stop_state stop;
    int early = 0, late = 0, gone = 0;
    auto first = stop.subscribe(context.get_executor(), [&] { ++early; });
    {
        auto ended = stop.subscribe(context.get_executor(), [&] { ++gone; });
        stop.request_drain();
        EXPECT_EQ(early, 0) << "posted, never called inside request_drain";
    }
    run_ready(context);
    EXPECT_EQ(early, 1);
    EXPECT_EQ(gone, 0) << "unsubscribed before its turn";
    auto second = stop.subscribe(context.get_executor(), [&] { ++late; });
    stop.request_drain();  // nothing new
    run_ready(context);
    EXPECT_EQ(early, 1);
    EXPECT_EQ(late, 1);
    stop.request_stop(failure(world::file_errc::io));
    run_ready(context);
    EXPECT_EQ(early, 2);
    EXPECT_EQ(late, 2);
    auto moved = std::move(second);
    moved = stop_state::subscription();
}

task<void> sleep_into(virtual_clock& clock, stop_state& stop, world::duration d, std::vector<bool>& results) {
    const bool whole = co_await pause(clock, stop, d);
    results.push_back(whole);
}

TEST(stop, a_pause_lasts_its_time) {
    boost::asio::io_context context;
    virtual_clock clock;
    stop_state stop;
    std::vector<bool> results;
    const auto start = clock.now();
    testing::run(context, clock, sleep_into(clock, stop, 90s, results));
    EXPECT_EQ(results, (std::vector{true}));
    EXPECT_EQ(clock.now() - start, 90s);
}

TEST(stop, a_drain_ends_a_pause_and_forbids_the_next) {
    boost::asio::io_context context;
    virtual_clock clock;
    stop_state stop;
    std::vector<bool> results;
    const auto start = clock.now();
    boost::asio::co_spawn(context, sleep_into(clock, stop, 1h, results), [](std::exception_ptr e) { EXPECT_FALSE(e); });
    run_ready(context);
    EXPECT_TRUE(results.empty());
    stop.request_drain();
    run_ready(context);
    EXPECT_EQ(results, (std::vector{false}));
    testing::run(context, clock, sleep_into(clock, stop, 1h, results));
    EXPECT_EQ(results, (std::vector{false, false}));
    EXPECT_EQ(clock.now(), start);
}

// For ThreadSanitizer: sleeps on two contexts, the stop from a third thread.
TEST(stop, ends_pauses_on_other_threads) {
    for (int round = 0; round < 20; ++round) {
        stop_state stop;
        const auto clock = world::make_system_clock();
        std::vector<bool> results[2];
        std::vector<std::thread> threads;
        for (auto& mine : results) {
            threads.emplace_back([&] {
                boost::asio::io_context context(1);
                const auto body = [](world::clock& c, stop_state& s, std::vector<bool>& out) -> task<void> {
                    while (!s.stopped()) {
                        const bool whole = co_await pause(c, s, 1h);
                        out.push_back(whole);
                    }
                };
                boost::asio::co_spawn(context, body(*clock, stop, mine), [](std::exception_ptr e) { EXPECT_FALSE(e); });
                context.run();
            });
        }
        stop.request_stop(failure(world::file_errc::device_gone));
        for (auto& t : threads) t.join();
        for (const auto& mine : results) EXPECT_EQ(std::count(mine.begin(), mine.end(), true), 0);
    }
}

}  // namespace
}  // namespace decamp::runtime
