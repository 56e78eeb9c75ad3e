#pragma once
// Answers of a server in memory, below the sender interface. One thread, no sockets, no clock.

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/transport/http.hpp"

namespace decamp::testing {

struct canned {
    int status = 200;
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
    canned_exchange(canned what, std::size_t piece) : what_(std::move(what)), piece_(piece) {
        head_.status = what_.status;
        head_.headers = what_.headers;
        head_.content_length = what_.body.size();
    }
    const transport::response_head& head() const override { return head_; }
    task<result<std::size_t>> read(std::span<std::byte> into) override {
        const std::size_t count = std::min({into.size(), piece_, what_.body.size() - at_});
        std::copy_n(reinterpret_cast<const std::byte*>(what_.body.data()) + at_, count, into.data());
        at_ += count;
        if (count == 0 && what_.then_fails) co_return *what_.then_fails;
        co_return count;
    }
    bool until_close() const override { return false; }

  private:
    canned what_;
    std::size_t piece_, at_ = 0;
    transport::response_head head_;
};

// Remembers what it was asked, and answers as its heir says.
class canned_sender : public transport::sender {
  public:
    task<result<std::unique_ptr<transport::exchange>>> send(transport::request what) final {
        const auto executor = co_await boost::asio::this_coro::executor;
        sent.push_back(what);
        co_await boost::asio::post(executor, boost::asio::use_awaitable);  // others get their turn meanwhile
        canned given = answer_to(what);
        if (given.fails) co_return *given.fails;
        std::unique_ptr<transport::exchange> out = std::make_unique<canned_exchange>(std::move(given), piece);
        co_return out;
    }

    std::vector<transport::request> sent;
    std::size_t piece = 4096;  // most that one read gets

  private:
    virtual canned answer_to(const transport::request& what) = 0;
};

}  // namespace decamp::testing
