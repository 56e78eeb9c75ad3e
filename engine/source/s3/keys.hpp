#pragma once
// Keys of objects: any bytes to the service. Their ids and places are those of engine/source/ids.hpp. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace decamp::source::s3 {

// 1024 bytes is the longest key AWS allows; three times that, as it is percent-encoded in a list.
inline constexpr std::size_t key_limit = std::size_t{3} * 1024;

// The key below the folder of an item's id; none: no id of a key.
std::optional<std::string> key_of_id(std::string_view id);

// What tools leave to show an empty folder.
bool is_folder_mark(std::string_view key, std::optional<std::uint64_t> size);

}  // namespace decamp::source::s3
