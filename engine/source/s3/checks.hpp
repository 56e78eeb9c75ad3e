#pragma once
// What an object's bytes must come to, as far as the service tells. Pure; learn() on any thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engine/source/source.hpp"
#include "engine/transport/http.hpp"

namespace decamp::source::s3 {

// From the ETag as listed, without quotes: the MD5 of an object that came in one piece; of one that came in parts, the
// MD5 over their MD5s, with a guess how long they were.
expectation expected_of(std::string_view etag, std::optional<std::uint64_t> size);

// How long the parts of an object of `size` bytes were, where there are `count` of them: what common tools take, else
// the least whole number of MiB. None: no whole number of MiB gives that count.
std::optional<std::uint64_t> part_size(std::uint64_t size, std::uint64_t count);

// Takes over what only an answer says: checksums of the whole object (x-amz-checksum-*, asked for with
// x-amz-checksum-mode; not those over parts, nor of a range); and drops what the ETag is not, where the service
// encrypts with a key of its own, or the object was appended to.
void learn(const transport::response_head& head, expectation& of);

// RFC 4648, section 4, with padding; exactly out.size() bytes.
bool decode_base64(std::string_view text, std::span<std::byte> out);

}  // namespace decamp::source::s3
