#pragma once
// Groups of blobs into volumes, in canonical order. Coordinator's thread.

#include <map>
#include <optional>

#include "engine/runtime/task_group.hpp"
#include "engine/store/committer.hpp"
#include "engine/store/in_order.hpp"
#include "engine/store/volumes/volume_set.hpp"

namespace decamp::store {

class volume_committer final : public committer {
  public:
    // `volumes` outlives it, and tells it alone what has grown. `dropped`: a blob that was fetched will be fetched
    // again, since the run ends before its turn has come.
    volume_committer(runtime::surroundings& around, world::file_store& files, catalogue::catalogue& where,
                     space_watch& space, volume_set& volumes, group_limits limits, on_committed committed,
                     std::function<void(blob_key)> dropped);
    ~volume_committer() override { volumes_.on_grown({}); }

    void expect(item_key key) override;
    void not_coming(item_key key, bool broken) override;
    task<bool> submit(checked_blob blob) override;

  private:
    task<result<void>> commit(std::vector<checked_blob> blobs, bool closes) override;
    task<result<void>> settle() override;
    std::uint64_t weight(const checked_blob& blob) const override;
    using outcomes = std::vector<catalogue::catalogue::checked_outcome>;
    task<result<void>> hand_over(std::vector<checked_blob> blobs);
    task<void> pack_behind(std::vector<checked_blob> group, outcomes of);
    task<result<void>> pack(std::vector<checked_blob>& group, const outcomes& of);
    task<result<void>> all_packed();
    task<result<void>> tell_durable();
    void pass_on();
    void grown(const std::vector<volume_member>& members);

    world::file_store& files_;
    catalogue::catalogue& catalogue_;
    space_watch& space_;
    volume_set& volumes_;
    on_committed committed_;
    std::function<void(blob_key)> dropped_;
    in_order turns_;
    std::map<blob_key, committed_blob> appended_;  // in a volume, not durable yet
    std::vector<committed_blob> durable_;          // to be told, their staged files to be removed
    std::optional<runtime::task_group> packing_;   // one at a time, in order
    result<void> packed_;                          // what became of it
    bool unflushed_ = false;                       // the catalogue knows something of them that no flush came after
};

}  // namespace decamp::store
