#pragma once
// What an answer of failure says, for people. Pure.

#include <string>
#include <string_view>

namespace decamp::source::webdav {

inline constexpr std::size_t failure_body_limit = std::size_t{16} << 10;  // bytes that are looked at

// "HTTP 403 Forbidden".
std::string status_words(int status);
// The same with what the body says in the way of SabreDAV, the library of Nextcloud, ownCloud and many others:
// "HTTP 403 Forbidden: Sabre\DAV\Exception\Forbidden: No read permission". `body`: its beginning is enough.
std::string status_words(int status, std::string_view body);

}  // namespace decamp::source::webdav
