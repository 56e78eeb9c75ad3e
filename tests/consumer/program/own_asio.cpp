// The consumer uses Boost.Asio itself, header-only and with Asio's defaults, beside a library that has Asio compiled
// in. What both share (the call stack of a thread, the recycling of handler memory) must be one and the same.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace asio = boost::asio;

bool own_asio_works() {
    constexpr int threads = 3, rounds = 200;
    asio::io_context context;
    std::atomic<int> ended = 0, posted = 0;
    auto work = [&]() -> asio::awaitable<void> {
        const auto executor = co_await asio::this_coro::executor;
        asio::steady_timer timer(executor);
        for (int i = 0; i < rounds; ++i) {
            timer.expires_after(std::chrono::microseconds(1));
            co_await timer.async_wait(asio::use_awaitable);
            asio::post(context, [&] { ++posted; });
        }
        ++ended;
    };
    for (int i = 0; i < threads; ++i) asio::co_spawn(context, work, asio::detached);
    std::vector<std::jthread> pool;
    for (int i = 0; i < threads; ++i) pool.emplace_back([&] { context.run(); });
    pool.clear();
    return ended == threads && posted == threads * rounds;
}
