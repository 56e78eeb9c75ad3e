#pragma once
// What a storage's answer means for the item asked for (RFC 9110, sections 14 and 15). Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/model/error.hpp"
#include "engine/transport/http.hpp"
#include "engine/world/clock.hpp"

namespace decamp::download {

struct asked {
    std::uint64_t offset = 0;              // the Range asked for begins here; 0 without an end: none was asked
    std::string validator;                 // If-Range sent, or empty
    std::optional<std::uint64_t> size;     // of the whole, announced or learnt earlier
    std::optional<std::uint64_t> end;      // and the Range ends before this byte; none: with the file
    std::string_view name;                 // file name as listed, for the check of the content type
};

struct answered {
    bool from_zero = true;               // the body begins at the start of the file, else at asked.offset
    std::optional<std::uint64_t> total;  // bytes of the whole file, where the answer says it
    std::string validator;               // strong ETag or Last-Modified for a later If-Range, or empty
    bool ranges = false;                 // a range may be asked of this host again
};

// An answer that carries the file, or why not. Redirects (3xx) are the caller's: they are refused here.
result<answered> judge(const transport::response_head& head, const asked& what);

// "bytes 0-99/1234": first, last, total. None when malformed or of unknown total.
struct content_range {
    std::uint64_t first = 0, last = 0, total = 0;
    bool operator==(const content_range&) const = default;
};
std::optional<content_range> parse_content_range(std::string_view text);

}  // namespace decamp::download
