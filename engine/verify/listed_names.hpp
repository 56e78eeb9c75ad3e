#pragma once
// What the lists of an export name, where the manifest cannot be trusted to name everything. Blocking.

#include <functional>
#include <string_view>

#include "engine/model/error.hpp"
#include "engine/world/file_store.hpp"
#include "formats/digest.hpp"

namespace decamp::verify {

// A file below data/: one of a tree with the digest that its list has, or a volume, without.
using named_visitor = std::function<void(std::string_view path, const formats::sha256_digest& sha256)>;

// Each line of each open list, the same file as often as it is named. Lists that are damaged give what they can; those
// of an encrypted export give nothing.
result<void> each_named_in_lists(world::file_store& files, const named_visitor& see);

}  // namespace decamp::verify
