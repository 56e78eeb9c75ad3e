#pragma once
// A WebDAV server in memory.

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string_view>

#include "tests/support/canned_answers.hpp"
#include "tests/support/still_world.hpp"

namespace decamp::testing {

class fake_dav final : public canned_sender {
  public:
    std::function<canned(const transport::request&)> answer;

    std::size_t asked_for(std::string_view path) const {
        return static_cast<std::size_t>(std::ranges::count(sent, path, [](const auto& r) { return r.target.path; }));
    }

  private:
    canned answer_to(const transport::request& what) override { return answer(what); }
};

}  // namespace decamp::testing
