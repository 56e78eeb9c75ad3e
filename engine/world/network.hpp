#pragma once
// A byte stream below TLS and HTTP, and how to get one. Simulated in tests; the real form is TCP.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/model/error.hpp"
#include "engine/runtime/task.hpp"
#include "engine/world/clock.hpp"

namespace decamp::world {

// Lives and dies on the thread of the coroutine that connected it.
class byte_stream {
  public:
    virtual ~byte_stream() = default;  // closes
    // At least one byte, or 0 at the end of the stream. One read at a time.
    virtual task<result<std::size_t>> read_some(std::span<std::byte> into) = 0;
    // All of it, or an error. One write at a time.
    virtual task<result<void>> write(std::span<const std::byte> from) = 0;
    // Operations pending at `when`, or begun after it, fail with network_errc::timed_out.
    virtual void set_deadline(steady_time when) = 0;
    // Ends pending operations with network_errc::closed. From the stream's own thread.
    virtual void close() = 0;
    // True when, as far as can be known without waiting, the peer has neither sent anything unread nor ended the
    // stream. Asked of a kept connection before it is used again. Only while nothing is pending.
    virtual bool quiet() { return true; }
};

struct endpoint {
    std::string host;  // name or address literal without brackets
    std::uint16_t port = 0;
    bool operator==(const endpoint&) const = default;
};

// Which resolved addresses may be connected to. A pure decision, asked for each address before connecting.
class address_policy {
  public:
    virtual ~address_policy() = default;
    // `address`: textual IPv4 or IPv6. False: refused (network_errc::address_refused).
    virtual bool allowed(const endpoint& to, const std::string& address) const = 0;
};

class network {
  public:
    virtual ~network() = default;
    // Resolves and connects, trying each allowed address in turn, until `deadline`.
    virtual task<result<std::unique_ptr<byte_stream>>> connect(endpoint to, const address_policy& policy,
                                                               steady_time deadline) = 0;
};

enum class network_errc {
    closed = 1,       // closed by ourselves
    timed_out,        // the deadline passed
    unresolved,       // the name has no address (looked up again: transient)
    refused,          // nobody listens, or no route
    reset,            // the peer or the network broke the connection
    address_refused,  // the address policy said no
};

boost::system::error_code make_error_code(network_errc e);

// Real TCP over Asio. Usable from any number of single-threaded contexts at once.
std::unique_ptr<network> make_tcp_network();

}  // namespace decamp::world

template <>
struct boost::system::is_error_code_enum<decamp::world::network_errc> : std::true_type {};
