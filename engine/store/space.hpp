#pragma once
// Free space, watched so that the run ends in order before the drive is full to its last byte: room for the manifest,
// the lists, the certificate and the catalogue is kept from the start. Coordinator's thread; asks the drive now and
// then.

#include <cstdint>
#include <map>

#include "engine/model/blob.hpp"
#include "engine/model/error.hpp"
#include "engine/runtime/surroundings.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::store {

// Bytes to keep free for what is written at the end: per item a manifest line, a line in a list, a row in the
// catalogue.
constexpr std::uint64_t closing_room(std::uint64_t items) {
    return (std::uint64_t{4} << 20) + items * 1536;
}

// Files to keep free, where the drive has only so many: an album's folder and its list, and the closing files.
constexpr std::uint64_t closing_files(std::uint64_t collections) {
    return 64 + 2 * collections;
}

// What an item is going to take of the drive, in bytes. A part of it that is staged already shows in the drive's own
// figure.
struct room_wanted {
    std::uint64_t staged = 0;  // as a file of its own
    std::uint64_t packed = 0;  // in an archive's volume, as long as the staged file is still there
};

// `held`: its bytes come in memory and go into the archive from there.
room_wanted room_for(const planned_item& item, bool archived, bool held);

// What is promised and not written yet, held against the drive's figures. No I/O.
class space_book {
  public:
    struct reserve {  // kept for the end
        std::uint64_t bytes = 0, files = 0;
    };
    enum class answer { taken, ask_drive, no_bytes, no_files };

    explicit space_book(std::uint64_t cluster) : cluster_(cluster == 0 ? 4096 : cluster) {}

    // The drive's figures, for the take() that follows at once.
    void told(std::uint64_t free_bytes, std::uint64_t free_files);
    // ask_drive, but not right after told(): its figures are needed first. Whatever the blob had taken before is void.
    answer take(blob_key blob, room_wanted wanted, reserve kept);
    void staged(blob_key blob);   // its staged file is written
    void settled(blob_key blob);  // all of it is written, or is not needed

  private:
    struct claim {
        std::uint64_t staged = 0, packed = 0, files = 0;
    };
    std::uint64_t rounded(std::uint64_t bytes) const { return (bytes / cluster_ + 1) * cluster_; }
    void written(std::uint64_t bytes, std::uint64_t files);

    std::uint64_t cluster_;
    std::map<blob_key, claim> claims_;           // as many as the downloads may be ahead of the commits
    std::uint64_t taken_ = 0, files_taken_ = 0;  // the claims' sums
    // The drive's figures when last asked, and what may have been written since.
    std::uint64_t free_ = 0, free_files_ = 0, written_ = 0, files_written_ = 0;
    bool fresh_ = false, known_ = false;
};

class space_watch {
  public:
    space_watch(runtime::surroundings& around, world::file_store& files)
        : around_(around), files_(files), book_(files.facts().cluster) {}

    // Takes of the free space what a blob is going to need. no_space when what is kept for the end of a library of so
    // many items and collections would be touched.
    task<result<void>> take(blob_key blob, room_wanted wanted, std::uint64_t items, std::uint64_t collections);
    void staged(blob_key blob) { book_.staged(blob); }
    void settled(blob_key blob) { book_.settled(blob); }

  private:
    runtime::surroundings& around_;
    world::file_store& files_;
    space_book book_;
};

}  // namespace decamp::store
