#include "tests/sim/lying/line.hpp"

#include <algorithm>
#include <cstring>

namespace decamp::sim::lying {

using world::network_errc;

// Both ends of one connection. The server answers in the moment the request is whole; its answer travels.
class line_stream final : public world::byte_stream {
  public:
    line_stream(line& on, std::string host, std::unique_ptr<world::alarm> alarm)
        : line_(on), host_(std::move(host)), alarm_(std::move(alarm)) {}

    task<result<std::size_t>> read_some(std::span<std::byte> into) override {
        for (;;) {
            if (closed_) co_return failure(network_errc::closed);
            if (line_.cut) co_return failure(network_errc::reset);
            const auto now = line_.clock_.now();
            if (now >= deadline_) co_return failure(network_errc::timed_out);
            const bool arrived = now >= next_;
            if (arrived && !arriving_.empty()) co_return take(into);
            if (arrived && ended_) co_return std::size_t{0};
            co_await alarm_->wait_until(arrived ? deadline_ : std::min(next_, deadline_));
        }
    }

    task<result<void>> write(std::span<const std::byte> from) override {
        if (closed_) co_return failure(network_errc::closed);
        if (line_.cut) co_return failure(network_errc::reset);
        sent_.append(reinterpret_cast<const char*>(from.data()), from.size());
        while (!ended_) {
            auto asked = take_request(sent_);
            if (!asked) break;
            asked->host = host_;
            line_.on_request();
            const response made = line_.server_.respond(*asked);
            wire_form form = bytes_of(made);
            arriving_ += form.bytes;
            ended_ = form.closes;
            next_ = line_.clock_.now() + line_.latency_;
        }
        co_return result<void>();
    }

    void set_deadline(world::steady_time when) override { deadline_ = when; }
    void close() override {
        closed_ = true;
        alarm_->ring();
    }
    bool quiet() override { return !line_.cut && !ended_ && arriving_.empty(); }

  private:
    std::size_t take(std::span<std::byte> into) {
        const std::uint64_t most = line_.dice_.between(1, line_.most_at_once_);
        const std::size_t size = std::min({into.size(), arriving_.size() - taken_, static_cast<std::size_t>(most)});
        std::memcpy(into.data(), arriving_.data() + taken_, size);
        taken_ += size;
        if (taken_ == arriving_.size()) {
            arriving_.clear();
            taken_ = 0;
        }
        return size;
    }

    line& line_;
    std::string host_;
    std::unique_ptr<world::alarm> alarm_;
    bool closed_ = false, ended_ = false;
    world::steady_time deadline_ = world::steady_time::max();
    world::steady_time next_{};
    std::string sent_, arriving_;
    std::size_t taken_ = 0;
};

task<result<std::unique_ptr<world::byte_stream>>> line::connect(world::endpoint to, const world::address_policy& policy,
                                                                world::steady_time) {
    using made = result<std::unique_ptr<world::byte_stream>>;
    const auto executor = co_await boost::asio::this_coro::executor;
    auto alarm = clock_.make_alarm(executor);
    co_await alarm->wait_until(clock_.now() + latency_);
    hosts_asked.insert(to.host);
    if (cut) co_return made(failure(network_errc::refused));
    if (!policy.allowed(to, to.host)) co_return made(failure(network_errc::address_refused));
    if (to.host != main_host && to.host != bytes_host) co_return made(failure(network_errc::refused));
    co_return made(std::make_unique<line_stream>(*this, to.host, std::move(alarm)));
}

}  // namespace decamp::sim::lying
