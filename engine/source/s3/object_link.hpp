#pragma once
// A request for an object's bytes, with what its answers mean. Pure, but for what it notes of the service.

#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/model/item.hpp"
#include "engine/source/s3/credentials.hpp"
#include "engine/source/s3/location.hpp"
#include "engine/source/s3/object_headers.hpp"
#include "engine/source/source.hpp"

namespace decamp::source::s3 {

// `key`: whole. `misspelled`: it may not be the object's, since the list cannot spell all keys.
download_link object_link(const location& where, const credentials& who, std::string_view key, const listed_item& of,
                          const std::shared_ptr<object_headers>& headers, bool misspelled, std::int64_t unix_ms);

}  // namespace decamp::source::s3
