#pragma once
// A member of an archive out of a text in memory.

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "engine/store/volumes/archive.hpp"

namespace decamp::testing {

class text_bytes final : public store::member_bytes {
  public:
    explicit text_bytes(std::string text) : text_(std::move(text)) {}
    result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) override {
        if (offset >= text_.size()) return std::size_t{0};
        const std::size_t count = std::min<std::size_t>(into.size(), text_.size() - offset);
        std::memcpy(into.data(), text_.data() + offset, count);
        return count;
    }

  private:
    std::string text_;
};

}  // namespace decamp::testing
