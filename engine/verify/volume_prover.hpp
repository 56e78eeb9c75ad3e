#pragma once
// Reads back sealed volumes, whole. Coordinator's thread.

#include <cstdint>
#include <functional>
#include <set>

#include "engine/verify/parity_keeper.hpp"
#include "engine/verify/prover.hpp"

namespace decamp::verify {

class volume_prover final : public read_back_stage {
  public:
    // `damaged` is called when what a volume held is planned again. `parity`: makes recovery data of the bytes that are
    // read back, and mends by it what is not right; null: there is none. It outlives this.
    volume_prover(runtime::surroundings& around, world::file_store& files, catalogue::catalogue& where,
                  std::function<void()> damaged, parity_keeper* parity = nullptr);

    void wake() override;
    void finish() override;
    task<result<void>> run() override;
    // The first volume, every 64th, where others were written after it, or all.
    task<result<bool>> sample_again(bool full) override;

  private:
    struct finding {
        std::string path, detail;  // of what was wrong; empty: nothing was
        read_back_method method = read_back_method::cache;
        bool right() const { return path.empty(); }
    };
    task<result<bool>> prove(const volume_row& volume, bool mended = false);
    task<result<finding>> read(const volume_row& volume, bool for_parity);
    task<result<bool>> lost(const volume_row& volume, const finding& wrong, bool mended);
    task<result<void>> record(const volume_row& volume, read_back_method method);
    task<result<std::vector<parity_file>>> parity_of(const volume_row& volume);
    task<result<bool>> wants_parity(const volume_row& volume);
    task<result<void>> keep_parity(const volume_row& volume, const std::vector<parity_file>& known);
    task<result<void>> make_parity(const volume_row& volume);
    task<result<std::vector<volume_row>>> page(std::int64_t after);

    runtime::surroundings& around_;
    world::file_store& files_;
    catalogue::catalogue& catalogue_;
    std::function<void()> damaged_;
    parity_keeper* parity_;
    reader reader_;
    std::set<std::int64_t> unprotected_;  // recovery data that went wrong as it was written; the next run tries again
    bool finished_ = false;
    std::uint64_t news_ = 0;
    runtime::event changed_;
};

// Sealed volumes that are gone, or not as long as they were, are mended where `parity` can, else given up: what they
// held is planned again. Recovery data that is gone is to be made again. The number of volumes given up. Before the
// walk.
task<result<std::uint64_t>> give_up_missing_volumes(runtime::surroundings& around, world::file_store& files,
                                                    catalogue::catalogue& where, parity_keeper* parity = nullptr);

}  // namespace decamp::verify
