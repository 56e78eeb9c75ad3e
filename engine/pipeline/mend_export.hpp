#pragma once
// Mends what was found damaged by what else is on the drive: volumes by their recovery data, the lists beside them by
// the catalogue or the volume, recovery data by the volume, files of a tree by a second name of the same bytes.
// Blocking.
//
// Whatever is written has the SHA-256 that the manifest wants before it gets its name; what stood there is kept in
// .decamp/damaged, but for recovery data, which is worth nothing once its volume is right.

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "engine/catalogue/catalogue.hpp"
#include "engine/pipeline/repair_plan.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::pipeline {

struct mend_watcher {
    std::function<void(const std::string& path)> mended;
    std::function<bool()> go_on;
};

class export_mender {
  public:
    // `where`: null, where there is no catalogue. `memory`: bytes that recovery data is worked on in.
    export_mender(world::file_store& files, catalogue::catalogue* where, std::uint64_t memory,
                  const mend_watcher& watching);

    // What is mended leaves the plan.
    result<void> run(repair_plan& plan);

  private:
    using outcome_of = std::function<result<bool>(damage&)>;
    result<void> each(std::vector<damage>& of, const outcome_of& mend);
    result<void> know_volumes();
    result<bool> mend_volume(damage& what);
    result<bool> mend_inner_list(damage& what);
    result<std::string> list_of(const std::string& volume, std::int64_t number);
    result<std::string> list_by_reading(const std::string& volume);
    result<std::string> volume_beside(const std::string& path);
    result<void> mend_parity(repair_plan& plan);
    result<bool> make_parity(const std::string& volume, const std::vector<damage*>& wanted);
    result<void> mend_files(std::vector<damage>& files);
    result<bool> link_again(const damage& what, const std::string& good);

    world::file_store& files_;
    catalogue::catalogue* where_;
    std::uint64_t memory_;
    const mend_watcher& watching_;
    std::map<std::int64_t, volume_row> rows_;
};

}  // namespace decamp::pipeline
