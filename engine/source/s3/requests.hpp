#pragma once
// All that is ever asked of the service: one kind of list, in two forms, and an object's bytes. Pure.

#include <cstdint>
#include <string_view>

#include "engine/source/s3/credentials.hpp"
#include "engine/source/s3/list_cursor.hpp"
#include "engine/source/s3/location.hpp"
#include "engine/transport/http.hpp"

namespace decamp::source::s3 {

// `unix_ms`: the service's time, within fifteen minutes.
transport::request list_request(const location& where, const credentials& who, const list_cursor& from,
                                std::uint64_t most, std::int64_t unix_ms);

// `etag`: as listed, without quotes; empty: whatever there is now. `checksum`: its checksum is asked for. The headers
// Range and If-Range may be added: they are not signed.
transport::request key_request(const location& where, const credentials& who, std::string_view key,
                               std::string_view etag, bool checksum, std::int64_t unix_ms);

// Signs the host and each x-amz- header; adds x-amz-date, x-amz-content-sha256 and x-amz-security-token. Nothing for
// anonymous credentials.
void sign(transport::request& what, const credentials& who, std::string_view region, std::int64_t unix_ms);

}  // namespace decamp::source::s3
