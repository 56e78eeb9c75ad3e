#include "engine/transport/paced.hpp"

#include <charconv>
#include <utility>

#include "engine/world/network.hpp"

namespace decamp::transport {

paced_sender::paced_sender(sender& next, runtime::pace_gate& gate, world::clock& clock,
                           std::function<bool(const request&)> is_link, std::function<void(world::duration)> throttled)
    : next_(next), gate_(gate), clock_(clock), is_link_(std::move(is_link)), throttled_(std::move(throttled)) {}

task<result<std::unique_ptr<exchange>>> paced_sender::send(request what) {
    const bool link = is_link_(what);
    const bool turn = co_await gate_.turn(link ? runtime::pace_kind::link : runtime::pace_kind::listing, link);
    if (!turn) co_return failure(world::network_errc::closed);
    auto answer = co_await next_.send(std::move(what));
    if (!answer) co_return answer;
    const int status = answer.value()->head().status;
    if (status == 429 || status == 503) {
        gate_.on_throttled(retry_after(answer.value()->head()));
        throttled_(gate_.current().closed_until() - clock_.now());
    } else if (status < 400) {
        gate_.on_ok();
    }
    co_return answer;
}

std::optional<world::duration> retry_after(const response_head& head) {
    const std::string_view text = head.header("Retry-After");
    unsigned seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size() || seconds > 86'400) return std::nullopt;
    return std::chrono::seconds(seconds);
}

}  // namespace decamp::transport
