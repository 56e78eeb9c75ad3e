#pragma once
// Which items of an export are meant: by pattern, album and day. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "decamp/retrieve.hpp"
#include "engine/retrieval/list_line.hpp"

namespace decamp::retrieval {

// A sentence for people where a pattern or a date cannot be used.
std::optional<std::string> problem(const item_selection& s, language words);

bool everything(const item_selection& s);

// `target`: the name it is listed under, e.g. albums/Camera/IMG_0001.jpg. Patterns are compared with ALBUM/NAME, with
// the original name where that is another, with the whole name as listed, and, where they hold no '/', with the names
// alone. `s` has no problem(). An item without any date is in no span of days.
bool wanted(const item_selection& s, std::string_view target, const list_line& line);

// "Camera" of albums/Camera/IMG_0001.jpg.
std::string_view album_of(std::string_view target);

// The day an item belongs to, as the source counts days: YYYY-MM-DD; empty: none is known.
std::string day_of(const list_line& line);

}  // namespace decamp::retrieval
