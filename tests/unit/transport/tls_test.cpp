#include "engine/transport/tls.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "engine/transport/client.hpp"
#include "tests/unit/transport/fetch.hpp"
#include "tests/unit/transport/tls_server.hpp"

namespace decamp::transport {
namespace {

using namespace decamp::testing;
using namespace std::chrono_literals;

const certificate& root() {
    static const certificate made = [] {
        certificate_options how;
        how.common_name = "test root";
        how.authority = true;
        return make_certificate(how);
    }();
    return made;
}

certificate leaf(certificate_options how) {
    return make_certificate(how, &root());
}

certificate for_names(const std::string& names) {
    certificate_options how;
    how.alternative_names = names;
    return leaf(how);
}

// A PEM file that is gone with the test.
class pem_file {
  public:
    explicit pem_file(const std::string& text) {
        char name[] = "/tmp/decamp-test-XXXXXX";
        const int fd = mkstemp(name);
        require(fd >= 0);
        close(fd);
        path_ = name;
        std::ofstream(path_) << text;
    }
    ~pem_file() { unlink(path_.c_str()); }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

const tls_context& trusting_root() {
    static const tls_context context = [] {
        const pem_file file(root().pem());
        return tls_context(file.path());
    }();
    return context;
}

struct tls_world {
    scripted_network net;
    any_address all;
    tls_server server;
    client_options options;
    std::unique_ptr<client> made;

    explicit tls_world(const certificate& c) : server(c) {
        net.wrap = [this](std::unique_ptr<world::byte_stream> inner) -> std::unique_ptr<world::byte_stream> {
            return std::make_unique<tls_server_stream>(server, std::move(inner));
        };
    }
    client& get(const tls_context& trust = trusting_root()) {
        if (!made) made = std::make_unique<client>(net, net.clock, trust, all, options);
        return *made;
    }
};

TEST(tls, verified_server_answers) {
    tls_world w(for_names("DNS:good.example"));
    w.net.serve({after_request(), sends(ok("hello")), after_request(), sends(ok("again"))});
    EXPECT_EQ(run(fetch(w.get(), to("https://good.example/x"))).body, "hello");
    EXPECT_EQ(run(fetch(w.get(), to("https://good.example/y"))).body, "again");
    EXPECT_EQ(w.server.log.names, std::vector<std::string>{"good.example"});
    EXPECT_EQ(w.server.log.offered, std::vector<std::string>{"\x08http/1.1"});
    EXPECT_EQ(w.net.connections.size(), 1u);
    EXPECT_NE(w.net.connections[0]->written.find("Host: good.example\r\n"), std::string::npos);
}

TEST(tls, addresses_are_verified_and_not_named) {
    tls_world w(for_names("IP:127.0.0.1,IP:::1"));
    for (const char* url : {"https://127.0.0.1/", "https://[::1]/"}) {
        w.net.serve({after_request(), sends(ok("hello"))});
        EXPECT_EQ(run(fetch(w.get(), to(url))).body, "hello") << url;
    }
    EXPECT_EQ(w.server.log.names, (std::vector<std::string>{"", ""}));
}

TEST(tls, certificates_refused) {
    const auto with = [](std::string names, long from = -86400, long until = 86400, std::string usage = "") {
        certificate_options how;
        how.common_name = "good.example";
        how.alternative_names = std::move(names);
        how.valid_from = from;
        how.valid_to = until;
        how.usage = std::move(usage);
        return how;
    };
    certificate_options other_root;
    other_root.common_name = "test root";  // the name alone is no trust
    other_root.authority = true;
    const certificate stranger = make_certificate(other_root);
    struct row {
        const char* what;
        certificate own;
        const char* url;
        const char* detail;
    };
    const auto dns = with("DNS:good.example");
    auto weak = dns;
    weak.rsa_bits = 1024;
    const row table[] = {
        {"expired", leaf(with("DNS:good.example", -200000, -100000)), "https://good.example/",
         "certificate has expired"},
        {"not yet valid", leaf(with("DNS:good.example", 100000, 200000)), "https://good.example/",
         "certificate is not yet valid"},
        {"wrong name", leaf(with("DNS:other.example")), "https://good.example/", "hostname mismatch"},
        {"the name in the subject only", leaf(with("")), "https://good.example/", "hostname mismatch"},
        {"wildcard over two labels", leaf(with("DNS:*.example")), "https://a.good.example/", "hostname mismatch"},
        {"partial wildcard", leaf(with("DNS:g*.example.org")), "https://good.example.org/", "hostname mismatch"},
        {"wrong address", leaf(with("IP:127.0.0.2")), "https://127.0.0.1/", "IP address mismatch"},
        {"address as a name", leaf(with("DNS:127.0.0.1")), "https://127.0.0.1/", "IP address mismatch"},
        {"self-signed", make_certificate(dns), "https://good.example/", "self-signed certificate"},
        {"unknown root", make_certificate(dns, &stranger), "https://good.example/", ""},
        {"for clients", leaf(with("DNS:good.example", -86400, 86400, "clientAuth")), "https://good.example/",
         "certificate purpose"},
        {"a weak key", leaf(weak), "https://good.example/", "key too weak"},
    };
    for (const auto& row : table) {
        for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
            tls_world w(row.own);
            w.server.options.version = version;
            w.net.serve({after_request(), sends(ok("secret"))});
            const auto got = run(fetch(w.get(), to(row.url)));
            EXPECT_CODE(got.error, http_errc::tls_not_verified);
            EXPECT_NE(got.error.detail.find(row.detail), std::string::npos) << row.what << ": " << got.error.detail;
            EXPECT_TRUE(got.error.detail.starts_with(to(row.url).target.host)) << got.error.detail;
            EXPECT_EQ(w.net.connections[0]->written, "") << "nothing may be sent to it: " << row.what;
            EXPECT_EQ(classify(got.error), error_class::run);
        }
    }
}

TEST(tls, wildcard_of_one_label) {
    tls_world w(for_names("DNS:*.good.example"));
    w.net.serve({after_request(), sends(ok("hello"))});
    EXPECT_EQ(run(fetch(w.get(), to("https://a.good.example/"))).body, "hello");
}

TEST(tls, a_chain_with_an_intermediate) {
    certificate_options how;
    how.common_name = "between";
    how.authority = true;
    const certificate between = make_certificate(how, &root());
    certificate_options own;
    own.alternative_names = "DNS:good.example";
    const certificate last = make_certificate(own, &between);
    tls_world whole(last);
    whole.server.add_chain(between);
    whole.net.serve({after_request(), sends(ok("hello"))});
    EXPECT_EQ(run(fetch(whole.get(), to("https://good.example/"))).body, "hello");
    tls_world broken(last);
    broken.net.serve({after_request(), sends(ok("hello"))});
    EXPECT_CODE(run(fetch(broken.get(), to("https://good.example/"))).error, http_errc::tls_not_verified);
}

TEST(tls, the_systems_store_does_not_know_the_test) {
    const tls_context system("");
    tls_world w(for_names("DNS:good.example"));
    w.net.serve({after_request(), sends(ok("hello"))});
    EXPECT_CODE(run(fetch(w.get(system), to("https://good.example/"))).error, http_errc::tls_not_verified);
}

TEST(tls, a_self_signed_certificate_may_be_named_as_trusted) {
    certificate_options how;
    how.alternative_names = "DNS:nas.local";
    const certificate own = make_certificate(how);
    const pem_file file(own.pem());
    const tls_context trust(file.path());
    tls_world w(own);
    w.net.serve({after_request(), sends(ok("hello"))});
    EXPECT_EQ(run(fetch(w.get(trust), to("https://nas.local/"))).body, "hello");
}

TEST(tls, ca_files_that_cannot_be_read) {
    EXPECT_THROW(tls_context("/nonexistent/ca.pem"), std::runtime_error);
    const pem_file empty(""), nonsense("hello");
    EXPECT_THROW(tls_context{empty.path()}, std::runtime_error);
    EXPECT_THROW(tls_context{nonsense.path()}, std::runtime_error);
}

std::string noise(std::size_t size) {
    std::string out(size, '\0');
    std::uint32_t state = 12345;
    for (char& c : out) {
        state = state * 1664525u + 1013904223u;
        c = static_cast<char>(state >> 24);
    }
    return out;
}

// Whatever the sizes of records, of network reads and of the caller's memory, the body is the same. Covers decrypting
// in the caller's memory (from 34 KiB on) as well as through lent memory.
TEST(tls, every_mixture_of_sizes) {
    const certificate own = for_names("DNS:good.example");
    const std::string body = noise(70001);
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        for (const unsigned long fragment : {512ul, 5000ul, 16384ul}) {
            for (const std::size_t piece : {std::size_t{100}, std::size_t{16406}, std::size_t{40001}, SIZE_MAX}) {
                for (const std::size_t span : {1000u, 16384u, 33791u, 33792u, 65536u, 300000u}) {
                    tls_world w(own);
                    w.server.options.version = version;
                    w.server.options.fragment = fragment;
                    w.server.options.piece = piece;
                    w.net.serve({after_request(), sends(ok(body))});
                    const auto got = run(fetch(w.get(), to("https://good.example/"), span));
                    ASSERT_EQ(got.error.code, boost::system::error_code()) << to_string(got.error);
                    ASSERT_TRUE(got.body == body) << version << ' ' << fragment << ' ' << piece << ' ' << span;
                }
            }
        }
    }
}

TEST(tls, few_and_large_receives) {
    tls_world w(for_names("DNS:good.example"));
    const std::string body = noise(1000000);
    w.net.serve({after_request(), sends(ok("").substr(0, 17) + "Content-Length: 1000000\r\n\r\n"), sends(body)});
    EXPECT_TRUE(run(fetch(w.get(), to("https://good.example/"), 1048576)).body == body);
    EXPECT_EQ(w.server.log.largest, 262144u);
    EXPECT_LE(w.server.log.reads, 12u);
}

TEST(tls, the_receive_limit_is_kept) {
    tls_world w(for_names("DNS:good.example"));
    w.options.tls_read_buffer = 65536;
    w.net.serve({after_request(), sends(ok(noise(1000000)))});
    EXPECT_EQ(run(fetch(w.get(), to("https://good.example/"), 1048576)).body.size(), 1000000u);
    EXPECT_EQ(w.server.log.largest, 65536u);
}

TEST(tls, the_end_without_close_notify) {
    const certificate own = for_names("DNS:good.example");
    struct row {
        std::string raw;
        bool unclean;
        bool whole;
    };
    const std::string until_close = "HTTP/1.1 200 OK\r\n\r\nbody",
                      close = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody";
    const row table[] = {
        {until_close, false, true},
        {until_close, true, false},
        {close, false, true},
        {close, true, true},
        {close.substr(0, close.size() - 1), false, false},
    };
    for (const auto& row : table) {
        for (const std::size_t span : {2u, 100u, 100000u}) {
            tls_world w(own);
            w.server.options.unclean = row.unclean;
            w.net.serve({after_request(), sends(row.raw), ends()});
            const auto got = run(fetch(w.get(), to("https://good.example/"), span));
            if (row.whole) {
                EXPECT_EQ(got.error.code, boost::system::error_code()) << to_string(got.error);
                EXPECT_EQ(got.body, "body");
            } else {
                EXPECT_CODE(got.error, http_errc::body_truncated);
            }
        }
    }
}

// An attacker who cuts or damages the stream anywhere never gets a body taken for whole.
TEST(tls, cut_and_damaged_anywhere) {
    const certificate own = for_names("DNS:good.example");
    const std::string raw = "HTTP/1.1 200 OK\r\n\r\n" + noise(3000);
    std::size_t total = 0;
    {
        tls_world w(own);
        w.net.serve({after_request(), sends(raw), ends()});
        EXPECT_EQ(run(fetch(w.get(), to("https://good.example/"))).body.size(), 3000u);
        total = w.server.log.sent;
    }
    ASSERT_GT(total, 3500u);
    for (std::size_t at = 0; at < total - 24; at += 97) {  // less than close_notify and a key of another length
        for (const bool flip : {false, true}) {
            tls_world w(own);
            (flip ? w.server.options.flip : w.server.options.cut) = at;
            w.net.serve({after_request(), sends(raw), ends()});
            const auto got = run(fetch(w.get(), to("https://good.example/"), 50000));
            EXPECT_TRUE(got.error.code) << at << flip;
        }
    }
}

TEST(tls, sessions_are_resumed_with_their_own_origin_only) {
    const certificate own = for_names("DNS:good.example,DNS:other.example");
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        tls_world w(own);
        w.server.options.version = version;
        const std::string closing = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx";
        for (const char* url : {"https://good.example/", "https://good.example/", "https://good.example/",
                                "https://good.example:8443/", "https://other.example/", "https://good.example/"}) {
            w.net.serve({after_request(), sends(closing)});
            EXPECT_EQ(run(fetch(w.get(), to(url))).body, "x") << url;
        }
        EXPECT_EQ(w.server.log.resumed, (std::vector<bool>{false, true, true, false, false, true})) << version;
    }
}

// A session's certificate was checked when it was made; another client that trusts nobody must not profit.
TEST(tls, sessions_are_not_shared_between_clients) {
    tls_world w(for_names("DNS:good.example"));
    const std::string closing = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx";
    w.net.serve({after_request(), sends(closing)});
    w.net.serve({after_request(), sends(closing)});
    EXPECT_EQ(run(fetch(w.get(), to("https://good.example/"))).body, "x");
    w.made.reset();
    const tls_context system("");
    EXPECT_CODE(run(fetch(w.get(system), to("https://good.example/"))).error, http_errc::tls_not_verified);
}

TEST(tls, old_versions_are_refused) {
    for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
        tls_world w(for_names("DNS:good.example"));
        w.server.options.version = version;
        w.net.serve({after_request(), sends(ok("x"))});
        const auto got = run(fetch(w.get(), to("https://good.example/")));
        EXPECT_CODE(got.error, http_errc::tls_failed);
        EXPECT_TRUE(got.error.detail.starts_with("good.example: ")) << got.error.detail;
        EXPECT_EQ(w.net.connections[0]->written, "");
    }
    // Debian's OpenSSL would refuse them by its own settings, which a user can change.
    EXPECT_EQ(SSL_CTX_get_min_proto_version(trusting_root().get().context.get()), TLS1_2_VERSION);
}

TEST(tls, a_protocol_nobody_offered_is_refused) {
    tls_world none(for_names("DNS:good.example"));
    none.server.options.alpn = "";
    none.net.serve({after_request(), sends(ok("x"))});
    EXPECT_EQ(run(fetch(none.get(), to("https://good.example/"))).body, "x");
    tls_world h2(for_names("DNS:good.example"));
    h2.server.options.alpn = "h2";
    h2.net.serve({after_request(), sends(ok("x"))});
    EXPECT_CODE(run(fetch(h2.get(), to("https://good.example/"))).error, http_errc::tls_failed);
}

struct plain_row {
    const char* what;
    script steps;
    boost::system::error_code wanted;
    const char* detail;
};

TEST(tls, servers_that_speak_something_else) {
    const plain_row table[] = {
        {"HTTP",
         {sends("HTTP/1.1 400 Bad Request\r\n\r\n"), ends()},
         make_error_code(http_errc::not_http),
         "does not speak TLS"},
        {"SSH", {sends("SSH-2.0-OpenSSH_9.2\r\n"), ends()}, make_error_code(http_errc::not_http), "does not speak TLS"},
        {"one byte at a time",
         {sends("220 mail.example ESMTP\r\n", 1), ends()},
         make_error_code(http_errc::not_http),
         "does not speak TLS"},
        {"hangs up", {ends()}, make_error_code(http_errc::tls_failed), "ended during the handshake"},
        {"breaks", {resets()}, make_error_code(world::network_errc::reset), ""},
        {"an alert",
         {sends(std::string("\x15\x03\x03\0\x02\x02\x28", 7)), ends()},
         make_error_code(http_errc::tls_failed),
         "alert"},
        {"half a record",
         {sends(std::string("\x16\x03\x03\0\x7a\x02", 6)), ends()},
         make_error_code(http_errc::tls_failed),
         "ended during"},
        {"a record too long",
         {sends("\x16\x03\x03\xff\xff\xff\xff\xff"), ends()},
         make_error_code(http_errc::tls_failed),
         ""},
        {"silence", {pause(1000s)}, make_error_code(http_errc::timed_out), "no connection within 20 s"},
    };
    for (const auto& row : table) {
        scripted_network net;
        any_address all;
        client c(net, net.clock, trusting_root(), all, {});
        net.serve(row.steps);
        const auto got = run(fetch(c, to("https://good.example/")));
        EXPECT_EQ(got.error.code, row.wanted) << row.what << ' ' << to_string(got.error);
        EXPECT_NE(got.error.detail.find(row.detail), std::string::npos) << row.what << ": " << got.error.detail;
        EXPECT_TRUE(net.connections[0]->closed);
    }
}

TEST(tls, a_dead_kept_connection_is_replaced) {
    tls_world w(for_names("DNS:good.example"));
    w.net.serve({after_request(), sends(ok("1")), after_request(), ends()});
    w.net.serve({after_request(), sends(ok("2")), ends()});
    w.net.serve({after_request(), sends(ok("3"))});
    EXPECT_EQ(run(fetch(w.get(), to("https://good.example/"))).body, "1");
    EXPECT_EQ(run(fetch(w.get(), to("https://good.example/"))).body, "2");
    EXPECT_EQ(run(fetch(w.get(), to("https://good.example/"))).body, "3");
    EXPECT_EQ(w.net.connections.size(), 3u);
    EXPECT_EQ(w.get().counters().stale, 2u);
}

TEST(tls, close_ends_a_handshake) {
    scripted_network net;
    any_address all;
    client c(net, net.clock, trusting_root(), all, {});
    net.serve({blocks()});
    boost::asio::io_context context(1);
    std::optional<answer> ended;
    boost::asio::co_spawn(context, fetch(c, to("https://good.example/")),
                          [&](std::exception_ptr, answer a) { ended = std::move(a); });
    context.poll();
    EXPECT_FALSE(ended);
    c.close();
    context.restart();
    context.run();
    ASSERT_TRUE(ended);
    EXPECT_CODE(ended->error, world::network_errc::closed);
}

}  // namespace
}  // namespace decamp::transport
