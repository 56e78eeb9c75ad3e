#include "engine/runtime/budget.hpp"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <cstring>
#include <deque>
#include <map>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include "engine/runtime/event.hpp"
#include "tests/support/virtual_clock.hpp"

namespace decamp::runtime {
namespace {

using testing::run_ready;
constexpr std::uint64_t mib = 1 << 20;

struct bench {
    explicit bench(std::uint64_t bytes, unsigned head = 0) : budget(bytes, head) {}
    boost::asio::io_context context;
    memory_budget budget;
    std::map<int, chunk> held;
    std::vector<int> order, refused;

    task<void> taker(int id, chunk_size size, bool head) {
        std::optional<chunk> got;
        if (head)
            got = co_await budget.acquire_head(size);
        else
            got = co_await budget.acquire(size);
        (got ? order : refused).push_back(id);
        if (got) held.emplace(id, std::move(*got));
    }
    void ask(int id, chunk_size size, bool head = false) {
        boost::asio::co_spawn(context, taker(id, size, head), [](std::exception_ptr e) { EXPECT_FALSE(e); });
        run_ready(context);
    }
    void release(int id) {
        held.erase(id);
        run_ready(context);
    }
};

TEST(budget, refuses_a_size_that_leaves_nothing) {
    EXPECT_THROW(memory_budget(0), std::invalid_argument);
    EXPECT_THROW(memory_budget(mib - 1), std::invalid_argument);
    EXPECT_THROW(memory_budget(2 * mib, 2), std::invalid_argument);
    EXPECT_EQ(memory_budget(3 * mib - 1).total(), 2 * mib);
}

TEST(budget, chunks_are_aligned_whole_and_apart) {
    memory_budget budget(2 * mib);
    std::vector<chunk> chunks;
    chunks.push_back(*budget.try_acquire(chunk_size::large));
    for (int i = 0; i < 16; ++i) {
        auto small = budget.try_acquire(chunk_size::small);
        ASSERT_TRUE(small);
        chunks.push_back(std::move(*small));
    }
    EXPECT_FALSE(budget.try_acquire(chunk_size::small));
    EXPECT_EQ(budget.available(), 0U);
    unsigned char value = 1;
    for (auto& c : chunks) {
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(c.all().data()) % 4096, 0U);
        std::memset(c.all().data(), value++, c.all().size());
    }
    value = 1;
    for (auto& c : chunks) {
        for (const std::byte b : c.all()) ASSERT_EQ(b, std::byte{value});
        ++value;
    }
    EXPECT_EQ(chunks[0].all().size(), large_chunk_bytes);
    EXPECT_EQ(chunks[1].all().size(), small_chunk_bytes);
    chunks.clear();
    EXPECT_EQ(budget.available(), 2 * mib);
    EXPECT_EQ(budget.figures().high_water, 2 * mib);
}

TEST(budget, a_moved_chunk_is_returned_once) {
    memory_budget budget(mib);
    chunk a = *budget.try_acquire(chunk_size::large);
    a.used = 10;
    EXPECT_EQ(a.filled().size(), 10U);
    EXPECT_EQ(a.room().size(), large_chunk_bytes - 10);
    chunk b = std::move(a);
    EXPECT_FALSE(a);  // NOLINT(bugprone-use-after-move): what is left is promised to be empty
    EXPECT_EQ(a.used, 0U);
    EXPECT_EQ(b.used, 10U);
    b = chunk();
    EXPECT_EQ(budget.available(), mib);
    EXPECT_FALSE(b);
}

TEST(budget, outlived_by_its_chunks) {
    chunk c;
    {
        memory_budget budget(mib);
        c = std::move(*budget.try_acquire(chunk_size::large));
    }
    std::memset(c.all().data(), 1, c.all().size());
}

TEST(budget, small_chunks_gather_so_that_slabs_become_whole_again) {
    memory_budget budget(4 * mib);
    std::vector<chunk> chunks;
    for (int i = 0; i < 64; ++i) chunks.push_back(*budget.try_acquire(chunk_size::small));
    std::mt19937 random(3);
    std::shuffle(chunks.begin(), chunks.end(), random);
    chunks.resize(20);
    // Churn: each new one goes to the fullest slab.
    for (int i = 0; i < 2000; ++i) {
        std::swap(chunks[random() % chunks.size()], chunks.back());
        chunks.pop_back();
        chunks.push_back(*budget.try_acquire(chunk_size::small));
    }
    EXPECT_TRUE(budget.try_acquire(chunk_size::large)) << "20 small chunks need two slabs, not four";
}

TEST(budget, a_slab_is_split_into_pieces_of_one_size) {
    memory_budget budget(2 * mib);
    std::vector<chunk> chunks;
    for (int i = 0; i < 64; ++i) {
        chunks.push_back(*budget.try_acquire(chunk_size::tiny));
        EXPECT_EQ(chunks.back().all().size(), tiny_chunk_bytes);
        std::memset(chunks.back().all().data(), i, tiny_chunk_bytes);
    }
    for (int i = 0; i < 16; ++i) {
        chunks.push_back(*budget.try_acquire(chunk_size::small));
        std::memset(chunks.back().all().data(), 100 + i, small_chunk_bytes);
    }
    EXPECT_FALSE(budget.try_acquire(chunk_size::tiny));
    EXPECT_EQ(budget.available(), 0u);
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        const int written = static_cast<int>(i < 64 ? i : 100 + i - 64);
        for (const std::byte b : chunks[i].all())
            ASSERT_EQ(std::to_integer<int>(b), written) << "two chunks lie on one another";
    }
    // A slab that has emptied is split anew, into the other size.
    chunks.erase(chunks.begin(), chunks.begin() + 64);
    for (int i = 0; i < 16; ++i) chunks.push_back(*budget.try_acquire(chunk_size::small));
    EXPECT_EQ(budget.available(), 0u);
}

TEST(budget, the_smallest_chunk_that_holds_it) {
    EXPECT_EQ(chunk_for(0), chunk_size::tiny);
    EXPECT_EQ(chunk_for(tiny_chunk_bytes), chunk_size::tiny);
    EXPECT_EQ(chunk_for(tiny_chunk_bytes + 1), chunk_size::small);
    EXPECT_EQ(chunk_for(small_chunk_bytes), chunk_size::small);
    EXPECT_EQ(chunk_for(small_chunk_bytes + 1), chunk_size::large);
    EXPECT_EQ(chunk_for(std::uint64_t{1} << 40), chunk_size::large);
}

TEST(budget, first_come_first_served_over_all_sizes) {
    bench b(mib);
    b.ask(1, chunk_size::small);
    b.ask(2, chunk_size::large);
    b.ask(3, chunk_size::small);  // there is room, but a large one waits
    EXPECT_EQ(b.order, (std::vector{1}));
    EXPECT_FALSE(b.budget.try_acquire(chunk_size::small));
    EXPECT_EQ(b.budget.figures().waiting, 2U);
    b.release(1);
    EXPECT_EQ(b.order, (std::vector{1, 2}));
    b.release(2);
    EXPECT_EQ(b.order, (std::vector{1, 2, 3}));
    EXPECT_EQ(b.budget.figures().waits, 2U);
}

TEST(budget, the_reserve_is_the_heads_alone) {
    bench b(4 * mib, 2);
    for (int id : {1, 2, 3}) b.ask(id, chunk_size::large);
    EXPECT_EQ(b.order, (std::vector{1, 2}));
    for (int id : {11, 12, 13}) b.ask(id, chunk_size::large, true);
    EXPECT_EQ(b.order, (std::vector{1, 2, 11, 12}));
    b.release(1);
    EXPECT_EQ(b.order, (std::vector{1, 2, 11, 12, 13})) << "the head goes first";
    b.release(11);
    EXPECT_EQ(b.order.size(), 5U) << "the reserve is filled up before others are served";
    b.release(12);
    EXPECT_EQ(b.order.size(), 5U);
    b.release(13);
    EXPECT_EQ(b.order, (std::vector{1, 2, 11, 12, 13, 3}));
}

TEST(budget, closing_ends_all_waits_and_leaves_chunks_good) {
    bench b(2 * mib, 1);
    b.ask(1, chunk_size::large);
    b.ask(2, chunk_size::small);
    b.ask(3, chunk_size::large, true);
    b.ask(4, chunk_size::small, true);
    EXPECT_EQ(b.order, (std::vector{1, 3}));
    b.budget.close();
    run_ready(b.context);
    EXPECT_EQ(b.refused, (std::vector{2, 4}));
    std::memset(b.held.at(1).all().data(), 1, large_chunk_bytes);
    b.held.clear();
    b.ask(5, chunk_size::small);
    EXPECT_EQ(b.refused, (std::vector{2, 4, 5}));
    EXPECT_FALSE(b.budget.try_acquire(chunk_size::small));
}

TEST(budget, no_waiter_is_left_behind) {
    std::mt19937 random(11);
    bench b(4 * mib);
    int next = 0;
    for (int step = 0; step < 4000; ++step) {
        if (random() % 2 == 0)
            b.ask(next++, random() % 4 == 0 ? chunk_size::large : chunk_size::small);
        else if (!b.held.empty())
            b.release(std::next(b.held.begin(), static_cast<long>(random() % b.held.size()))->first);
        std::uint64_t out = 0;
        for (const auto& [id, c] : b.held) out += c.all().size();
        ASSERT_EQ(b.budget.figures().leased, out);
        ASSERT_LE(out, b.budget.total());
        ASSERT_TRUE(std::is_sorted(b.order.begin(), b.order.end()));
    }
    while (!b.held.empty()) b.release(b.held.begin()->first);
    EXPECT_EQ(b.order.size(), static_cast<std::size_t>(next));
    EXPECT_EQ(b.budget.available(), 4 * mib);
}

// For ThreadSanitizer: leases are taken on two contexts and given back on a third thread.
task<void> take_and_hand_over(memory_budget& budget, std::mutex& mutex, std::deque<chunk>& out, int count) {
    for (int i = 0; i < count; ++i) {
        auto got = co_await budget.acquire(i % 5 == 0 ? chunk_size::large : chunk_size::small);
        if (!got) co_return;
        got->used = 1;
        got->all()[0] = std::byte{1};
        const std::lock_guard lock(mutex);
        out.push_back(std::move(*got));
    }
}

TEST(budget, leases_travel_between_threads) {
    memory_budget budget(3 * mib);
    std::mutex mutex;
    std::deque<chunk> handed;
    constexpr int each = 2000;
    // They outlive the last release, which may still be at work in post() when the last lease has arrived.
    std::deque<boost::asio::io_context> contexts;
    std::vector<std::thread> takers;
    for (int i = 0; i < 2; ++i) {
        takers.emplace_back([&, &context = contexts.emplace_back(1)] {
            boost::asio::co_spawn(context, take_and_hand_over(budget, mutex, handed, each),
                                  [](std::exception_ptr e) { EXPECT_FALSE(e); });
            context.run();
        });
    }
    int returned = 0;
    while (returned < 2 * each) {
        std::deque<chunk> got;
        {
            const std::lock_guard lock(mutex);
            got.swap(handed);
        }
        returned += static_cast<int>(got.size());
        if (got.empty()) std::this_thread::yield();
    }
    for (auto& t : takers) t.join();
    EXPECT_EQ(budget.available(), 3 * mib);
    EXPECT_LE(budget.figures().high_water, 3 * mib);
}

}  // namespace
}  // namespace decamp::runtime
