#pragma once
// What a storage's answer means for the item asked for (RFC 9110, sections 14 and 15). Pure.

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/download/joining.hpp"
#include "engine/model/error.hpp"
#include "engine/transport/http.hpp"
#include "engine/world/clock.hpp"

namespace decamp::download {

struct asked {
    std::uint64_t offset = 0;           // the Range asked for begins here; 0 without an end: none was asked
    file_version before;                // of the bytes that are here
    std::optional<std::uint64_t> size;  // of the whole, announced or learnt earlier
    std::optional<std::uint64_t> end;   // and the Range ends before this byte; none: with the file
    std::string_view name;              // file name as listed, for the check of the content type
};

struct answered {
    std::uint64_t first = 0;  // the body's first byte in the file; at most asked.offset
    std::optional<std::uint64_t>
        end;  // and the byte behind its last one: of a part, which may be shorter than asked for
    std::optional<std::uint64_t> total;  // bytes of the whole file, where the answer says it
    file_version version;
    same_version same = same_version::unknown;  // as asked.before
    bool ranges = false;                        // a range may be asked of this host again

    bool whole() const { return !end; }  // not a part: the body is the file
};

// An answer that carries the file or a part of it that can be used, or why not. Redirects (3xx) are the caller's: they
// are refused here. A part that is shorter than asked for, begins earlier or does not say the total is as good as
// another (sections 14.4, 15.3.7).
result<answered> judge(const transport::response_head& head, const asked& what);

// "bytes 0-99/1234": first, last, total (none: "*"). None when malformed.
struct content_range {
    std::uint64_t first = 0, last = 0;
    std::optional<std::uint64_t> total;
    bool operator==(const content_range&) const = default;
};
std::optional<content_range> parse_content_range(std::string_view text);

}  // namespace decamp::download
