#pragma once
// Which items are wanted: --include, --exclude, --since. Pure functions; docs/filters.md is for people.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decamp/error.hpp"
#include "engine/model/item.hpp"

namespace decamp::plan {

// The gallery's day starts at midnight of UTC+8. Other sources have no day of their own: theirs is the computer's.
inline constexpr int source_offset_minutes = 8 * 60;

struct filter {
    std::vector<std::string> include;  // shell patterns; none: everything
    std::vector<std::string> exclude;  // wins over include
    std::string since;                 // "YYYY-MM-DD", or empty
    // Whose days those are, for items that do not say under which day they were listed.
    int offset_minutes = source_offset_minutes;

    bool everything() const { return include.empty() && exclude.empty() && since.empty(); }
};

inline constexpr std::size_t longest_pattern = 1024;  // bytes

// A sentence for people when a pattern or the date cannot be used.
std::optional<std::string> problem(const filter& f, language words);

// Closed brackets, ascending ranges, no trailing backslash, valid UTF-8, 1 to longest_pattern bytes.
bool is_pattern(std::string_view pattern);

// Whether the whole of `text` matches. `*` and `?` match any characters but '/', `**` any at all, `[a-z]` one of a set,
// `[!a-z]` one outside it, `\` takes the next character as it is. Case counts. `one_name`: '/' is a character like any
// other. A malformed pattern matches nothing. Time: pattern times text.
bool matches(std::string_view pattern, std::string_view text, bool one_name = false);

// `album` is the name of the item's home. A pattern is compared with "album/name" and, if it holds no '/', with the
// name alone; both in NFC. `f` has no problem().
bool wanted(const filter& f, std::string_view album, const listed_item& item);

}  // namespace decamp::plan
