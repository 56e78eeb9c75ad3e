#include "engine/source/s3/keys.hpp"

#include <algorithm>

#include "engine/transport/url.hpp"
#include "formats/unicode.hpp"

namespace decamp::source::s3 {

namespace {

constexpr std::string_view bytes_mark = "bytes:";

bool can_be_an_id(std::string_view key) {
    if (key.empty() || key.starts_with(bytes_mark) || !formats::is_valid_utf8(key)) return false;
    return std::ranges::none_of(key, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

std::string id_of_key(std::string_view relative) {
    if (can_be_an_id(relative)) return std::string(relative);
    return std::string(bytes_mark) + transport::percent_encode(relative);
}

std::optional<std::string> key_of_id(std::string_view id) {
    std::optional<std::string> out(id);
    if (id.starts_with(bytes_mark)) out = transport::percent_decode(id.substr(bytes_mark.size()));
    if (!out || out->size() > key_limit || id_of_key(*out) != id) return std::nullopt;
    return out;
}

key_place place_of_key(std::string_view relative) {
    // A key with bytes that ends in '/' is a file all the same, named by what stands before.
    while (relative.ends_with('/')) relative.remove_suffix(1);
    const auto slash = relative.rfind('/');
    const bool below = slash != std::string_view::npos;
    key_place out;
    out.name = formats::to_valid_utf8(below ? relative.substr(slash + 1) : relative);
    std::string_view folders = below ? relative.substr(0, slash) : std::string_view();
    while (!folders.empty()) {
        const auto end = std::min(folders.find('/'), folders.size());
        if (end > 0) out.home += "/" + formats::to_valid_utf8(folders.substr(0, end));
        folders.remove_prefix(std::min(end + 1, folders.size()));
    }
    if (out.home.empty()) out.home = "/";
    return out;
}

bool is_folder_mark(std::string_view key, std::optional<std::uint64_t> size) {
    return size == std::uint64_t{0} && key.ends_with('/');
}

}  // namespace decamp::source::s3
