#pragma once
// Where a list goes on, and when its end is believed: when nothing in an answer contradicts it, and a list behind the
// last key is empty. Pure.

#include <cstdint>
#include <optional>
#include <string>

#include "engine/model/error.hpp"
#include "engine/model/item.hpp"
#include "engine/source/s3/list_cursor.hpp"

namespace decamp::source::s3 {

// What a page says of its own end.
struct page_end {
    enum class more { no, yes, unsaid };
    more truncated = more::unsaid;
    std::string token;           // NextContinuationToken
    std::string marker;          // NextMarker, as it is to be sent
    bool older = false;          // of the older form
    std::uint64_t rows = 0;      // in all
    std::uint64_t new_rows = 0;  // but for those at or before the key it was asked behind
    std::uint64_t print = 0;     // of all rows
    bool ascending = true;
    std::string last;  // key; empty without rows
    std::string sure;  // where to go on so that no key is passed over: `last`, or less, where it may be misspelled
    std::optional<std::uint64_t> key_count;
};

struct list_step {
    std::optional<list_cursor> next;  // none: the walk has ended
    std::optional<list_gap> gap;      // what contradicts the list so far
};
// Fails with source_errc::unusable_answer where there is more and nothing leads there.
result<list_step> step_on(const list_cursor& asked, const page_end& page);

}  // namespace decamp::source::s3
