#pragma once
// A list of links as a source: a file on this machine that names URLs, perhaps with sizes and digests.
// docs/sources/links.md says which forms it may have.

#include <memory>
#include <string_view>

#include "engine/model/error.hpp"
#include "engine/source/place.hpp"

namespace decamp::source::links {

// All of class run.
enum class links_errc {
    not_links = 1,  // does not begin with "links:", or names no file
    not_found,      // the file is not there
    is_a_folder,
    read_once,   // standard input, a pipe or a device: a list is read again
    unreadable,  // not permitted, or it failed
    not_a_list,  // binary, UTF-16, a JSON array, or XML other than Metalink 4
    broken,      // a Metalink document that is not well-formed from some place on
};
boost::system::error_code make_error_code(links_errc e);

// "links:FILE", FILE relative or absolute. Opens it and looks at its beginning: blocks.
result<std::unique_ptr<place>> parse_links(std::string_view source);

}  // namespace decamp::source::links

template <>
struct boost::system::is_error_code_enum<decamp::source::links::links_errc> : std::true_type {};
