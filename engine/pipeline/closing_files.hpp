#pragma once
// What the end of a run writes, written once more from the catalogue because it was damaged: the lists, the manifest,
// bagit.txt, bag-info.txt and the tag manifest. A certificate cannot be made again without a run. Blocking.

#include <string>
#include <vector>

#include "engine/catalogue/catalogue.hpp"
#include "engine/encryption/lock.hpp"
#include "engine/pipeline/repair_plan.hpp"
#include "engine/world/clock.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::pipeline {

struct rewritten {
    std::vector<std::string> mended;
    bool manifest = false;  // among them: what it lists is to be looked at again
};

// `damaged`: what is mended leaves it. Nothing is done where the certificate is damaged, or where files are planned to
// be fetched: the next export writes all of it. `lock`: of an encrypted export.
result<rewritten> rewrite_closing_files(world::file_store& files, catalogue::catalogue& where,
                                        std::vector<damage>& damaged, const world::clock& clock,
                                        const std::string& version, const encryption::lock* lock);

}  // namespace decamp::pipeline
