#pragma once
// Reads back what was stored, beside the next downloads; at the end samples again, against drives that forget what was
// written first. Coordinator's thread.

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/catalogue/catalogue.hpp"
#include "engine/runtime/event.hpp"
#include "engine/runtime/surroundings.hpp"
#include "engine/verify/read_back.hpp"
#include "engine/world/file_store.hpp"
#include "engine/world/folder_flush.hpp"

namespace decamp::verify {

// What reads back: files, or volumes.
class read_back_stage {
  public:
    virtual ~read_back_stage() = default;
    virtual void wake() = 0;    // something was stored
    virtual void finish() = 0;  // nothing more will be stored: run() ends when all is read
    // Reads back until finished, or until the run drains.
    virtual task<result<void>> run() = 0;
    // After the last flush: what was written first, samples of the rest and the last are read again, oldest first; one
    // difference, or `full`, and everything is. True: nothing differed.
    virtual task<result<bool>> sample_again(bool full) = 0;
};

// Files, by the commit group: the first one, every 64th and the last are the samples.
class prover final : public read_back_stage {
  public:
    // `damaged` is called when stored bytes were read back wrong and are planned again.
    prover(runtime::surroundings& around, world::file_store& files, catalogue::catalogue& where,
           std::function<void()> damaged);

    void wake() override;
    void finish() override;
    task<result<void>> run() override;
    task<result<bool>> sample_again(bool full) override;

  private:
    using fetch = std::function<result<std::vector<stored_blob>>(blob_key after)>;
    task<result<std::size_t>> prove_batch(const std::vector<stored_blob>& batch);
    task<result<bool>> read_all(fetch next);

    runtime::surroundings& around_;
    world::file_store& files_;
    catalogue::catalogue& catalogue_;
    std::function<void()> damaged_;
    reader reader_;
    unsigned unreadable_ = 0;  // of the reading thread
    bool finished_ = false;
    std::uint64_t news_ = 0;  // counts wake-ups, so that none is lost while the catalogue is asked
    runtime::event changed_;
};

}  // namespace decamp::verify
