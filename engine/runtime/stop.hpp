#pragma once
// How a run is told to end. Draining: take nothing new, finish what is under way. Stopped: end now. Nothing is
// cancelled behind anybody's back: code reads the flags, and what sleeps is woken to read them.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/model/error.hpp"
#include "engine/runtime/task.hpp"
#include "engine/world/clock.hpp"

namespace decamp::runtime {

// Every function may be called from any thread.
class stop_state {
    struct entry;

  public:
    // While it lives, its callback is run after each change. Destroyed on the thread of the executor it was made with;
    // after that its callback does not run any more.
    class subscription {
      public:
        subscription() = default;
        subscription(subscription&&) noexcept = default;
        subscription& operator=(subscription&& other) noexcept;
        ~subscription();

      private:
        friend class stop_state;
        subscription(stop_state* owner, std::shared_ptr<entry> e) : owner_(owner), entry_(std::move(e)) {}
        void reset() noexcept;
        stop_state* owner_ = nullptr;
        std::shared_ptr<entry> entry_;
    };

    stop_state();
    stop_state(const stop_state&) = delete;
    stop_state& operator=(const stop_state&) = delete;
    ~stop_state();

    bool draining() const noexcept { return draining_.load(std::memory_order_acquire); }  // also when stopped
    bool stopped() const noexcept { return stopped_.load(std::memory_order_acquire); }

    void request_drain();
    // Drains too. The first failure is the run's reason and stays.
    void request_stop(failure why);
    // Why it was stopped; none while it was not.
    std::optional<failure> why() const;

    // Posts `wake` to `executor` (one single-threaded context) at each change, and once now if draining has begun
    // already. Outlived by this stop_state.
    [[nodiscard]] subscription subscribe(boost::asio::any_io_executor executor, std::function<void()> wake);

  private:
    static void post_wake(const std::shared_ptr<entry>& e);
    void change(std::atomic<bool>* first, std::atomic<bool>* second, failure* why);

    std::atomic<bool> draining_{false};
    std::atomic<bool> stopped_{false};
    mutable std::mutex mutex_;
    std::optional<failure> why_;
    std::vector<std::shared_ptr<entry>> entries_;
};

// Sleeps for `d` by `clock`. False when draining or stopping began before the end, which also ends the sleep.
task<bool> pause(world::clock& clock, stop_state& stop, world::duration d);

}  // namespace decamp::runtime
