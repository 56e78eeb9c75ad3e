#pragma once
// What suits a drive: what an export would cost there as single files and packed, and which of the two it had better
// be. The advice is a pure function of what was found out; finding out blocks, before any thread of the run.

#include <cstdint>
#include <optional>
#include <string>

#include "engine/model/volume.hpp"
#include "engine/runtime/report.hpp"
#include "engine/world/clock.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::pipeline {

// What is to be stored, as far as it is known.
struct crowd {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    bool all = true;  // false: there are more
    bool operator==(const crowd&) const = default;
};

// Everything the advice depends on.
struct drive_view {
    world::drive_facts drive;
    world::write_rates rates;  // 0: not measured
    std::optional<crowd> items;
    std::uint64_t volume_bytes = volume_settings{}.volume_bytes;  // as asked for
};

struct form_cost {
    double seconds = 0;      // of writing alone; 0 where nothing was measured
    std::uint64_t lost = 0;  // bytes the drive takes beyond those of the items
};

struct drive_advice {
    container suits = container::tree;
    bool for_time = false, for_room = false;  // what speaks for archives
    bool measured = false;
    bool assumed = false;  // nothing is known of the items: `items` is an example
    crowd items;
    form_cost loose, packed;
    std::uint64_t volume_bytes = 0;  // what one volume may have there
};

drive_advice advise(const drive_view& view);

// Looks at the drive and at a folder that is to be exported; other sources are not asked yet. `source` as the user
// named it.
struct looked {
    drive_view view;
    drive_advice advice;
};
looked look_at_drive(world::file_store& files, const world::clock& clock, const std::string& source,
                     std::optional<std::uint64_t> volume_bytes);

// As sentences, and as the event `drive`.
void tell(const looked& found, runtime::reporter& report);

}  // namespace decamp::pipeline
