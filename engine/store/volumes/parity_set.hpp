#pragma once
// The recovery data that lies beside a volume, whoever wrote it, as far as it is whole; and where the volume's own
// slices are still to be had. Reads the drive, changes nothing. Blocking.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/model/error.hpp"
#include "engine/world/file_store.hpp"
#include "formats/par2_repair.hpp"

namespace decamp::store {

// A file of which some bytes cannot be read: those are zeros. That the drive is gone is an error.
class torn_file {
  public:
    // None: nothing that could be read is there.
    static result<std::optional<torn_file>> open(world::file_store& files, const std::string& path);
    std::uint64_t size() const { return size_; }
    // All of `into`, with zeros behind the file's end.
    result<void> read(std::uint64_t offset, std::span<std::byte> into);

  private:
    torn_file(std::unique_ptr<world::file> file, std::uint64_t size) : file_(std::move(file)), size_(size) {}
    std::unique_ptr<world::file> file_;
    std::uint64_t size_ = 0;
};

struct parity_set {
    formats::par2_set says;
    std::vector<torn_file> files;  // which says.recovery numbers
};

// None: there is none, or not enough of it to say anything.
result<std::optional<parity_set>> find_parity(world::file_store& files, const std::string& volume_name);

// Which slices of the volume are whole, and in which of several files: its own, and those of it that were put aside.
struct slice_sources {
    static constexpr std::uint8_t nowhere = 0xFF;
    std::vector<torn_file> files;
    std::vector<std::uint8_t> of_slice;  // an index into files
    std::vector<std::uint32_t> damaged() const;
};

// `go_on` answers false: stops, and the outcome is of no use.
result<slice_sources> find_slices(world::file_store& files, const std::string& path, const formats::par2_set& set,
                                  const std::function<bool()>& go_on);

}  // namespace decamp::store
