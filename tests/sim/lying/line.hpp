#pragma once
// The network to a lying server: bytes arrive late and in pieces, and are what the server sent. What the line itself
// does wrong is told by tests/sim/wire.hpp; here the answers do.

#include <cstdint>
#include <set>
#include <string>

#include "engine/world/network.hpp"
#include "tests/sim/dice.hpp"
#include "tests/sim/lying/server.hpp"

namespace decamp::sim::lying {

class line final : public world::network {
  public:
    line(server& to, world::clock& clock, std::uint64_t seed) : server_(to), clock_(clock), dice_(seed) {
        latency_ = std::chrono::milliseconds(dice_.between(1, 100));
        most_at_once_ = dice_.between(500, 60'000);
    }
    task<result<std::unique_ptr<world::byte_stream>>> connect(world::endpoint to, const world::address_policy& policy,
                                                              world::steady_time deadline) override;
    bool cut = false;                   // nothing connects, and what was connected breaks
    std::set<std::string> hosts_asked;  // for a connection, whether they were given one or not
    std::function<void()> on_request = [] {};

  private:
    friend class line_stream;
    server& server_;
    world::clock& clock_;
    dice dice_;
    world::duration latency_{};
    std::uint64_t most_at_once_ = 1;
};

}  // namespace decamp::sim::lying
