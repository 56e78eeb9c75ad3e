#pragma once
// Which file system a path lies on, by what stays the same when it is mounted again elsewhere.

#include <string>

namespace decamp::world {

// Its UUID, or the id that the kernel makes of it (ext4, btrfs); empty: nothing that stays is known of it. Device
// numbers do not.
std::string file_system_id(const std::string& path);

}  // namespace decamp::world
