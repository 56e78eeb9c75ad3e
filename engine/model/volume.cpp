#include "engine/model/volume.hpp"

#include "engine/model/layout.hpp"

namespace decamp {

std::string_view word_of(container kind) {
    switch (kind) {
        case container::tree:
            return "tree";
        case container::tar:
            return "tar";
        case container::tar_zst:
            return "tar.zst";
        case container::zip:
            return "zip";
    }
    return "tree";
}

std::optional<container> container_of(std::string_view word) {
    for (const container kind : {container::tree, container::tar, container::tar_zst, container::zip}) {
        if (word == word_of(kind)) return kind;
    }
    return std::nullopt;
}

std::optional<container> container_of_volume(std::string_view name) {
    if (name.ends_with(layout::encrypted_ending)) name.remove_suffix(layout::encrypted_ending.size());
    const auto dot = name.find('.');
    if (dot == 0 || dot == std::string_view::npos) return std::nullopt;
    const auto kind = container_of(name.substr(dot + 1));
    return kind == container::tree ? std::nullopt : kind;
}

std::string_view archived_name(std::string_view path) {
    const std::size_t prefix = layout::payload_folder.size() + 1;
    return path.size() > prefix && path.starts_with(layout::payload_folder) ? path.substr(prefix) : path;
}

std::string_view protected_name(std::string_view parity) {
    constexpr std::string_view ending = ".par2";
    const auto digits = [](std::string_view text) {
        return !text.empty() && text.size() <= 6 && text.find_first_not_of("0123456789") == text.npos;
    };
    if (!parity.ends_with(ending)) return {};
    const std::string_view name = parity.substr(0, parity.size() - ending.size());
    const auto dot = name.rfind('.');
    if (dot == name.npos || !name.substr(dot + 1).starts_with("vol")) return name;
    const std::string_view range = name.substr(dot + 4);
    const auto plus = range.find('+');
    if (plus == range.npos || !digits(range.substr(0, plus)) || !digits(range.substr(plus + 1))) return name;
    return name.substr(0, dot);
}

}  // namespace decamp
