#pragma once
// A file an item: the names of a group are given, then made durable by one flush. Coordinator's thread.

#include "engine/store/committer.hpp"
#include "engine/store/publish.hpp"

namespace decamp::store {

class tree_committer final : public committer {
  public:
    tree_committer(runtime::surroundings& around, world::file_store& files, catalogue::catalogue& where,
                   space_watch& space, group_limits limits, on_committed committed);

  private:
    task<result<void>> commit(std::vector<checked_blob> group, bool closes) override;
    task<result<void>> settle() override { co_return result<void>(); }

    world::file_store& files_;
    catalogue::catalogue& catalogue_;
    space_watch& space_;
    publisher names_;  // of the commit queue
    on_committed committed_;
    std::int64_t group_number_ = 0;  // 0: not yet asked of the catalogue
};

}  // namespace decamp::store
