#pragma once
// A body in leased memory; the leases end with it.

#include <span>
#include <utility>
#include <vector>

#include "engine/model/blob.hpp"
#include "engine/runtime/budget.hpp"

namespace decamp::download {

class held_body final : public held_bytes {
  public:
    explicit held_body(std::vector<runtime::chunk> chunks) : chunks_(std::move(chunks)) {}

    std::vector<std::span<const std::byte>> parts() const override {
        std::vector<std::span<const std::byte>> all;
        all.reserve(chunks_.size());
        for (const runtime::chunk& chunk : chunks_) all.push_back(chunk.filled());
        return all;
    }

  private:
    std::vector<runtime::chunk> chunks_;
};

}  // namespace decamp::download
