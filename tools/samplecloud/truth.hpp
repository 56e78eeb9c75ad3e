#pragma once

#include "tools/samplecloud/cloud.hpp"

namespace decamp::samplecloud {

/// What the cloud truly holds at an index.
true_item true_item_at(cloud& of, const world& now, std::uint64_t index);
/// Its bytes; for items that fit memory.
std::string true_bytes_at(const world& now, std::uint64_t index);

}  // namespace decamp::samplecloud
