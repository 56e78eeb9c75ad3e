#pragma once
// A cloud in memory below the sender interface: each request is answered by the first rule that fits, and remembered.
// One thread, no sockets, no clock.

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <deque>
#include <exception>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine/source/micloud/micloud.hpp"
#include "engine/source/source.hpp"
#include "engine/transport/http.hpp"
#include "engine/world/clock.hpp"
#include "engine/world/network.hpp"
#include "engine/world/random.hpp"

// The failure of a result, which is evaluated once.
#define EXPECT_CODE(got, e)                                                                \
    do {                                                                                   \
        const auto& checked = got;                                                         \
        ASSERT_FALSE(checked);                                                             \
        EXPECT_EQ(checked.error().code, make_error_code(e)) << to_string(checked.error()); \
    } while (false)

namespace decamp::testing {

struct canned {
    int status = 200;
    std::string body;
    std::vector<transport::header_field> headers;
    std::optional<failure> fails;       // instead of an answer
    std::optional<failure> then_fails;  // after the body
};

inline canned json(std::string body) {
    return {200, std::move(body), {}, {}, {}};
}
inline canned ok_json(const std::string& data) {
    return json(R"({"result":"ok","retriable":false,"code":0,"data":)" + data +
                R"(,"description":"成功","ts":1700000000000})");
}
inline canned error_json(int code, bool retriable = false) {
    return json(R"({"result":"error","retriable":)" + std::string(retriable ? "true" : "false") + R"(,"code":)" +
                std::to_string(code) + R"(,"data":null,"description":"x","ts":1})");
}
inline canned status(int code, std::string body = "<html></html>") {
    return {code, std::move(body), {}, {}, {}};
}
inline canned redirect(std::string to, const std::string& token = {}) {
    canned out{302, "", {{"Location", std::move(to)}}, {}, {}};
    if (!token.empty()) out.headers.push_back({"Set-Cookie", "serviceToken=" + token + "; Path=/; HttpOnly"});
    return out;
}

inline std::string header_of(const transport::request& what, std::string_view name) {
    for (const auto& field : what.headers)
        if (transport::equal_names(field.name, name)) return field.value;
    return {};
}
inline std::string cookie_of(const transport::request& what, std::string_view name) {
    const std::string all = "; " + header_of(what, "Cookie") + ";";
    const std::string start = "; " + std::string(name) + "=";
    const auto at = all.find(start);
    if (at == std::string::npos) return {};
    return all.substr(at + start.size(), all.find(';', at + start.size()) - at - start.size());
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

class fake_cloud final : public transport::sender {
  public:
    using rule = std::function<canned(const transport::request&)>;

    // Answers what begins with `prefix`, a URL without its query, by `rule`. The last one given counts.
    void on(const std::string& prefix, rule answer) { rules_[prefix] = std::move(answer); }
    void on(const std::string& prefix, canned always) {
        on(prefix, [always = std::move(always)](const transport::request&) { return always; });
    }
    // These in turn, the last for ever.
    void on(const std::string& prefix, std::deque<canned> in_turn) {
        auto left = std::make_shared<std::deque<canned>>(std::move(in_turn));
        on(prefix, [left](const transport::request&) {
            canned next = left->front();
            if (left->size() > 1) left->pop_front();
            return next;
        });
    }

    task<result<std::unique_ptr<transport::exchange>>> send(transport::request what) override {
        const auto executor = co_await boost::asio::this_coro::executor;
        sent.push_back(what);
        co_await boost::asio::post(executor, boost::asio::use_awaitable);  // others get their turn meanwhile
        canned answer = find(what);
        if (answer.fails) co_return *answer.fails;
        std::unique_ptr<transport::exchange> out = std::make_unique<canned_exchange>(std::move(answer), piece);
        co_return out;
    }

    std::vector<transport::request> to(std::string_view part) const {
        std::vector<transport::request> out;
        for (const auto& request : sent)
            if (request.target.without_query().find(part) != std::string::npos) out.push_back(request);
        return out;
    }

    std::vector<transport::request> sent;
    std::size_t piece = 4096;  // most that one read gets

  private:
    canned find(const transport::request& what) const {
        const std::string where = what.target.without_query();
        const rule* best = nullptr;
        std::size_t length = 0;
        for (const auto& [prefix, answer] : rules_) {
            if (!where.starts_with(prefix) || prefix.size() < length) continue;
            best = &answer;
            length = prefix.size();
        }
        return best != nullptr ? (*best)(what) : status(404);
    }

    std::map<std::string, rule> rules_;
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

template <class T>
T run(task<T> work) {
    boost::asio::io_context context;
    started<T> one(context, std::move(work));
    context.run();
    if (!one.ended()) throw std::logic_error("the coroutine waits for ever");
    return std::move(one.get());
}

inline std::string fixture(const std::string& name) {
    std::ifstream file(std::string(DECAMP_SOURCE_DIR "/tests/unit/micloud/fixtures/") + name, std::ios::binary);
    if (!file) throw std::runtime_error("no fixture " + name);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace decamp::testing
