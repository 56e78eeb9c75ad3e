#pragma once
// What a start does with what an earlier run left: names that were about to be given are given or taken back, litter in
// the staging folder is swept. And what the end does with twins: their links. Coordinator's thread; what blocks is run
// on the workers.

#include <cstdint>

#include "engine/catalogue/catalogue.hpp"
#include "engine/model/error.hpp"
#include "engine/runtime/surroundings.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::store {

struct recovered {
    std::uint64_t adopted = 0;     // found whole, under their name or staged
    std::uint64_t plan_again = 0;  // not found whole
    std::uint64_t swept = 0;       // files of the staging folder that nobody refers to
};

// Before anything else is downloaded. Group by group; memory does not grow with their number.
// `packed`: into volumes, where what was not committed is cut off, so that all of it is planned again.
task<result<recovered>> settle_left_behind(runtime::surroundings& around, world::file_store& files,
                                           catalogue::catalogue& where, bool packed = false);

// What an earlier run stored and somebody has removed or cut since is planned again. The number of files. Beside the
// walk.
task<result<std::uint64_t>> plan_missing_again(runtime::surroundings& around, world::file_store& files,
                                               catalogue::catalogue& where);

// Takes away the names that were links to another photo's bytes before twins were distrusted (the bytes have other
// names). Does nothing when the catalogue knows of none. Before what is planned now is published.
task<result<void>> remove_stale_links(runtime::surroundings& around, world::file_store& files,
                                      catalogue::catalogue& where);

// After the downloads: every file whose bytes lie under another name becomes a hard link, or, where the drive has none,
// a line in the lists. The number of files. `listed`: lines in the lists it is, as for archives.
task<result<std::uint64_t>> settle_twins(runtime::surroundings& around, world::file_store& files,
                                         catalogue::catalogue& where, bool listed = false);

}  // namespace decamp::store
