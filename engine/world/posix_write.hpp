#pragma once
// Inside engine/world only.

#include <string_view>

namespace decamp::world::posix {

// All of it, however many calls that takes; false after an error. Waits where the descriptor does not block.
bool write_whole(int fd, std::string_view text);

}  // namespace decamp::world::posix
