#include "engine/world/clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <ctime>

namespace decamp::world {

namespace {

constexpr auto token = boost::asio::as_tuple(boost::asio::use_awaitable);

class timer_alarm final : public alarm {
  public:
    explicit timer_alarm(const boost::asio::any_io_executor& executor) : timer_(executor) {}

    task<void> wait_until(steady_time when) override {
        timer_.expires_at(when);
        const auto [error] = co_await timer_.async_wait(token);
        (void)error;  // rung: as good as expired
    }

    void ring() override { timer_.cancel(); }

  private:
    boost::asio::steady_timer timer_;
};

class system_clock final : public clock {
  public:
    steady_time now() const override { return std::chrono::steady_clock::now(); }

    std::int64_t unix_ms() const override {
        const auto since = std::chrono::system_clock::now().time_since_epoch();
        return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
    }

    int utc_offset_minutes() const override {
        const std::time_t seconds = std::time(nullptr);
        std::tm local{};
        if (::localtime_r(&seconds, &local) == nullptr) return 0;
        return static_cast<int>(local.tm_gmtoff / 60);
    }

    std::unique_ptr<alarm> make_alarm(boost::asio::any_io_executor executor) override {
        return std::make_unique<timer_alarm>(executor);
    }
};

}  // namespace

std::unique_ptr<clock> make_system_clock() {
    return std::make_unique<system_clock>();
}

}  // namespace decamp::world
