#pragma once
// One transfer over a storage in memory, onto a folder that goes with the test. Everything on one context, under
// virtual time; or, where a test asks for threads, with the workers and the clock of the program.

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "engine/download/transfer.hpp"
#include "engine/model/layout.hpp"
#include "formats/bytes.hpp"
#include "tests/support/canned_answers.hpp"
#include "tests/support/virtual_clock.hpp"
#include "tests/unit/world/temporary_folder.hpp"

namespace decamp::download::testing {

using decamp::testing::header_of;
using decamp::testing::temporary_folder;

struct canned {
    int status = 200;
    std::string body;
    std::vector<transport::header_field> headers;
    std::optional<failure> then_fails;      // after the body
    bool until_close = false;               // only the connection's end ends the body
    std::optional<std::uint64_t> length{};  // announced for a body that fails
};

class canned_exchange final : public transport::exchange {
  public:
    canned_exchange(canned what, std::size_t piece, unsigned turns = 1, std::shared_ptr<void> token = {})
        : what_(std::move(what)), piece_(piece), turns_(turns), token_(std::move(token)) {
        head_.status = what_.status;
        head_.headers = what_.headers;
        head_.content_length = what_.length;
        if (!what_.then_fails && !what_.until_close) head_.content_length = what_.body.size();
    }
    const transport::response_head& head() const override { return head_; }
    task<result<std::size_t>> read(std::span<std::byte> into) override {
        const auto executor = co_await boost::asio::this_coro::executor;
        // Others get their turn meanwhile.
        for (unsigned i = 0; i < turns_; ++i) co_await boost::asio::post(executor, boost::asio::use_awaitable);
        const std::size_t count = std::min({into.size(), piece_, what_.body.size() - at_});
        std::memcpy(into.data(), what_.body.data() + at_, count);
        at_ += count;
        if (count == 0 && what_.then_fails) co_return *what_.then_fails;
        co_return count;
    }
    bool until_close() const override { return what_.until_close; }

  private:
    canned what_;
    std::size_t piece_, at_ = 0;
    unsigned turns_;
    std::shared_ptr<void> token_;
    transport::response_head head_;
};

// Answers by `answer`, and remembers what it was asked.
class memory_storage final : public transport::sender {
  public:
    explicit memory_storage(std::function<canned(const transport::request&)> by) : answer(std::move(by)) {}
    task<result<std::unique_ptr<transport::exchange>>> send(transport::request what) override {
        sent.push_back(what);
        canned said = answer(what);
        most = std::max(most, ++under_way);
        std::shared_ptr<void> token(nullptr, [this](void*) { --under_way; });
        std::unique_ptr<transport::exchange> out =
            std::make_unique<canned_exchange>(std::move(said), piece, turns(what), std::move(token));
        co_return out;
    }
    std::function<canned(const transport::request&)> answer;
    // How slow the answer is: turns that others get before each read.
    std::function<unsigned(const transport::request&)> turns = [](const transport::request&) { return 1u; };
    std::vector<transport::request> sent;
    std::size_t under_way = 0, most = 0;  // exchanges that live, and the most there were
    std::size_t piece = 100'000;          // most that one read gets
};

// What a server that honours ranges answers; `cut_after`: the connection breaks after so many bytes.
inline canned serve(const std::string& file, const transport::request& what,
                    std::optional<std::size_t> cut_after = {}) {
    canned out{200, file, {{"ETag", "\"v1\""}, {"Accept-Ranges", "bytes"}}, {}};
    const std::string range = header_of(what, "Range");
    if (!range.empty()) {
        const std::size_t dash = range.find('-');
        const std::size_t first = std::stoull(range.substr(6, dash - 6));
        const std::size_t last = dash + 1 == range.size()
                                     ? file.size() - 1
                                     : std::min<std::size_t>(std::stoull(range.substr(dash + 1)), file.size() - 1);
        out.status = 206;
        out.body = file.substr(first, last - first + 1);
        out.headers.push_back({"Content-Range", "bytes " + std::to_string(first) + '-' + std::to_string(last) + '/' +
                                                    std::to_string(file.size())});
    }
    if (cut_after && *cut_after < out.body.size()) {
        out.length = out.body.size();
        out.body.resize(*cut_after);
        out.then_fails = failure(transport::http_errc::body_truncated);
    }
    return out;
}

// Bytes that no two blocks have in common.
inline std::string some_bytes(std::size_t size, std::uint32_t seed = 1) {
    std::mt19937_64 random(seed);
    std::string out(size, '\0');
    for (std::size_t at = 0; at < size; at += 8) {
        const std::uint64_t eight = random();
        std::memcpy(out.data() + at, &eight, std::min<std::size_t>(8, size - at));
    }
    return out;
}

class inline_workers final : public world::workers {
  public:
    explicit inline_workers(boost::asio::io_context& context) : context_(context) {}
    boost::asio::any_io_executor on(world::queue) override { return context_.get_executor(); }

  private:
    boost::asio::io_context& context_;
};

class transfer_fixture {
  public:
    explicit transfer_fixture(bool threads = false)
        : real_clock(threads ? world::make_system_clock() : nullptr),
          real_workers(threads ? world::make_thread_workers(2) : nullptr) {
        EXPECT_TRUE(files->make_folders(layout::staging_folder));
        item.key = {1};
        item.blob = {7};
        item.listed.name = "IMG_1.jpg";
    }
    // Runs to its end.
    template <class T>
    T run(task<T> work) {
        std::optional<T> out;
        run(keep(std::move(work), out));
        return std::move(*out);
    }
    void run(task<void> work) {
        if (!real_clock) return decamp::testing::run(context, clock, std::move(work));
        const auto guard = boost::asio::make_work_guard(context);
        boost::asio::co_spawn(context, std::move(work), [this](std::exception_ptr escaped) {
            EXPECT_FALSE(escaped);
            context.stop();
        });
        context.restart();
        context.run();
    }

    transport::request get() const {
        transport::request what;
        what.target = transport::parse_url("https://files.example/f").value();
        return what;
    }
    source::download_link link() const { return {get(), true, {}, {}, {}}; }
    try_end try_once(transfer& bytes, transport::sender& http, source::download_link from) {
        auto first = budget.try_acquire(runtime::chunk_size::large);
        return run(bytes.run(http, std::move(from), std::move(*first)));
    }
    std::string staged(const std::string& path) const { return decamp::testing::get(folder / path); }

    temporary_folder folder;
    std::unique_ptr<world::file_store> files = world::open_posix_store(folder.path().string(), false).value();
    boost::asio::io_context context;
    decamp::testing::virtual_clock clock;
    inline_workers inline_queues{context};
    std::unique_ptr<world::clock> real_clock;
    std::unique_ptr<world::workers> real_workers;
    world::clock& any_clock = real_clock ? *real_clock : static_cast<world::clock&>(clock);
    world::workers& workers = real_workers ? *real_workers : static_cast<world::workers&>(inline_queues);
    runtime::memory_budget budget{std::uint64_t{8} << 20};
    std::vector<staged_part> parts;
    std::function<void(const staged_part&)> on_part = [](const staged_part&) {};
    transfer_settings settings{*files,
                               workers,
                               any_clock,
                               budget,
                               nullptr,
                               [](const transport::url&) { return true; },
                               [](std::uint64_t) {},
                               [this](blob_key, staged_part part) { return note_part(std::move(part)); }};
    planned_item item;

  private:
    template <class T>
    static task<void> keep(task<T> work, std::optional<T>& out) {
        T got = co_await std::move(work);
        out.emplace(std::move(got));
    }
    task<result<void>> note_part(staged_part part) {
        on_part(part);
        parts.push_back(std::move(part));
        co_return result<void>();
    }
};

}  // namespace decamp::download::testing
