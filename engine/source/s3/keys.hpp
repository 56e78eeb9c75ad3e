#pragma once
// Keys of objects: any bytes to the service, text and folders to people. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace decamp::source::s3 {

// 1024 bytes is the longest key AWS allows; three times that, as it is percent-encoded in a list.
inline constexpr std::size_t key_limit = std::size_t{3} * 1024;

// The id of an item: its key below the folder, as it is; "bytes:" and the key percent-encoded where that is no text
// (bad UTF-8, controls), is empty, or itself begins with "bytes:", so that no two keys have one id.
std::string id_of_key(std::string_view relative);
// The key below the folder again; none: nothing that id_of_key gives.
std::optional<std::string> key_of_id(std::string_view id);

// Where the item lies, in valid UTF-8. "a//b/../c" lies in "/a/b/..": empty components are dropped, dots are kept,
// since whoever makes names for a drive makes each of them safe.
struct key_place {
    std::string home;  // "/", "/a/b"
    std::string name;  // last component
};
key_place place_of_key(std::string_view relative);

// What tools leave to show an empty folder.
bool is_folder_mark(std::string_view key, std::optional<std::uint64_t> size);

}  // namespace decamp::source::s3
