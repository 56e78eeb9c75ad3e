#pragma once
// Commit groups: checked blobs are collected, then made durable by one flush and one entry in the catalogue. The next
// group collects while the last one is flushed. What a group does with its blobs is the tree's or the volumes' matter.
// Coordinator's thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/catalogue/catalogue.hpp"
#include "engine/model/blob.hpp"
#include "engine/runtime/event.hpp"
#include "engine/runtime/surroundings.hpp"
#include "engine/store/space.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::store {

struct group_limits {
    std::uint64_t bytes = std::uint64_t{64} << 20;
    std::size_t blobs = 1000;
    world::duration age = std::chrono::seconds(1);
    // What waits is handed over at so much (see weight()), before its group closes.
    std::uint64_t in_hand = std::uint64_t{64} << 20;
};

// What became of a blob that was handed in.
struct committed_blob {
    checked_blob blob;
    std::string path;           // where it lies
    bool duplicate = false;     // its bytes were there already
    bool contradicted = false;  // the source announced other bytes with the same digest
};

class committer {
  public:
    // Called for each blob once its group is durable.
    using on_committed = std::function<void(const committed_blob&)>;

    committer(runtime::surroundings& around, group_limits limits) : around_(around), limits_(limits) {}
    virtual ~committer() = default;

    // An item is under way: sooner or later submit() or not_coming() is called for it. The order of these calls is the
    // order in which archives hold them.
    virtual void expect(item_key) {}
    // It failed, or (`broken`) the run is ending and a later one will fetch it.
    virtual void not_coming(item_key, bool broken) { (void)broken; }
    // Waits while too much is pending; then the blob belongs to the next group. False: the store has failed.
    virtual task<bool> submit(checked_blob blob);
    // Until finish() was called and all is committed, or a group failed: then the run is told to stop.
    task<void> run();
    // Closes the present group at once, without waiting for its age, and settles what was left open.
    void hurry();
    void finish();

  protected:
    // More of the present group; `closes`: that is all of it, and it is to be durable. Empty where all was handed over
    // before.
    virtual task<result<void>> commit(std::vector<checked_blob> blobs, bool closes) = 0;
    // Nothing more is under way for now: what a group has left open is made durable.
    virtual task<result<void>> settle() = 0;
    void add(checked_blob blob);
    // What a blob counts for against group_limits::in_hand.
    virtual std::uint64_t weight(const checked_blob& blob) const { return blob.digests.size; }
    bool failed() const { return failed_; }
    runtime::surroundings& around() { return around_; }

  private:
    task<void> wait_for_group();
    task<result<void>> commit_pending(bool closes);
    bool is_full() const { return group_bytes_ >= limits_.bytes || group_blobs_ >= limits_.blobs; }
    bool is_due() const { return is_full() || pending_weight_ >= limits_.in_hand; }
    bool is_old() const;

    runtime::surroundings& around_;
    group_limits limits_;
    std::vector<checked_blob> pending_;
    std::uint64_t pending_weight_ = 0;
    // Of the present group, with what of it was handed over.
    std::uint64_t group_bytes_ = 0;
    std::size_t group_blobs_ = 0;
    world::steady_time oldest_{};
    bool hurry_ = false;
    bool finished_ = false;
    bool failed_ = false;
    std::unique_ptr<world::alarm> alarm_;
    bool alarm_set_ = false;
    runtime::event room_;
    runtime::event arrived_;
};

}  // namespace decamp::store
