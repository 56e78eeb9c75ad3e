#include "engine/runtime/concurrency.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

namespace decamp::runtime {
namespace {

using namespace std::chrono_literals;
using world::duration;
using world::steady_time;

// A source that gives each transfer a latency and a share of one line, at most so much each.
struct pipe {
    double line = 50e6;        // bytes a second, of all transfers together
    double each = 4e6;         // bytes a second, of one
    duration latency = 50ms;   // before the first byte
    double size = 2e6;         // mean bytes of an item
    double spread = 0.5;       // of the size
    double jitter = 0.3;       // of the latency
    unsigned demand = 1000;    // transfers there are at most at once
    bool told_at_end = false;  // bytes are told when a transfer ends, not as they come
};

// Transfers in small steps of virtual time, as many as the controller allows.
class simulation {
  public:
    simulation(const pipe& p, concurrency_controller& c, unsigned seed) : pipe_(p), controller_(c), random_(seed) {}

    // Bytes that came within `time`.
    double run(duration time, std::vector<unsigned>* limits = nullptr) {
        const duration step = std::clamp<duration>(pipe_.latency / 4, 5ms, 25ms);
        double received = 0;
        for (const auto end = now_ + time; now_ < end; now_ += step) {
            while (running_.size() < std::min(controller_.limit(), pipe_.demand)) start();
            std::size_t flowing = 0;
            for (const auto& t : running_) flowing += t.first_byte <= now_;
            const double share =
                std::min(pipe_.each, pipe_.line / static_cast<double>(std::max<std::size_t>(flowing, 1)));
            const double bytes = share * std::chrono::duration<double>(step).count();
            double came = 0;
            for (std::size_t i = 0; i < running_.size();) {
                auto& t = running_[i];
                if (t.first_byte > now_) {
                    ++i;
                    continue;
                }
                const double got = std::min(bytes, t.left);
                t.left -= got;
                received += got;
                came += got;
                if (t.left > 0) {
                    ++i;
                    continue;
                }
                if (pipe_.told_at_end) controller_.on_received(now_, static_cast<std::uint64_t>(t.size));
                controller_.on_finished(now_, now_ - t.begun, static_cast<unsigned>(running_.size()));
                running_.erase(running_.begin() + static_cast<long>(i));
            }
            if (!pipe_.told_at_end) controller_.on_received(now_, static_cast<std::uint64_t>(came));
            if (limits) limits->push_back(controller_.limit());
        }
        return received;
    }
    steady_time now() const { return now_; }
    pipe& the_pipe() { return pipe_; }

  private:
    struct transfer {
        steady_time begun, first_byte;
        double left, size;
    };
    void start() {
        std::uniform_real_distribution<double> around(-1, 1);
        const double wait = std::chrono::duration<double>(pipe_.latency).count() * (1 + pipe_.jitter * around(random_));
        const double size = pipe_.size * (1 + pipe_.spread * around(random_));
        running_.push_back({now_, now_ + duration(static_cast<duration::rep>(wait * 1e9)), size, size});
    }

    pipe pipe_;
    concurrency_controller& controller_;
    std::mt19937 random_;
    steady_time now_{1h};
    std::vector<transfer> running_;
};

// What a fixed number of connections achieves.
double fixed_rate(const pipe& p, unsigned connections) {
    concurrency_controller fixed({.least = connections, .most = connections, .start = connections});
    simulation s(p, fixed, 99);
    s.run(2s);
    return s.run(10s) / 10;
}

double best_rate(const pipe& p, unsigned most) {
    double best = 0;
    for (unsigned n = 1; n <= most; n *= 2) best = std::max(best, fixed_rate(p, n));
    return best;
}

struct shape {
    const char* name;
    pipe p;
};
const shape shapes[] = {
    {"a line that ten connections fill", {.line = 40e6, .each = 4e6}},
    {"one connection fills it", {.line = 5e6, .each = 50e6}},
    {"never enough", {.line = 1e12, .each = 2e6}},
    {"far away, small files", {.line = 20e6, .each = 20e6, .latency = 300ms, .size = 100e3}},
    {"near, tiny files", {.line = 100e6, .each = 100e6, .latency = 10ms, .size = 5e3}},
    {"videos", {.line = 30e6, .each = 3e6, .latency = 200ms, .size = 300e6, .spread = 0.9}},
};

TEST(concurrency, settles_near_the_best_for_every_shape_of_source) {
    for (const auto& [name, p] : shapes) {
        const double best = best_rate(p, 64);
        for (unsigned seed = 1; seed <= 3; ++seed) {
            concurrency_controller c({});
            simulation s(p, c, seed);
            s.run(90s);
            const double rate = s.run(30s) / 30;
            EXPECT_GE(rate, 0.75 * best) << name << ", seed " << seed << ", limit " << c.limit();
        }
    }
}

TEST(concurrency, settles_though_bytes_are_told_late) {
    for (const auto& [name, told_as_they_come] : shapes) {
        pipe p = told_as_they_come;
        if (p.size > 10e6) continue;  // a transfer of minutes that says nothing is no measure
        p.told_at_end = true;
        const double best = best_rate(p, 64);
        for (unsigned seed = 1; seed <= 3; ++seed) {
            concurrency_controller c({});
            simulation s(p, c, seed);
            s.run(90s);
            EXPECT_GE(s.run(30s) / 30, 0.75 * best) << name << ", seed " << seed << ", limit " << c.limit();
        }
    }
}

TEST(concurrency, does_not_hoard_connections_that_bring_nothing) {
    const pipe p{.line = 40e6, .each = 4e6, .latency = 20ms, .size = 2e6};
    for (unsigned seed = 1; seed <= 5; ++seed) {
        concurrency_controller c({});
        simulation s(p, c, seed);
        s.run(90s);
        std::vector<unsigned> limits;
        s.run(120s, &limits);
        const double mean = std::accumulate(limits.begin(), limits.end(), 0.0) / static_cast<double>(limits.size());
        EXPECT_LE(mean, 25) << "ten fill the line; seed " << seed;
        EXPECT_GE(mean, 7) << "seed " << seed;
    }
}

TEST(concurrency, finds_a_line_that_became_wider) {
    concurrency_controller c({});
    simulation s({.line = 8e6, .each = 4e6}, c, 5);
    s.run(60s);
    EXPECT_LE(c.limit(), 8U);
    s.the_pipe().line = 60e6;
    s.run(300s);
    EXPECT_GE(s.run(30s) / 30, 0.75 * 60e6);
}

TEST(concurrency, stays_within_its_bounds) {
    for (const auto& [name, p] : shapes) {
        concurrency_controller c({.least = 3, .most = 6, .start = 100});
        EXPECT_EQ(c.limit(), 6U);
        simulation s(p, c, 1);
        std::vector<unsigned> limits;
        s.run(60s, &limits);
        EXPECT_GE(*std::min_element(limits.begin(), limits.end()), 3U) << name;
        EXPECT_LE(*std::max_element(limits.begin(), limits.end()), 6U) << name;
    }
}

TEST(concurrency, does_not_grow_on_what_little_there_is_to_do) {
    concurrency_controller c({.start = 8});
    simulation s({.line = 1e9, .each = 4e6, .demand = 2}, c, 1);
    s.run(60s);
    EXPECT_EQ(c.limit(), 8U) << "two transfers say nothing about sixteen";
}

TEST(concurrency, throttling_halves_once_a_round) {
    concurrency_controller c({.start = 32});
    const steady_time now{1h};
    for (int i = 0; i < 20; ++i) c.on_throttled(now + i * 1ms);
    EXPECT_EQ(c.limit(), 16U);
    c.on_throttled(now + 600ms);
    EXPECT_EQ(c.limit(), 8U);
    for (int i = 1; i < 20; ++i) c.on_throttled(now + i * 1s);
    EXPECT_EQ(c.limit(), 1U);
}

TEST(concurrency, single_errors_pass_and_a_burst_halves) {
    concurrency_controller c({.start = 16});
    const steady_time now{1h};
    for (int i = 0; i < 7; ++i) c.on_error(now + i * 1ms);
    EXPECT_EQ(c.limit(), 16U);
    c.on_error(now + 8ms);
    EXPECT_EQ(c.limit(), 8U);
    for (int i = 0; i < 100; ++i) c.on_error(now + 10ms + i * 1ms);
    EXPECT_EQ(c.limit(), 8U) << "one burst, one step";
}

TEST(concurrency, comes_back_after_throttling) {
    const pipe p{.line = 40e6, .each = 4e6};
    concurrency_controller c({});
    simulation s(p, c, 3);
    s.run(60s);
    for (int i = 0; i < 3; ++i) {
        c.on_throttled(s.now());
        s.run(1s);
    }
    EXPECT_LE(c.limit(), 4U);
    s.run(200s);
    EXPECT_GE(s.run(30s) / 30, 0.75 * 40e6);
}

}  // namespace
}  // namespace decamp::runtime
