#pragma once
// Which name an item gets on the drive. Pure; whether a name is free is the caller's question to the catalogue.

#include <string>
#include <string_view>

#include "engine/model/item.hpp"

namespace decamp::plan {

// Below which folder of the destination everything of this arrangement lies: data/albums or data/files.
std::string_view root_of(arrangement how);

// Folder of an album below data/albums: its name made safe, or "Album ID" where it has none.
std::string folder_candidate(const collection& c);
// The same with the id behind it, for when the first is taken; `attempt` from 1.
std::string folder_candidate_with_id(const collection& c, unsigned attempt);

// The folder that holds this one: "/" of "/a", "/a" of "/a/b". The root is its own.
collection_id parent_folder(const collection_id& folder);
// Folder of a tree below data/files: the parent's with its own last name made safe behind it; "" for the root. A path
// that would leave too little of Windows' 260 characters for names stands by a mark of its id in a folder of such.
std::string tree_candidate(std::string_view parent, const collection_id& folder);
std::string tree_candidate_with_id(std::string_view parent, const collection_id& folder, unsigned attempt);

// Path of an item: ROOT/FOLDER/NAME, at most 200 UTF-16 units in all (Windows stops at 260 with the drive's part).
std::string path_candidate(arrangement how, std::string_view folder, const listed_item& item);
// NAME~ID.ext, then NAME~ID-2.ext ...; `attempt` from 1. In a tree, where ids are paths, ID is a mark of it: the first
// eight hexadecimal digits of its XXH3-64.
std::string path_candidate_with_id(arrangement how, std::string_view folder, const listed_item& item, unsigned attempt);
// A changed item's further file: NAME~MODIFIED.ext, MODIFIED as YYYYMMDDThhmmssZ, or ID where no time is known.
std::string path_candidate_changed(arrangement how, std::string_view folder, const listed_item& item, unsigned attempt);

}  // namespace decamp::plan
