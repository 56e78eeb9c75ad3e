#pragma once
// http and https URLs (RFC 3986), as far as a client needs them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace decamp::transport {

struct url {
    std::string scheme;      // "http" or "https"
    std::string host;        // lower case; address literals without brackets
    std::uint16_t port = 0;  // never 0 after parse
    std::string path = "/";  // as sent, percent-encoded
    std::string query;       // without '?', as sent

    bool secure() const { return scheme == "https"; }
    std::string target() const { return query.empty() ? path : path + "?" + query; }  // request target, origin form
    std::string origin() const;   // scheme://host:port, the port always written
    std::string host_header() const;
    // origin and path, the query left out: what may stand in a log.
    std::string without_query() const { return origin() + path; }
    bool operator==(const url&) const = default;
};

// None: not an http(s) URL, user info present, a control character or space in it, a bad port, over 16 KiB.
std::optional<url> parse_url(std::string_view text);
// A Location header against the URL it answers (RFC 3986, section 5).
std::optional<url> resolve(const url& base, std::string_view reference);
std::string percent_encode(std::string_view text);  // all but unreserved
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace decamp::transport
