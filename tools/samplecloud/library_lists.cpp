#include <algorithm>
#include <array>

#include "tools/samplecloud/civil_time.hpp"
#include "tools/samplecloud/library.hpp"

namespace decamp::samplecloud {
namespace {

/// Photos of eight days in a row, repeated and multiplied: days differ, some are empty, and still any day's range of
/// items is arithmetic. prefix[i] is what the days before the i-th hold.
constexpr std::array<std::uint64_t, 9> prefix{0, 4, 5, 5, 12, 14, 26, 27, 32};
constexpr std::uint64_t cycle_days = prefix.size() - 1;
constexpr std::uint64_t cycle_items = prefix.back();

}  // namespace

std::uint64_t library::first_of_day(std::int64_t offset, std::uint64_t domain) const {
    if (offset <= 0) return 0;
    const auto days = static_cast<std::uint64_t>(offset);
    const std::uint64_t before = (days / cycle_days * cycle_items + prefix[days % cycle_days]) * day_factor_;
    return std::min(before, domain);
}

std::int64_t library::day_offset_of(std::uint64_t position) const {
    const std::uint64_t cycle = position / (cycle_items * day_factor_);
    const std::uint64_t inside = position % (cycle_items * day_factor_) / day_factor_;
    const auto next = std::upper_bound(prefix.begin(), prefix.end(), inside);
    return static_cast<std::int64_t>(cycle * cycle_days) + (next - prefix.begin() - 1);
}

std::int64_t library::last_day() const {
    return switches_.items == 0 ? first_day_ : first_day_ + day_offset_of(switches_.items - 1);
}

std::uint64_t library::domain_start(const list_view& view) const {
    return view.what == list_view::scope::hidden ? switches_.items : 0;
}

list_view library::view(std::optional<std::uint64_t> album, std::optional<std::int64_t> first_day,
                        std::optional<std::int64_t> last) const {
    list_view out;
    if (!album) {
        out.what = list_view::scope::all;
    } else if (*album == private_album_id) {
        out.what = list_view::scope::hidden;
    } else if (*album == video_album_id) {
        out.what = list_view::scope::video;
    } else if (const auto ordinal = album_ordinal(*album)) {
        out.what = list_view::scope::album;
        out.ordinal = *ordinal;
    }
    const std::uint64_t domain = out.what == list_view::scope::hidden ? switches_.private_items : switches_.items;
    out.low = first_day ? first_of_day(*first_day - first_day_, domain) : 0;
    out.high = last ? first_of_day(*last - first_day_ + 1, domain) : domain;
    out.high = std::max(out.low, out.high);
    const bool takes_inserted =
        out.what == list_view::scope::all || (out.what == list_view::scope::album && out.ordinal == 0);
    out.with_inserted = takes_inserted && (!first_day || *first_day <= last_day()) && (!last || *last >= last_day());
    return out;
}

const std::vector<std::uint32_t>* library::slots_of(const list_view& view) const {
    if (view.what == list_view::scope::album) return &albums_[view.ordinal].slots;
    if (view.what == list_view::scope::video) return &videos_.slots;
    return nullptr;
}

/// How many items of the view's scope lie before `position`, days aside.
std::uint64_t library::rank(const list_view& view, std::uint64_t position) const {
    if (view.what == list_view::scope::nothing) return 0;
    const auto* slots = slots_of(view);
    if (slots == nullptr) return position;
    const auto inside = std::lower_bound(slots->begin(), slots->end(), position % block_) - slots->begin();
    return position / block_ * slots->size() + static_cast<std::uint64_t>(inside);
}

/// The inverse of rank(): the position of the scope's k-th item.
std::uint64_t library::nth_oldest(const list_view& view, std::uint64_t k) const {
    const auto* slots = slots_of(view);
    if (slots == nullptr) return k;
    return k / slots->size() * block_ + (*slots)[k % slots->size()];
}

bool library::holds(const list_view& view, std::uint64_t index) const {
    if (is_inserted(index)) return view.with_inserted;
    const std::uint64_t start = domain_start(view);
    if (index < start || index - start < view.low || index - start >= view.high) return false;
    if (view.what == list_view::scope::hidden) return true;
    if (is_private(index)) return false;
    const auto* slots = slots_of(view);
    return slots == nullptr ? view.what == list_view::scope::all
                            : std::binary_search(slots->begin(), slots->end(), index % block_);
}

std::uint64_t library::count(const list_view& view, const list_state& state) const {
    std::uint64_t all = rank(view, view.high) - rank(view, view.low);
    if (view.with_inserted) all += state.inserted;
    for (const std::uint64_t index : state.removed) {
        if (holds(view, index)) --all;
    }
    return all;
}

std::uint64_t library::nth_newest(const list_view& view, const list_state& state, std::uint64_t k) const {
    const std::uint64_t inserted = view.with_inserted ? state.inserted : 0;
    const std::uint64_t high = rank(view, view.high);
    // Removed items, newest first, push the wanted one further down the list.
    for (auto removed = state.removed.rbegin(); removed != state.removed.rend(); ++removed) {
        if (!holds(view, *removed)) continue;
        const std::uint64_t place = is_inserted(*removed)
                                        ? first_inserted() + inserted - 1 - *removed
                                        : inserted + high - 1 - rank(view, *removed - domain_start(view));
        if (place <= k) ++k;
    }
    if (k < inserted) return first_inserted() + inserted - 1 - k;
    return domain_start(view) + nth_oldest(view, high - 1 - (k - inserted));
}

std::vector<day_count> library::days(const list_view& view, const list_state& state) const {
    std::vector<day_count> out;
    if (view.what == list_view::scope::nothing) return out;
    const std::uint64_t domain = view.what == list_view::scope::hidden ? switches_.private_items : switches_.items;
    for (std::uint64_t position = view.low; position < view.high;) {
        const std::int64_t offset = day_offset_of(position);
        const std::uint64_t next = std::min(first_of_day(offset + 1, domain), view.high);
        out.push_back({first_day_ + offset, rank(view, next) - rank(view, position)});
        position = next;
    }
    auto add = [&](std::int64_t day, bool more) {
        auto place = std::lower_bound(out.begin(), out.end(), day,
                                      [](const day_count& entry, std::int64_t wanted) { return entry.day < wanted; });
        if (place == out.end() || place->day != day) place = out.insert(place, day_count{day, 0});
        place->count += more ? 1 : ~0ULL;
    };
    if (view.with_inserted) {
        for (std::uint64_t i = 0; i < state.inserted; ++i) add(last_day(), true);
    }
    for (const std::uint64_t index : state.removed) {
        if (!holds(view, index)) continue;
        add(is_inserted(index) ? last_day() : first_day_ + day_offset_of(index - domain_start(view)), false);
    }
    std::erase_if(out, [](const day_count& entry) { return entry.count == 0; });
    return out;
}

}  // namespace decamp::samplecloud
