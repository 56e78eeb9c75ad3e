#include "engine/plan/naming.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "engine/model/layout.hpp"
#include "formats/digest.hpp"
#include "formats/hex.hpp"
#include "formats/safe_name.hpp"
#include "formats/time.hpp"
#include "formats/unicode.hpp"

namespace decamp::plan {

namespace {

// UTF-16 units of a path from the destination on; an album gets at most 80 of them, and all folders of a tree together
// so many that what is left is enough for any name.
constexpr std::size_t path_units = 200;
constexpr std::size_t tree_units = 120;
constexpr formats::name_limits folder_limits{80, 240};
constexpr std::string_view deep_folder = "long paths";

formats::name_limits file_limits(arrangement how, std::string_view folder) {
    const std::size_t used = root_of(how).size() + 1 + formats::utf16_length(folder) + 1;
    return {used < path_units ? path_units - used : 0, 255};
}

std::string numbered(std::string_view text, unsigned attempt) {
    return attempt <= 1 ? std::string(text) : std::string(text) + "-" + std::to_string(attempt);
}

std::string in_folder(arrangement how, std::string_view folder, std::string_view name) {
    const std::string_view root = root_of(how);
    return folder.empty() ? layout::below(root, name) : layout::below(layout::below(root, folder), name);
}

std::string mark_of(std::string_view id) {
    const auto digest = formats::xxh3_64_of(std::as_bytes(std::span(id.data(), id.size())));
    std::array<std::byte, 8> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(digest >> (56 - 8 * i) & 0xff);
    return formats::to_hex(bytes);
}

// What keeps two items of one name apart.
std::string suffix_of(arrangement how, const item_id& id) {
    return how == arrangement::albums ? id.value : mark_of(id.value).substr(0, 8);
}

std::string below_parent(std::string_view parent, std::string name, const collection_id& folder) {
    std::string path = parent.empty() ? std::move(name) : layout::below(parent, name);
    if (formats::utf16_length(path) <= tree_units) return path;
    return layout::below(deep_folder, mark_of(folder.value));
}

std::string_view last_name(const collection_id& folder) {
    return layout::name_of(folder.value);
}

std::string compact_time(std::int64_t unix_ms) {
    std::string text = formats::format_rfc3339(formats::ns_from_ms(unix_ms));  // 2024-05-01T10:20:30Z
    std::erase(text, '-');
    std::erase(text, ':');
    return text;
}

}  // namespace

std::string folder_candidate(const collection& c) {
    const bool blank = c.name.find_first_not_of(" \t\r\n") == std::string::npos;
    return formats::safe_component(blank ? "Album " + c.id.value : c.name, folder_limits);
}

std::string folder_candidate_with_id(const collection& c, unsigned attempt) {
    return formats::with_suffix(folder_candidate(c), numbered(c.id.value, attempt), folder_limits);
}

std::string_view root_of(arrangement how) {
    return how == arrangement::albums ? layout::albums_folder : layout::files_folder;
}

collection_id parent_folder(const collection_id& folder) {
    const auto slash = folder.value.rfind('/');
    if (slash == std::string::npos || slash == 0) return {"/"};
    return {folder.value.substr(0, slash)};
}

std::string tree_candidate(std::string_view parent, const collection_id& folder) {
    if (folder.value.size() <= 1) return {};
    return below_parent(parent, formats::safe_component(last_name(folder), folder_limits), folder);
}

std::string tree_candidate_with_id(std::string_view parent, const collection_id& folder, unsigned attempt) {
    const std::string safe = formats::safe_component(last_name(folder), folder_limits);
    const std::string mark = numbered(mark_of(folder.value).substr(0, 8), attempt);
    return below_parent(parent, formats::with_suffix(safe, mark, folder_limits), folder);
}

std::string path_candidate(arrangement how, std::string_view folder, const listed_item& item) {
    return in_folder(how, folder, formats::safe_component(item.name, file_limits(how, folder)));
}

std::string path_candidate_with_id(arrangement how, std::string_view folder, const listed_item& item,
                                   unsigned attempt) {
    const auto limits = file_limits(how, folder);
    const std::string safe = formats::safe_component(item.name, limits);
    return in_folder(how, folder, formats::with_suffix(safe, numbered(suffix_of(how, item.id), attempt), limits));
}

std::string path_candidate_changed(arrangement how, std::string_view folder, const listed_item& item,
                                   unsigned attempt) {
    const auto limits = file_limits(how, folder);
    const std::string safe = formats::safe_component(item.name, limits);
    const std::string mark = item.modified_ms ? compact_time(*item.modified_ms) : suffix_of(how, item.id);
    return in_folder(how, folder, formats::with_suffix(safe, numbered(mark, attempt), limits));
}

}  // namespace decamp::plan
