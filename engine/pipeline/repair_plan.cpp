#include "engine/pipeline/repair_plan.hpp"

#include <charconv>
#include <utility>

#include "engine/model/layout.hpp"
#include "engine/model/volume.hpp"
#include "engine/retrieval/list_line.hpp"

namespace decamp::pipeline {

namespace {

bool is_beside_volumes(std::string_view path) {
    return layout::parent_of(path) == layout::volumes_folder && volume_number(path) > 0;
}

std::optional<std::uint32_t> number_in(std::string_view digits) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return number;
}

}  // namespace

void repair_plan::add(verify::finding found) {
    if (left() >= most_damage) {
        ++beyond;
        return;
    }
    const std::string_view path = found.path;
    std::vector<damage>* to = &closing;
    if (path.starts_with("data/") && found.what != verify::fault::bad_line) to = &files;
    if (is_beside_volumes(path)) {
        if (!protected_name(layout::name_of(path)).empty())
            to = &parity;
        else if (layout::is_volume_list(path))
            to = &inner_lists;
        else if (retrieval::is_volume_path(path))
            to = &volumes;
    }
    to->push_back({std::move(found)});
}

std::int64_t volume_number(std::string_view path) {
    constexpr std::string_view begin = "volume-";
    const std::string_view name = layout::name_of(path);
    const auto dot = name.find('.');
    if (!name.starts_with(begin) || dot == name.npos || dot > begin.size() + 9) return 0;
    return number_in(name.substr(begin.size(), dot - begin.size())).value_or(0);
}

std::optional<std::uint32_t> recovery_count(std::string_view parity_name) {
    const std::string_view of = protected_name(parity_name);
    if (of.empty() || of.size() + std::string_view(".par2").size() == parity_name.size()) return std::nullopt;
    const auto plus = parity_name.rfind('+'), dot = parity_name.rfind('.');
    return number_in(parity_name.substr(plus + 1, dot - plus - 1));
}

std::optional<formats::par2_layout> parity_layout(std::uint64_t volume_bytes, std::uint32_t recovery_count) {
    if (recovery_count == 0 || volume_bytes == 0) return std::nullopt;
    const std::uint64_t slice = formats::plan_par2(volume_bytes, 10).slice_bytes;
    return formats::par2_layout_of(volume_bytes, slice, recovery_count);
}

}  // namespace decamp::pipeline
