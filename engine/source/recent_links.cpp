#include "engine/source/recent_links.hpp"

#include <algorithm>

#include "formats/bytes.hpp"
#include "formats/digest.hpp"

namespace decamp::source {

bool recent_links::again(std::string_view id, std::uint64_t version) {
    const std::uint64_t key = formats::xxh3_64_of(formats::as_bytes(id));
    const auto at = std::ranges::find(given_, key, &std::pair<std::uint64_t, std::uint64_t>::first);
    const bool same = at != given_.end() && at->second == version;
    if (at != given_.end())
        at->second = version;
    else
        given_.emplace_back(key, version);
    if (given_.size() > limit) given_.pop_front();
    return same;
}

}  // namespace decamp::source
