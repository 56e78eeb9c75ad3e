#include "engine/retrieval/wanted_lines.hpp"

#include <algorithm>

#include "formats/bytes.hpp"
#include "formats/digest.hpp"

namespace decamp::retrieval {

namespace {

std::uint64_t key_of(std::string_view file) {
    return formats::xxh3_64_of(formats::as_bytes(file));
}
auto bytes_of(const wanted_line& w) {
    return std::tuple(w.volume, w.bytes);
}

}  // namespace

void wanted_lines::add(const list_line& line, list_place place, naming how) {
    wanted_line w;
    w.how = how;
    w.place = place;
    w.bytes = key_of(line.file);
    if (!line.volume.empty()) {
        const auto [known, added] = numbers_.emplace(line.volume, volumes());
        if (added) volumes_.push_back(line.volume);
        w.volume = known->second;
    }
    all_.push_back(w);
}

void wanted_lines::sort() {
    std::ranges::sort(all_, {},
                      [](const wanted_line& w) { return std::tuple(w.volume, w.bytes, w.place.list, w.place.offset); });
}

std::vector<wanted_group> wanted_lines::groups_of(std::uint32_t volume) {
    std::vector<wanted_group> groups;
    auto at = std::ranges::lower_bound(all_, volume, {}, &wanted_line::volume);
    for (; at != all_.end() && at->volume == volume; ++at) {
        if (groups.empty() || bytes_of(*groups.back().front()) != bytes_of(*at)) groups.emplace_back();
        groups.back().push_back(&*at);
    }
    return groups;
}

wanted_group wanted_lines::group(std::uint32_t volume, std::string_view file) {
    wanted_group items;
    const std::tuple wish(volume, key_of(file));
    auto at = std::ranges::lower_bound(all_, wish, {}, bytes_of);
    for (; at != all_.end() && bytes_of(*at) == wish; ++at) items.push_back(&*at);
    return items;
}

bool settled(const wanted_group& items) {
    return std::ranges::all_of(items, [](const wanted_line* w) { return w->done; });
}

}  // namespace decamp::retrieval
