#include "engine/source/ids.hpp"

#include <algorithm>

#include "engine/transport/url.hpp"
#include "formats/unicode.hpp"

namespace decamp::source {

namespace {

constexpr std::string_view bytes_mark = "bytes:";

bool can_be_an_id(std::string_view path) {
    if (path.empty() || path.starts_with(bytes_mark) || !formats::is_valid_utf8(path)) return false;
    return std::ranges::none_of(path, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

std::string id_of_path(std::string_view path) {
    if (can_be_an_id(path)) return std::string(path);
    return std::string(bytes_mark) + transport::percent_encode(path);
}

std::optional<std::string> path_of_id(std::string_view id) {
    std::optional<std::string> out(id);
    if (id.starts_with(bytes_mark)) out = transport::percent_decode(id.substr(bytes_mark.size()));
    if (!out || id_of_path(*out) != id) return std::nullopt;
    return out;
}

tree_place place_of_path(std::string_view path) {
    // What ends in '/' is a file all the same, named by what stands before.
    while (path.ends_with('/')) path.remove_suffix(1);
    const auto slash = path.rfind('/');
    const bool below = slash != std::string_view::npos;
    tree_place out;
    out.name = formats::to_valid_utf8(below ? path.substr(slash + 1) : path);
    std::string_view folders = below ? path.substr(0, slash) : std::string_view();
    while (!folders.empty()) {
        const auto end = std::min(folders.find('/'), folders.size());
        if (end > 0) out.home += "/" + formats::to_valid_utf8(folders.substr(0, end));
        folders.remove_prefix(std::min(end + 1, folders.size()));
    }
    if (out.home.empty()) out.home = "/";
    return out;
}

}  // namespace decamp::source
