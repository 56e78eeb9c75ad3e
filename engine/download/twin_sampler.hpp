#pragma once
// Twins that a source announces are not taken on its word: of each, bytes of its own are asked for at its beginning, at
// its end and at a place drawn at random, and compared with those that are stored. One that differs ends the trust in
// all; one of which no part can be had is fetched for itself. Coordinator's thread; requests go over lanes.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/catalogue/catalogue.hpp"
#include "engine/download/transfer.hpp"
#include "engine/runtime/pace.hpp"
#include "engine/runtime/slots.hpp"
#include "engine/runtime/surroundings.hpp"
#include "engine/runtime/task_group.hpp"
#include "engine/source/source.hpp"

namespace decamp::download {

struct sample_place {
    std::uint64_t offset = 0;
    std::size_t bytes = 0;
    bool operator==(const sample_place&) const = default;
};
// All of a small file; else its first, its last and 4 KiB from between, where `random` falls.
std::vector<sample_place> sample_places(std::uint64_t size, std::uint64_t random);

// The bytes of a stored blob. Blocking; read on world::queue::read.
class stored_bytes {
  public:
    virtual ~stored_bytes() = default;
    // Fewer than asked only at their end.
    virtual result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) = 0;
};
// Finds them; on the catalogue's queue.
using find_stored = std::function<result<std::unique_ptr<stored_bytes>>(const stored_blob&)>;

class twin_sampler {
  public:
    // References outlive it.
    twin_sampler(runtime::surroundings& around, source::source& from, catalogue::catalogue& db, std::vector<lane> lanes,
                 const transfer_settings& settings, runtime::pace_gate& pace, find_stored find);
    // True: one differs, and announcements are not to be trusted. Ends early then, and when the run drains.
    task<result<bool>> run();

  private:
    enum class finding { agrees, differs, unknown };
    struct batch_result {
        std::vector<item_key> sampled, unknown;
        bool differs = false;
    };
    task<result<void>> sample_batch(const std::vector<catalogue::announced_twin>& batch, batch_result& into);
    task<void> sample_one(const catalogue::announced_twin& twin, runtime::slot place, batch_result& into);
    task<result<finding>> compare(const catalogue::announced_twin& twin, stored_bytes& stored);
    task<result<std::vector<std::byte>>> fetch(const catalogue::announced_twin& twin, sample_place where);

    runtime::surroundings& around_;
    source::source& source_;
    catalogue::catalogue& catalogue_;
    std::vector<lane> lanes_;
    const transfer_settings& settings_;
    runtime::pace_gate& pace_;
    find_stored find_;
    runtime::slots slots_;
    std::size_t next_lane_ = 0;
    std::optional<failure> failed_;
};

}  // namespace decamp::download
