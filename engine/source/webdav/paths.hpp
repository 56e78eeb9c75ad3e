#pragma once
// Names on the server and their forms in lists and requests. Pure.
//
// A path of ours is "/" or "/a/b": decoded components, below the root the user named. A component that could not stand
// in one as it is (no UTF-8, control characters, a slash within it, "." and "..", or one that begins with the mark
// itself) is written "bytes:" and percent-encoded, so that no two names become one and none climbs.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/transport/url.hpp"

namespace decamp::source::webdav {

inline constexpr std::size_t path_limit = 8192;  // bytes of an encoded path
inline constexpr std::size_t depth_limit = 256;  // components of it

// The path of a URL as its sender must have meant it: what may not stand in one is percent-encoded, what is encoded
// stays. A mark of a query or a fragment counts as part of a name.
std::string tidy_reference(std::string_view text);

// The decoded components of an encoded path. Empty ones do not count, "%2F" is a byte of its component.
std::vector<std::string> components(std::string_view encoded_path);

// A decoded component as it stands in a path of ours, and the other way, percent-encoded for a request.
std::string shown_component(std::string_view decoded);
std::string encoded_component(std::string_view shown);

// `root` (encoded, begins and ends with '/') and a path of ours, relative or not: the encoded path, without a slash at
// its end but for the root.
std::string encoded_path(std::string_view root, std::string_view path);

// The path of an href as it was sent: without blanks around it, scheme and authority. Of what it says of a host nothing
// is used: servers behind others name the one they believe to be.
std::string_view path_as_sent(std::string_view href);

// Where an href (RFC 4918, 14.7) leads, seen from the folder whose answer it stands in.
struct seen_from {
    enum class kind {
        itself,
        child,
        deeper,  // below a child: `name`, `path` and `slash` are that child's
        above,   // a folder in which this one lies
        elsewhere,
    } what = kind::elsewhere;
    std::string name;    // of a child: decoded
    std::string path;    // of a child: encoded, as sent but for what tidy_reference() mends, no slash at its end
    bool slash = false;  // it had one
};
// `folder`: its components. `prefix`: an encoded path without a slash at its end that a server in front takes off
// paths, and that is missing in what the one behind it says; or empty.
seen_from place_href(const transport::url& asked, const std::vector<std::string>& folder, std::string_view href,
                     std::string_view prefix = {});
// That prefix, where `href` names the folder asked itself without it; none: it does not.
std::optional<std::string> missing_prefix(const transport::url& asked, std::string_view href);

// A folder to be listed, as one text for the list of folders: its path of ours, and where the server's spelling is not
// what encoded_path() makes of it, that.
struct folder_ref {
    std::string path = "/";
    std::string spelled;  // encoded, or empty
    bool operator==(const folder_ref&) const = default;
};
std::string to_text(const folder_ref& folder);
folder_ref folder_of(std::string_view text);
// The request path: with a slash at its end.
std::string request_path(std::string_view root, const folder_ref& folder);
// The folder that a folder or a file lies in.
folder_ref parent_of(const folder_ref& of);

// Of an item: its strong entity tag and its spelling, either may be empty. Kept in listed_item::locator.
struct locator {
    std::string etag;     // with its quotes
    std::string spelled;  // encoded
    bool operator==(const locator&) const = default;
};
std::string to_text(const locator& where);
locator locator_of(std::string_view text);

// The entity tag where it is a strong one that can be sent back (RFC 9110, section 8.8.3), else empty.
std::string strong_etag(std::string_view text);

// A name of the server's in a sentence: no control characters, valid UTF-8, not long.
std::string for_people(std::string_view text);
// An href likewise: its path alone, without what may be a password in front of it or a signature behind it.
std::string href_for_people(std::string_view href);

}  // namespace decamp::source::webdav
