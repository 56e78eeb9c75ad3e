#include "engine/transport/client.hpp"

#include <gtest/gtest.h>

#include "tests/unit/transport/fetch.hpp"
#include "tests/unit/transport/scripted_network.hpp"

namespace decamp::transport {
namespace {

using namespace decamp::testing;
using namespace std::chrono_literals;

const tls_context& no_tls() {
    static const tls_context context{""};
    return context;
}

struct world_of_one {
    scripted_network net;
    any_address all;
    client_options options;
    std::unique_ptr<client> made;

    client& get() {
        if (!made) made = std::make_unique<client>(net, net.clock, no_tls(), all, options);
        return *made;
    }
    std::string written(std::size_t i = 0) const { return net.connections.at(i)->written; }
};

TEST(client, sends_what_it_should) {
    world_of_one w;
    w.options.user_agent = "decamp/1";
    w.net.serve({after_request(), sends(ok("one")), after_request(), sends(ok("two"))});
    request get = to("http://example.com:8080/a%20b?c=d");
    get.headers = {{"Range", "bytes=5-"}, {"Cookie", "a=b"}};
    EXPECT_EQ(run(fetch(w.get(), get)).body, "one");
    EXPECT_EQ(w.written(),
              "GET /a%20b?c=d HTTP/1.1\r\nHost: example.com:8080\r\nRange: bytes=5-\r\nCookie: a=b\r\nUser-Agent: "
              "decamp/1\r\n"
              "Accept-Encoding: identity\r\n\r\n");
    EXPECT_EQ(w.net.connections[0]->to, (world::endpoint{"example.com", 8080}));
    request post = to("http://example.com:8080/", "POST");
    post.headers = {{"content-type", "application/x-www-form-urlencoded"}};
    post.body = "a=b";
    const std::size_t sent = w.written().size();
    EXPECT_EQ(run(fetch(w.get(), post)).body, "two");
    EXPECT_EQ(w.written().substr(sent),
              "POST / HTTP/1.1\r\nHost: example.com:8080\r\ncontent-type: application/x-www-form-urlencoded\r\n"
              "User-Agent: decamp/1\r\nAccept-Encoding: identity\r\nContent-Length: 3\r\n\r\na=b");
}

TEST(client, refuses_requests_that_break_their_framing) {
    world_of_one w;
    const auto with = [](std::string name, std::string value) {
        request r = to("http://a/");
        r.headers = {{std::move(name), std::move(value)}};
        return r;
    };
    for (const auto& bad :
         {with("A", "b\r\nC: d"), with("A", "b\nC"), with("A", std::string("b\0", 2)), with("A B", "c"),
          with("A:", "c"), with("", "c"), with("host", "b"), with("Content-length", "1"),
          with("Transfer-Encoding", "chunked"), with("Connection", "close"), to("http://a/", "GE T"),
          to("http://a/", ""), to("http://a/", "GET\r\nX")}) {
        const auto got = run(fetch(w.get(), bad));
        EXPECT_CODE(got.error, http_errc::bad_request);
        EXPECT_EQ(got.error.detail.find("C: d"), std::string::npos) << "a value may be a secret";
    }
    request bad_target = to("http://a/");
    for (const char* path : {"", "x", "/a b", "/a\r\nX: y", "/\xc3\xa9"}) {
        bad_target.target.path = path;
        EXPECT_CODE(run(fetch(w.get(), bad_target)).error, http_errc::bad_url);
    }
    for (const char* host : {"", "A", "a b", "a\r\nX: y", "a/b", "u@a", "[::1]"}) {
        request bad_host = to("http://a/");
        bad_host.target.host = host;
        EXPECT_CODE(run(fetch(w.get(), bad_host)).error, http_errc::bad_url);
    }
    EXPECT_TRUE(w.net.connections.empty());
}

struct wire_row {
    std::string raw;
    bool end;
    std::string body;
    bool until_close;
};

// Every way the network may cut a response gives the same, for every size of the reader's memory.
TEST(client, cut_everywhere) {
    const std::string chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n7;x=y\r\npedia i\r\n0\r\nT: r\r\n\r\n";
    const wire_row table[] = {
        {ok("hello world"), false, "hello world", false},
        {ok(""), false, "", false},
        {chunked, false, "Wikipedia i", false},
        {"HTTP/1.1 200 OK\r\n\r\nuntil the end", true, "until the end", true},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\n" + ok("x"), false, "x", false},
        {"HTTP/1.1 204 No Content\r\n\r\n", false, "", false},
    };
    for (const auto& row : table) {
        for (std::size_t piece = 1; piece <= row.raw.size(); ++piece) {
            for (const std::size_t span : {1u, 5u, 4096u}) {
                world_of_one w;
                script steps{after_request(), sends(row.raw, piece)};
                if (row.end) steps.push_back(ends());
                w.net.serve(steps);
                const auto got = run(fetch(w.get(), to("http://a/"), span));
                ASSERT_FALSE(got.error.code) << to_string(got.error) << ' ' << piece;
                ASSERT_EQ(got.body, row.body);
                ASSERT_EQ(got.until_close, row.until_close);
                ASSERT_EQ(w.get().bytes_received(), row.raw.size());
                ASSERT_EQ(w.get().counters().surplus, 0u);
            }
        }
        for (std::size_t cut = 0; cut <= row.raw.size(); ++cut) {
            world_of_one w;
            script steps{after_request(), sends(row.raw.substr(0, cut)), sends(row.raw.substr(cut))};
            if (row.end) steps.push_back(ends());
            w.net.serve(steps);
            const auto got = run(fetch(w.get(), to("http://a/")));
            ASSERT_EQ(got.body, row.body) << cut << to_string(got.error);
        }
    }
}

// The connection ends early at every byte: never a body that passes for whole.
TEST(client, truncated_everywhere) {
    for (const auto& raw :
         {ok("hello world"),
          std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")}) {
        const std::size_t header = raw.find("\r\n\r\n") + 4;
        for (std::size_t cut = 0; cut < raw.size(); ++cut) {
            for (const bool broken : {false, true}) {
                world_of_one w;
                w.net.serve({after_request(), sends(raw.substr(0, cut)), broken ? resets() : ends()});
                const auto got = run(fetch(w.get(), to("http://a/")));
                ASSERT_TRUE(got.error.code) << cut;
                EXPECT_EQ(classify(got.error), error_class::transient);
                if (broken || cut == 0)
                    EXPECT_CODE(got.error, world::network_errc::reset);
                else if (cut < header)
                    EXPECT_CODE(got.error, http_errc::bad_response);
                else
                    EXPECT_CODE(got.error, http_errc::body_truncated);
                EXPECT_TRUE(w.net.connections[0]->closed);
            }
        }
    }
}

TEST(client, an_error_stays) {
    world_of_one w;
    w.net.serve({after_request(), sends("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), ends()});
    const auto twice = [&]() -> task<std::vector<failure>> {
        std::vector<failure> out;
        auto got = co_await w.get().send(to("http://a/"));
        std::byte memory[16];
        for (int i = 0; i < 3; ++i) {
            const auto n = co_await (*got)->read(memory);
            out.push_back(n ? failure() : n.error());
        }
        co_return out;
    };
    const auto errors = run(twice());
    EXPECT_FALSE(errors[0].code);
    EXPECT_CODE(errors[1], http_errc::body_truncated);
    EXPECT_CODE(errors[2], http_errc::body_truncated);
    EXPECT_NE(errors[1].detail.find("6 of 9 bytes missing"), std::string::npos);
}

TEST(client, body_goes_straight_to_the_reader) {
    world_of_one w;
    const std::string body(300000, 'x');
    w.net.serve({after_request(), sends(ok("").substr(0, 17) + "Content-Length: 300000\r\n\r\n"), sends(body)});
    const auto got = run(fetch(w.get(), to("http://a/"), 1048576));
    EXPECT_EQ(got.body, body);
    EXPECT_EQ(w.net.connections[0]->reads, 2u);
}

TEST(client, head_and_bodies_that_may_not_be) {
    world_of_one w;
    w.net.serve({after_request(), sends("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"), after_request(),
                 sends("HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n"), after_request(),
                 sends("HTTP/1.1 204 No\r\n\r\n")});
    const auto head = run(fetch(w.get(), to("http://a/", "HEAD")));
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.head.content_length, 500u);
    EXPECT_EQ(head.body, "");
    EXPECT_EQ(run(fetch(w.get(), to("http://a/"))).status, 304);
    EXPECT_EQ(run(fetch(w.get(), to("http://a/"))).status, 204);
    EXPECT_EQ(w.net.connections.size(), 1u);
}

TEST(client, content_encoding_is_seen) {
    world_of_one w;
    w.net.serve(
        {after_request(), sends("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b")});
    const auto got = run(fetch(w.get(), to("http://a/")));
    EXPECT_EQ(got.head.header("content-encoding"), "gzip");
    EXPECT_EQ(got.body, "\x1f\x8b");
}

TEST(client, connections_are_kept) {
    world_of_one w;
    w.net.serve({after_request(), sends(ok("1")), after_request(), sends(ok("2")), after_request(), sends(ok("3"))});
    w.net.serve({after_request(), sends(ok("other"))});
    for (const char* wanted : {"1", "2", "3"}) EXPECT_EQ(run(fetch(w.get(), to("http://a/"))).body, wanted);
    EXPECT_EQ(run(fetch(w.get(), to("http://b/"))).body, "other");
    EXPECT_EQ(w.net.connections.size(), 2u);
    EXPECT_EQ(w.get().counters().connections, 2u);
    EXPECT_EQ(w.get().counters().reused, 2u);
    EXPECT_FALSE(w.net.connections[0]->closed);
    w.get().close();
    EXPECT_TRUE(w.net.connections[0]->closed);
}

TEST(client, another_port_is_another_origin) {
    world_of_one w;
    w.net.serve({after_request(), sends(ok("1")), after_request(), sends(ok("x"))});
    w.net.serve({after_request(), sends(ok("2"))});
    EXPECT_EQ(run(fetch(w.get(), to("http://a/"))).body, "1");
    EXPECT_EQ(run(fetch(w.get(), to("http://a:81/"))).body, "2");
    EXPECT_EQ(w.net.connections.size(), 2u);
}

TEST(client, connections_are_not_kept) {
    const std::string table[] = {
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
    };
    for (const auto& raw : table) {
        world_of_one w;
        w.net.serve({after_request(), sends(raw), after_request(), sends(ok("wrong"))});
        w.net.serve({after_request(), sends(ok("right"))});
        EXPECT_EQ(run(fetch(w.get(), to("http://a/"))).body, "x");
        EXPECT_TRUE(w.net.connections[0]->closed);
        EXPECT_EQ(run(fetch(w.get(), to("http://a/"))).body, "right");
    }
}

TEST(client, stray_bytes_end_the_connection) {
    struct row {
        const char* what;
        std::string with_response, later;
        bool head;
    };
    const std::string evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
    const row table[] = {
        {"with the body", ok("x") + evil, "", false},
        {"after the body", ok("x"), evil, false},
        {"after no body", ok(""), evil, false},
        {"after chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n" + evil, "", false},
        {"a body for HEAD", ok("x"), "", true},
        {"a body for 204", "HTTP/1.1 204 No\r\nContent-Length: 4\r\n\r\nevil", "", false},
        {"a line end too many", ok("x") + "\r\n", "", false},
    };
    for (const auto& row : table) {
        for (const auto& [piece, span] : {std::pair{SIZE_MAX, 7u}, {SIZE_MAX, 1u}, {std::size_t{1}, 7u}}) {
            world_of_one w;
            w.net.serve({after_request(), sends(row.with_response, piece), sends(row.later, piece), after_request(),
                         sends(ok("stale"))});
            w.net.serve({after_request(), sends(ok("right"))});
            EXPECT_FALSE(run(fetch(w.get(), to("http://a/", row.head ? "HEAD" : "GET"), span)).error.code) << row.what;
            EXPECT_EQ(run(fetch(w.get(), to("http://a/"))).body, "right") << row.what;
            const auto& counted = w.get().counters();
            EXPECT_EQ(counted.surplus + counted.stale, 1u) << row.what;
        }
    }
}

TEST(client, an_unread_body_ends_the_connection) {
    world_of_one w;
    w.net.serve({after_request(), sends("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), sends("abcdefghi")});
    w.net.serve({after_request(), sends(ok("right"))});
    const auto drop = [&]() -> task<int> {
        auto got = co_await w.get().send(to("http://a/"));
        co_return (*got)->head().status;
    };
    EXPECT_EQ(run(drop()), 200);
    EXPECT_TRUE(w.net.connections[0]->closed);
    EXPECT_EQ(run(fetch(w.get(), to("http://a/"))).body, "right");
}

// Seen before anything is sent, when the server has already hung up; else by the missing answer.
TEST(client, a_connection_that_died_while_idle) {
    for (const bool visible : {true, false}) {
        world_of_one w;
        if (visible)
            w.net.serve({after_request(), sends(ok("1")), ends()});
        else
            w.net.serve({after_request(), sends(ok("1")), after_request(), ends()});
        w.net.serve({after_request(), sends(ok("2"))});
        EXPECT_EQ(run(fetch(w.get(), to("http://a/"))).body, "1");
        EXPECT_EQ(run(fetch(w.get(), to("http://a/"))).body, "2");
        EXPECT_EQ(w.get().counters().stale, 1u);
        EXPECT_EQ(w.net.connections[0]->written.empty(), false);
    }
}

TEST(client, what_is_repeated_and_what_is_not) {
    struct row {
        const char* what;
        const char* method;
        bool safe, write_fails;
        script_step second;
        bool repeated;
    };
    const row table[] = {
        {"GET, end", "GET", false, false, ends(), true},
        {"GET, reset", "GET", false, false, resets(), true},
        {"GET, write fails", "GET", false, true, blocks(), true},
        {"HEAD, end", "HEAD", false, false, ends(), true},
        {"POST", "POST", false, false, ends(), false},
        {"POST, write fails", "POST", false, true, blocks(), false},
        {"POST that only reads", "POST", true, false, resets(), true},
        {"GET, an answer had begun", "GET", false, false, sends("HTTP/1.1 2"), false},
        {"GET, no answer in time", "GET", false, false, pause(1000h), false},
    };
    for (const auto& row : table) {
        world_of_one w;
        w.net.serve({after_request(), sends("HTTP/1.1 204 No\r\n\r\n"), after_request(), row.second, ends()});
        w.net.serve({after_request(), sends("HTTP/1.1 205 Again\r\nContent-Length: 0\r\n\r\n")});
        EXPECT_EQ(run(fetch(w.get(), to("http://a/"))).status, 204);
        if (row.write_fails) w.net.connections[0]->fail_writes = make_error_code(world::network_errc::reset);
        request second = to("http://a/", row.method);
        second.safe_to_repeat = row.safe;
        const auto got = run(fetch(w.get(), second));
        EXPECT_EQ(got.status == 205, row.repeated) << row.what << ' ' << to_string(got.error);
        EXPECT_EQ(w.net.connections.size(), row.repeated ? 2u : 1u) << row.what;
    }
}

TEST(client, repeated_once_only) {
    world_of_one w;
    w.net.serve({after_request(), sends(ok("1")), after_request(), ends()});
    w.net.serve({after_request(), ends()});
    w.net.serve({after_request(), sends(ok("never"))});
    EXPECT_EQ(run(fetch(w.get(), to("http://a/"))).body, "1");
    EXPECT_CODE(run(fetch(w.get(), to("http://a/"))).error, world::network_errc::reset);
    EXPECT_EQ(w.net.connections.size(), 2u);
}

TEST(client, a_first_connection_is_not_repeated) {
    world_of_one w;
    w.net.serve({after_request(), ends()});
    w.net.serve({after_request(), sends(ok("never"))});
    EXPECT_CODE(run(fetch(w.get(), to("http://a/"))).error, world::network_errc::reset);
    EXPECT_EQ(w.net.connections.size(), 1u);
}

TEST(client, kept_connections_are_few_and_young) {
    world_of_one w;
    w.options.idle_per_origin = 2;
    w.options.idle_total = 3;
    w.options.idle_limit = 50s;
    client& c = w.get();
    const auto begin = [&](std::string host) -> task<std::unique_ptr<exchange>> {
        w.net.serve({after_request(), sends("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"), sends("x"),
                     after_request(), sends(ok("again"))});
        auto got = co_await c.send(to("http://" + host + "/"));
        co_return std::move(*got);
    };
    const auto end = [](std::unique_ptr<exchange> ex) -> task<bool> {
        std::byte memory[8];
        const auto n = co_await ex->read(memory);
        co_return n&&* n == 1;
    };
    const auto open = [&] {
        return std::ranges::count_if(w.net.connections, [](const auto& l) { return !l->closed; });
    };
    std::vector<std::unique_ptr<exchange>> under_way;
    for (const char* host : {"a", "a", "a", "b", "c"}) under_way.push_back(run(begin(host)));
    EXPECT_EQ(open(), 5);
    for (auto& ex : under_way) EXPECT_TRUE(run(end(std::move(ex))));
    EXPECT_EQ(open(), 3);
    EXPECT_TRUE(w.net.connections[0]->closed) << "the oldest of one origin goes first";
    EXPECT_TRUE(w.net.connections[1]->closed) << "then the oldest of all";
    w.net.clock.advance(51s);
    w.net.serve({after_request(), sends(ok("new"))});
    EXPECT_EQ(run(fetch(c, to("http://a/"))).body, "new");
    EXPECT_EQ(open(), 1);
}

TEST(client, the_last_used_connection_is_used_first) {
    world_of_one w;
    for (int i = 0; i < 2; ++i)
        w.net.serve({after_request(), sends("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"), sends("x"),
                     after_request(), sends(ok(std::to_string(i)))});
    const auto both = [&]() -> task<bool> {
        auto first = co_await w.get().send(to("http://a/"));
        auto second = co_await w.get().send(to("http://a/"));
        std::byte memory[8];
        const auto n = co_await (*first)->read(memory);
        const auto m = co_await (*second)->read(memory);
        co_return n&& m;
    };
    EXPECT_TRUE(run(both()));
    EXPECT_EQ(run(fetch(w.get(), to("http://a/"))).body, "1");
    EXPECT_EQ(w.net.connections.size(), 2u);
}

TEST(client, deadlines) {
    struct row {
        const char* what;
        script steps;
        world::duration passed;
        const char* detail;
    };
    const auto header = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n";
    const row table[] = {
        {"no answer", {after_request(), pause(1000s)}, 60s, "no answer within 60 s"},
        {"header in drops",
         {after_request(), sends("HTTP"), pause(40s), sends("/1.1 2"), pause(40s), sends("00")},
         60s,
         "no answer within 60 s"},
        {"interim responses do not help",
         {after_request(), sends("HTTP/1.1 100 C\r\n\r\n"), pause(40s), sends("HTTP/1.1 100 C\r\n\r\n"), pause(40s),
          sends(header)},
         60s,
         "no answer within 60 s"},
        {"body stalls",
         {after_request(), sends(header), sends("ab"), pause(31s), sends("cd")},
         30s,
         "no byte within 30 s"},
    };
    for (const auto& row : table) {
        world_of_one w;
        const auto start = w.net.clock.now();
        w.net.serve(row.steps);
        const auto got = run(fetch(w.get(), to("http://a/")));
        EXPECT_CODE(got.error, http_errc::timed_out);
        EXPECT_EQ(got.error.detail, "a:80: " + std::string(row.detail)) << row.what;
        EXPECT_EQ(w.net.clock.now() - start, row.passed) << row.what;
        EXPECT_TRUE(w.net.connections[0]->closed);
    }
}

TEST(client, the_header_has_its_time_from_the_end_of_the_request) {
    world_of_one w;
    w.net.write_takes = 40s;
    w.net.serve({after_request(), pause(50s), sends(ok("late"))});
    EXPECT_EQ(run(fetch(w.get(), to("http://a/"))).body, "late");
    world_of_one stuck;
    stuck.net.write_takes = 60s;
    stuck.net.serve({after_request(), sends(ok("never"))});
    const auto got = run(fetch(stuck.get(), to("http://a/")));
    EXPECT_CODE(got.error, http_errc::timed_out);
    EXPECT_EQ(got.error.detail, "a:80: the request could not be sent within 60 s");
}

TEST(client, a_slow_body_is_no_stall) {
    world_of_one w;
    script steps{after_request(), sends("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n")};
    for (int i = 0; i < 20; ++i) {
        steps.push_back(pause(29s));
        steps.push_back(sends("x"));
    }
    w.net.serve(steps);
    EXPECT_EQ(run(fetch(w.get(), to("http://a/"))).body, std::string(20, 'x'));
}

TEST(client, hostile_headers) {
    std::string interim;
    for (int i = 0; i < 9; ++i) interim += "HTTP/1.1 100 C\r\n\r\n";
    const std::pair<std::string, http_errc> table[] = {
        {"SSH-2.0-x\r\n", http_errc::not_http},
        {interim + ok("x"), http_errc::bad_response},
        {"HTTP/1.1 200 OK\r\nA: " + std::string(20000, 'x') + "\r\n\r\n", http_errc::header_too_large},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", http_errc::bad_response},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
         http_errc::bad_response},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", http_errc::bad_response},
    };
    for (const auto& [raw, wanted] : table) {
        for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, SIZE_MAX}) {
            world_of_one w;
            w.net.serve({after_request(), sends(raw, piece)});
            EXPECT_CODE(run(fetch(w.get(), to("http://a/"))).error, wanted);
            EXPECT_TRUE(w.net.connections[0]->closed);
        }
    }
    interim.erase(0, std::string("HTTP/1.1 100 C\r\n\r\n").size());
    world_of_one w;
    w.net.serve({after_request(), sends(interim + ok("eight are borne"))});
    EXPECT_EQ(run(fetch(w.get(), to("http://a/"))).body, "eight are borne");
}

TEST(client, connect_errors) {
    struct row {
        failure from;
        boost::system::error_code wanted;
    };
    const row table[] = {
        {failure(world::network_errc::timed_out), make_error_code(http_errc::timed_out)},
        {failure(world::network_errc::address_refused), make_error_code(http_errc::host_not_allowed)},
        {failure(world::network_errc::unresolved), make_error_code(world::network_errc::unresolved)},
        {failure(world::network_errc::refused, "why"), make_error_code(world::network_errc::refused)},
    };
    for (const auto& row : table) {
        world_of_one w;
        w.net.connect_error = row.from;
        const auto got = run(fetch(w.get(), to("http://host.example/")));
        EXPECT_EQ(got.error.code, row.wanted);
        EXPECT_TRUE(got.error.detail == "why" || got.error.detail.starts_with("host.example:80")) << got.error.detail;
    }
}

TEST(client, the_address_policy_is_asked) {
    scripted_network net;
    net.check_policy_with_host = true;
    net.serve({after_request(), sends(ok("mine"))});
    const public_addresses_only policy({"127.0.0.1"});
    client c(net, net.clock, no_tls(), policy, {});
    EXPECT_CODE(run(fetch(c, to("http://169.254.169.254/"))).error, http_errc::host_not_allowed);
    EXPECT_CODE(run(fetch(c, to("http://[::ffff:10.0.0.1]/"))).error, http_errc::host_not_allowed);
    EXPECT_EQ(run(fetch(c, to("http://127.0.0.1/"))).body, "mine");
}

// close() ends a request that waits for its answer, one that reads its body, and every later one.
TEST(client, close_ends_everything) {
    world_of_one w;
    w.net.serve({after_request(), sends("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), sends("a"), blocks()});
    w.net.serve({after_request(), blocks()});
    client& c = w.get();
    boost::asio::io_context context(1);
    std::vector<failure> ended;
    const auto start = [&] {
        boost::asio::co_spawn(context, fetch(c, to("http://a/")), [&](std::exception_ptr e, answer a) {
            EXPECT_FALSE(e);
            ended.push_back(a.error);
        });
        context.poll();
    };
    start();
    start();
    EXPECT_TRUE(ended.empty());
    c.close();
    context.restart();
    context.run();
    ASSERT_EQ(ended.size(), 2u);
    for (const auto& error : ended) EXPECT_CODE(error, world::network_errc::closed);
    EXPECT_CODE(run(fetch(c, to("http://a/"))).error, world::network_errc::closed);
    EXPECT_EQ(w.net.connections.size(), 2u);
}

TEST(client, an_exchange_may_outlive_its_client) {
    world_of_one w;
    w.net.serve({after_request(), sends("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"), sends("cde")});
    const auto late = [&]() -> task<failure> {
        auto got = co_await w.get().send(to("http://a/"));
        w.made.reset();
        std::byte memory[8];
        const auto n = co_await (*got)->read(memory);
        co_return n ? failure() : n.error();
    };
    EXPECT_CODE(run(late()), world::network_errc::closed);
}

TEST(read_all, bounded) {
    struct row {
        std::string raw;
        std::size_t limit;
        std::optional<std::string> wanted;
    };
    const std::string big(100000, 'b');
    const auto chunk = [](std::string text) {
        char size[32];
        std::snprintf(size, sizeof size, "%zx\r\n", text.size());
        return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + (size + text) + "\r\n0\r\n\r\n";
    };
    const row table[] = {
        {ok(""), 0, ""},         {ok("abc"), 3, "abc"},
        {ok("abc"), 2, {}},      {ok(big), 100000, big},
        {ok(big), 99999, {}},    {chunk("abc"), 3, "abc"},
        {chunk("abc"), 2, {}},   {chunk(big), 100000, big},
        {chunk(big), 99999, {}}, {"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\nx", 1000000, {}},
    };
    for (const auto& row : table) {
        world_of_one w;
        w.net.serve({after_request(), sends(row.raw, 9000)});
        const auto all = [&]() -> task<result<std::string>> {
            auto got = co_await w.get().send(to("http://a/"));
            auto text = co_await read_all(**got, row.limit);
            co_return text;
        };
        const auto got = run(all());
        ASSERT_EQ(got.has_value(), row.wanted.has_value()) << row.raw.substr(0, 60) << row.limit;
        if (row.wanted) {
            EXPECT_EQ(*got, *row.wanted);
        } else {
            EXPECT_CODE(got.error(), http_errc::bad_response);
            EXPECT_EQ(got.error().detail, "body over the limit");
        }
    }
}

TEST(http_errc, every_value_has_a_class_and_a_sentence) {
    for (int value = 1; value <= static_cast<int>(http_errc::bad_request); ++value) {
        const auto code = make_error_code(static_cast<http_errc>(value));
        EXPECT_NE(code.message(), "unknown") << value;
        EXPECT_NE(classify(code), error_class::bug) << value;
    }
}

}  // namespace
}  // namespace decamp::transport
