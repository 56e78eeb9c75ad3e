#pragma once
// Commit groups: checked blobs are collected, then made durable by one flush and one entry in the catalogue. The next
// group collects while the last one is flushed. Coordinator's thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/catalogue/catalogue.hpp"
#include "engine/model/blob.hpp"
#include "engine/runtime/event.hpp"
#include "engine/runtime/surroundings.hpp"
#include "engine/store/publish.hpp"
#include "engine/store/space.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::store {

struct group_limits {
    std::uint64_t bytes = std::uint64_t{64} << 20;
    std::size_t blobs = 1000;
    world::duration age = std::chrono::seconds(1);
};

// What became of a blob that was handed in.
struct committed_blob {
    checked_blob blob;
    std::string path;        // where it lies
    bool duplicate = false;  // its bytes were there already
    bool contradicted = false;  // the source announced other bytes with the same digest
};

class committer {
  public:
    // `committed` is called for each blob once its group is durable, then with the whole group's bytes.
    committer(runtime::surroundings& around, world::file_store& files, catalogue::catalogue& where, space_watch& space,
              group_limits limits, std::function<void(const committed_blob&)> committed);

    // Waits while too much is pending; then the blob belongs to the next group. False: the store has failed.
    task<bool> submit(checked_blob blob);
    // Until finish() was called and all is committed, or a group failed: then the run is told to stop.
    task<void> run();
    // Closes the present group at once, without waiting for its age.
    void hurry();
    void finish();
    bool idle() const { return pending_.empty() && !committing_; }

  private:
    task<result<void>> commit(std::vector<checked_blob> group);
    task<void> wait_for_group();

    runtime::surroundings& around_;
    world::file_store& files_;
    catalogue::catalogue& catalogue_;
    space_watch& space_;
    group_limits limits_;
    publisher names_;  // of the commit queue
    std::function<void(const committed_blob&)> committed_;
    std::vector<checked_blob> pending_;
    std::uint64_t pending_bytes_ = 0;
    world::steady_time oldest_{};
    bool committing_ = false;
    bool hurry_ = false;
    bool finished_ = false;
    bool failed_ = false;
    std::int64_t group_number_ = 0;  // 0: not yet asked of the catalogue
    std::unique_ptr<world::alarm> alarm_;
    bool alarm_set_ = false;
    runtime::event room_;
    runtime::event arrived_;
};

}  // namespace decamp::store
