#pragma once
// What lies in the volumes of an export whose catalogue is gone: known again by the list beside each, so that it need
// not be fetched again. Blocking; before any thread of the run.

#include <cstdint>
#include <set>

#include "engine/catalogue/catalogue.hpp"
#include "engine/model/error.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::pipeline {

// Notes the members of each sealed volume as orphans (catalogue::add_orphan_member), of a volume all or none. A volume
// that cannot be read, is encrypted, has no list, or does not hold what its list says stays as it is, and what is in it
// unknown. `vouched`: volumes whose digest and whose list's digest the manifest has; of others each member is read and
// compared with the list. What was noted before is passed over: a run that was stopped on the way may begin again.
// Fails where the catalogue does, or the drive has gone.
result<void> take_up_members(world::file_store& files, catalogue::catalogue& where,
                             const std::set<std::int64_t>& vouched);

}  // namespace decamp::pipeline
