#pragma once
// Ids of items whose source knows them by a path of any bytes. Pure.

#include <optional>
#include <string>
#include <string_view>

namespace decamp::source {

// The path itself where it is UTF-8, else "bytes:" and the path percent-encoded. Different paths have different ids.
std::string id_of_path(std::string_view path);
// The path again; none: no id of id_of_path().
std::optional<std::string> path_of_id(std::string_view id);

// "/" or "/a/b" of "a/b/name", empty components left out; as valid UTF-8. What collections of a tree have as ids.
std::string folder_of_path(std::string_view path);

}  // namespace decamp::source
