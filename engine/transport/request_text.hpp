#pragma once
// A request as it is sent (RFC 9112, sections 3 and 5). Pure.

#include <string>
#include <string_view>

#include "engine/model/error.hpp"
#include "engine/transport/http.hpp"

namespace decamp::transport {

// Header and body. Errors: bad_url, bad_request; nothing from outside can add a line to the header.
result<std::string> request_text(const request& what, std::string_view user_agent);
bool may_repeat(const request& what);

}  // namespace decamp::transport
