#pragma once
// The network between decamp and a sample cloud of its own: bytes arrive late, in pieces, or not at all. Below HTTP, so
// that the engine's own client is what reads them.

#include <cstdint>
#include <functional>
#include <string>

#include "engine/world/network.hpp"
#include "tests/sim/dice.hpp"
#include "tools/samplecloud/cloud.hpp"

namespace decamp::sim {

// Chances in a thousand.
struct wire_weather {
    unsigned refused = 0;  // of connections
    unsigned unresolved = 0;
    unsigned never_connects = 0;
    unsigned reset = 0;       // of replies: broken off at some byte
    unsigned stalls = 0;      // of replies: stands still at some byte
    unsigned ends_early = 0;  // of replies: closed in good order at some byte
    unsigned surplus = 0;     // of replies: bytes nobody asked for stand behind it
    unsigned stale = 0;       // of kept connections: ended by the other side while idle
    world::duration latency = std::chrono::milliseconds(20);
    std::uint64_t bytes_per_second = 50'000'000;
    std::uint64_t most_at_once = 16384;  // what one read gets
};

class wire final : public world::network {
  public:
    wire(samplecloud::cloud& to, world::clock& clock, std::uint64_t seed) : cloud_(to), clock_(clock), dice_(seed) {}
    task<result<std::unique_ptr<world::byte_stream>>> connect(world::endpoint to, const world::address_policy& policy,
                                                              world::steady_time deadline) override;
    wire_weather weather;
    bool cut = false;  // the cable is out: nothing connects, and what was connected breaks
    // Told what befell a connection or a reply, by the network or by the cloud.
    std::function<void(const char* what)> on_fault = [](const char*) {};

  private:
    friend class wire_stream;
    samplecloud::cloud& cloud_;
    world::clock& clock_;
    dice dice_;
};

}  // namespace decamp::sim
