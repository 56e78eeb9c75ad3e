#pragma once
// Recovery data of an export's volumes: made while they are read back, and used when one is not right.

#include <cstdint>
#include <functional>

#include "engine/store/volumes/parity_writer.hpp"
#include "engine/verify/parity_keeper.hpp"

namespace decamp::store {

class volume_parity final : public verify::parity_keeper {
  public:
    // `memory`: in bytes, of what is made or mended. `go_on`: any thread.
    volume_parity(world::file_store& files, unsigned percent, std::uint64_t memory, std::function<bool()> go_on);

    void expect(const volume_row& volume) override { expected_ = volume; }
    void begin() override;
    void update(std::span<const std::byte> bytes) override { writer_.update(bytes); }
    void forget() override { writer_.forget(); }
    result<made> finish() override;
    result<bool> mend(const volume_row& volume) override;

  private:
    world::file_store& files_;
    unsigned percent_;
    std::uint64_t memory_;
    parity_writer writer_;
    volume_row expected_;
};

}  // namespace decamp::store
