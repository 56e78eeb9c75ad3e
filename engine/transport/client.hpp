#pragma once
// The real sender: a pool of kept connections over world::network, TLS by OpenSSL over our own BIO.

#include <functional>
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

// Refuses loopback, private, link-local, multicast and unspecified addresses, unless the host is one of `exempt`
// (the endpoint itself, named by the user).
class public_addresses_only : public world::address_policy {
  public:
    explicit public_addresses_only(std::set<std::string> exempt_hosts) : exempt_(std::move(exempt_hosts)) {}
    bool allowed(const world::endpoint& to, const std::string& address) const override;

  private:
    std::set<std::string> exempt_;
};

struct client_options {
    timeouts limits;
    std::size_t idle_per_origin = 32;  // kept connections
    std::string user_agent;
};

// One thread. `closed` is final: every later send fails with network_errc::closed.
class client : public sender {
  public:
    client(world::network& net, world::clock& clock, const tls_context& tls, const world::address_policy& addresses,
           client_options options);
    ~client() override;
    task<result<std::unique_ptr<exchange>>> send(request what) override;
    // Ends every exchange under way and refuses new ones. From the client's own thread.
    void close();
    std::uint64_t bytes_received() const;  // on the wire, after TLS

    struct impl;

  private:
    std::shared_ptr<impl> impl_;
};

}  // namespace decamp::transport
