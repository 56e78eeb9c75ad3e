#pragma once
// What becomes of the lists: names, days, and how far a walk has come. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/item.hpp"
#include "engine/source/micloud/json_page.hpp"

namespace decamp::source::micloud {

// Days of the cloud's own timeline are days in China, whatever the account's region or the machine's zone.
inline constexpr int timeline_offset_minutes = 8 * 60;

// Gives the albums that come without a name theirs; others stay as they are, perhaps blank.
std::string album_name(const collection_id& id, std::string_view sent);

// The day an item counts for in `where`: the scope's only one, or that of its time, kept within the scope.
std::string bucket_of(const gallery_item& item, const scope& where);
// Items as the scope lists them.
std::vector<listed_item> as_listed(std::vector<gallery_item> items, const scope& where);
// False: a scope the cloud cannot be asked for, its bounds being no days.
bool can_be_asked(const scope& where);

// Where a paged walk stands; opaque text to whoever walks. The print of the last page tells a cloud that answers the
// same page for ever.
struct page_cursor {
    std::uint64_t page = 0;
    std::uint64_t print = 0;   // of the last page that held something
    std::uint64_t anchor = 0;  // of a page further back, to tell pages that go round (Brent)
    bool barren = false;       // the page before brought nothing new
    bool beyond = false;       // the page before was said to be the last, and was full
    bool flag = false;         // albums: the private one was among those seen
    bool operator==(const page_cursor&) const = default;
};
inline constexpr std::uint64_t page_count_limit = 1'000'000;
std::string to_text(const page_cursor& cursor);
std::optional<page_cursor> parse_cursor(std::string_view text);  // "" is the first page

// The end of a list is believed only when nothing in the answer contradicts it: behind a full page that is said to be
// the last one more is asked for, and behind one that is empty, or that a stale cache repeats, and is not said to be
// the last.
struct page_seen {
    std::uint64_t print = 0;
    std::size_t entries = 0, asked_for = 0;
    bool last = false;  // by its own word
    bool more = false;  // by its own word
};
struct page_outcome {
    page_cursor next;
    bool fresh = false;  // it is not one that came before
    bool ended = false;
};
page_outcome after_page(const page_cursor& at, const page_seen& seen);

std::uint64_t print_of(const std::vector<std::string_view>& ids);

}  // namespace decamp::source::micloud
