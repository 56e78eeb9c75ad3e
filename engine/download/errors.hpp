#pragma once
// What can go wrong with one item's bytes on their way.

#include "engine/model/error.hpp"

namespace decamp::download {

enum class download_errc {
    link_expired = 1,  // 401, 403, 410 from the storage (refresh)
    throttled,         // 429, 503 (transient; slows the account)
    server_error,      // other 5xx (transient)
    wrong_range,       // a 206 that is not what was asked, or 416: start over (transient)
    error_body,        // HTML or JSON where a photo should be (transient)
    ranges_disagree,   // ranges of one file that do not fit together: on with a single stream (transient)
    encoded,           // a content encoding nobody asked for (transient)
    too_long,          // far more bytes than announced (transient)
    gone,              // 404 of a fresh link (item)
    refused,           // another 4xx (item)
    redirected_away,   // to a host that is not allowed, or too often (item)
    changed,           // 412: there is another version now than was listed (item)
    host_unusable,     // the item's own host cannot be trusted or speaks no HTTP (item)
    bytes_differ,      // digest or length disagree with the announcement (transient)
    bytes_unstable,    // three tries gave different bytes, none as announced (item)
    stopped,           // the run is ending (run)
};
boost::system::error_code make_error_code(download_errc e);

}  // namespace decamp::download

template <>
struct boost::system::is_error_code_enum<decamp::download::download_errc> : std::true_type {};
