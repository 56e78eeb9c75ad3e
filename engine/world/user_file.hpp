#pragma once
// Files of the user's own outside the destination: credentials, a CA file. Their path is the user's word and is not
// confined.

#include <cstddef>
#include <string>

#include "engine/model/error.hpp"

namespace decamp::world {

// The whole of a regular file, a pipe or a device such as /dev/stdin. file_errc::too_large beyond `limit` bytes; other
// errors as file_errc. The detail names the path, never what is in it. Blocks.
result<std::string> read_user_file(const std::string& path, std::size_t limit);

}  // namespace decamp::world
