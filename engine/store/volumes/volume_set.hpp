#pragma once
// The export's volumes: one is open and grows, the others are sealed and never change. What the catalogue has committed
// of the open one is durable; what lies behind it is cut off at the next start. Coordinator's thread; what blocks is
// run on the workers.
//
// Order, always: the volume's bytes are flushed, then the catalogue says what lies where. A volume is sealed by its
// archive's end and a list of what is in it, both flushed, both renamed into data/volumes, and then the catalogue.
// Encrypted volumes are committed whole: nothing in them counts before they are sealed, and one that is open at a start
// is deleted, since to write in it again would need its key to be kept, and pieces of it to be sealed twice.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/catalogue/catalogue.hpp"
#include "engine/encryption/lock.hpp"
#include "engine/model/volume.hpp"
#include "engine/runtime/surroundings.hpp"
#include "engine/store/volumes/archive.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::store {

// A member on its way into a volume.
struct incoming {
    member_entry entry;
    std::unique_ptr<member_bytes> bytes;
    item_key file;
    blob_key blob;
    member_kind kind = member_kind::body;
    std::int64_t link_within = 0;  // of a link: the volume its body lies in; in any other it becomes a copy
};

class volume_set {
  public:
    // `packers`: frames that are compressed at once. `sealed` is called when a volume has become durable; `damaged`
    // when an open volume was found to be not what was committed, so that what it held is planned again.
    struct outlets {
        std::function<void()> sealed;
        std::function<void()> damaged;
    };
    volume_set(runtime::surroundings& around, world::file_store& files, catalogue::catalogue& where,
               const volume_settings& settings, unsigned packers, outlets out, const encryption::lock* lock = nullptr);
    // Called with members that have become durable.
    void on_grown(std::function<void(const std::vector<volume_member>&)> grown) { grown_ = std::move(grown); }

    // Opens a volume where none is open.
    task<result<void>> ready();
    // Appends them in order, sealing volumes that are full. Their bytes are not needed when it returns.
    task<result<void>> add(std::vector<incoming> members);
    // Makes durable what can be: all but the members of the frame that is open. `all`: that one too. Of encrypted
    // volumes nothing, or, with `all`, the volume by being sealed.
    task<result<void>> commit(bool all);
    // The end of the export, for this run. Nothing is open then.
    task<result<void>> seal();
    bool encrypted() const { return lock_ != nullptr; }
    // The number of the open one; 0: none is.
    std::int64_t open_number() const { return open_ ? open_->row.number : 0; }
    const volume_settings& settings() const { return settings_; }
    std::int64_t group_number() const { return group_number_; }  // of the last commit

  private:
    struct opened {
        volume_row row;
        std::unique_ptr<volume_file> file;
        std::unique_ptr<archive> content;
    };
    task<result<void>> take_up(volume_row row);
    task<result<void>> give_up(const volume_row& row, const failure& why);
    task<result<void>> forget(const volume_row& row);
    result<void> close_group(packed_group& group, bool all);
    task<result<void>> record(const packed_group& group);
    task<result<void>> commit_members(bool all);
    task<result<void>> finish_volume();
    result<void> open_file(const volume_row& row, std::vector<volume_frame> frames, std::uint64_t directory_bytes);
    result<void> take_back(const volume_row& row);
    result<std::size_t> append(std::vector<incoming>& members, std::size_t from);
    struct listed {
        volume_row row;
        std::optional<std::int64_t> newest_ms;  // of its members' times: the files' own
    };
    result<listed> write_list();
    result<void> finish_archive();
    result<void> set_time(const std::string& path, std::int64_t time_ms);
    result<void> move_into_place(listed& of);

    runtime::surroundings& around_;
    world::file_store& files_;
    catalogue::catalogue& catalogue_;
    volume_settings settings_;
    unsigned packers_;
    std::uint64_t limit_;
    outlets out_;
    const encryption::lock* lock_;  // null: the volumes lie open
    std::function<void(const std::vector<volume_member>&)> grown_;
    std::optional<opened> open_;
    std::vector<volume_member> unsettled_;  // appended, not durable
    std::vector<volume_member> waiting_;    // recorded, and stored once their volume is sealed
    std::int64_t group_number_ = 0;         // 0: not asked yet
};

}  // namespace decamp::store
