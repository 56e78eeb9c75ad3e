#pragma once
// Ctrl-C and its kin. The first asks the run to stop; the second ends the process at once, whatever hangs.

#include <functional>
#include <memory>
#include <stop_token>

namespace decamp::world {

// Made before any other thread is, so that all inherit the blocked signals (SIGINT, SIGTERM, and SIGHUP unless it is
// ignored); one thread of its own waits for them. `first` is called on that thread and must not block.
class interrupts {
  public:
    // `code` is what the second one ends the process with.
    interrupts(std::stop_source stop, int code, std::function<void()> first);
    ~interrupts();
    interrupts(const interrupts&) = delete;
    interrupts& operator=(const interrupts&) = delete;

  private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace decamp::world
