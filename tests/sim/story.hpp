#pragma once
// A seed's story: a cloud, a drive, some lives that end badly, then a calm one; and what was to complain of.

#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/checks.hpp"
#include "tests/sim/life.hpp"

namespace decamp::sim {

struct story {
    std::uint64_t seed = 0;
    samplecloud::scenario cloud;
    drive_kind drive;
    std::vector<life_plan> lives;  // the last is calm
    bool still = true;             // the cloud answers alike each time: the end must equal an undisturbed run
    truth_rules rules;
    bool flips = false;  // cells go wrong between lives
    bool fake = false;   // a drive smaller than it says
};

// Bugs sown on purpose: each must be found by the check it is meant for.
enum class sown {
    nothing,
    flush_does_nothing,  // the drive says it has flushed, and has not
    bytes_change,        // a stored file's bytes change behind the catalogue
    file_vanishes,       // a stored file is gone after the last life
    extra_file,          // a file nobody listed
    memory_leaks,
    task_stays,
    fetched_again,        // catalogue and photos are gone before a run with nothing to do
    fetched_after_crash,  // a stored photo is gone after the first life
    item_forgotten,       // the cloud holds one that is in no list
    other_ending,         // the manifest has a line more than that of the undisturbed run
    lies_open,            // what is to be encrypted is not
};

story story_of(std::uint64_t seed);
std::string describe(const story& s);  // for people; enumerators as numbers
complaints tell(const story& s, hits& seen, sown bug = sown::nothing);

}  // namespace decamp::sim
