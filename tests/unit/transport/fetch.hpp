#pragma once
// One request and all that comes of it, as a value.

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "engine/transport/http.hpp"

namespace decamp::testing {

inline transport::request to(const std::string& target, std::string method = "GET") {
    transport::request r;
    r.method = std::move(method);
    r.target = transport::parse_url(target).value();
    return r;
}

inline std::string ok(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

struct answer {
    failure error;  // of the head or of the body
    int status = 0;
    std::string body;
    bool until_close = false;
    transport::response_head head;
};

// The body is read into a memory of `span` bytes.
inline task<answer> fetch(transport::sender& from, transport::request what, std::size_t span = 65536) {
    answer out;
    auto got = co_await from.send(std::move(what));
    if (!got) {
        out.error = got.error();
        co_return out;
    }
    transport::exchange& ex = **got;
    out.head = ex.head();
    out.status = ex.head().status;
    out.until_close = ex.until_close();
    std::vector<std::byte> memory(span);
    for (;;) {
        const auto n = co_await ex.read(memory);
        if (!n) {
            out.error = n.error();
            co_return out;
        }
        if (*n == 0) break;
        out.body.append(reinterpret_cast<const char*>(memory.data()), *n);
    }
    co_return out;
}

#define EXPECT_CODE(failure_, code_) EXPECT_EQ((failure_).code, make_error_code(code_)) << to_string(failure_)

}  // namespace decamp::testing
