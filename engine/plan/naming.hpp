#pragma once
// Which name an item gets on the drive. Pure; whether a name is free is the caller's question to the catalogue.

#include <string>
#include <string_view>

#include "engine/model/item.hpp"

namespace decamp::plan {

// Folder of a collection below data/albums: its name made safe, or "Album ID" where it has none.
std::string folder_candidate(const collection& c);
// The same with the id behind it, for when the first is taken; `attempt` from 1.
std::string folder_candidate_with_id(const collection& c, unsigned attempt);

// Path of an item: data/albums/FOLDER/NAME, at most 200 UTF-16 units in all (Windows stops at 260 with the drive's part).
std::string path_candidate(std::string_view folder, const listed_item& item);
// NAME~ID.ext, then NAME~ID-2.ext ...; `attempt` from 1.
std::string path_candidate_with_id(std::string_view folder, const listed_item& item, unsigned attempt);
// A changed item's further file: NAME~MODIFIED.ext, MODIFIED as YYYYMMDDThhmmssZ, or ID where no time is known.
std::string path_candidate_changed(std::string_view folder, const listed_item& item, unsigned attempt);

}  // namespace decamp::plan
