#pragma once
// A WebDAV server's folder as a source (RFC 4918): Nextcloud, ownCloud, Jianguoyun, NAS boxes, Apache. Read only: all
// it ever asks is PROPFIND and GET.

#include <memory>
#include <string_view>

#include "engine/source/place.hpp"
#include "engine/source/webdav/credentials.hpp"

namespace decamp::source::webdav {

// `source`: "webdavs://host[:port]/path" (https) or "webdav://..." (http), percent-encoded or not.
// `endpoint_override`: instead of scheme, host and port an http(s) origin, or empty. `credentials`: as
// parse_credentials(); empty: anonymous. Errors: webdav_errc.
result<std::unique_ptr<place>> parse_webdav(std::string_view source, std::string_view endpoint_override,
                                            std::string_view credentials);

}  // namespace decamp::source::webdav
