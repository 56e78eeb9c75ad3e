#pragma once
// Where a walk over a list stands. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace decamp::source::s3 {

enum class list_form {
    v1 = 1,  // ListObjects: goes on behind a key
    v2 = 2,  // ListObjectsV2: goes on with a token, or behind a key
};

// `print` is the mark of the page that was the 1st, 2nd, 4th, 8th ...: a walk in circles meets it again (Brent's way to
// find a cycle), so that a list without an end is found out, whatever the length of the circle.
struct list_cursor {
    list_form form = list_form::v2;
    std::uint64_t page = 0;  // pages behind us
    std::uint64_t print = 0;
    std::string after;           // token, or key; any bytes
    bool by_key = false;         // of the newer form: `after` is a key
    bool keys_only = false;      // its tokens were found not to lead on
    bool closing = false;        // the page before was the last, it said: nothing may lie behind its last key
    std::uint64_t empties = 0;   // pages without a row, in a row
    std::uint64_t listed = 0;    // rows so far
    std::uint64_t promised = 0;  // rows there must be, by the service's own counts
    std::uint64_t counted = 0;   // what the first page counted, where it held less
    std::string last;            // where the last page with rows ended: a key
    bool operator==(const list_cursor&) const = default;

    bool asks_behind_a_key() const { return !after.empty() && (form == list_form::v1 || by_key); }
};

// Digits, letters, ':' and '%' alone.
std::string to_text(const list_cursor& cursor);
// None: not a cursor. Empty text is the first page, in the form given.
std::optional<list_cursor> parse_cursor(std::string_view text, list_form first);

// The same place by key; none where no key is known yet.
std::optional<list_cursor> behind_last_key(list_cursor cursor);

// A list that begins shortly before `key`, by key.
list_cursor before_key(std::string_view key, list_form form);

}  // namespace decamp::source::s3
