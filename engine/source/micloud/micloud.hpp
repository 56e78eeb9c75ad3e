#pragma once
// Xiaomi Cloud's gallery as a source. Read only: see requests.hpp for all it ever asks.

#include <memory>

#include "engine/source/micloud/credentials.hpp"
#include "engine/source/micloud/endpoint.hpp"
#include "engine/source/source.hpp"
#include "engine/transport/http.hpp"
#include "engine/world/clock.hpp"
#include "engine/world/random.hpp"

namespace decamp::source::micloud {

struct micloud_options {
    endpoint where;
    credentials who;
};

// `api` sends everything but the items' bytes: lists, links, logins. It is paced by its owner. All references outlive
// the source, and the source its calls.
std::unique_ptr<source> make_micloud(micloud_options options, transport::sender& api, world::clock& clock,
                                     world::random& random, source_observer observer);

}  // namespace decamp::source::micloud
