#pragma once
// Where a bucket is, and how it is named in a request. Pure values; any thread.

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include "engine/model/error.hpp"
#include "engine/transport/url.hpp"

namespace decamp::source::s3 {

enum class location_errc {
    not_s3 = 1,    // does not begin with "s3://"
    bad_bucket,    // no bucket, or a name no service would allow
    bad_prefix,    // over prefix_limit
    bad_endpoint,  // not a plain http(s) origin: user info, path, query or fragment in it
    bad_region,    // a region that can be no part of a host's name, for AWS, whose hosts are named by region
};
boost::system::error_code make_error_code(location_errc e);

inline constexpr std::size_t prefix_limit = 1024;  // bytes; the longest key AWS allows
inline constexpr std::size_t bucket_limit = 255;   // bytes; what the oldest buckets may have

enum class addressing {
    path,          // https://host/bucket/key
    virtual_host,  // https://bucket.host/key
};

struct location {
    transport::url endpoint;  // origin, path "/"; its host without the bucket
    std::string bucket;
    std::string prefix;  // keys begin with it; any bytes, perhaps none; not percent-encoded
    addressing style = addressing::path;
    std::string region;          // what is signed for
    bool aws = false;            // AWS's public service: another region is another host
    bool named_by_user = false;  // the endpoint is the user's own, so it may lie in a private network
    bool operator==(const location&) const = default;

    std::string host() const;  // which is asked
    // The folder that keys are told relative to: the prefix up to its last '/'.
    std::string_view folder() const;
};

// `source`: "s3://bucket/prefix", taken literally as other tools take it. `endpoint`: empty for AWS. `region`: empty
// where the credentials do not tell. All errors are of class run.
result<location> parse_location(std::string_view source, std::string_view endpoint, std::string_view region);

// The same bucket in another region; for AWS at that region's host. `region` is one (is_region), else nothing changes.
location in_region(location where, std::string_view region);
// For when the bucket's name only happened to be the first label of the host's.
location with_path_style(location where);

// URL of a key, without query. Encoded once, '/' kept, dots left as they are: services compare with what was signed.
transport::url url_of_key(const location& where, std::string_view key);
// URL of the bucket itself, without query.
transport::url url_of_bucket(const location& where);
// `text` percent-encoded but for '/' and what is unreserved.
std::string encode_path(std::string_view text);

// What an export is known by: host/bucket/prefix without port; AWS is one place whatever the region. No secret.
std::string origin_of(const location& where);
// scheme://host/bucket/prefix, for the certificate. No secret.
std::string label_of(const location& where);
// Hosts for transport::public_addresses_only to let through.
std::set<std::string> exempt_hosts(const location& where);
// Where a download may be redirected to.
bool may_hold_bytes(const location& where, const transport::url& to);

}  // namespace decamp::source::s3

template <>
struct boost::system::is_error_code_enum<decamp::source::s3::location_errc> : std::true_type {};
