#pragma once
// How the user may say who is asking. Pure; no secret ever stands in an error text.

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/model/error.hpp"

namespace decamp::source::webdav {

// At most one of the two kinds is filled in; neither: anonymous.
struct credentials {
    std::string user, password;  // UTF-8; a user has no colon
    std::string bearer;          // RFC 6750, b64token
    bool anonymous() const { return user.empty() && bearer.empty(); }
    bool operator==(const credentials&) const = default;
};

enum class webdav_errc {
    not_webdav = 1,          // begins with neither "webdav://" nor "webdavs://"
    bad_url,                 // no host, a bad port, a query or a fragment, control characters, overlong
    secret_in_url,           // a user name or a password in the URL, which others on this computer can read
    bad_endpoint,            // the endpoint given instead is no plain http or https origin
    credentials_too_large,   // over credentials_limit
    credentials_malformed,   // neither user:password, nor "Bearer TOKEN", nor one of the two JSON objects
    credentials_unsendable,  // a control character, no UTF-8, a colon in the user, a token that is none, overlong
};
boost::system::error_code make_error_code(webdav_errc e);  // all of class run

inline constexpr std::size_t credentials_limit = std::size_t{64} << 10;  // bytes of the whole text
inline constexpr std::size_t secret_limit = 4096;                        // bytes of a user, a password or a token

// Reads `user:password` (one line; the first colon divides), a line `Bearer TOKEN`, {"username","password"} or
// {"bearer"}. Empty text is anonymous.
result<credentials> parse_credentials(std::string_view text);

}  // namespace decamp::source::webdav

template <>
struct boost::system::is_error_code_enum<decamp::source::webdav::webdav_errc> : std::true_type {};
