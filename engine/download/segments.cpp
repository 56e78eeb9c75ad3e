#include "engine/download/segments.hpp"

#include <algorithm>
#include <cassert>

namespace decamp::download {

segment_plan::segment_plan(std::uint64_t head, std::uint64_t total, segment_settings settings)
    : settings_(settings), head_(head), total_(total) {}

std::uint64_t segment_plan::end_of(std::uint64_t segment) const {
    return std::min(begin_of(segment) + settings_.segment_bytes, total_);
}

std::optional<piece> segment_plan::missing_in(std::uint64_t segment) const {
    const auto found = segments_.find(segment);
    if (found != segments_.end() && found->second.taken) return std::nullopt;
    const std::uint64_t here = found != segments_.end() ? found->second.arrived_to : std::max(begin_of(segment), head_);
    const std::uint64_t end = end_of(segment);
    return here < end ? std::optional(piece{here, end}) : std::nullopt;
}

piece segment_plan::take_whole(piece missing) {
    segments_[segment_of(missing.begin)] = {missing.begin, true};
    return missing;
}

std::optional<piece> segment_plan::take() {
    const std::uint64_t first = segment_of(head_);
    for (std::uint64_t segment = first; segment < first + settings_.window && begin_of(segment) < total_; ++segment) {
        if (const auto missing = missing_in(segment)) return take_whole(*missing);
    }
    return std::nullopt;
}

std::optional<piece> segment_plan::take_at(std::uint64_t at) {
    if (at >= total_) return std::nullopt;
    const auto missing = missing_in(segment_of(at));
    if (!missing || missing->begin != at) return std::nullopt;
    return take_whole(*missing);
}

void segment_plan::arrived(std::uint64_t at, std::uint64_t bytes) {
    state& s = segments_.at(segment_of(at));
    assert(s.taken && s.arrived_to == at && bytes <= end_of(segment_of(at)) - at);
    s.arrived_to = at + bytes;
    if (s.arrived_to == end_of(segment_of(at))) s.taken = false;
}

void segment_plan::give_back(std::uint64_t within) {
    const auto found = segments_.find(segment_of(within));
    if (found != segments_.end()) found->second.taken = false;
}

void segment_plan::hashed_to(std::uint64_t head) {
    assert(head >= head_ && head <= readable_to());
    head_ = head;
    while (!segments_.empty() && end_of(segments_.begin()->first) <= head_) segments_.erase(segments_.begin());
}

std::uint64_t segment_plan::readable_to() const {
    std::uint64_t to = head_;
    for (const auto& [segment, s] : segments_) {
        if (begin_of(segment) > to) break;
        to = std::max(to, s.arrived_to);
        if (s.arrived_to < end_of(segment)) break;
    }
    return to;
}

unsigned segment_plan::open() const {
    unsigned count = 0;
    const std::uint64_t first = segment_of(head_);
    for (std::uint64_t segment = first; segment < first + settings_.window && begin_of(segment) < total_; ++segment)
        count += missing_in(segment) ? 1 : 0;
    return count;
}

}  // namespace decamp::download
