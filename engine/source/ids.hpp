#pragma once
// Ids and places of items whose source knows them by a path of any bytes. Pure.

#include <optional>
#include <string>
#include <string_view>

namespace decamp::source {

// The path as it is; "bytes:" and the path percent-encoded where it is no text (bad UTF-8, controls), is empty, or
// itself begins with "bytes:", so that no two paths have one id.
std::string id_of_path(std::string_view path);
// The path again; none: nothing that id_of_path() gives.
std::optional<std::string> path_of_id(std::string_view id);

// Where an item lies in a tree, in valid UTF-8. "a//b/../c" lies in "/a/b/..": empty components are dropped, dots are
// kept, since whoever makes names for a drive makes each of them safe.
struct tree_place {
    std::string home;  // "/", "/a/b"
    std::string name;  // last component
};
tree_place place_of_path(std::string_view path);

}  // namespace decamp::source
