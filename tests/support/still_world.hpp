#pragma once
// What else a source needs of the world: time that stands still, the same dice each time, folders in memory. One
// thread.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine/source/place.hpp"
#include "engine/world/clock.hpp"
#include "engine/world/random.hpp"
#include "engine/world/workers.hpp"

namespace decamp::testing {

class still_clock final : public world::clock {
  public:
    world::steady_time now() const override { return {}; }
    std::int64_t unix_ms() const override { return 1700000000123; }
    int utc_offset_minutes() const override { return 0; }
    std::unique_ptr<world::alarm> make_alarm(boost::asio::any_io_executor) override {
        throw std::logic_error("nothing here sleeps");
    }
};

class counting_random final : public world::random {
  public:
    std::uint64_t next() override { return 0x0123456789abcdefULL * ++count_; }

  private:
    std::uint64_t count_ = 0;
};

class no_workers final : public world::workers {
  public:
    boost::asio::any_io_executor on(world::queue) override { throw std::logic_error("nothing here is handed over"); }
};

class folders_in_memory final : public source::folder_list {
  public:
    task<result<void>> add(std::vector<std::string> folders) override {
        for (auto& one : folders)
            if (known_.insert(one).second) list_.push_back(std::move(one));
        co_return result<void>();
    }
    task<result<std::optional<entry>>> after(std::uint64_t number) override {
        if (number >= list_.size()) co_return std::optional<entry>();
        co_return std::optional<entry>(entry{number + 1, list_[number]});
    }

  private:
    std::vector<std::string> list_;
    std::set<std::string> known_;
};

// Runs a coroutine to its end and gives its value. Several started before are run beside it.
template <class T>
class started {
  public:
    started(boost::asio::io_context& context, task<T> work) {
        auto value = value_;
        boost::asio::co_spawn(context, std::move(work), [value](std::exception_ptr thrown, T got) {
            if (thrown) std::rethrow_exception(thrown);
            *value = std::move(got);
        });
    }
    bool ended() const { return value_->has_value(); }
    T& get() { return value_->value(); }

  private:
    std::shared_ptr<std::optional<T>> value_ = std::make_shared<std::optional<T>>();
};

// By itself.
template <class T>
T run(task<T> work) {
    boost::asio::io_context context;
    started<T> one(context, std::move(work));
    context.run();
    if (!one.ended()) throw std::logic_error("the coroutine waits for ever");
    return std::move(one.get());
}

}  // namespace decamp::testing
