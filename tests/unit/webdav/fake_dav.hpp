#pragma once
// A WebDAV server below the sender, and what else a source needs of the world, all in memory. One thread.

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <functional>
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

struct canned {
    int status = 207;
    std::string body;
    std::vector<transport::header_field> headers;
    std::optional<failure> fails;       // instead of an answer
    std::optional<failure> then_fails;  // after the body
};

inline std::string header_of(const transport::request& what, std::string_view name) {
    for (const auto& field : what.headers)
        if (transport::equal_names(field.name, name)) return field.value;
    return {};
}

class canned_exchange final : public transport::exchange {
  public:
    explicit canned_exchange(canned what) : what_(std::move(what)) {
        head_.status = what_.status;
        head_.headers = what_.headers;
        head_.content_length = what_.body.size();
    }
    const transport::response_head& head() const override { return head_; }
    task<result<std::size_t>> read(std::span<std::byte> into) override {
        const std::size_t count = std::min(into.size(), what_.body.size() - at_);
        std::copy_n(reinterpret_cast<const std::byte*>(what_.body.data()) + at_, count, into.data());
        at_ += count;
        if (count == 0 && what_.then_fails) co_return *what_.then_fails;
        co_return count;
    }
    bool until_close() const override { return false; }

  private:
    canned what_;
    std::size_t at_ = 0;
    transport::response_head head_;
};

class fake_dav final : public transport::sender {
  public:
    std::function<canned(const transport::request&)> answer;
    std::vector<transport::request> sent;

    task<result<std::unique_ptr<transport::exchange>>> send(transport::request what) override {
        const auto executor = co_await boost::asio::this_coro::executor;
        sent.push_back(what);
        co_await boost::asio::post(executor, boost::asio::use_awaitable);
        canned given = answer(what);
        if (given.fails) co_return *given.fails;
        std::unique_ptr<transport::exchange> out = std::make_unique<canned_exchange>(std::move(given));
        co_return out;
    }
    std::size_t asked_for(std::string_view path) const {
        return static_cast<std::size_t>(std::ranges::count(sent, path, [](const auto& r) { return r.target.path; }));
    }
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

template <class T>
T run(task<T> work) {
    boost::asio::io_context context;
    std::optional<T> value;
    boost::asio::co_spawn(context, std::move(work), [&](std::exception_ptr thrown, T got) {
        if (thrown) std::rethrow_exception(thrown);
        value = std::move(got);
    });
    context.run();
    if (!value) throw std::logic_error("the coroutine waits for ever");
    return std::move(*value);
}

}  // namespace decamp::testing
