#pragma once
// The names of twins, looked at by every run: of one file that has several names, each can be removed or replaced by
// itself. Coordinator's thread; what blocks is run on the workers.

#include <cstdint>

#include "engine/catalogue/catalogue.hpp"
#include "engine/model/error.hpp"
#include "engine/runtime/surroundings.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::store {

// A name that is missing, or has become a file with other bytes, is to be linked again by settle_twins(). Where it is
// the leader's and another name still has the bytes, it is given at once, so that nothing is fetched; what stood there
// is put aside. Files of their own with the right bytes (an export copied without its links) stay. The number of names.
// Beside the walk.
task<result<std::uint64_t>> heal_linked_names(runtime::surroundings& around, world::file_store& files,
                                              catalogue::catalogue& where);

}  // namespace decamp::store
