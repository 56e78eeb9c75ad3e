#include "engine/plan/naming.hpp"

#include <algorithm>

#include "engine/model/layout.hpp"
#include "formats/safe_name.hpp"
#include "formats/time.hpp"
#include "formats/unicode.hpp"

namespace decamp::plan {

namespace {

// UTF-16 units of a path from the destination on; a folder gets at most folder_units of them.
constexpr std::size_t path_units = 200;
constexpr formats::name_limits folder_limits{80, 240};

formats::name_limits file_limits(std::string_view folder) {
    const std::size_t used = layout::albums_folder.size() + 1 + formats::utf16_length(folder) + 1;
    return {used < path_units ? path_units - used : 0, 255};
}

std::string numbered(std::string_view text, unsigned attempt) {
    return attempt <= 1 ? std::string(text) : std::string(text) + "-" + std::to_string(attempt);
}

std::string in_folder(std::string_view folder, std::string_view name) {
    return layout::below(layout::below(layout::albums_folder, folder), name);
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

std::string path_candidate(std::string_view folder, const listed_item& item) {
    return in_folder(folder, formats::safe_component(item.name, file_limits(folder)));
}

std::string path_candidate_with_id(std::string_view folder, const listed_item& item, unsigned attempt) {
    const auto limits = file_limits(folder);
    const std::string safe = formats::safe_component(item.name, limits);
    return in_folder(folder, formats::with_suffix(safe, numbered(item.id.value, attempt), limits));
}

std::string path_candidate_changed(std::string_view folder, const listed_item& item, unsigned attempt) {
    const auto limits = file_limits(folder);
    const std::string safe = formats::safe_component(item.name, limits);
    const std::string mark = item.modified_ms ? compact_time(*item.modified_ms) : item.id.value;
    return in_folder(folder, formats::with_suffix(safe, numbered(mark, attempt), limits));
}

}  // namespace decamp::plan
