#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>

namespace decamp::samplecloud {

/// A count up to 255 for each item, in pages made on first use: a library nobody asks about costs nothing.
class tally {
  public:
    unsigned at(std::uint64_t index) const {
        const auto page = pages_.find(index / page_size);
        return page == pages_.end() ? 0U : (*page->second)[index % page_size];
    }

    /// Adds one and returns the count before.
    unsigned add(std::uint64_t index) {
        auto& page = pages_[index / page_size];
        if (!page) page = std::make_unique<std::array<std::uint8_t, page_size>>();
        std::uint8_t& count = (*page)[index % page_size];
        const unsigned before = count;
        if (count < 255) ++count;
        return before;
    }

    void clear() { pages_.clear(); }

    /// Calls visit(index, count) for every item counted, in no order.
    template <class Visitor>
    void each(Visitor visit) const {
        for (const auto& [number, page] : pages_) {
            for (std::uint64_t i = 0; i < page_size; ++i) {
                if ((*page)[i] != 0) visit(number * page_size + i, static_cast<unsigned>((*page)[i]));
            }
        }
    }

  private:
    static constexpr std::uint64_t page_size = 4096;
    std::unordered_map<std::uint64_t, std::unique_ptr<std::array<std::uint8_t, page_size>>> pages_;
};

}  // namespace decamp::samplecloud
