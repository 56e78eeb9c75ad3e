#pragma once
// How an export lies on its drive: chosen when it is begun, kept in the catalogue, the same for all later runs.
// Blocking; before any thread of the run.

#include <functional>
#include <optional>

#include "engine/catalogue/catalogue.hpp"
#include "engine/model/error.hpp"
#include "engine/model/volume.hpp"

namespace decamp::pipeline {

// What was asked for; none: as the export was begun, or the default.
struct format_wishes {
    std::optional<container> kind;
    bool automatic = false;  // what suits the drive
    bool encrypted = false;  // an archive then, in smaller volumes
    std::optional<std::uint64_t> volume_bytes;
    std::optional<int> level;
    std::optional<archived_twins> twins;
    std::optional<unsigned> recovery_percent;
};

// What the export was begun with; noted now where it is new. `suited` looks what suits the drive (drive_advice.hpp); it
// is called where the export is new, and there alone. destination_errc::other_format with the option and its value in
// the detail
// ("--format tar") where the wish is another; recovery_of_a_tree, begun_without_recovery.
result<volume_settings> agree_on_format(catalogue::catalogue& where, const std::function<container()>& suited,
                                        const format_wishes& wishes);

}  // namespace decamp::pipeline
