// The clock, chance, workers, files of the user's and figures of the process.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <limits>
#include <set>
#include <span>
#include <stdexcept>
#include <thread>
#include <vector>

#include "engine/world/clock.hpp"
#include "engine/world/file_store.hpp"
#include "engine/world/process.hpp"
#include "engine/world/random.hpp"
#include "engine/world/user_file.hpp"
#include "engine/world/workers.hpp"
#include "tests/unit/world/temporary_folder.hpp"

namespace decamp::world {
namespace {

using namespace std::chrono_literals;
using decamp::testing::put;
using decamp::testing::temporary_folder;

task<void> wait_for(alarm& a, steady_time when, bool& done) {
    co_await a.wait_until(when);
    done = true;
}

TEST(system_clock, an_alarm_goes_off_by_time_or_by_ringing) {
    boost::asio::io_context context(1);
    const auto clock = make_system_clock();
    const auto a = clock->make_alarm(context.get_executor());
    bool done = false;
    boost::asio::co_spawn(context, wait_for(*a, clock->now() - 1s, done), boost::asio::detached);
    context.run();
    EXPECT_TRUE(done) << "in the past: at once";

    done = false;
    const auto when = clock->now() + 2ms;
    boost::asio::co_spawn(context, wait_for(*a, when, done), boost::asio::detached);
    context.restart();
    context.run();
    EXPECT_TRUE(done);
    EXPECT_GE(clock->now(), when);

    done = false;
    boost::asio::co_spawn(context, wait_for(*a, clock->now() + 1h, done), boost::asio::detached);
    context.restart();
    context.poll();
    EXPECT_FALSE(done);
    a->ring();
    EXPECT_FALSE(done) << "not inside ring";
    context.restart();
    context.run();
    EXPECT_TRUE(done);

    done = false;
    a->ring();  // nobody waits: nothing is kept for later
    boost::asio::co_spawn(context, wait_for(*a, clock->now() + 1h, done), boost::asio::detached);
    context.restart();
    context.poll();
    EXPECT_FALSE(done);
    a->ring();
    context.restart();
    context.run();
    EXPECT_TRUE(done);
}

TEST(system_clock, knows_the_date_and_the_zone) {
    ::setenv("TZ", "CST-8", 1);
    ::tzset();
    const auto clock = make_system_clock();
    EXPECT_EQ(clock->utc_offset_minutes(), 480);
    ::setenv("TZ", "NST3:30", 1);
    ::tzset();
    EXPECT_EQ(clock->utc_offset_minutes(), -210);
    ::unsetenv("TZ");
    ::tzset();
    EXPECT_GT(clock->unix_ms(), 1'700'000'000'000);
}

TEST(system_random, does_not_repeat_itself) {
    const auto random = make_system_random();
    std::set<std::uint64_t> seen;
    std::uint64_t ones = 0, zeros = 0;
    for (int i = 0; i < 1000; ++i) {
        const auto value = random->next();
        seen.insert(value);
        ones |= value;
        zeros |= ~value;
    }
    EXPECT_EQ(seen.size(), 1000U);
    EXPECT_EQ(ones & zeros, ~std::uint64_t{0}) << "every bit moves";
}

std::string thread_name() {
    char name[16]{};
    ::pthread_getname_np(::pthread_self(), name, sizeof name);
    return name;
}

task<void> visit_queues(workers& w, bool& done) {
    const auto home = std::this_thread::get_id();
    for (const auto& [q, name] :
         {std::pair(queue::catalogue, "decamp-catalog"), std::pair(queue::write, "decamp-write"),
          std::pair(queue::commit, "decamp-commit"), std::pair(queue::read, "decamp-read")}) {
        auto work = [] { return thread_name(); };
        const std::string ran_on = co_await run_on(w, q, std::move(work));
        EXPECT_EQ(ran_on, name);
        EXPECT_EQ(std::this_thread::get_id(), home) << "back where it began";
    }
    auto failing = []() -> int { throw std::runtime_error("from there"); };
    bool thrown = false;
    try {
        co_await run_on(w, queue::write, std::move(failing));
    } catch (const std::runtime_error& e) {
        thrown = std::string(e.what()) == "from there";
    }
    EXPECT_TRUE(thrown);
    done = true;
}

TEST(thread_workers, run_there_and_come_back) {
    boost::asio::io_context context(1);
    const auto w = make_thread_workers(3);
    bool done = false;
    boost::asio::co_spawn(context, visit_queues(*w, done), [](std::exception_ptr e) { EXPECT_FALSE(e); });
    context.run();
    EXPECT_TRUE(done);
}

TEST(thread_workers, one_queue_keeps_order_and_the_end_waits_for_all) {
    std::vector<int> order;
    std::atomic<int> written = 0;
    {
        const auto w = make_thread_workers(4);
        for (int i = 0; i < 1000; ++i) {
            boost::asio::post(w->on(queue::catalogue), [&order, i] { order.push_back(i); });
            boost::asio::post(w->on(queue::write), [&written] { ++written; });
        }
    }
    EXPECT_EQ(written, 1000);
    ASSERT_EQ(order.size(), 1000U);
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(user_file, is_read_whole_within_its_limit) {
    temporary_folder folder;
    const std::string text(10'000, 's');
    put(folder / "cookies.txt", text);
    EXPECT_EQ(*read_user_file(folder / "cookies.txt", 10'000), text);
    const auto large = read_user_file(folder / "cookies.txt", 9'999);
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().code, make_error_code(file_errc::too_large));
    EXPECT_EQ(large.error().detail.find("sss"), std::string::npos) << "what is in it is not told";
    std::filesystem::create_symlink("cookies.txt", folder / "link");
    EXPECT_EQ(*read_user_file(folder / "link", 10'000), text) << "the user's own links are followed";
    put(folder / "empty", "");
    EXPECT_EQ(*read_user_file(folder / "empty", 0), "");
    EXPECT_EQ(read_user_file(folder / "none", 10).error().code, make_error_code(file_errc::not_found));
    EXPECT_EQ(read_user_file(folder.path().string(), 10).error().code, make_error_code(file_errc::is_a_folder));
    EXPECT_FALSE(read_user_file("", 10));
    EXPECT_EQ(read_user_file("/dev/zero", 100).error().code, make_error_code(file_errc::too_large));
}

TEST(user_file, may_be_a_pipe) {
    temporary_folder folder;
    const std::string pipe = folder / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    std::thread writer([&] { put(pipe, "from a pipe"); });
    EXPECT_EQ(*read_user_file(pipe, 100), "from a pipe");
    writer.join();
}

TEST(user_file, stays_open_and_is_read_anywhere) {
    temporary_folder folder;
    put(folder / "list", "0123456789");
    std::filesystem::create_symlink("list", folder / "link");
    const auto file = open_user_file(folder / "link");
    ASSERT_TRUE(file) << to_string(file.error());
    std::filesystem::remove(folder / "list");
    const auto at = [&](std::uint64_t offset, std::size_t size) {
        std::string into(size, '.');
        const auto got = file.value()->read_at(offset, std::as_writable_bytes(std::span(into)));
        return got ? into.substr(0, got.value()) : to_string(got.error());
    };
    EXPECT_EQ(at(0, 4), "0123");
    EXPECT_EQ(at(7, 10), "789");
    EXPECT_EQ(at(10, 1), "");
    EXPECT_EQ(at(std::numeric_limits<std::uint64_t>::max(), 1), "");
    EXPECT_EQ(at(std::uint64_t{1} << 62, 1), "");
}

TEST(user_file, that_can_be_read_only_once_is_not_opened) {
    temporary_folder folder;
    const std::string pipe = folder / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_EQ(open_user_file(pipe).error().code, make_error_code(file_errc::io));
    EXPECT_EQ(open_user_file("/dev/null").error().code, make_error_code(file_errc::io));
    EXPECT_EQ(open_user_file(folder.path().string()).error().code, make_error_code(file_errc::is_a_folder));
    EXPECT_EQ(open_user_file(folder / "none").error().code, make_error_code(file_errc::not_found));
    EXPECT_FALSE(open_user_file(""));
    EXPECT_FALSE(open_user_file(std::string("a\0b", 3)));
}

TEST(process, tells_what_it_takes) {
    const auto before = resident_bytes();
    EXPECT_GT(before, 1U << 20);
    EXPECT_GE(peak_resident_bytes(), before / 2);
    {
        std::vector<char> much(16 << 20);
        // volatile: or the compiler sees that nobody reads it
        for (std::size_t i = 0; i < much.size(); i += 4096) *static_cast<volatile char*>(&much[i]) = 1;
        EXPECT_GE(resident_bytes(), before + (8U << 20));
    }
    EXPECT_GE(peak_resident_bytes(), before + (8U << 20));
}

}  // namespace
}  // namespace decamp::world
