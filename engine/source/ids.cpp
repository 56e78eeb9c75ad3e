#include "engine/source/ids.hpp"

#include "engine/transport/url.hpp"
#include "formats/unicode.hpp"

namespace decamp::source {

namespace {
constexpr std::string_view mark = "bytes:";
}

std::string id_of_path(std::string_view path) {
    if (formats::is_valid_utf8(path) && !path.starts_with(mark)) return std::string(path);
    return std::string(mark) + transport::percent_encode(path);
}

std::optional<std::string> path_of_id(std::string_view id) {
    if (!id.starts_with(mark)) return std::string(id);
    return transport::percent_decode(id.substr(mark.size()));
}

std::string folder_of_path(std::string_view path) {
    const auto last = path.rfind('/');
    std::string folder;
    if (last != std::string_view::npos) path = path.substr(0, last);
    while (last != std::string_view::npos && !path.empty()) {
        const auto slash = path.find('/');
        const std::string_view part = path.substr(0, slash);
        if (!part.empty()) {
            folder += '/';
            // Each part for itself, so that the folders above it are found again in the text.
            folder += formats::is_valid_utf8(part) ? std::string(part) : transport::percent_encode(part);
        }
        path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    }
    return folder.empty() ? "/" : folder;
}

}  // namespace decamp::source
