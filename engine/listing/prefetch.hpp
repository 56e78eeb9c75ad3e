#pragma once
// Pages of several scopes fetched at once and handed out in the scopes' order, so that names never depend on which
// answer came first. One context.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engine/model/error.hpp"
#include "engine/model/item.hpp"
#include "engine/runtime/event.hpp"
#include "engine/runtime/task.hpp"
#include "engine/runtime/task_group.hpp"

namespace decamp::listing {

struct fetched_page {
    std::size_t scope = 0;  // index into the scopes
    item_page page;
};

// Gives one page of a scope, retried as far as that makes sense.
using page_getter = std::function<task<result<item_page>>(const scope& where, std::string cursor)>;

class ordered_pages {
  public:
    // At most `ahead` scopes are under way; each holds at most one page that nobody took yet.
    ordered_pages(const std::vector<scope>& scopes, std::size_t ahead, page_getter get, runtime::task_group& group);
    // The next page in order; none after the last. An error ends its scope: the next call goes on with the scope after
    // it.
    task<std::optional<result<fetched_page>>> next();
    // Which scope the last call of next() was about.
    std::size_t current() const { return taking_; }
    // Ends what is under way after its present request; next() is not called any more. Await the group afterwards.
    void abandon();

  private:
    struct lane {
        std::optional<result<item_page>> waiting;
        bool ended = false;
    };
    void start_more();
    task<void> fetch(std::size_t index, std::shared_ptr<lane> into);

    const std::vector<scope>& scopes_;
    std::size_t ahead_;
    page_getter get_;
    runtime::task_group& group_;
    std::deque<std::shared_ptr<lane>> lanes_;  // from taking_ on
    std::size_t taking_ = 0;
    bool abandoned_ = false;
    runtime::event changed_;
};

}  // namespace decamp::listing
