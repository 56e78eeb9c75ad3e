// The client over real TCP and real TLS on loopback: what the scripted network cannot show.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <fstream>
#include <thread>

#include "engine/transport/client.hpp"
#include "tests/unit/transport/fetch.hpp"
#include "tests/unit/transport/scripted_network.hpp"
#include "tests/unit/transport/test_certificates.hpp"

namespace decamp::transport {
namespace {

using namespace decamp::testing;
using boost::asio::ip::tcp;

// Serves connections one after the other, each by `serve`, until it is destroyed.
class loopback_server {
  public:
    explicit loopback_server(std::function<void(tcp::socket&)> serve)
        : acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}), thread_([this, serve] { loop(serve); }) {}
    ~loopback_server() {
        stopping_ = true;
        boost::system::error_code ec;
        tcp::socket knock(context_);
        knock.connect(acceptor_.local_endpoint(), ec);
        thread_.join();
    }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  private:
    void loop(const std::function<void(tcp::socket&)>& serve) {
        while (true) {
            tcp::socket socket(context_);
            boost::system::error_code ec;
            acceptor_.accept(socket, ec);
            if (ec || stopping_) return;
            serve(socket);
        }
    }

    boost::asio::io_context context_;
    std::atomic<bool> stopping_ = false;
    tcp::acceptor acceptor_;
    std::thread thread_;
};

std::string body_of(std::size_t size) {
    std::string out(size, '\0');
    for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>(i * 131 + i / 251);
    return out;
}

// Reads requests from `in` and answers each with `body`, keeping the connection, until the client goes.
template <class Read, class Write>
void answer_all(Read&& in, Write&& out, const std::string& body) {
    std::string got;
    char buffer[4096];
    for (;;) {
        const long n = in(buffer, sizeof buffer);
        if (n <= 0) return;
        got.append(buffer, static_cast<std::size_t>(n));
        for (std::size_t end; (end = got.find("\r\n\r\n")) != std::string::npos; got.erase(0, end + 4))
            if (!out(ok(body))) return;
    }
}

struct real_world {
    std::unique_ptr<world::network> net = world::make_tcp_network();
    std::unique_ptr<world::clock> clock = world::make_system_clock();
    any_address all;
};

std::string at(const char* scheme, std::uint16_t port) {
    return std::string(scheme) + "://127.0.0.1:" + std::to_string(port) + "/";
}

// Several requests on one context, then the client is closed so that the context ends.
task<std::vector<answer>> several(client& c, std::string url, int count, std::size_t span) {
    std::vector<answer> out;
    for (int i = 0; i < count; ++i) {
        auto one = co_await fetch(c, to(url), span);
        out.push_back(std::move(one));
    }
    c.close();
    co_return out;
}

TEST(tcp, plain_bodies_on_one_connection) {
    const std::string body = body_of(3000000);
    loopback_server server([&](tcp::socket& s) {
        boost::system::error_code ec;
        answer_all([&](char* to,
                       std::size_t size) { return static_cast<long>(s.read_some(boost::asio::buffer(to, size), ec)); },
                   [&](const std::string& text) {
                       return boost::asio::write(s, boost::asio::buffer(text), ec) == text.size();
                   },
                   body);
    });
    real_world w;
    const tls_context trust("");
    client c(*w.net, *w.clock, trust, w.all, {});
    for (const auto& got : run(several(c, at("http", server.port()), 3, 1048576))) {
        EXPECT_EQ(got.error.code, boost::system::error_code()) << to_string(got.error);
        EXPECT_TRUE(got.body == body);
    }
    EXPECT_EQ(c.counters().connections, 1u);
    EXPECT_EQ(c.counters().reused, 2u);
}

TEST(tcp, tls_bodies_on_one_connection) {
    certificate_options how;
    how.alternative_names = "IP:127.0.0.1";
    const certificate own = make_certificate(how);
    const std::string body = body_of(3000000);
    loopback_server server([&](tcp::socket& s) {
        const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
        SSL_CTX_use_certificate(context.get(), own.x509.get());
        SSL_CTX_use_PrivateKey(context.get(), own.key.get());
        const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
        SSL_set_fd(ssl.get(), s.native_handle());
        if (SSL_accept(ssl.get()) != 1) return;
        answer_all([&](char* to, std::size_t size) { return long{SSL_read(ssl.get(), to, static_cast<int>(size))}; },
                   [&](const std::string& text) {
                       return SSL_write(ssl.get(), text.data(), static_cast<int>(text.size())) > 0;
                   },
                   body);
    });
    const std::string ca = ::testing::TempDir() + "decamp-tcp-test-" + std::to_string(server.port()) + ".pem";
    std::ofstream(ca) << own.pem();
    const tls_context trust(ca);
    std::remove(ca.c_str());
    real_world w;
    client c(*w.net, *w.clock, trust, w.all, {});
    for (const auto& got : run(several(c, at("https", server.port()), 3, 1048576))) {
        EXPECT_EQ(got.error.code, boost::system::error_code()) << to_string(got.error);
        EXPECT_TRUE(got.body == body);
    }
    EXPECT_EQ(c.counters().connections, 1u);
}

// The server hangs up while the connection waits: seen before the next request, without a repeat.
TEST(tcp, a_connection_that_the_server_ended) {
    loopback_server server([&](tcp::socket& s) {
        boost::system::error_code ec;
        char buffer[4096];
        s.read_some(boost::asio::buffer(buffer), ec);
        boost::asio::write(s, boost::asio::buffer(ok("once")), ec);
    });
    real_world w;
    const tls_context trust("");
    client c(*w.net, *w.clock, trust, w.all, {});
    for (const auto& got : run(several(c, at("http", server.port()), 3, 4096)))
        EXPECT_EQ(got.body, "once") << to_string(got.error);
    EXPECT_EQ(c.counters().connections, 3u);
    EXPECT_EQ(c.counters().stale, 2u);
}

TEST(tcp, nobody_listens) {
    std::uint16_t port = 0;
    {
        boost::asio::io_context context;
        tcp::acceptor free(context, {boost::asio::ip::address_v4::loopback(), 0});
        port = free.local_endpoint().port();
    }
    real_world w;
    const tls_context trust("");
    client c(*w.net, *w.clock, trust, w.all, {});
    const auto got = run(several(c, at("http", port), 1, 4096));
    EXPECT_CODE(got.at(0).error, world::network_errc::refused);
}

TEST(tcp, loopback_is_refused_unless_named) {
    real_world w;
    const tls_context trust("");
    const public_addresses_only policy({});
    client c(*w.net, *w.clock, trust, policy, {});
    for (const char* url :
         {"http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]:1/", "http://[::ffff:127.0.0.1]:1/"}) {
        const auto got = run(fetch(c, to(url)));
        EXPECT_CODE(got.error, http_errc::host_not_allowed);
    }
}

}  // namespace
}  // namespace decamp::transport
