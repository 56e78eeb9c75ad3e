#pragma once
// HTTP/1.1 (RFC 9110, 9112) as the engine uses it: one request, one response whose body is read in pieces into the
// caller's memory. Redirects are never followed here; cookies are the caller's headers. One client per thread; an
// exchange stays on its client's thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/error.hpp"
#include "engine/runtime/task.hpp"
#include "engine/transport/url.hpp"
#include "engine/world/clock.hpp"

namespace decamp::transport {

enum class http_errc {
    not_http = 1,      // what answers does not speak HTTP (run)
    bad_response,      // malformed header or framing (transient)
    header_too_large,  // (transient)
    body_truncated,    // the connection ended before the announced length (transient)
    tls_failed,        // handshake failed for a reason other than the certificate (transient)
    tls_not_verified,  // chain, name or date of the certificate (run)
    bad_url,           // (item)
    host_not_allowed,  // the policy refuses the host or its address (item)
    timed_out,         // no byte for the stall limit, or the whole header for its limit (transient)
    bad_request,       // a method, header name or header value that would break the request's framing (item)
};
boost::system::error_code make_error_code(http_errc e);

struct header_field {
    std::string name, value;
};

struct request {
    std::string method = "GET";
    url target;
    // Host, Content-Length, User-Agent and Accept-Encoding: identity are added; the first two, Connection and
    // Transfer-Encoding are refused here.
    std::vector<header_field> headers;
    std::string body;
    // May be sent a second time when a kept connection dies before the first byte of an answer. GET and HEAD always
    // may.
    bool safe_to_repeat = false;
};

struct response_head {
    int status = 0;
    std::vector<header_field> headers;            // in order, names as sent
    std::optional<std::uint64_t> content_length;  // of the message; absent when chunked or until close
    // First value of a header, names compared without case; empty when absent.
    std::string_view header(std::string_view name) const;
    std::vector<std::string_view> all(std::string_view name) const;
};

// One response. Destroyed before its body was read to the end: the connection is closed, not reused.
class exchange {
  public:
    virtual ~exchange() = default;
    virtual const response_head& head() const = 0;
    // Bytes of the body, at least one, as many as are at hand or fit; 0: the body is whole (by length, by the last
    // chunk, or, where neither was given, by the end of the connection). Undoes chunked framing. All of `into` may be
    // written to, also past what is returned: it serves as the receive buffer. After an error every further read fails
    // the same. Not cancelled by destroying the exchange: await it first.
    virtual task<result<std::size_t>> read(std::span<std::byte> into) = 0;
    // True when the body's end is only the connection's end: its wholeness is not promised by the protocol.
    virtual bool until_close() const = 0;
};

struct timeouts {
    world::duration connect = std::chrono::seconds(20);  // resolve, connect, TLS
    world::duration header = std::chrono::seconds(60);   // from the request's last byte to the header's last
    world::duration stall = std::chrono::seconds(30);    // between two reads of the body
};

// Sends requests. Decorators (pace, log) implement the same interface and hold the next.
class sender {
  public:
    virtual ~sender() = default;
    virtual task<result<std::unique_ptr<exchange>>> send(request what) = 0;
};

// The whole body as text, at most `limit` bytes (else http_errc::bad_response with detail "body over the limit").
task<result<std::string>> read_all(exchange& from, std::size_t limit);

// Header names, methods and the like: ASCII without case.
bool equal_names(std::string_view a, std::string_view b);

// application/x-www-form-urlencoded
std::string form_encode(const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace decamp::transport

template <>
struct boost::system::is_error_code_enum<decamp::transport::http_errc> : std::true_type {};
