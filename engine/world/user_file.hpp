#pragma once
// Files of the user's own outside the destination: credentials, a CA file, a list of links. Their path is the user's
// word and is not confined.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/model/error.hpp"

namespace decamp::world {

// The whole of a regular file, a pipe or a device such as /dev/stdin. file_errc::too_large beyond `limit` bytes; other
// errors as file_errc. The detail names the path, never what is in it. Blocks.
result<std::string> read_user_file(const std::string& path, std::size_t limit);

// A file that stays open and is read in parts, at any place. Any thread. Blocks.
class user_file {
  public:
    virtual ~user_file() = default;
    // Bytes read; fewer than asked only at the end of the file as it is now.
    virtual result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const = 0;
};

// Only what can be read twice: file_errc::io for a pipe or a device (which is not waited for), file_errc::is_a_folder
// for a folder. The user's own links are followed.
result<std::unique_ptr<user_file>> open_user_file(const std::string& path);

// Writes a file that only its owner can read (0600), whole or not at all, and makes it durable. Its folder is made 0700
// where it is missing, with its parents. What stood there is replaced. Blocks.
result<void> write_private_file(const std::string& path, std::string_view text);

}  // namespace decamp::world
