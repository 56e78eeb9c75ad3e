#include "engine/store/in_order.hpp"

#include <utility>

namespace decamp::store {

void in_order::expect(item_key key) {
    if (broken_) return;
    turns_.emplace(next_turn_, key);
    turn_of_[key] = next_turn_;
    ++next_turn_;
}

void in_order::arrived(checked_blob blob) {
    const auto turn = turn_of_.find(blob.item.key);
    if (turn == turn_of_.end()) {
        dropped_.push_back(std::move(blob));
        return;
    }
    arrived_.emplace(turn->second, std::move(blob));
}

void in_order::not_coming(item_key key, bool broken) {
    const auto turn = turn_of_.find(key);
    if (turn == turn_of_.end()) return;
    const std::uint64_t number = turn->second;
    turns_.erase(number);
    turn_of_.erase(turn);
    if (!broken) return;
    broken_ = true;
    // What stands before it may still go; what stands behind may not.
    for (auto later = turns_.upper_bound(number); later != turns_.end(); later = turns_.erase(later)) {
        turn_of_.erase(later->second);
        const auto here = arrived_.find(later->first);
        if (here == arrived_.end()) continue;
        dropped_.push_back(std::move(here->second));
        arrived_.erase(here);
    }
}

std::vector<checked_blob> in_order::take() {
    std::vector<checked_blob> ready;
    while (!turns_.empty() && !arrived_.empty() && arrived_.begin()->first == turns_.begin()->first) {
        ready.push_back(std::move(arrived_.begin()->second));
        arrived_.erase(arrived_.begin());
        turn_of_.erase(turns_.begin()->second);
        turns_.erase(turns_.begin());
    }
    return ready;
}

std::vector<checked_blob> in_order::take_dropped() {
    return std::exchange(dropped_, {});
}

}  // namespace decamp::store
