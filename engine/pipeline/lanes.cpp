#include "engine/pipeline/lanes.hpp"

#include "engine/runtime/post_or_end.hpp"

namespace decamp::pipeline {

lanes::lanes(unsigned count, world::network& net, world::clock& clock, const transport::tls_context& tls,
             const world::address_policy& addresses, const transport::client_options& options) {
    for (unsigned i = 0; i < count; ++i) {
        lanes_.push_back(std::make_unique<one>());
        one& lane = *lanes_.back();
        lane.client = std::make_unique<transport::client>(net, clock, tls, addresses, options);
        lane.thread = std::thread([&lane] { lane.context.run(); });
    }
}

lanes::~lanes() {
    close_connections();
    for (const auto& lane : lanes_) lane->work.reset();
    for (const auto& lane : lanes_) lane->thread.join();
    // What belongs to a context is destroyed before it, and after its thread.
    for (const auto& lane : lanes_) lane->client.reset();
}

std::vector<download::lane> lanes::list() {
    std::vector<download::lane> all;
    all.reserve(lanes_.size());
    for (const auto& lane : lanes_) all.push_back({lane->context.get_executor(), *lane->client});
    return all;
}

void lanes::close_connections() {
    for (const auto& lane : lanes_) {
        runtime::post_or_end(lane->context.get_executor(), [client = lane->client.get()] { client->close(); });
    }
}

}  // namespace decamp::pipeline
