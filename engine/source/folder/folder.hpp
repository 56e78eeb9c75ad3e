#pragma once
// "folder:/path": a folder of this computer, such as a phone's mounted storage or an old disk, as a source. Read only.
// Nothing outside of it is reached: symbolic links in it are named, not followed.

#include <memory>
#include <string>
#include <string_view>

#include "decamp/source.hpp"
#include "engine/model/error.hpp"

namespace decamp::source::folder {

enum class folder_errc {
    no_path = 1,   // nothing after "folder:"
    not_a_folder,  // not there, or a file
    unreadable,    // not ours to read
};
boost::system::error_code make_error_code(folder_errc e);

// `source`: "folder:" and a path, absolute or from where the program was started. Blocks.
result<std::unique_ptr<blocking_source>> open_folder(std::string_view source);

// The canonical path of the folder that `source` names; empty: there is none.
std::string path_of(std::string_view source);

}  // namespace decamp::source::folder

template <>
struct boost::system::is_error_code_enum<decamp::source::folder::folder_errc> : std::true_type {};
