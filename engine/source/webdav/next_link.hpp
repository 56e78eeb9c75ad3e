#pragma once
// Where a list goes on (RFC 8288: Link: <...>; rel="next"). Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace decamp::source::webdav {

// The reference of the first link to a next page among these fields; none: there is no such link. Links that speak of
// something else than the answer (anchor) do not count.
std::optional<std::string> next_link(const std::vector<std::string_view>& fields);

}  // namespace decamp::source::webdav
