#pragma once
// Coroutines that belong to somebody: nothing in the engine is detached.

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <exception>
#include <memory>

#include "engine/runtime/task.hpp"

namespace decamp::runtime {

// For the end of a coroutine that nobody awaits. What escaped it is a bug, or memory that was not to be had: others
// would wait for it for ever, so the process ends here, by std::terminate with this exception as the current one.
void end_if_escaped(const std::exception_ptr& escaped) noexcept;

// One single-threaded context. Its owner awaits join() before the group ends.
class task_group {
  public:
    explicit task_group(boost::asio::any_io_executor executor);
    task_group(const task_group&) = delete;
    task_group& operator=(const task_group&) = delete;
    ~task_group();  // std::terminate when a child still runs

    // Starts a child; it may run up to its first wait before this returns. Children may spawn more.
    void spawn(task<void> child);
    // Completes when all children have ended.
    task<void> join();
    // Completes when fewer than `count` children run: for bounding a group.
    task<void> below(std::size_t count);

    std::size_t running() const;

  private:
    struct state;
    std::shared_ptr<state> state_;
};

}  // namespace decamp::runtime
