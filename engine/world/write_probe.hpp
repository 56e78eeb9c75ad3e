#pragma once
// How fast a drive writes, by a short try. Inside engine/world only.

#include "engine/world/file_store.hpp"

namespace decamp::world::posix {

// Takes at most about a second and 16 MiB in `folder`, a descriptor of an empty folder of our own, and leaves nothing
// in it; what an earlier try that was killed has left there goes first. A drive that has no room is not measured: all
// zero.
write_rates try_writing(int folder, flush_rule rule);

}  // namespace decamp::world::posix
