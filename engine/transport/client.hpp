#pragma once
// The real sender: a pool of kept connections over world::network, TLS by OpenSSL over our own BIO.

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "engine/transport/http.hpp"
#include "engine/world/network.hpp"

namespace decamp::transport {

// Certificates to trust. Shared by the clients of all threads; immutable after construction.
class tls_context {
  public:
    // `ca_file`: PEM, instead of the system's; empty for the system's. Throws std::runtime_error when unreadable.
    explicit tls_context(const std::string& ca_file);
    ~tls_context();
    struct impl;
    const impl& get() const { return *impl_; }

  private:
    std::unique_ptr<impl> impl_;
};

// Refuses loopback, private, link-local, multicast and unspecified addresses, also inside IPv6's ways to write IPv4,
// unless the host is one of `exempt` (the endpoint itself, named by the user; in the form of url::host).
class public_addresses_only : public world::address_policy {
  public:
    explicit public_addresses_only(std::set<std::string> exempt_hosts) : exempt_(std::move(exempt_hosts)) {}
    bool allowed(const world::endpoint& to, const std::string& address) const override;

  private:
    std::set<std::string> exempt_;
};

// The same decision for an address alone.
bool is_public_address(const std::string& address);

struct client_options {
    timeouts limits;
    std::size_t idle_per_origin = 32;                       // kept connections
    std::size_t idle_total = 64;                            // kept connections, all origins
    world::duration idle_limit = std::chrono::seconds(55);  // a kept connection older than this is not used again
    std::size_t tls_read_buffer = 262144;  // most that one receive below TLS takes into the caller's memory
    std::string user_agent;
};

struct client_counters {
    std::uint64_t connections = 0;     // opened
    std::uint64_t reused = 0;          // requests sent on a kept connection
    std::uint64_t stale = 0;           // kept connections found ended, or ended before their answer began
    std::uint64_t surplus = 0;         // kept connections given up for bytes that belong to no response
    std::uint64_t bytes_received = 0;  // headers, framing and bodies; not TLS's own
};

// One thread. `closed` is final: every later send fails with network_errc::closed. What it refers to outlives it and
// its exchanges.
class client : public sender {
  public:
    client(world::network& net, world::clock& clock, const tls_context& tls, const world::address_policy& addresses,
           client_options options);
    ~client() override;
    task<result<std::unique_ptr<exchange>>> send(request what) override;
    // Ends every exchange under way and refuses new ones; a connect under way ends by itself, at its deadline at the
    // latest. From the client's own thread.
    void close();
    std::uint64_t bytes_received() const { return counters().bytes_received; }
    const client_counters& counters() const;

    struct impl;

  private:
    std::shared_ptr<impl> impl_;
};

}  // namespace decamp::transport
