#pragma once
// AWS Signature Version 4 ("Authenticating Requests: Using the Authorization Header" of the S3 API reference; the
// general form in the IAM user guide, "Create a signed AWS API request"). Pure. What is given here is already
// percent-encoded, once, as S3 wants it.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/transport/http.hpp"
#include "formats/digest.hpp"

namespace decamp::source::s3 {

struct signable {
    std::string method = "GET";
    std::string path = "/";                        // as sent
    std::string query;                             // sorted (canonical_query), as sent
    std::vector<transport::header_field> headers;  // all of these are signed; in any order, Host among them
    std::string payload_sha256;                    // hex, or "UNSIGNED-PAYLOAD"
};

struct signing_scope {
    std::string time;  // 20130524T000000Z
    std::string region, service = "s3";
    std::string text() const;  // 20130524/us-east-1/s3/aws4_request
};

// Hex SHA-256 of no bytes at all: the body of every GET.
inline constexpr std::string_view empty_payload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

// Names and values as they are, not encoded; the result is encoded and in the order in which it is signed.
std::string canonical_query(const std::vector<std::pair<std::string, std::string>>& parameters);
std::string canonical_request(const signable& what);
std::string string_to_sign(const signing_scope& scope, std::string_view canonical);
formats::sha256_digest signing_key(std::string_view secret, const signing_scope& scope);
// The value of the header Authorization.
std::string authorization(std::string_view key_id, std::string_view secret, const signing_scope& scope,
                          const signable& what);

// Unix milliseconds as 20130524T000000Z.
std::string amz_time(std::int64_t unix_ms);

formats::sha256_digest hmac_sha256(std::string_view key, std::string_view text);

}  // namespace decamp::source::s3
