#include "tests/sim/wire.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "tools/samplecloud/http_request.hpp"
#include "tools/samplecloud/reply.hpp"

namespace decamp::sim {

namespace {

using world::network_errc;
constexpr std::uint64_t piece = 64 << 10;

std::optional<samplecloud::origin> origin_at(const std::string& host) {
    constexpr std::array<std::string_view, samplecloud::origin_count> hosts{"127.0.0.1", "127.0.0.2", "127.0.0.3",
                                                                            "127.0.0.4", "127.0.0.5", "127.0.0.6"};
    const auto found = std::ranges::find(hosts, host);
    if (found == hosts.end()) return std::nullopt;
    return static_cast<samplecloud::origin>(found - hosts.begin());
}

enum class ending { none, closed, reset, stalled };

}  // namespace

// Both ends of one connection. The cloud answers in the moment the request is whole; its answer travels.
class wire_stream final : public world::byte_stream {
  public:
    wire_stream(wire& on, samplecloud::origin to, std::unique_ptr<world::alarm> alarm)
        : wire_(on), to_(to), alarm_(std::move(alarm)), refused_(!on.cloud_.connection_opened(to)) {}
    ~wire_stream() override {
        end_reply(false);
        wire_.cloud_.connection_closed(to_);
    }

    task<result<std::size_t>> read_some(std::span<std::byte> into) override {
        for (;;) {
            if (closed_) co_return failure(network_errc::closed);
            if (wire_.cut) co_return failure(network_errc::reset);
            const auto now = wire_.clock_.now();
            if (now >= deadline_) co_return failure(network_errc::timed_out);
            const bool arrived = now >= next_;
            if (arrived) refill();
            if (arrived && !arriving_.empty()) co_return take(into);
            if (arrived && ending_ == ending::closed) co_return std::size_t{0};
            if (arrived && ending_ == ending::reset) co_return failure(network_errc::reset);
            co_await alarm_->wait_until(arrived ? deadline_ : std::min(next_, deadline_));
        }
    }

    task<result<void>> write(std::span<const std::byte> from) override {
        if (closed_) co_return failure(network_errc::closed);
        if (wire_.cut || ending_ == ending::reset) co_return failure(network_errc::reset);
        if (ending_ == ending::closed) co_return result<void>();  // nobody reads it
        request_.append(reinterpret_cast<const char*>(from.data()), from.size());
        answer();
        co_return result<void>();
    }

    void set_deadline(world::steady_time when) override { deadline_ = when; }
    void close() override {
        closed_ = true;
        alarm_->ring();
    }
    bool quiet() override {
        if (wire_.cut || ending_ != ending::none || !arriving_.empty()) return false;
        if (!wire_.dice_.chance(wire_.weather.stale)) return true;
        wire_.on_fault("kept connection ended");
        // Ended by the other side: seen now, or only when the request has been sent.
        ending_ = wire_.dice_.chance(500) ? ending::closed : ending::reset;
        return wire_.dice_.chance(500);
    }

  private:
    std::size_t take(std::span<std::byte> into) {
        const std::uint64_t most = 1 + wire_.dice_.below(wire_.weather.most_at_once);
        const std::size_t size = std::min({into.size(), arriving_.size(), static_cast<std::size_t>(most)});
        std::memcpy(into.data(), arriving_.data(), size);
        arriving_.erase(0, size);
        const auto nanoseconds = size * 1'000'000'000 / wire_.weather.bytes_per_second;
        next_ = wire_.clock_.now() + world::duration(nanoseconds);
        return size;
    }

    void answer() {
        boost::system::error_code ec;
        const std::size_t used = reader_.feed(request_, ec);
        request_.erase(0, used);
        if (!ec && !reader_.complete()) return;
        end_reply(false);
        response_ = samplecloud::http_response{};
        if (ec || refused_) {
            response_.status = ec ? 400 : 503;
            response_.close_after = true;
        } else {
            wire_.cloud_.handle(to_, reader_.request(), response_);
            if (!reader_.request().keep_alive) response_.close_after = true;
        }
        note_answer();
        const auto most = wire_.cloud_.now()->switches->api.close_after_requests;
        if (most != 0 && ++answered_ >= most) response_.drop_after = true;
        reader_.next();
        reply_.emplace(response_);
        arriving_ = reply_->head();
        produced_ = arriving_.size();
        next_ = wire_.clock_.now() + wire_.weather.latency + std::chrono::milliseconds(response_.delay_ms);
        spoil();
    }

    // What the cloud does by itself, as far as it can be told from its answer.
    void note_answer() {
        using samplecloud::reply_end;
        switch (response_.status) {
            case 401:
                return wire_.on_fault("cloud: 401");
            case 403:
                return wire_.on_fault("cloud: 403");
            case 410:
                return wire_.on_fault("cloud: 410");
            case 429:
                return wire_.on_fault("cloud: 429");
            case 503:
                return wire_.on_fault(response_.headers.find("Retry-After") == std::string::npos
                                          ? "cloud: 503"
                                          : "cloud: 503 with Retry-After");
            default:
                break;
        }
        if (response_.end == reply_end::stall) return wire_.on_fault("cloud: stall");
        if (response_.end == reply_end::reset) return wire_.on_fault("cloud: reset");
        if (response_.end == reply_end::close) return wire_.on_fault("cloud: short body");
        if (response_.announced_length) return wire_.on_fault("cloud: wrong length");
        if (response_.content_type.starts_with("text/html")) return wire_.on_fault("cloud: HTML with 200");
        if (response_.no_length || response_.chunked) return wire_.on_fault("cloud: no length");
    }

    // What the network does to this reply, besides what the cloud does.
    void spoil() {
        break_at_.reset();
        const wire_weather& w = wire_.weather;
        const std::uint64_t length = arriving_.size() + std::min<std::uint64_t>(response_.body_length(), 1 << 20);
        const auto luck = wire_.dice_.below(1000);
        if (luck < w.reset)
            break_with_ = ending::reset;
        else if (luck < w.reset + w.stalls)
            break_with_ = ending::stalled;
        else if (luck < w.reset + w.stalls + w.ends_early)
            break_with_ = ending::closed;
        else
            return;
        wire_.on_fault(break_with_ == ending::reset     ? "reset within a reply"
                       : break_with_ == ending::stalled ? "stall within a reply"
                                                        : "reply cut short");
        break_at_ = wire_.dice_.below(length);
        cut_to_break();
    }

    void cut_to_break() {
        if (!break_at_ || produced_ < *break_at_) return;
        arriving_.resize(arriving_.size() - (produced_ - *break_at_));
        ending_ = break_with_;
        end_reply(false);
    }

    void refill() {
        if (!arriving_.empty() || !reply_) return;
        if (!reply_->done()) {
            reply_->append_body(arriving_, piece);
            produced_ += arriving_.size();
            cut_to_break();
            say_too_much();
        } else {
            using samplecloud::reply_end;
            const reply_end how = response_.end;
            const bool closes = reply_->closes();
            end_reply(true);
            if (how == reply_end::stall)
                ending_ = ending::stalled;
            else if (how == reply_end::reset)
                ending_ = ending::reset;
            else if (closes)
                ending_ = ending::closed;
        }
    }

    // Behind a whole reply, with its last bytes.
    void say_too_much() {
        using samplecloud::reply_end;
        if (!reply_ || !reply_->done() || reply_->closes() || response_.end == reply_end::stall ||
            response_.end == reply_end::reset)
            return;
        if (break_at_ || !wire_.dice_.chance(wire_.weather.surplus)) return;
        wire_.on_fault("bytes nobody asked for");
        arriving_ += "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nlie";
    }

    void end_reply(bool as_planned) {
        if (!reply_) return;
        wire_.cloud_.finished(response_, reply_->sent(), as_planned);
        reply_.reset();
    }

    wire& wire_;
    samplecloud::origin to_;
    std::unique_ptr<world::alarm> alarm_;
    bool refused_;
    bool closed_ = false;
    world::steady_time deadline_ = world::steady_time::max();
    world::steady_time next_{};
    std::string request_, arriving_;
    samplecloud::http_request_reader reader_;
    samplecloud::http_response response_;
    std::optional<samplecloud::reply> reply_;
    std::optional<std::uint64_t> break_at_;  // byte of the reply, header included
    ending break_with_ = ending::none, ending_ = ending::none;
    std::uint64_t produced_ = 0;  // bytes of this reply that were sent
    std::uint64_t answered_ = 0;
};

task<result<std::unique_ptr<world::byte_stream>>> wire::connect(world::endpoint to, const world::address_policy& policy,
                                                                world::steady_time deadline) {
    using made = result<std::unique_ptr<world::byte_stream>>;
    const auto executor = co_await boost::asio::this_coro::executor;
    auto alarm = clock_.make_alarm(executor);
    const auto luck = dice_.below(1000);
    const wire_weather& w = weather;
    const bool never = luck < w.never_connects;
    co_await alarm->wait_until(never ? deadline : clock_.now() + w.latency);
    if (never)
        on_fault("no connection");
    else if (luck < w.never_connects + w.unresolved)
        on_fault("name not found");
    else if (cut || luck < w.never_connects + w.unresolved + w.refused)
        on_fault("connection refused");
    if (never) co_return made(failure(network_errc::timed_out));
    if (luck < w.never_connects + w.unresolved) co_return made(failure(network_errc::unresolved));
    if (cut || luck < w.never_connects + w.unresolved + w.refused) co_return made(failure(network_errc::refused));
    if (!policy.allowed(to, to.host)) co_return made(failure(network_errc::address_refused));
    const auto where = origin_at(to.host);
    if (!where) co_return made(failure(network_errc::refused));
    co_return made(std::make_unique<wire_stream>(*this, *where, std::move(alarm)));
}

}  // namespace decamp::sim
