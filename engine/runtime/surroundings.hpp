#pragma once
// What every stage's driver needs of its surroundings, by reference; owned by the pipeline. Coordinator's thread.

#include "engine/runtime/report.hpp"
#include "engine/runtime/stop.hpp"
#include "engine/world/clock.hpp"
#include "engine/world/random.hpp"
#include "engine/world/workers.hpp"

namespace decamp::runtime {

struct surroundings {
    world::clock& clock;
    world::random& random;
    world::workers& workers;
    stop_state& stop;
    reporter& report;
};

}  // namespace decamp::runtime
