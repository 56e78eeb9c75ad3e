#pragma once
// A computer on one thread and virtual time: every thread of the engine is a context of its own, and the seed decides
// which of them goes on next. Time moves only when nobody has anything left to do.

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <vector>

#include "engine/runtime/task.hpp"
#include "engine/world/workers.hpp"
#include "tests/sim/dice.hpp"
#include "tests/support/virtual_clock.hpp"

namespace decamp::sim {

enum class end_of_run { done, hangs, runs_for_ever };

class machine {
  public:
    machine(std::uint64_t seed, std::size_t lanes);

    // Runs the task of the coordinator's thread until it is over, then what it has left behind. Throws what escaped.
    end_of_run run(task<void> body);

    boost::asio::any_io_executor coordinator() { return threads_[0]->context.get_executor(); }
    boost::asio::any_io_executor lane(std::size_t n) { return threads_[5 + n]->context.get_executor(); }
    world::workers& workers() { return workers_; }
    testing::virtual_clock& clock() { return clock_; }
    std::uint64_t steps() const { return steps_; }
    // Called every so many steps: whoever wants to do something from outside the program.
    std::function<void()> meanwhile = [] {};

  private:
    struct thread {
        boost::asio::io_context context{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
        boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
    };
    class inline_workers final : public world::workers {
      public:
        explicit inline_workers(machine& owner) : owner_(owner) {}
        boost::asio::any_io_executor on(world::queue q) override {
            // No simulated source blocks: its queue is the last of the four there are.
            const auto index = std::min(static_cast<std::size_t>(q), std::size_t{3});
            return owner_.threads_[1 + index]->context.get_executor();
        }

      private:
        machine& owner_;
    };

    bool step();
    bool advance() { return clock_.advance(); }

    dice dice_;
    std::vector<std::unique_ptr<thread>> threads_;  // coordinator, four queues, lanes
    testing::virtual_clock clock_;                  // goes first: who still sleeps in it belongs to a thread
    inline_workers workers_{*this};
    std::uint64_t steps_ = 0;
};

}  // namespace decamp::sim
