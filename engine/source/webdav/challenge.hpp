#pragma once
// What a server says about how to log in: WWW-Authenticate (RFC 9110, section 11.6.1). Pure.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace decamp::source::webdav {

struct challenge {
    std::string scheme;                                           // as sent
    std::vector<std::pair<std::string, std::string>> parameters;  // names in lower case, values without their quotes
    // First value of that name (lower case); null: not there.
    const std::string* find(std::string_view name) const;
};

inline constexpr std::size_t challenge_limit = 16;    // of one answer; more are not looked at
inline constexpr std::size_t parameter_limit = 32;    // of one challenge, likewise
inline constexpr std::size_t parameter_bytes = 4096;  // of one value; a challenge with a longer one is left out

// The challenges of one header field, in order. One field may hold several, and their parameters are divided by the
// same commas as they are. What cannot be read ends the field; the challenges before it count.
std::vector<challenge> parse_challenges(std::string_view field);

// name=value pairs divided by commas, as in Authentication-Info.
std::vector<std::pair<std::string, std::string>> parse_parameters(std::string_view field);

}  // namespace decamp::source::webdav
