#pragma once
// What a user can paste to let decamp into an account. Pure; no secret ever stands in an error text.

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/model/error.hpp"

namespace decamp::source::micloud {

// Cookie values as they are to be sent, byte for byte (percent signs and surrounding quotes kept).
struct credentials {
    std::string user_id;
    std::string service_token;  // may be empty when there is a pass token
    std::string pass_token;     // empty: the session cannot renew itself
    std::string device_id;      // empty: one is made up
    bool operator==(const credentials&) const = default;
};

enum class credentials_errc {
    empty = 1,           // nothing in it
    too_large,           // over credentials_limit
    malformed_json,      // begins like JSON and is none, or none of the shapes known
    no_user_id,          // userId is missing
    no_token,            // neither serviceToken nor passToken
    control_characters,  // in a value that would be sent
    bad_value,           // a value no cookie can carry, or an overlong one
};
boost::system::error_code make_error_code(credentials_errc e);

inline constexpr std::size_t credentials_limit = std::size_t{1} << 20;  // bytes of the whole text
inline constexpr std::size_t cookie_value_limit = 4096;                 // bytes of one value

// Reads, told apart by their looks: a cookie header (`a=b; c=d`, with or without `Cookie:`), a Netscape cookies.txt, a
// JSON object {"userId","serviceToken","passToken","deviceId"}, or a JSON array of cookies as browser extensions export
// (also inside {"cookies": [...]}). All errors are of class run.
result<credentials> parse_credentials(std::string_view text);

// RFC 6265, 4.1.1: cookie-octets, perhaps in one pair of quotes; not empty, within the limit.
bool is_cookie_value(std::string_view text);

}  // namespace decamp::source::micloud

template <>
struct boost::system::is_error_code_enum<decamp::source::micloud::credentials_errc> : std::true_type {};
