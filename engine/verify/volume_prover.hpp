#pragma once
// Reads back sealed volumes, whole. Coordinator's thread.

#include <cstdint>
#include <functional>

#include "engine/verify/prover.hpp"

namespace decamp::verify {

class volume_prover final : public read_back_stage {
  public:
    // `damaged` is called when what a volume held is planned again.
    volume_prover(runtime::surroundings& around, world::file_store& files, catalogue::catalogue& where,
                  std::function<void()> damaged);

    void wake() override;
    void finish() override;
    task<result<void>> run() override;
    // The first volume, every 64th, where others were written after it, or all.
    task<result<bool>> sample_again(bool full) override;

  private:
    task<result<bool>> prove(const volume_row& volume);
    task<result<std::vector<volume_row>>> page(std::int64_t after);

    runtime::surroundings& around_;
    world::file_store& files_;
    catalogue::catalogue& catalogue_;
    std::function<void()> damaged_;
    reader reader_;
    bool finished_ = false;
    std::uint64_t news_ = 0;
    runtime::event changed_;
};

// Sealed volumes that are gone, or not as long as they were, are given up: what they held is planned again. The number of
// them. Beside the walk.
task<result<std::uint64_t>> give_up_missing_volumes(runtime::surroundings& around, world::file_store& files,
                                                    catalogue::catalogue& where);

}  // namespace decamp::verify
