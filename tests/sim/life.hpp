#pragma once
// One life of the program: from opening the drive to its last word, or to the moment the power went.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "decamp/error.hpp"
#include "engine/pipeline/export_run.hpp"
#include "engine/plan/planner.hpp"
#include "tests/sim/disk.hpp"
#include "tests/sim/machine.hpp"
#include "tests/sim/wire.hpp"

namespace decamp::sim {

// Rows and columns of docs/reliability.md: what befell the program, and what it was about.
using hits = std::map<std::pair<std::string, std::string>, std::uint64_t>;

// A moment of a life: so long after its start, or so many turns into a phase.
struct moment {
    world::duration after{};
    std::optional<pipeline::phase> in;
    std::uint64_t turns = 0;
};

struct life_plan {
    std::uint64_t seed = 0;
    wire_weather weather;
    std::vector<drive_fault> drive_faults;
    std::optional<std::uint64_t> dies_at;  // change of the drive at which the program stops for ever
    bool power_cut = false;                // and the power with it
    std::optional<std::uint64_t> room;     // bytes the drive still takes in this life
    std::optional<moment> killed, interrupted, cable_out, clock_set;
    std::int64_t clock_by_ms = 0;
    unsigned lanes = 1;
    unsigned connections = 0;
    bool fetch_twins = false, prove_full = false;
    bool with_pass_token = true;
    volume_settings volumes;                          // a tree, or archives
    bool encrypted = false;                           // these
    bool spoiled_catalogue = false;                   // found unreadable when it begins
    bool lost_catalogue = false;                      // and here it is not there at all
    bool leak_a_chunk = false, leave_a_task = false;  // bugs sown to see that they are found
};

// The process ends with this code when a run hangs.
inline constexpr int exit_of_hang = 97;

struct life_end {
    outcome said;
    std::optional<pipeline::run_result> ended;  // none: it did not come to a run
    bool memory_back = true;
    std::size_t asleep = 0;          // who was left waiting for a time
    std::vector<std::string> words;  // messages and events
};

life_end live(const life_plan& plan, const std::shared_ptr<disk>& drive, samplecloud::cloud& cloud, hits& seen);

}  // namespace decamp::sim
