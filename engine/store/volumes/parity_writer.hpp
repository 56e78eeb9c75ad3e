#pragma once
// Writes the recovery data of one volume (formats/par2.hpp) beside it, from its bytes as they pass. Where the memory
// does not hold all of it, the volume is read again, as often as the encoder needs. Blocking; one thread at a time.
//
// Order: both files are written in .decamp/volumes, flushed, renamed into data/volumes, the folders flushed; then both
// are read back. The caller tells the catalogue after that.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/error.hpp"
#include "engine/store/volumes/volume_file.hpp"
#include "engine/verify/parity_keeper.hpp"
#include "engine/world/file_store.hpp"
#include "formats/par2_encoder.hpp"

namespace decamp::store {

class parity_writer {
  public:
    // `memory`: of the encoder, in bytes, at most; never less than two slices. `go_on`: asked now and then, from the
    // thread that works here.
    parity_writer(world::file_store& files, std::uint64_t memory, std::function<bool()> go_on);

    // What is written replaces what is there, where this answers true; else nothing changes, and finish() gives no
    // files.
    using acceptance = std::function<bool(const std::vector<parity_file>&)>;
    void replace_if(acceptance wanted) { wanted_ = std::move(wanted); }

    // The bytes of this sealed volume follow, from its beginning. What was under way is dropped.
    void begin(const std::string& volume_name, const formats::par2_layout& layout);
    void update(std::span<const std::byte> bytes) { encoder_->update(bytes); }
    void forget() { encoder_.reset(); }
    // All of them have come. `keep_free`: bytes of the drive that are not to be touched; file_errc::no_space where they
    // would be. The memory is free afterwards.
    result<verify::parity_keeper::made> finish(std::uint64_t keep_free);

  private:
    struct drafts {
        std::unique_ptr<volume_file> index, volume;
    };
    result<void> room(std::uint64_t keep_free);
    result<bool> write(drafts& to);
    result<bool> read_again();
    result<parity_file> close(std::unique_ptr<volume_file>& file, std::int64_t modified_ns);
    result<void> place(const parity_file& file);
    result<std::string> wrong_one(const std::vector<parity_file>& written);
    void sweep();

    world::file_store& files_;
    std::uint64_t memory_;
    std::function<bool()> go_on_;
    acceptance wanted_;
    std::string name_;  // of the volume
    std::string index_name_, volume_name_;
    std::optional<formats::par2_encoder> encoder_;
};

}  // namespace decamp::store
