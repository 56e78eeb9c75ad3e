#pragma once
// A network whose servers follow a script, on a clock that only moves when the script says so. One thread, no sleeps.
//
//   scripted_network net;
//   net.serve({sends("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), ends()});   // first connection
//   net.serve({...});                                                               // second connection

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstring>
#include <deque>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine/world/network.hpp"

namespace decamp::testing {

class scripted_clock final : public world::clock {
  public:
    world::steady_time now() const override { return now_; }
    std::int64_t unix_ms() const override {
        return std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch()).count();
    }
    int utc_offset_minutes() const override { return 0; }
    std::unique_ptr<world::alarm> make_alarm(boost::asio::any_io_executor) override { return nullptr; }
    void advance(world::duration by) { now_ += by; }
    void advance_to(world::steady_time to) { now_ = std::max(now_, to); }

  private:
    world::steady_time now_ = world::steady_time(std::chrono::hours(1));
};

// What a server does next, as seen by a read.
struct script_step {
    enum class kind {
        bytes,          // may be read
        after_request,  // what follows is only sent once one more whole request has arrived
        pause,          // time passes
        end,            // the stream ends; stays ended
        reset,          // the connection breaks
        block,          // nothing until close()
    };
    kind what = kind::bytes;
    std::string text;
    std::size_t piece = SIZE_MAX;  // most that one read gets
    world::duration time{};
};

using script = std::vector<script_step>;

inline script_step sends(std::string text, std::size_t piece = SIZE_MAX) {
    return {script_step::kind::bytes, std::move(text), piece, {}};
}
inline script_step after_request() {
    return {script_step::kind::after_request, {}, 0, {}};
}
inline script_step pause(world::duration d) {
    return {script_step::kind::pause, {}, 0, d};
}
inline script_step ends() {
    return {script_step::kind::end, {}, 0, {}};
}
inline script_step resets() {
    return {script_step::kind::reset, {}, 0, {}};
}
inline script_step blocks() {
    return {script_step::kind::block, {}, 0, {}};
}

// What the test sees of a connection, also after it is gone.
struct connection_log {
    world::endpoint to;
    std::string written;
    std::size_t reads = 0;
    bool closed = false;
    std::optional<boost::system::error_code> fail_writes;
    world::duration write_takes{};
};

class scripted_stream final : public world::byte_stream {
  public:
    scripted_stream(scripted_clock& clock, script steps, std::shared_ptr<connection_log> log)
        : clock_(clock), steps_(steps.begin(), steps.end()), log_(std::move(log)) {}
    ~scripted_stream() override { log_->closed = true; }

    task<result<std::size_t>> read_some(std::span<std::byte> into) override {
        const auto executor = co_await boost::asio::this_coro::executor;
        co_await boost::asio::post(executor, boost::asio::use_awaitable);
        ++log_->reads;
        for (;;) {
            if (log_->closed) co_return failure(world::network_errc::closed);
            if (clock_.now() >= deadline_) co_return failure(world::network_errc::timed_out);
            if (steps_.empty()) co_return silence();
            auto& step = steps_.front();
            switch (step.what) {
                case script_step::kind::bytes: {
                    const std::size_t n = std::min({step.text.size(), into.size(), step.piece});
                    std::memcpy(into.data(), step.text.data(), n);
                    step.text.erase(0, n);
                    if (step.text.empty()) steps_.pop_front();
                    if (n == 0) continue;
                    co_return n;
                }
                case script_step::kind::after_request:
                    if (!request_arrived()) co_return silence();
                    steps_.pop_front();
                    continue;
                case script_step::kind::pause: {
                    const auto until = clock_.now() + step.time;
                    if (until >= deadline_) co_return silence();
                    clock_.advance_to(until);
                    steps_.pop_front();
                    continue;
                }
                case script_step::kind::end:
                    co_return std::size_t{0};
                case script_step::kind::reset:
                    co_return failure(world::network_errc::reset);
                case script_step::kind::block:
                    break;
            }
            boost::asio::steady_timer waiting(executor, boost::asio::steady_timer::time_point::max());
            waiting_ = &waiting;
            boost::system::error_code ec;
            co_await waiting.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ec));
            waiting_ = nullptr;
        }
    }

    task<result<void>> write(std::span<const std::byte> from) override {
        const auto executor = co_await boost::asio::this_coro::executor;
        co_await boost::asio::post(executor, boost::asio::use_awaitable);
        if (log_->closed) co_return failure(world::network_errc::closed);
        if (clock_.now() >= deadline_) co_return failure(world::network_errc::timed_out);
        if (log_->fail_writes) co_return failure(*log_->fail_writes);
        clock_.advance(log_->write_takes);
        if (clock_.now() >= deadline_) co_return failure(world::network_errc::timed_out);
        log_->written.append(reinterpret_cast<const char*>(from.data()), from.size());
        co_return result<void>();
    }

    void set_deadline(world::steady_time when) override { deadline_ = when; }

    void close() override {
        log_->closed = true;
        if (waiting_) waiting_->cancel();
    }

    bool quiet() override {
        if (steps_.empty()) return true;
        const auto what = steps_.front().what;
        return what == script_step::kind::after_request || what == script_step::kind::block ||
               what == script_step::kind::pause;
    }

  private:
    // Nothing will come: the deadline passes.
    failure silence() {
        if (deadline_ == world::steady_time::max()) throw std::logic_error("a read that never ends");
        clock_.advance_to(deadline_);
        return failure(world::network_errc::timed_out);
    }

    bool request_arrived() {
        const std::size_t end = log_->written.find("\r\n\r\n", seen_);
        if (end == std::string::npos) return false;
        std::size_t body = 0;
        const std::size_t length = log_->written.find("Content-Length: ", seen_);
        if (length < end) body = std::stoul(log_->written.substr(length + 16));
        if (log_->written.size() < end + 4 + body) return false;
        seen_ = end + 4 + body;
        return true;
    }

    scripted_clock& clock_;
    std::deque<script_step> steps_;
    std::shared_ptr<connection_log> log_;
    world::steady_time deadline_ = world::steady_time::max();
    std::size_t seen_ = 0;
    boost::asio::steady_timer* waiting_ = nullptr;
};

class scripted_network final : public world::network {
  public:
    scripted_clock clock;
    std::vector<std::shared_ptr<connection_log>> connections;
    std::optional<failure> connect_error;
    world::duration write_takes{};        // of each write
    bool check_policy_with_host = false;  // the endpoint's host is taken for its address

    void serve(script steps) { scripts_.push_back(std::move(steps)); }
    // Puts another stream (TLS, say) over each scripted one.
    std::function<std::unique_ptr<world::byte_stream>(std::unique_ptr<world::byte_stream>)> wrap;

    task<result<std::unique_ptr<world::byte_stream>>> connect(world::endpoint to, const world::address_policy& policy,
                                                              world::steady_time) override {
        const auto executor = co_await boost::asio::this_coro::executor;
        co_await boost::asio::post(executor, boost::asio::use_awaitable);
        if (connect_error) co_return *connect_error;
        if (check_policy_with_host && !policy.allowed(to, to.host))
            co_return failure(world::network_errc::address_refused);
        if (scripts_.empty()) co_return failure(world::network_errc::refused, "no script left");
        auto log = std::make_shared<connection_log>();
        log->to = to;
        log->write_takes = write_takes;
        connections.push_back(log);
        std::unique_ptr<world::byte_stream> stream =
            std::make_unique<scripted_stream>(clock, std::move(scripts_.front()), log);
        scripts_.pop_front();
        if (wrap) stream = wrap(std::move(stream));
        co_return stream;
    }

  private:
    std::deque<script> scripts_;
};

struct any_address final : world::address_policy {
    bool allowed(const world::endpoint&, const std::string&) const override { return true; }
};

// Runs a coroutine on a context of its own until nothing is left to do.
template <class T>
T run(task<T> work) {
    boost::asio::io_context context(1);
    std::optional<T> out;
    std::exception_ptr thrown;
    boost::asio::co_spawn(context, std::move(work), [&](std::exception_ptr e, T value) {
        thrown = e;
        if (!e) out = std::move(value);
    });
    context.run();
    if (thrown) std::rethrow_exception(thrown);
    return std::move(out.value());
}

}  // namespace decamp::testing
