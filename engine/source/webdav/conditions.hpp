#pragma once
// What the answers to downloads teach of a server. Coordinator's thread, but for explain() and the counter.

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "engine/model/error.hpp"
#include "engine/transport/http.hpp"

namespace decamp::source::webdav {

// What an answer of failure means; none: its status says all. A refusal for good is not asked for again at once.
// `failed`: counts conditions that did not hold. Any thread.
std::optional<failure> explain(const transport::response_head& head, std::string_view body,
                               std::atomic<unsigned>& failed);

// Whether downloads are asked for under the condition that the file has the entity tag that was listed. Not, where the
// list stands by that tag after the condition failed: some servers compare it wrongly.
class conditions {
  public:
    static constexpr unsigned failures_each = 3;        // then no download of this run has a condition
    static constexpr std::size_t files_limit = 10'000;  // that are asked for without it one by one

    bool wanted(const std::string& id) const { return !never_ && !without_.contains(id); }
    // How many answered 412.
    std::shared_ptr<std::atomic<unsigned>> failed() const { return failed_; }
    // The list has the file as before, after its download was refused.
    void stood(const std::string& id);

  private:
    std::shared_ptr<std::atomic<unsigned>> failed_ = std::make_shared<std::atomic<unsigned>>(0);
    unsigned known_ = 0;
    bool never_ = false;
    std::set<std::string> without_;
};

}  // namespace decamp::source::webdav
