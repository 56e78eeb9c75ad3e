#pragma once
// What a transfer keeps while several connections fetch its file. Inside engine/download only.

#include <map>
#include <optional>
#include <utility>

#include "engine/download/transfer.hpp"

namespace decamp::download {

struct transfer::sharing {
    sharing(segment_plan p, file_version v) : plan(std::move(p)), version(std::move(v)) {}

    segment_plan plan;
    file_version version;        // with a strong ETag, which every range has to carry
    transport::request request;  // of this try's link
    piece own;                   // what run()'s own connection fetches; it arrives at the head
    std::uint64_t own_at = 0;    // its next byte
    bool abandoned = false;      // the pieces do not fit together: only what comes at the head counts
    bool advancing = false;
    std::optional<failure> why;  // what the first stream that failed failed of
    // Blocks of segments that arrive ahead of the head, by segment.
    std::map<std::uint64_t, formats::block_map_hasher> ahead;
};

}  // namespace decamp::download
