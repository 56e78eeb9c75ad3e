#include "engine/transport/response_header.hpp"

#include <gtest/gtest.h>

#include <string>

namespace decamp::transport {
namespace {

// Everything that a caller can see, as text, so that two ways to feed compare.
std::string seen(const std::string& raw, std::size_t step, bool head_request) {
    header_reader reader(head_request);
    for (std::size_t size = std::min(step, raw.size());; size = std::min(size + step, raw.size())) {
        const auto got = reader.put(std::as_bytes(std::span(raw)).first(size));
        if (!got) return to_string(got.error());
        if (*got) {
            const auto& h = **got;
            std::string out = std::to_string(h.head.status) + " " + std::to_string(h.consumed) + " kind " +
                              std::to_string(static_cast<int>(h.framing.kind)) + " length " +
                              std::to_string(h.framing.length) + (h.keep_alive ? " keep" : " close") +
                              (h.interim ? " interim" : "") +
                              (h.head.content_length ? " announced " + std::to_string(*h.head.content_length) : "");
            for (const auto& field : h.head.headers) out += "|" + field.name + "=" + field.value;
            return out;
        }
        if (size == raw.size()) return "more";
    }
}

std::string everywhere(const std::string& raw, bool head_request = false) {
    const std::string whole = seen(raw, raw.size(), head_request);
    for (const std::size_t step : {1u, 2u, 3u, 7u, 64u})
        EXPECT_EQ(seen(raw, step, head_request), whole) << step << ": " << raw.substr(0, 100);
    return whole;
}

TEST(response_header, framing_table) {
    struct row {
        const char* rest;
        bool head;
        const char* wanted;
    };
    const row table[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false,
         "200 38 kind 1 length 5 keep announced 5|Content-Length=5"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true,
         "200 38 kind 0 length 0 keep announced 5|Content-Length=5"},
        {"HTTP/1.1 304 No\r\nContent-Length: 5\r\n\r\n", false,
         "304 38 kind 0 length 0 keep announced 5|Content-Length=5"},
        {"HTTP/1.1 204 No\r\n\r\n", false, "204 19 kind 0 length 0 keep"},
        {"HTTP/1.1 204 \r\n\r\n", false, "204 17 kind 0 length 0 keep"},
        {"HTTP/1.1 200 OK\r\n\r\n", false, "200 19 kind 3 length 0 close"},
        {"HTTP/1.0 200 OK\r\n\r\n", false, "200 19 kind 3 length 0 close"},
        {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n", false,
         "200 38 kind 1 length 1 close announced 1|Content-Length=1"},
        {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n", false,
         "200 57 kind 1 length 1 close announced 1|Connection=close|Content-Length=1"},
        {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\n", false,
         "200 62 kind 1 length 1 keep announced 1|Connection=keep-alive|Content-Length=1"},
        {"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n", false,
         "200 47 kind 2 length 0 keep|transfer-encoding=Chunked"},
        {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n", false,
         "200 71 kind 2 length 0 close|Connection=keep-alive|Transfer-Encoding=chunked"},
        {"HTTP/1.1 100 Continue\r\n\r\n", false, "100 25 kind 0 length 0 keep interim"},
        {"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n", false, "103 31 kind 0 length 0 keep interim|Link=x"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", false,
         "200 57 kind 1 length 5 keep announced 5|Content-Length=5|Content-Length=5"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1", false,
         "200 38 kind 1 length 0 keep announced 0|Content-Length=0"},
        {"HTTP/1.1 200 OK\r\nX: \xe4\xbd\xa0 \t \r\ncontent-length: 18446744073709551615\r\n\r\n", false,
         "200 68 kind 1 length 18446744073709551615 keep announced "
         "18446744073709551615|X=\xe4\xbd\xa0|content-length=18446744073709551615"},
        {"HTTP/1.1 599 Odd\r\nA:b\r\nA: c\r\n\r\n", false, "599 31 kind 3 length 0 close|A=b|A=c"},
    };
    for (const auto& row : table) EXPECT_EQ(everywhere(row.rest, row.head), row.wanted) << row.rest;
}

TEST(response_header, refused) {
    struct row {
        std::string raw;
        http_errc wanted;
    };
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    const row table[] = {
        {"SSH-2.0-OpenSSH_9\r\n\r\n", http_errc::not_http},
        {"220 mail\r\n", http_errc::not_http},
        {"\r\nHTTP/1.1 200 OK\r\n\r\n", http_errc::not_http},
        {"http/1.1 200 OK\r\n\r\n", http_errc::not_http},
        {"<html>", http_errc::not_http},
        {"HTTP/2 200 OK\r\n\r\n", http_errc::bad_response},
        {"HTTP/1.2 200 OK\r\n\r\n", http_errc::bad_response},
        {"HTTP/1.1 20 OK\r\n\r\n", http_errc::bad_response},
        {"HTTP/1.1 099 OK\r\n\r\n", http_errc::bad_response},
        {"HTTP/1.1 2000 OK\r\n\r\n", http_errc::bad_response},
        {"HTTP/1.1  200 OK\r\n\r\n", http_errc::bad_response},
        {"HTTP/1.1 200\r\n\r\n", http_errc::bad_response},
        {"HTTP/1.1 200 OK\n\n", http_errc::bad_response},
        {"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", http_errc::bad_response},
        {ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", http_errc::bad_response},
        {ok + "Content-Length: 5, 6\r\n\r\n", http_errc::bad_response},
        {ok + "Content-Length: -5\r\n\r\n", http_errc::bad_response},
        {ok + "Content-Length: +5\r\n\r\n", http_errc::bad_response},
        {ok + "Content-Length: 0x5\r\n\r\n", http_errc::bad_response},
        {ok + "Content-Length: 5 5\r\n\r\n", http_errc::bad_response},
        {ok + "Content-Length: \r\n\r\n", http_errc::bad_response},
        {ok + "Content-Length: 18446744073709551616\r\n\r\n", http_errc::bad_response},
        {ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", http_errc::bad_response},
        {ok + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", http_errc::bad_response},
        {ok + "Transfer-Encoding: gzip, chunked\r\n\r\n", http_errc::bad_response},
        {ok + "Transfer-Encoding: chunked, chunked\r\n\r\n", http_errc::bad_response},
        {ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", http_errc::bad_response},
        {ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", http_errc::bad_response},
        {ok + "Transfer-Encoding: identity\r\n\r\n", http_errc::bad_response},
        {ok + "Transfer-Encoding: \r\n\r\n", http_errc::bad_response},
        {ok + "Transfer-Encoding : chunked\r\n\r\n", http_errc::bad_response},
        {ok + "No colon\r\n\r\n", http_errc::bad_response},
        {ok + ": empty\r\n\r\n", http_errc::bad_response},
        {ok + std::string("A: \0b\r\n\r\n", 10), http_errc::bad_response},
        {ok + "A: b\rC: d\r\n\r\n", http_errc::bad_response},
        {ok + "A: b\nC: d\r\n\r\n", http_errc::bad_response},
        {ok + "A: " + std::string(20000, 'x'), http_errc::header_too_large},
        {ok + "A: " + std::string(header_limit - ok.size() - 3 - 3, 'x') + "\r\n\r\n", http_errc::header_too_large},
        {"HTTP/1.1 200 " + std::string(20000, 'x'), http_errc::header_too_large},
    };
    for (const auto& row : table) {
        const auto text = everywhere(row.raw);
        const auto wanted = "http: " + make_error_code(row.wanted).message();
        EXPECT_EQ(text.substr(0, wanted.size()), wanted) << row.raw.substr(0, 100);
    }
}

TEST(response_header, largest_passes) {
    const std::string ok = "HTTP/1.1 204 OK\r\n";
    const std::string raw = ok + "A: " + std::string(header_limit - ok.size() - 3 - 4, 'x') + "\r\n\r\n";
    ASSERT_EQ(raw.size(), header_limit);
    EXPECT_EQ(everywhere(raw).substr(0, 9), "204 16384");
    std::string many = ok;
    while (many.size() < header_limit - 8) many += "a:b\r\n";
    EXPECT_EQ(everywhere(many + "\r\n").substr(0, 4), "204 ");
}

TEST(response_header, incomplete_asks_for_more) {
    const std::string raw = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    for (std::size_t size = 1; size < raw.size(); ++size) EXPECT_EQ(everywhere(raw.substr(0, size)), "more") << size;
}

TEST(response_header, folded_line_is_one_value_or_refused) {
    const auto text = everywhere("HTTP/1.1 204 OK\r\nA: b\r\n c\r\n\r\n");
    EXPECT_TRUE(text.ends_with("|A=b c") || text.starts_with("http: malformed")) << text;
}

TEST(response_head, header_names_without_case) {
    response_head head;
    head.headers = {{"Set-Cookie", "a"}, {"ETag", "x"}, {"set-cookie", "b"}};
    EXPECT_EQ(head.header("etag"), "x");
    EXPECT_EQ(head.header("SET-COOKIE"), "a");
    EXPECT_EQ(head.header("none"), "");
    EXPECT_EQ(head.all("Set-Cookie"), (std::vector<std::string_view>{"a", "b"}));
}

}  // namespace
}  // namespace decamp::transport
