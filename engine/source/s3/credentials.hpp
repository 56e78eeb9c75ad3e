#pragma once
// Keys for a service that speaks S3, as people keep them. Pure; no secret ever stands in an error text.

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/model/error.hpp"

namespace decamp::source::s3 {

struct credentials {
    std::string key_id, secret;  // both empty: requests are not signed
    std::string token;           // of temporary keys; empty for lasting ones
    std::string region;          // empty: not told
    bool anonymous() const { return key_id.empty(); }
    bool operator==(const credentials&) const = default;
};

enum class credentials_errc {
    too_large = 1,     // over credentials_limit
    malformed_json,    // begins like JSON and is none, or holds no object of texts
    nothing_known,     // none of the names looked for stands in it
    several_profiles,  // more than one section, and none of them is called default
    no_key_id,         // a secret without its access key id
    no_secret,         // an access key id without its secret
    bad_value,         // a value that cannot be sent, or an overlong one
};
boost::system::error_code make_error_code(credentials_errc e);

inline constexpr std::size_t credentials_limit = std::size_t{1} << 20;  // bytes of the whole text

// Reads, told apart by their looks:
// - nothing but blanks: no keys;
// - JSON with the names of AWS's credential process (AccessKeyId, SecretAccessKey, SessionToken), of its files or of
// its
//   environment, also inside {"Credentials": {...}};
// - the shared credentials file (`[default]`, aws_access_key_id = ...): the section default, else the only one;
// - lines as for a shell: [export ]AWS_ACCESS_KEY_ID=..., which go before sections.
// All errors are of class run.
result<credentials> parse_credentials(std::string_view text);

}  // namespace decamp::source::s3

template <>
struct boost::system::is_error_code_enum<decamp::source::s3::credentials_errc> : std::true_type {};
