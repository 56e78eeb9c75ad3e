#pragma once
// A bucket of a service that speaks S3, as a source: one list over everything below a prefix, in the tree its keys
// make. Read only: requests.hpp has all it ever asks. docs/sources/s3.md says what is relied on.

#include <memory>
#include <string_view>

#include "engine/model/error.hpp"
#include "engine/source/place.hpp"

namespace decamp::source::s3 {

// `source`: "s3://bucket/prefix". `endpoint`: an http(s) origin, or empty for AWS. `credentials`: as parse_credentials
// reads them; empty: nothing is signed. Fails with location_errc or credentials_errc, both of class run.
result<std::unique_ptr<place>> parse_s3(std::string_view source, std::string_view endpoint,
                                        std::string_view credentials);

}  // namespace decamp::source::s3
