#pragma once
// A source of the blocking kind that does as a test says, and the adapter over it, all on one context.

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "decamp/source.hpp"
#include "engine/source/blocking/place.hpp"
#include "engine/world/clock.hpp"
#include "engine/world/random.hpp"
#include "engine/world/workers.hpp"

namespace decamp::testing {

// Gives `text` piece by piece, then does what `then` does.
class text_stream final : public item_stream {
  public:
    explicit text_stream(std::string text, std::size_t piece = 3, std::function<std::size_t()> then = {})
        : text_(std::move(text)), piece_(piece), then_(std::move(then)) {}
    std::size_t read(std::byte* into, std::size_t size) override {
        const std::size_t count = std::min({size, piece_, text_.size() - at_});
        if (count == 0 && then_) return then_();
        std::memcpy(into, text_.data() + at_, count);
        at_ += count;
        return count;
    }

  private:
    std::string text_;
    std::size_t piece_, at_ = 0;
    std::function<std::size_t()> then_;
};

class scripted_source final : public blocking_source {
  public:
    std::function<source_page(const std::string& cursor)> list = [](const std::string&) { return source_page(); };
    std::function<opened_item(const source_item& item, std::uint64_t offset)> give;
    std::vector<std::uint64_t> offsets;  // that open() was asked for
    std::vector<source_item> opened;

    std::string kind() const override { return "scripted"; }
    std::string name() const override { return "the script"; }
    source_page next_page(const std::string& cursor, std::stop_token) override { return list(cursor); }
    opened_item open(const source_item& item, std::uint64_t offset, std::stop_token) override {
        offsets.push_back(offset);
        opened.push_back(item);
        return give(item, offset);
    }
};

class here_workers final : public world::workers {
  public:
    explicit here_workers(boost::asio::io_context& context) : context_(context) {}
    boost::asio::any_io_executor on(world::queue) override { return context_.get_executor(); }

  private:
    boost::asio::io_context& context_;
};

class no_network final : public transport::sender {
  public:
    task<result<std::unique_ptr<transport::exchange>>> send(transport::request) override {
        throw std::logic_error("a blocking source has no requests");
    }
};

class no_folders final : public source::folder_list {
  public:
    task<result<void>> add(std::vector<std::string>) override { throw std::logic_error("no folder is kept"); }
    task<result<std::optional<entry>>> after(std::uint64_t) override { throw std::logic_error("no folder is kept"); }
};

// A place and its source, opened.
class adapted {
  public:
    explicit adapted(std::unique_ptr<source::place> where) : place(std::move(where)) {
        opened = place->open({network_, *clock_, *random_, workers_, folders_, {}});
    }

    template <class T>
    T run(task<T> work) {
        context_.restart();
        std::optional<T> value;
        boost::asio::co_spawn(context_, std::move(work), [&](std::exception_ptr thrown, T got) {
            if (thrown) std::rethrow_exception(thrown);
            value = std::move(got);
        });
        context_.run();
        if (!value) throw std::logic_error("the coroutine waits for ever");
        return std::move(*value);
    }
    result<item_page> page(const std::string& cursor = {}) { return run(opened->page(scope(), cursor)); }
    result<std::unique_ptr<transport::exchange>> open(const listed_item& item, std::uint64_t offset = 0,
                                                      const std::string& validator = {}) {
        return run(open_link(item, offset, validator));
    }
    // All bytes, by reads of at most `room`.
    result<std::string> read(transport::exchange& from, std::size_t room = 4) {
        std::string all, buffer(room, '\0');
        while (true) {
            const auto got = run(from.read(std::as_writable_bytes(std::span(buffer.data(), buffer.size()))));
            if (!got) return got.error();
            if (got.value() == 0) return all;
            all.append(buffer, 0, got.value());
        }
    }

    std::unique_ptr<source::place> place;
    std::unique_ptr<source::source> opened;

  private:
    task<result<std::unique_ptr<transport::exchange>>> open_link(listed_item item, std::uint64_t offset,
                                                                 std::string validator) {
        result<source::download_link> link = co_await opened->link(std::move(item));
        if (!link) co_return link.error();
        auto exchange = co_await link.value().open(offset, std::move(validator));
        co_return exchange;
    }

    boost::asio::io_context context_;
    no_network network_;
    no_folders folders_;
    here_workers workers_{context_};
    std::unique_ptr<world::clock> clock_ = world::make_system_clock();
    std::unique_ptr<world::random> random_ = world::make_system_random();
};

inline listed_item listed(std::string id, std::string home = "/", std::string name = "n") {
    listed_item item;
    item.id.value = std::move(id);
    item.home.value = std::move(home);
    item.name = std::move(name);
    return item;
}

}  // namespace decamp::testing
