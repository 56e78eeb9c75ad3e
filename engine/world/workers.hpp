#pragma once
// Threads for what blocks: file calls, SQLite, and CPU work too long for a network thread. Inline in simulation.

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <span>

#include "engine/runtime/task.hpp"

namespace decamp::world {

enum class queue {
    catalogue,  // one thread: SQLite, in order
    write,      // a few threads: staging writes
    commit,     // one thread: flush, rename, publish
    read,       // one thread: reading back
    source,     // a few threads: sources that block
};

class workers {
  public:
    virtual ~workers() = default;  // waits for what was given
    // An executor of that queue; work posted to it runs to its end without suspending.
    virtual boost::asio::any_io_executor on(queue q) = 0;
    // How many jobs run_all() runs at once.
    virtual unsigned side_by_side() const { return 1; }
    // Runs all of them, side by side where there are threads for it, and returns when they have ended. Blocks: for a
    // thread that may, such as a queue's. Jobs throw nothing.
    virtual void run_all(std::span<const std::function<void()>> jobs) {
        for (const auto& job : jobs) job();
    }
};

std::unique_ptr<workers> make_thread_workers(unsigned write_threads);

// Runs f() on the queue and comes back to the caller's thread with what it returned. f must not suspend.
// Use: auto work = [&] { ... }; auto r = co_await world::run_on(workers, world::queue::catalogue, std::move(work));
template <class F>
task<std::invoke_result_t<F&>> run_on(workers& w, queue q, F f) {
    return runtime::hop(w.on(q), std::move(f));
}

}  // namespace decamp::world
