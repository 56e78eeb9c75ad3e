#pragma once
// Answers in XML, read while they stream: a page of a list (ListObjectsV2 and its older form, ListObjects, of the S3
// API reference), or an error. Pure; one thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/source/s3/keys.hpp"
#include "engine/source/s3/xml_controls.hpp"
#include "formats/xml.hpp"

namespace decamp::source::s3 {

inline constexpr std::size_t page_items = 1000;                         // that are asked for
inline constexpr std::size_t rows_limit = 20'000;                       // of one answer: some give all at once
inline constexpr std::size_t page_bytes_limit = std::size_t{16} << 20;  // of one answer
inline constexpr std::size_t token_limit_bytes = std::size_t{8} << 10;  // of a continuation token
inline constexpr std::size_t etag_limit = 256;

// As sent: keys may be percent-encoded, ETags in quotes.
struct raw_object {
    std::string key, etag, modified, size;
    const char* flaw = nullptr;  // why its key cannot be read
};

struct raw_list {
    std::vector<raw_object> objects;
    std::vector<std::string> prefixes;  // of CommonPrefixes, which are not asked for
    std::string truncated;              // "true" or "false"
    std::string token;                  // NextContinuationToken
    std::string marker;                 // NextMarker
    std::string encoding;               // "url": keys are percent-encoded, and the marker mostly
    std::optional<std::uint64_t> key_count;
    bool has_key_count = false;  // the newer form alone counts
};

struct raw_error {
    std::string code;                  // letters, digits and dots, else empty
    std::string region;                // where the bucket is
    std::string endpoint;              // host where the bucket is
    bool names_checksum_mode = false;  // the header x-amz-checksum-mode is what it is about
};

enum class document {
    none,     // no XML, or none of those
    list,     // ListBucketResult
    error,    // Error
    buckets,  // ListAllMyBucketsResult: what was asked had no bucket in it, to the service
};

class answer_reader final : private formats::xml_handler {
  public:
    answer_reader();
    // False once something is wrong; nothing more is read then.
    bool feed(std::span<const std::byte> piece);
    // True: one document of a kind known, whole and within the limits.
    bool finish();
    std::string why() const;

    document kind = document::none;
    raw_list list;
    raw_error error;

  private:
    void on_open(std::string_view name, const formats::xml_attributes& attributes) override;
    void on_close(std::string_view name, std::string text) override;
    void on_list_text(std::string_view parent, std::string_view name, std::string text);
    void on_error_text(std::string_view name, std::string text);
    void keep(std::string& into, std::string text, std::size_t limit, const char* what);
    void refuse(const char* reason);

    xml_controls controls_;
    formats::xml_reader reader_;
    std::vector<std::string> open_;  // local names
    std::size_t bytes_ = 0;
    std::string why_;
};

}  // namespace decamp::source::s3
