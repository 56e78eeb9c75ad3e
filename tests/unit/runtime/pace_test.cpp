#include "engine/runtime/pace.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "engine/runtime/task_group.hpp"
#include "engine/world/file_store.hpp"
#include "tests/support/virtual_clock.hpp"

namespace decamp::runtime {
namespace {

using namespace std::chrono_literals;
using testing::virtual_clock;
using world::steady_time;

constexpr steady_time start{1h};

TEST(pace, all_at_once_while_all_is_well) {
    pace p;
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(p.ready_at(pace_kind::link, start), start);
        EXPECT_EQ(p.ready_at(pace_kind::listing, start), start);
        p.on_sent(start);
        p.on_ok(start);
    }
    EXPECT_EQ(p.interval(), 0s);
}

TEST(pace, keeps_the_least_interval) {
    pace p({.least_interval = 20ms});
    p.on_sent(start);
    EXPECT_EQ(p.ready_at(pace_kind::link, start), start + 20ms);
    EXPECT_EQ(p.ready_at(pace_kind::link, start + 1s), start + 1s);
}

TEST(pace, keeps_to_a_quota_in_every_stretch_of_time) {
    pace p({.quota = 3, .quota_within = 10min});
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(p.ready_at(pace_kind::link, start + i * 1min), start + i * 1min);
        p.on_sent(start + i * 1min);
    }
    EXPECT_EQ(p.ready_at(pace_kind::listing, start + 3min), start + 10min);
    p.on_sent(start + 10min);
    EXPECT_EQ(p.ready_at(pace_kind::link, start + 10min), start + 11min);
    p.on_sent(start + 30min);
    EXPECT_EQ(p.ready_at(pace_kind::link, start + 30min), start + 30min);
}

TEST(pace, throttling_closes_the_account_and_waits_double) {
    pace p;
    auto now = start;
    for (const auto wait : {1s, 2s, 4s, 8s}) {
        p.on_throttled(now, std::nullopt);
        EXPECT_EQ(p.closed_until(), now + wait);
        EXPECT_EQ(p.ready_at(pace_kind::link, now), now + wait);
        now = p.closed_until();
    }
    for (int i = 0; i < 60; ++i) {
        p.on_throttled(now, std::nullopt);
        EXPECT_LE(p.closed_until() - now, 10min);
        now = p.closed_until();
    }
    EXPECT_LE(p.interval(), 5s);
}

TEST(pace, one_item_refused_for_ever_does_not_close_the_account) {
    pace p;
    auto now = start;
    for (int i = 0; i < 100; ++i) {
        p.on_throttled(now, std::nullopt);
        EXPECT_EQ(p.closed_until() - now, 1s);
        now = p.closed_until();
        p.on_ok(now);
    }
    EXPECT_LE(p.interval(), 5s);
}

TEST(pace, answers_of_one_wait_count_once) {
    pace p;
    for (int i = 0; i < 50; ++i) p.on_throttled(start + std::chrono::milliseconds(i), std::nullopt);
    EXPECT_EQ(p.closed_until(), start + 1s);
    EXPECT_EQ(p.interval(), 100ms);
    p.on_throttled(start + 500ms, 3s);
    EXPECT_EQ(p.closed_until(), start + 3500ms) << "but a longer wish is heard";
    p.on_throttled(start + 600ms, 1s);
    EXPECT_EQ(p.closed_until(), start + 3500ms) << "and never shortened";
}

TEST(pace, retry_after_is_honoured_within_bounds) {
    struct row {
        world::duration asked, waited;
    };
    for (const auto& [asked, waited] : {row{0s, 1s}, row{-7s, 1s}, row{30s, 30s}, row{24h, 10min}}) {
        pace p;
        p.on_throttled(start, asked);
        EXPECT_EQ(p.closed_until() - start, waited);
    }
}

TEST(pace, resumes_slower_and_recovers_by_good_answers) {
    pace p;
    p.on_throttled(start, std::nullopt);
    p.on_ok(start + 500ms);  // sent before: says nothing
    auto now = p.closed_until();
    p.on_sent(now);
    EXPECT_EQ(p.ready_at(pace_kind::link, now), now + 100ms);
    EXPECT_EQ(p.ready_at(pace_kind::listing, now), now + 200ms) << "the next place is a link's";
    int answers = 0;
    auto last = p.interval();
    while (p.interval() > 0s) {
        now += 1s;
        p.on_ok(now);
        ++answers;
        EXPECT_LE(p.interval(), last);
        last = p.interval();
        ASSERT_LT(answers, 1000);
    }
    EXPECT_GT(answers, 40) << "gradually";
    p.on_throttled(now, std::nullopt);
    EXPECT_EQ(p.closed_until(), now + 1s) << "all is forgotten";
}

struct bench {
    boost::asio::io_context context;
    virtual_clock clock;
    stop_state stop;
    pace_gate gate{clock, stop};
    std::vector<std::string> order;
    std::vector<steady_time> times;
    int refused = 0;

    task<void> one(pace_kind kind, std::string name, bool even_draining = false) {
        const bool given = co_await gate.turn(kind, even_draining);
        if (given) {
            order.push_back(name);
            times.push_back(clock.now());
        } else {
            ++refused;
        }
    }
    void spawn(pace_kind kind, std::string name, bool even_draining = false) {
        boost::asio::co_spawn(context, one(kind, std::move(name), even_draining),
                              [](std::exception_ptr e) { EXPECT_FALSE(e); });
    }
    void run_all() {
        do testing::run_ready(context);
        while (clock.advance());
    }
};

TEST(pace_gate, links_go_first_each_kind_in_order) {
    bench b;
    b.gate.on_throttled(5s);
    for (const char* name : {"list 1", "list 2"}) b.spawn(pace_kind::listing, name);
    testing::run_ready(b.context);
    for (const char* name : {"link 1", "link 2", "link 3"}) b.spawn(pace_kind::link, name);
    b.run_all();
    EXPECT_EQ(b.order, (std::vector<std::string>{"link 1", "link 2", "link 3", "list 1", "list 2"}));
    EXPECT_EQ(b.times.front(), start + 5s);
    for (std::size_t i = 1; i < b.times.size(); ++i) EXPECT_GE(b.times[i] - b.times[i - 1], 100ms);
}

TEST(pace_gate, a_wait_made_longer_is_kept) {
    bench b;
    b.gate.on_throttled(1s);
    b.spawn(pace_kind::link, "link");
    testing::run_ready(b.context);
    b.gate.on_throttled(60s);
    b.run_all();
    ASSERT_EQ(b.times.size(), 1U);
    EXPECT_EQ(b.times[0], start + 60s);
}

TEST(pace_gate, a_drain_ends_waits_but_for_those_who_finish) {
    bench b;
    b.gate.on_throttled(30s);
    b.spawn(pace_kind::link, "new");
    b.spawn(pace_kind::link, "finishing", true);
    b.spawn(pace_kind::listing, "page");
    testing::run_ready(b.context);
    b.stop.request_drain();
    testing::run_ready(b.context);
    EXPECT_EQ(b.refused, 2);
    EXPECT_EQ(b.clock.now(), start);
    b.run_all();
    EXPECT_EQ(b.order, (std::vector<std::string>{"finishing"}));
    b.spawn(pace_kind::link, "late");
    b.run_all();
    EXPECT_EQ(b.refused, 3);
}

TEST(pace_gate, a_stop_ends_every_wait) {
    bench b;
    b.gate.on_throttled(30s);
    for (int i = 0; i < 10; ++i) b.spawn(pace_kind::link, "x", true);
    testing::run_ready(b.context);
    b.stop.request_stop(failure(world::file_errc::no_space));
    testing::run_ready(b.context);
    EXPECT_EQ(b.refused, 10);
    EXPECT_EQ(b.clock.now(), start);
}

TEST(byte_rate, lets_a_burst_pass_and_then_keeps_the_rate) {
    byte_rate rate(1'000'000, 250'000);
    auto now = start;
    EXPECT_LE(rate.take(250'000, now), now);
    EXPECT_EQ(rate.take(500'000, now), now + 500ms);
    now += 10s;
    EXPECT_LE(rate.take(250'000, now), now) << "quiet time is forgotten beyond the burst";
    EXPECT_GT(rate.take(1, now), now);
    EXPECT_THROW(byte_rate(0), std::invalid_argument);
}

TEST(byte_rate, over_a_long_time_the_rate_is_the_rate) {
    byte_rate rate(20'000'000);
    auto now = start;
    std::uint64_t bytes = 0;
    while (now < start + 60s) {
        bytes += 65'536;
        now = std::max(now, rate.take(65'536, now));
    }
    const double seconds = std::chrono::duration<double>(now - start).count();
    EXPECT_NEAR(static_cast<double>(bytes) / seconds, 20e6, 0.01 * 20e6);
    EXPECT_GT(rate.take(~std::uint64_t{0}, now), now) << "no overflow";
}

}  // namespace
}  // namespace decamp::runtime
