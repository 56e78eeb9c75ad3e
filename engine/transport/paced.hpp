#pragma once
// The account's pace around a sender: listing, links and renewal go through one gate, and whatever answers 429 or 503
// slows all of them. One thread.

#include <functional>
#include <optional>

#include "engine/runtime/pace.hpp"
#include "engine/transport/http.hpp"

namespace decamp::transport {

class paced_sender : public sender {
  public:
    // `is_link`: requests that go before listings. `throttled` is told how long the account will wait.
    paced_sender(sender& next, runtime::pace_gate& gate, world::clock& clock,
                 std::function<bool(const request&)> is_link, std::function<void(world::duration)> throttled);
    // network_errc::closed when the run ended while it waited for its turn.
    task<result<std::unique_ptr<exchange>>> send(request what) override;

  private:
    sender& next_;
    runtime::pace_gate& gate_;
    world::clock& clock_;
    std::function<bool(const request&)> is_link_;
    std::function<void(world::duration)> throttled_;
};

// Retry-After as a number of seconds; dates are ignored (the clouds seen send none), more than a day too.
std::optional<world::duration> retry_after(const response_head& head);

}  // namespace decamp::transport
