#pragma once
// A cloud in memory: each request is answered by the rule that fits best. Whatever fits none is not found.

#include <gtest/gtest.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/canned_answers.hpp"

// The failure of a result, which is evaluated once.
#define EXPECT_CODE(got, e)                                                                \
    do {                                                                                   \
        const auto& checked = got;                                                         \
        ASSERT_FALSE(checked);                                                             \
        EXPECT_EQ(checked.error().code, make_error_code(e)) << to_string(checked.error()); \
    } while (false)

namespace decamp::testing {

inline canned status(int code, std::string body = "<html></html>") {
    return {code, std::move(body), {}, {}, {}};
}

class fake_cloud final : public canned_sender {
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

    std::vector<transport::request> to(std::string_view part) const {
        std::vector<transport::request> out;
        for (const auto& request : sent)
            if (request.target.without_query().find(part) != std::string::npos) out.push_back(request);
        return out;
    }

  private:
    canned answer_to(const transport::request& what) override {
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

}  // namespace decamp::testing
