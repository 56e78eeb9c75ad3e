#pragma once
// Free space, watched so that the run ends in order before the drive is full to its last byte: room for the manifest, the
// lists, the certificate and the catalogue is kept from the start. Coordinator's thread; asks the drive now and then.

#include <cstdint>

#include "engine/model/error.hpp"
#include "engine/runtime/surroundings.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::store {

// Bytes to keep free for what is written at the end: per item a manifest line, a line in a list, a row in the catalogue.
constexpr std::uint64_t closing_room(std::uint64_t items) { return (std::uint64_t{4} << 20) + items * 1536; }

// Files to keep free, where the drive has only so many: an album's folder and its list, and the closing files.
constexpr std::uint64_t closing_files(std::uint64_t collections) { return 64 + 2 * collections; }

class space_watch {
  public:
    space_watch(runtime::surroundings& around, world::file_store& files) : around_(around), files_(files) {}

    // Takes `bytes` of the free space for a file to come. no_space when what is kept for the end of a library of so many
    // items and collections would be touched.
    task<result<void>> take(std::uint64_t bytes, std::uint64_t items, std::uint64_t collections);
    // What was taken is written (it shows in the drive's own figure from now on) or is not needed.
    void settled(std::uint64_t bytes);

  private:
    runtime::surroundings& around_;
    world::file_store& files_;
    std::uint64_t taken_ = 0;       // promised to transfers under way
    std::uint64_t free_ = 0;        // the drive's figure when last asked
    std::uint64_t since_asked_ = 0; // taken since then
    std::uint64_t files_taken_ = 0, free_files_ = 0, files_since_asked_ = 0;  // the same of files
    bool asked_ = false;
};

}  // namespace decamp::store
