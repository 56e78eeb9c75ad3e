#pragma once

#include <string>

#include "engine/world/random.hpp"

namespace decamp::source::micloud {

// "wb_" and a random UUID (RFC 9562, version 4), as the web site makes them up.
std::string make_device_id(world::random& from);

}  // namespace decamp::source::micloud
