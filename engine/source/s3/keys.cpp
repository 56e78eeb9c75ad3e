#include "engine/source/s3/keys.hpp"

#include "engine/source/ids.hpp"

namespace decamp::source::s3 {

std::optional<std::string> key_of_id(std::string_view id) {
    auto key = path_of_id(id);
    if (key && key->size() > key_limit) return std::nullopt;
    return key;
}

bool is_folder_mark(std::string_view key, std::optional<std::uint64_t> size) {
    return size == std::uint64_t{0} && key.ends_with('/');
}

}  // namespace decamp::source::s3
