#pragma once
// A file under a staging name, written behind the reader's back: one write under way while the next chunk arrives.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>

#include "engine/model/error.hpp"
#include "engine/runtime/budget.hpp"
#include "engine/runtime/event.hpp"
#include "engine/world/file_store.hpp"
#include "engine/world/workers.hpp"

namespace decamp::download {

// Used on one thread (the lane's), by several coroutines at once where nothing else is said; the file calls run on
// world::queue::write, one at a time. Await settle() before it is destroyed.
class staging_file {
  public:
    // The file is made by the first write or by settle(). `resume`: it exists and is kept, cut to `keep` bytes.
    staging_file(world::file_store& files, world::workers& workers, std::string path, bool resume, std::uint64_t keep);
    staging_file(const staging_file&) = delete;
    staging_file& operator=(const staging_file&) = delete;
    ~staging_file();

    // Waits for the write under way. A write that follows in the same step is under way when it returns.
    task<void> ready();
    // Takes the chunk; its memory comes back when it is written. Reports the outcome of the write before.
    task<result<void>> write(std::uint64_t offset, runtime::chunk chunk);
    // Settles, then reads what was written; fewer bytes than asked at the file's end. `into` outlives the call. One at
    // a time, beside writes elsewhere.
    task<result<std::size_t>> read(std::uint64_t offset, std::span<std::byte> into);
    // Waits for the last write; makes the file if nothing was written.
    task<result<void>> settle();
    // Settles, then makes what was written durable.
    task<result<void>> sync();
    // Settles, closes, removes. Nothing else is under way.
    task<void> discard();
    // Settles and closes; the file stays. Nothing else is under way.
    task<result<void>> close();

    const std::string& path() const { return path_; }

  private:
    result<void> open_if_needed();  // on the write queue
    template <class F>
    task<std::invoke_result_t<F&>> alone(F work);

    world::file_store& files_;
    world::workers& workers_;
    std::string path_;
    bool resume_;
    std::uint64_t keep_;
    std::unique_ptr<world::file> file_, reader_;
    bool busy_ = false;
    result<void> outcome_;
    runtime::event idle_;
};

}  // namespace decamp::download
