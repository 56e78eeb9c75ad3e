#pragma once
// "micloud:..." as a place.

#include <string_view>

#include "engine/source/micloud/credentials.hpp"
#include "engine/source/micloud/endpoint.hpp"
#include "engine/source/place.hpp"

namespace decamp::source::micloud {

// Errors: endpoint_errc of the address, credentials_errc of the credentials.
result<std::unique_ptr<place>> parse_micloud(std::string_view source, std::string_view credentials);

}  // namespace decamp::source::micloud
