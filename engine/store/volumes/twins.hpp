#pragma once
// Items whose bytes are in the archive already, where they are to have an entry of their own. Coordinator's thread.

#include <cstdint>

#include "engine/catalogue/catalogue.hpp"
#include "engine/runtime/surroundings.hpp"
#include "engine/store/volumes/volume_set.hpp"

namespace decamp::store {

// After the downloads: behind all bodies, in canonical order, a link entry where tar has links and the body is in the
// volume that is open, else a copy. The number of files.
task<result<std::uint64_t>> pack_twins(runtime::surroundings& around, world::file_store& files,
                                       catalogue::catalogue& where, volume_set& volumes);

}  // namespace decamp::store
