#pragma once
// One context under virtual time: sleeps are a heap, and time goes on only when nothing else is left to do.

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "engine/world/clock.hpp"

namespace decamp::testing {

class virtual_clock final : public world::clock {
  public:
    struct sleeper {
        boost::asio::any_io_executor executor;
        boost::asio::any_completion_handler<void()> handler;
        template <class H>
        sleeper(boost::asio::any_io_executor e, H&& h) : executor(std::move(e)), handler(std::forward<H>(h)) {}
    };
    using key = std::pair<world::steady_time, unsigned long>;

    world::steady_time now() const override { return now_; }
    std::int64_t unix_ms() const override {
        return 1'700'000'000'000 + shift_ms_ + now_.time_since_epoch() / std::chrono::milliseconds(1);
    }
    int utc_offset_minutes() const override { return 0; }

    std::unique_ptr<world::alarm> make_alarm(boost::asio::any_io_executor) override {
        class virtual_alarm final : public world::alarm {
          public:
            explicit virtual_alarm(virtual_clock& owner) : owner_(owner) {}
            task<void> wait_until(world::steady_time when) override {
                key_ = {when, ++owner_.sequence_};
                auto enrol = [this]<class H>(H&& handler) {
                    boost::asio::any_io_executor executor = boost::asio::get_associated_executor(handler);
                    owner_.sleepers_.emplace(*key_,
                                             std::make_unique<sleeper>(std::move(executor), std::forward<H>(handler)));
                };
                return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
                    std::move(enrol), boost::asio::use_awaitable);
            }
            void ring() override {
                if (key_) owner_.wake(*key_);
            }

          private:
            virtual_clock& owner_;
            std::optional<key> key_;
        };
        return std::make_unique<virtual_alarm>(*this);
    }

    void wake(key which) {
        const auto found = sleepers_.find(which);
        if (found == sleepers_.end()) return;
        auto s = std::move(found->second);
        sleepers_.erase(found);
        boost::asio::post(s->executor, std::move(s->handler));
    }

    // Somebody sets the clock on the wall.
    void shift_wall(std::int64_t by_ms) { shift_ms_ += by_ms; }

    std::size_t sleeping() const { return sleepers_.size(); }

    // False when nobody sleeps.
    bool advance() {
        if (sleepers_.empty()) return false;
        const key first = sleepers_.begin()->first;
        now_ = std::max(now_, first.first);
        wake(first);
        return true;
    }

  private:
    world::steady_time now_{std::chrono::hours(1)};
    std::int64_t shift_ms_ = 0;
    unsigned long sequence_ = 0;
    std::map<key, std::unique_ptr<sleeper>> sleepers_;
};

// Runs what is ready, in real order, without moving time.
inline void run_ready(boost::asio::io_context& context) {
    context.restart();
    context.poll();
}

// Runs a coroutine to its end; virtual time jumps from sleep to sleep. Throws what escaped it, and logic_error when it
// hangs.
template <class Clock>
void run(boost::asio::io_context& context, Clock& clock, task<void> body) {
    bool done = false;
    std::exception_ptr escaped;
    boost::asio::co_spawn(context, std::move(body), [&](std::exception_ptr e) {
        done = true;
        escaped = e;
    });
    for (;;) {
        run_ready(context);
        if (done) break;
        if (!clock.advance()) throw std::logic_error("the coroutine hangs");
    }
    if (escaped) std::rethrow_exception(escaped);
}

}  // namespace decamp::testing
