#pragma once
// What a page of a list means: items, and how to ask for the page after. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/model/error.hpp"
#include "engine/model/item.hpp"
#include "engine/source/s3/list_page.hpp"
#include "engine/source/s3/location.hpp"

namespace decamp::source::s3 {

enum class list_form {
    v1 = 1,  // ListObjects: goes on behind a key
    v2 = 2,  // ListObjectsV2: goes on with a token
};

// Where a walk stands. `print` is the mark of the page that was the 1st, 2nd, 4th, 8th ...: a walk in circles meets it
// again (Brent's way to find a cycle), so that a list without an end is found out, whatever the length of the circle.
struct list_cursor {
    list_form form = list_form::v2;
    std::uint64_t page = 0;  // pages behind us
    std::uint64_t print = 0;
    std::string after;  // token, or key; any bytes
    bool operator==(const list_cursor&) const = default;
};
// Digits, letters and '%' alone.
std::string to_text(const list_cursor& cursor);
// None: not a cursor. Empty text is the first page, in the form given.
std::optional<list_cursor> parse_cursor(std::string_view text, list_form first);

// Fails with source_errc::unusable_answer: keys that were not asked for, an encoding that is none, a list that does not
// say whether there is more, or goes in circles.
result<item_page> read_page(const raw_list& list, const location& where, const list_cursor& asked);

// True when the answer to a list of the newer form is one of the older.
bool is_older_form(const raw_list& list);

}  // namespace decamp::source::s3
