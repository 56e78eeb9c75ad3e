#include "tools/samplecloud/library.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tools/samplecloud/civil_time.hpp"
#include "tools/samplecloud/names.hpp"

namespace decamp::samplecloud {
namespace {

constexpr std::uint64_t large_id_base = 30'000'000'000'000'000ULL;  // beyond 2^53, where doubles are 4 apart
constexpr std::uint64_t small_id_base = 1'000'000'000'000ULL;
constexpr std::uint64_t album_id_base = 21'000'000'000'000'000ULL;
constexpr std::uint64_t pair_mask = (1ULL << 46) - 1;
constexpr std::uint64_t pair_factor = 0x2545F4914F6CDD1DULL & pair_mask;
constexpr std::uint64_t album_mask = (1ULL << 40) - 1;

constexpr std::uint64_t inverse(std::uint64_t odd) {
    std::uint64_t x = odd;  // Newton: each step doubles the number of right bits
    for (int i = 0; i < 6; ++i) x *= 2 - odd * x;
    return x;
}
static_assert(((pair_factor * inverse(pair_factor)) & pair_mask) == 1);

std::int64_t day_from_text(const std::string& text) {
    return days_from_civil({std::stoi(text.substr(0, 4)), std::stoi(text.substr(4, 2)), std::stoi(text.substr(6, 2))});
}

/// Evenly over the logarithm from low to high; square roots are exact everywhere, pow() is not.
std::uint64_t log_uniform(std::uint64_t low, std::uint64_t high, std::uint64_t random) {
    const double start = static_cast<double>(std::max<std::uint64_t>(low, 1));
    double ratio = static_cast<double>(std::max<std::uint64_t>(high, 1)) / start;
    double value = start;
    for (int bit = 0; bit < 16; ++bit) {
        ratio = std::sqrt(ratio);
        if ((random >> bit & 1U) != 0) value *= ratio;
    }
    return std::clamp(static_cast<std::uint64_t>(value), low, high);
}

}  // namespace

library::library(const scenario& from)
    : switches_(from.library), second_host_percent_(from.storage.second_host_percent) {
    constexpr std::uint64_t pattern_mean = 4;
    const std::uint64_t per_day =
        switches_.items_per_day != 0 ? switches_.items_per_day : std::max(pattern_mean, switches_.items / 2000 + 1);
    day_factor_ = (per_day + pattern_mean - 1) / pattern_mean;
    first_day_ = day_from_text(switches_.first_day);
    build_slots();
    for (std::uint64_t i = 0; i < switches_.albums; ++i) ordinals_.emplace(album_id(i), i);
    for (const auto& named : switches_.names) names_[named.item] = named.name;
}

/// Half the slots of a block go to the camera, a quarter to screenshots, one or more to each other album; where the
/// library is too small for that, each album gets one slot.
void library::build_slots() {
    const std::uint64_t albums = switches_.albums;
    std::uint64_t copies = 1;
    std::vector<std::uint32_t> plan;
    if (albums <= 2 || switches_.items < 4 * albums) {
        for (std::uint32_t a = 0; a < albums; ++a) plan.push_back(a);
    } else {
        const std::uint64_t others = albums - 2;
        plan.insert(plan.end(), 2 * others, 0);
        plan.insert(plan.end(), others, 1);
        for (std::uint32_t a = 2; a < albums; ++a) plan.push_back(a);
    }
    if (plan.size() < 64) copies = 64 / plan.size();
    for (std::uint64_t c = 0; c < copies; ++c) home_.insert(home_.end(), plan.begin(), plan.end());
    block_ = home_.size();
    for (std::uint64_t i = block_ - 1; i > 0; --i) {
        std::swap(home_[i], home_[draw(switches_.seed, purpose::slot, i) % (i + 1)]);
    }
    also_ = home_;
    video_slot_.assign(block_, false);
    albums_.resize(albums);
    for (std::uint32_t slot = 0; slot < block_; ++slot) {
        const std::uint64_t chance = draw(switches_.seed, purpose::second_album, slot);
        if (albums > 1 && chance % 100 < switches_.second_album_percent) {
            const std::uint64_t step = 1 + chance / 100 % (albums - 1);
            also_[slot] = static_cast<std::uint32_t>((home_[slot] + step) % albums);
        }
        albums_[home_[slot]].slots.push_back(slot);
        if (also_[slot] != home_[slot]) albums_[also_[slot]].slots.push_back(slot);
        if (draw(switches_.seed, purpose::video, slot) % 100 < switches_.videos_percent) {
            video_slot_[slot] = true;
            videos_.slots.push_back(slot);
        }
    }
}

std::uint64_t library::id_of(std::uint64_t index) const {
    // Ids come in pairs one apart: who reads them as doubles sees two photos as one.
    const std::uint64_t pair = ((index / 2) * pair_factor + switches_.seed) & pair_mask;
    if (switches_.ids_beyond_double) return large_id_base + pair * 2 + index % 2;
    return small_id_base + index;
}

std::optional<std::uint64_t> library::index_of(std::uint64_t id, std::uint64_t inserted) const {
    const std::uint64_t base = switches_.ids_beyond_double ? large_id_base : small_id_base;
    if (id < base) return std::nullopt;
    std::uint64_t index = id - base;
    if (switches_.ids_beyond_double) {
        const std::uint64_t pair = (id - base) / 2;
        if (pair > pair_mask) return std::nullopt;
        index = (((pair - switches_.seed) * inverse(pair_factor)) & pair_mask) * 2 + (id - base) % 2;
    }
    if (index >= first_inserted() + inserted) return std::nullopt;
    return index;
}

bool library::selected(const selector& which, purpose salt, std::uint64_t index, std::uint64_t variant) const {
    if (which.per_mille != 0) {
        const std::uint64_t purpose_number = static_cast<std::uint64_t>(salt) + (variant << 8);
        if (draw(switches_.seed, purpose_number, index) % 1000 < which.per_mille) return true;
    }
    return which.names(index);
}

bool library::in_second_host(std::uint64_t index) const {
    return draw(switches_.seed, purpose::host, index) % 100 < second_host_percent_;
}

bool library::is_video(std::uint64_t index) const {
    return index < switches_.items && video_slot_[index % block_];
}

std::uint64_t library::content_index_of(std::uint64_t index) const {
    while (index > 0 && index < switches_.items && !is_video(index) &&
           draw(switches_.seed, purpose::twin, index) % 100 < switches_.twins_percent &&
           !selected(switches_.shared_sha1, purpose::shared_digest, index) &&
           !selected(switches_.zero_bytes, purpose::zero, index)) {
        const std::uint64_t reach = std::min<std::uint64_t>(index, 64);
        std::uint64_t other = index - 1 - draw(switches_.seed, purpose::twin_of, index) % reach;
        while (other > 0 && is_video(other)) --other;
        if (is_video(other)) break;
        index = other;
    }
    return index;
}

content_kind library::kind_of(std::uint64_t content_index) const {
    if (selected(switches_.zero_bytes, purpose::zero, content_index)) return content_kind::empty;
    if (is_video(content_index)) return content_kind::video;
    if (selected(switches_.live_photos, purpose::live, content_index)) return content_kind::live_photo;
    return content_kind::jpeg;
}

bool library::shares_digest(std::uint64_t index) const {
    return index > 0 && index < switches_.items && selected(switches_.shared_sha1, purpose::shared_digest, index) &&
           !selected(switches_.shared_sha1, purpose::shared_digest, index - 1) &&
           kind_of(index) == content_kind::jpeg && kind_of(content_index_of(index - 1)) == content_kind::jpeg;
}

std::uint64_t library::size_of(std::uint64_t content_index, content_kind kind) const {
    if (kind == content_kind::empty) return 0;
    if (kind == content_kind::jpeg && shares_digest(content_index)) {
        return size_of(content_index_of(content_index - 1), kind);
    }
    const std::uint64_t wanted =
        log_uniform(switches_.size_min, switches_.size_max, draw(switches_.seed, purpose::size, content_index));
    switch (kind) {
        case content_kind::live_photo:
            return std::max(wanted, least_live_photo_bytes);
        case content_kind::video:
            return std::max(wanted, least_video_bytes);
        default:
            return std::max(wanted, least_jpeg_bytes);
    }
}

std::int64_t library::taken_local(std::uint64_t index) const {
    if (is_inserted(index)) return (last_day() + 1) * day_ms - 1;
    const std::uint64_t position = is_private(index) ? index - switches_.items : index;
    const std::int64_t offset = day_offset_of(position);
    const std::uint64_t first = first_of_day(offset, ~0ULL);
    const std::uint64_t many = first_of_day(offset + 1, ~0ULL) - first;
    // The first photo of a day is taken at its first millisecond and the last at its last: edges are where days go
    // wrong.
    const std::uint64_t in_day =
        many > 1 ? (position - first) * static_cast<std::uint64_t>(day_ms - 1) / (many - 1) : day_ms / 2;
    return (first_day_ + offset) * day_ms + static_cast<std::int64_t>(in_day);
}

item_facts library::facts(std::uint64_t index) const {
    item_facts item;
    item.index = index;
    item.id = id_of(index);
    item.content_index = content_index_of(index);
    item.recipe.kind = kind_of(item.content_index);
    item.recipe.size = size_of(item.content_index, item.recipe.kind);
    item.recipe.key = draw(switches_.seed, purpose::content, item.content_index);
    item.recipe.taken_local_ms = taken_local(item.content_index);
    item.taken_ms = taken_local(index) - utc8_ms;
    if (is_private(index)) {
        item.album_id = private_album_id;
    } else if (is_inserted(index)) {
        item.album_id = album_id(0);
    } else {
        const std::uint64_t slot = index % block_;
        item.album_id = album_id(home_[slot]);
        if (also_[slot] != home_[slot]) item.also_album_id = album_id(also_[slot]);
    }
    item.name = name_of(item);
    return item;
}

std::string library::name_of(const item_facts& item) const {
    if (const auto named = names_.find(item.index); named != names_.end()) return named->second;
    if (selected(switches_.hostile_names, purpose::hostile_name, item.index)) {
        const auto& listed = switches_.hostile_names.items;
        const auto place = std::lower_bound(listed.begin(), listed.end(), item.index);
        const bool by_list = place != listed.end() && *place == item.index;
        return hostile_name(by_list ? static_cast<std::uint64_t>(place - listed.begin()) : item.index);
    }
    const bool video = item.recipe.kind == content_kind::video;
    if (selected(switches_.duplicate_names, purpose::duplicate_name, item.index)) {
        return fmt::format("IMG_{:04}.{}", 1 + item.index % 2, video ? "mp4" : "jpg");
    }
    const std::int64_t local = item.taken_ms + utc8_ms;
    const std::int64_t days = floor_div(local, day_ms);
    const std::int64_t in_day = local - days * day_ms;
    const std::int64_t seconds = in_day / 1000;
    const civil_day date = civil_from_days(days);
    const auto hour = seconds / 3600;
    const auto minute = seconds / 60 % 60;
    if (item.album_id == 2 && !video) {
        return fmt::format("Screenshot_{:04}-{:02}-{:02}-{:02}-{:02}-{:02}-{:03}_com.miui.home.jpg", date.year,
                           date.month, date.day, hour, minute, seconds % 60, in_day % 1000);
    }
    const char* prefix = video ? "VID" : item.recipe.kind == content_kind::live_photo ? "MVIMG" : "IMG";
    return fmt::format("{}_{:04}{:02}{:02}_{:02}{:02}{:02}.{}", prefix, date.year, date.month, date.day, hour, minute,
                       seconds % 60, video ? "mp4" : "jpg");
}

std::uint64_t library::announced_size(const item_facts& item) const {
    return item.recipe.size + (selected(switches_.wrong_size, purpose::fault, item.index, 201) ? 1 : 0);
}

std::optional<std::uint64_t> library::announces_digest_of(std::uint64_t index) const {
    if (content_index_of(index) != index || !shares_digest(index)) return std::nullopt;
    return index - 1;
}

std::uint64_t library::album_id(std::uint64_t ordinal) const {
    if (ordinal < 2) return ordinal + 1;
    return album_id_base + ((ordinal * 0x9E3779B1ULL) & album_mask);
}

std::optional<std::uint64_t> library::album_ordinal(std::uint64_t id) const {
    const auto found = ordinals_.find(id);
    if (found == ordinals_.end()) return std::nullopt;
    return found->second;
}

std::optional<std::string> library::album_name(std::uint64_t ordinal) const {
    if (ordinal < switches_.unnamed_albums) return std::nullopt;
    if (ordinal == 0) return "Camera";
    if (ordinal == 1) return "Screenshots";
    if (ordinal - 2 < switches_.album_names.size()) return switches_.album_names[ordinal - 2];
    if (switches_.hostile_album_names) return hostile_album_name(ordinal - 2);
    return fmt::format("Album {:03}", ordinal + 1);
}

std::uint64_t library::total_bytes() const {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < first_inserted(); ++i) {
        const std::uint64_t from = content_index_of(i);
        sum += size_of(from, kind_of(from));
    }
    return sum;
}

}  // namespace decamp::samplecloud
