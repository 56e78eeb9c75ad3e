#pragma once
// An export whose catalogue is gone: its files are known by the manifest, and those written after it by reading them.
// Blocking.

#include <cstdint>
#include <set>

#include "engine/catalogue/catalogue.hpp"
#include "engine/model/error.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::store {

// Notes every file below data/ as an orphan: durable, of known digest, bound to no item yet; the planner binds them. A
// file that the manifest lists but whose size cannot be learnt is left out. Volumes are noted as a whole
// (catalogue::add_volume). What was noted before is passed over: a run that was stopped on the way may begin again.
struct taken_up {
    std::uint64_t files = 0;         // that were not noted before, and all volumes
    std::set<std::int64_t> vouched;  // volumes that the manifest has, with the list beside them
};
result<taken_up> take_up_lost_export(world::file_store& files, catalogue::catalogue& where);

}  // namespace decamp::store
