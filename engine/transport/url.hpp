#pragma once
// http and https URLs (RFC 3986), as far as a client needs them. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace decamp::transport {

inline constexpr std::size_t url_limit = 16384;  // bytes of a URL or of a reference

struct url {
    std::string scheme;      // "http" or "https"
    std::string host;        // lower case, no trailing dot; address literals canonical and without brackets
    std::uint16_t port = 0;  // never 0 after parse
    std::string path = "/";  // as sent, percent-encoded
    std::string query;       // without '?', as sent

    bool secure() const { return scheme == "https"; }
    std::string target() const { return query.empty() ? path : path + "?" + query; }  // request target, origin form
    std::string origin() const;       // scheme://host:port, the port always written
    std::string host_header() const;  // the port only where it is not the scheme's own
    // origin and path, the query left out: what may stand in a log.
    std::string without_query() const { return origin() + path; }
    bool operator==(const url&) const = default;
};

// None: not an http(s) URL, user info present, a control character or space in it, a bad host or port, over 16 KiB.
// Bytes above 0x7f and the characters " < > in path and query are percent-encoded; a fragment is dropped.
std::optional<url> parse_url(std::string_view text);
// A Location header against the URL it answers (RFC 3986, section 5.2, strict).
std::optional<url> resolve(const url& base, std::string_view reference);
// True for a textual IPv4 or IPv6 address without brackets.
bool is_address_literal(std::string_view host);
// `host` in its one form (lower case, canonical address, no trailing dot); none when it cannot be a host.
std::optional<std::string> normal_host(std::string_view host);
std::string percent_encode(std::string_view text);  // all but unreserved
// None when a '%' is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace decamp::transport
