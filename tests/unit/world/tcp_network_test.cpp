#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "engine/world/network.hpp"

namespace decamp::world {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;
constexpr auto token = asio::as_tuple(asio::use_awaitable);

struct everyone final : address_policy {
    bool allowed(const endpoint&, const std::string& address) const override {
        asked.push_back(address);
        return answer(address);
    }
    mutable std::vector<std::string> asked;
    std::function<bool(const std::string&)> answer = [](const std::string&) { return true; };
};

steady_time soon() {
    return std::chrono::steady_clock::now() + 20s;
}  // far enough never to matter

template <class T>
boost::system::error_code code(const result<T>& r) {
    return r ? boost::system::error_code() : r.error().code;
}
boost::system::error_code code(network_errc e) {
    return make_error_code(e);
}

// A listener on 127.0.0.1 and a client on one context; the body is the test.
struct bench {
    asio::io_context context{1};
    tcp::acceptor acceptor{context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    std::unique_ptr<network> net = make_tcp_network();
    everyone policy;

    std::uint16_t port() const { return acceptor.local_endpoint().port(); }

    struct pair {
        std::unique_ptr<byte_stream> stream;
        tcp::socket peer;
    };
    task<pair> connected() {
        endpoint to{"127.0.0.1", port()};
        auto stream = co_await net->connect(std::move(to), policy, soon());
        if (!stream) throw std::runtime_error(to_string(stream.error()));
        auto [error, peer] = co_await acceptor.async_accept(token);
        if (error) throw std::runtime_error(error.message());
        co_return pair{std::move(*stream), std::move(peer)};
    }
    void run(std::function<task<void>(bench&)> body) {
        std::exception_ptr escaped;
        asio::co_spawn(context, body(*this), [&](std::exception_ptr e) { escaped = e; });
        context.run();
        if (escaped) std::rethrow_exception(escaped);
    }
};

task<std::string> read_all(byte_stream& stream) {
    std::string text;
    std::vector<std::byte> part(100'000);
    for (;;) {
        const auto got = co_await stream.read_some(part);
        if (!got) throw std::runtime_error(to_string(got.error()));
        if (*got == 0) break;
        text.append(reinterpret_cast<const char*>(part.data()), *got);
    }
    co_return text;
}

TEST(tcp, carries_bytes_both_ways_and_ends) {
    bench b;
    b.run([](bench& x) -> task<void> {
        auto c = co_await x.connected();
        const std::string request(3'000'000, 'r');
        asio::co_spawn(
            x.context,
            [](tcp::socket peer, std::size_t expected) -> task<void> {
                std::string got(expected, '\0');
                std::size_t size = 0;
                while (size < expected) {
                    const asio::mutable_buffer room(got.data() + size, expected - size);
                    const auto [error, n] = co_await peer.async_read_some(room, token);
                    if (error) co_return;
                    size += n;
                }
                const auto [error, n] = co_await asio::async_write(peer, asio::buffer(got), token);
                EXPECT_FALSE(error) << n;
            }(std::move(c.peer), request.size()),
            [](std::exception_ptr e) { EXPECT_FALSE(e); });
        const auto written = co_await c.stream->write(std::as_bytes(std::span(request)));
        EXPECT_TRUE(written);
        const std::string answer = co_await read_all(*c.stream);
        EXPECT_EQ(answer, request);
    });
    EXPECT_EQ(b.policy.asked, (std::vector<std::string>{"127.0.0.1"}));
}

TEST(tcp, a_deadline_ends_a_read_and_the_stream_lives_on) {
    bench b;
    b.run([](bench& x) -> task<void> {
        auto c = co_await x.connected();
        std::byte into[16];
        c.stream->set_deadline(std::chrono::steady_clock::now() + 5ms);
        const auto late = co_await c.stream->read_some(into);
        EXPECT_EQ(code(late), code(network_errc::timed_out));
        const auto still = co_await c.stream->read_some(into);
        EXPECT_EQ(code(still), code(network_errc::timed_out)) << "begun after it";
        const auto refused = co_await c.stream->write(std::as_bytes(std::span("x", 1)));
        EXPECT_EQ(code(refused), code(network_errc::timed_out));
        c.stream->set_deadline(soon());
        const auto [error, n] = co_await asio::async_write(c.peer, asio::buffer("hello", 5), token);
        EXPECT_FALSE(error) << n;
        const auto got = co_await c.stream->read_some(into);
        EXPECT_EQ(*got, 5U);
    });
}

// Reads while another coroutine moves the deadline.
task<void> read_into(byte_stream& stream, boost::system::error_code& out) {
    std::byte into[16];
    const auto got = co_await stream.read_some(into);
    out = code(got);
}

TEST(tcp, a_deadline_moves_while_a_read_waits) {
    bench b;
    b.run([](bench& x) -> task<void> {
        auto c = co_await x.connected();
        boost::system::error_code out;
        c.stream->set_deadline(soon());
        asio::co_spawn(x.context, read_into(*c.stream, out), asio::detached);
        asio::steady_timer timer(x.context);
        // Later and later: the timer looks again. Then at once.
        for (int i = 1; i <= 5; ++i) {
            c.stream->set_deadline(std::chrono::steady_clock::now() + 1ms);
            c.stream->set_deadline(soon());
            timer.expires_after(2ms);
            co_await timer.async_wait(token);
            EXPECT_FALSE(out);
        }
        c.stream->set_deadline(std::chrono::steady_clock::now() - 1s);
        while (!out) co_await asio::post(x.context, token);
        EXPECT_EQ(out, code(network_errc::timed_out));
    });
}

TEST(tcp, a_deadline_ends_a_write_nobody_reads) {
    bench b;
    b.run([](bench& x) -> task<void> {
        auto c = co_await x.connected();
        const std::vector<std::byte> much(64 << 20);
        c.stream->set_deadline(std::chrono::steady_clock::now() + 20ms);
        const auto written = co_await c.stream->write(much);
        EXPECT_EQ(code(written), code(network_errc::timed_out));
    });
}

TEST(tcp, closing_ends_what_waits) {
    bench b;
    b.run([](bench& x) -> task<void> {
        auto c = co_await x.connected();
        boost::system::error_code out;
        c.stream->set_deadline(soon());
        asio::co_spawn(x.context, read_into(*c.stream, out), asio::detached);
        co_await asio::post(x.context, token);
        c.stream->close();
        while (!out) co_await asio::post(x.context, token);
        EXPECT_EQ(out, code(network_errc::closed));
        std::byte into[1];
        const auto again = co_await c.stream->read_some(into);
        EXPECT_EQ(code(again), code(network_errc::closed));
        const auto written = co_await c.stream->write(into);
        EXPECT_EQ(code(written), code(network_errc::closed));
        EXPECT_FALSE(c.stream->quiet());
        c.stream->close();
        c.stream->set_deadline(soon());
    });
}

TEST(tcp, a_stream_may_go_under_its_read_and_its_timer) {
    bench b;
    b.run([](bench& x) -> task<void> {
        for (int i = 0; i < 20; ++i) {
            auto c = co_await x.connected();
            boost::system::error_code out;
            c.stream->set_deadline(std::chrono::steady_clock::now() + std::chrono::microseconds(i * 100));
            asio::co_spawn(x.context, read_into(*c.stream, out), asio::detached);
            if (i % 2 == 0) co_await asio::post(x.context, token);
            c.stream.reset();
            while (!out) co_await asio::post(x.context, token);
            EXPECT_TRUE(out == code(network_errc::closed) || out == code(network_errc::timed_out)) << out.message();
        }
    });
}

TEST(tcp, a_broken_connection_is_reset) {
    bench b;
    b.run([](bench& x) -> task<void> {
        auto c = co_await x.connected();
        c.peer.set_option(asio::socket_base::linger(true, 0));
        c.peer.close();
        std::byte into[1];
        const auto got = co_await c.stream->read_some(into);
        EXPECT_EQ(code(got), code(network_errc::reset));
    });
}

TEST(tcp, quiet_means_neither_bytes_nor_end) {
    bench b;
    b.run([](bench& x) -> task<void> {
        auto c = co_await x.connected();
        EXPECT_TRUE(c.stream->quiet());
        const auto [error, n] = co_await asio::async_write(c.peer, asio::buffer("x", 1), token);
        EXPECT_FALSE(error) << n;
        while (c.stream->quiet()) co_await asio::post(x.context, token);
        std::byte into[1];
        const auto got = co_await c.stream->read_some(into);
        EXPECT_EQ(*got, 1U) << "looking took nothing away";
        EXPECT_TRUE(c.stream->quiet());
        c.peer.close();
        while (c.stream->quiet()) co_await asio::post(x.context, token);
    });
}

TEST(tcp, nobody_listens) {
    bench b;
    b.run([](bench& x) -> task<void> {
        tcp::socket bound(x.context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));  // does not listen
        endpoint to{"127.0.0.1", bound.local_endpoint().port()};
        const auto got = co_await x.net->connect(std::move(to), x.policy, soon());
        EXPECT_EQ(code(got), code(network_errc::refused));
        EXPECT_EQ(classify(got.error()), error_class::transient);
    });
}

TEST(tcp, tries_each_allowed_address) {
    bench b;
    b.run([](bench& x) -> task<void> {
        // localhost may be ::1 first, where nobody listens.
        endpoint to{"localhost", x.port()};
        const auto got = co_await x.net->connect(to, x.policy, soon());
        EXPECT_TRUE(got);
        EXPECT_NE(std::find(x.policy.asked.begin(), x.policy.asked.end(), "127.0.0.1"), x.policy.asked.end());
    });
}

TEST(tcp, the_policy_sees_plain_addresses_and_is_obeyed) {
    bench b;
    b.policy.answer = [](const std::string& address) { return address != "127.0.0.1" && address != "::1"; };
    b.run([](bench& x) -> task<void> {
        for (const char* host :
             {"127.0.0.1", "::ffff:127.0.0.1", "::1", "localhost", "127.1", "2130706433", "0x7f000001"}) {
            endpoint to{host, x.port()};
            const auto got = co_await x.net->connect(std::move(to), x.policy, soon());
            EXPECT_EQ(code(got), code(network_errc::address_refused)) << host;
            EXPECT_EQ(classify(got.error()), error_class::item);
        }
    });
    for (const auto& address : b.policy.asked) EXPECT_TRUE(address == "127.0.0.1" || address == "::1") << address;
}

TEST(tcp, names_that_cannot_be) {
    bench b;
    b.run([](bench& x) -> task<void> {
        for (const std::string& host : {std::string(), std::string(300, 'a'), std::string("local\0host", 10)}) {
            endpoint to{host, x.port()};
            const auto got = co_await x.net->connect(std::move(to), x.policy, soon());
            EXPECT_EQ(code(got), code(network_errc::unresolved));
        }
    });
    EXPECT_TRUE(b.policy.asked.empty());
}

TEST(tcp, a_deadline_that_has_passed) {
    bench b;
    b.run([](bench& x) -> task<void> {
        for (const char* host : {"127.0.0.1", "localhost"}) {
            endpoint to{host, x.port()};
            const auto got = co_await x.net->connect(std::move(to), x.policy, std::chrono::steady_clock::now() - 1s);
            EXPECT_EQ(code(got), code(network_errc::timed_out)) << host;
        }
    });
}

// For ThreadSanitizer: one network, a context a thread.
TEST(tcp, one_network_serves_many_threads) {
    bench server;
    constexpr int threads = 3, each = 20;
    std::vector<std::thread> clients;
    for (int t = 0; t < threads; ++t) {
        clients.emplace_back([&server, port = server.port()] {
            asio::io_context context(1);
            const auto body = [](network& net, std::uint16_t to_port) -> task<void> {
                const everyone policy;
                for (int i = 0; i < each; ++i) {
                    endpoint to{i % 2 == 0 ? "localhost" : "127.0.0.1", to_port};
                    auto stream = co_await net.connect(std::move(to), policy, soon());
                    if (!stream) throw std::runtime_error(to_string(stream.error()));
                    (*stream)->set_deadline(soon());
                    const std::string text = co_await read_all(**stream);
                    EXPECT_EQ(text, "hello");
                }
            };
            asio::co_spawn(context, body(*server.net, port), [](std::exception_ptr e) { EXPECT_FALSE(e); });
            context.run();
        });
    }
    server.run([](bench& x) -> task<void> {
        for (int i = 0; i < threads * each; ++i) {
            auto [error, peer] = co_await x.acceptor.async_accept(token);
            EXPECT_FALSE(error);
            const auto [failed, n] = co_await asio::async_write(peer, asio::buffer("hello", 5), token);
            EXPECT_FALSE(failed) << n;
        }
    });
    for (auto& c : clients) c.join();
}

}  // namespace
}  // namespace decamp::world
