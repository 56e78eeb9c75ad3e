#pragma once
// What one entry of a list of links says, and the item it becomes. Pure; any thread. Texts about what is wrong never
// hold anything of the list itself: its URLs may be signed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "engine/model/item.hpp"
#include "engine/source/ids.hpp"
#include "engine/transport/url.hpp"

namespace decamp::source::links {

inline constexpr std::size_t line_limit = std::size_t{64} << 10;  // bytes of a line, without its end
inline constexpr std::size_t depth_limit = 64;  // folders above a file, of a URL; deeper ones fall together
// Of a path that the list gives: each folder is a row of the catalogue, by its whole path.
inline constexpr std::size_t path_depth_limit = 512;
inline constexpr std::size_t path_limit = 4096;  // bytes

enum class fault {
    line_too_long,
    not_a_url,     // nor http or https, or with a user name in it
    not_an_entry,  // begins like JSON and is none, or holds no "url"
    bad_size,
    bad_digest,
    bad_time,
    bad_path,
    too_deep,      // its path has more than depth_limit folders, or path_limit bytes
    stray_option,  // an indented NAME=VALUE without a URL above
    not_text,      // neither UTF-8 nor free of control characters
};
std::string_view to_string(fault what);

struct entry {
    transport::url target;
    std::string path;    // where it is to lie, '/'-separated, as the list has it; empty: as the URL says
    std::string folder;  // in front of that path, or of the URL's last part where there is none
    std::optional<std::uint64_t> size;
    std::optional<formats::sha256_digest> sha256;
    std::optional<formats::sha1_digest> sha1;
    std::optional<formats::md5_digest> md5;
    std::optional<std::int64_t> modified_ms;
    bool operator==(const entry&) const = default;
};

using reading = std::variant<entry, fault>;

// One line without its end, spaces around it allowed; neither blank nor a comment: a JSON object, or a URL, with
// mirrors behind tabs, which are passed over.
reading read_line(std::string_view line);

// An option line of an aria2 input file, as far as it is one: NAME=VALUE, indented. aria2's manual, "Input File".
struct option {
    std::string_view name, value;
};
std::optional<option> read_option(std::string_view line);
// Options that say nothing of the file are passed over. A fault, where there is one.
std::optional<fault> apply(const option& what, entry& to);
// Changes what is asked or with which secrets: left out, so that what comes may not be what was meant.
bool changes_the_request(const option& what);

// RFC 3339, or seconds since 1970 with an optional fraction; Unix milliseconds. None beyond the years 0 to 9999.
std::optional<std::int64_t> read_time(std::string_view text);
// "sha-256", "sha-1" or "md5" as the names of RFC 5854 and aria2 have them; others are passed over.
std::optional<fault> set_digest(entry& to, std::string_view type, std::string_view hex);
// Decimal digits. None also for what no file holds.
std::optional<std::uint64_t> read_size(std::string_view text);

// The URL without query and fragment, which may be signed; a query leaves its XXH3-64 behind.
std::string id_of(const transport::url& target);

// Below a folder named as the host.
tree_place place_of_url(const transport::url& target);

// The item; its locator is the caller's. None where its path lies too deep.
std::optional<listed_item> item_of(const entry& what);
// The item that stands for an entry that says nothing usable: "line 7".
listed_item bad_item(std::string_view unit, std::uint64_t number);
// The number, where an id is of that form.
std::optional<std::uint64_t> bad_item_number(std::string_view unit, std::string_view id);

}  // namespace decamp::source::links
