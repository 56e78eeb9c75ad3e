#include "engine/listing/prefetch.hpp"

#include <utility>

namespace decamp::listing {

ordered_pages::ordered_pages(const std::vector<scope>& scopes, std::size_t ahead, page_getter get,
                             runtime::task_group& group)
    : scopes_(scopes), ahead_(ahead), get_(std::move(get)), group_(group) {}

void ordered_pages::start_more() {
    while (!abandoned_ && lanes_.size() < ahead_ && taking_ + lanes_.size() < scopes_.size()) {
        lanes_.push_back(std::make_shared<lane>());
        group_.spawn(fetch(taking_ + lanes_.size() - 1, lanes_.back()));
    }
}

task<void> ordered_pages::fetch(std::size_t index, std::shared_ptr<lane> into) {
    std::string cursor;
    while (!abandoned_) {
        result<item_page> page = co_await get_(scopes_[index], cursor);
        const bool more = page && !page.value().next.empty();
        if (more) cursor = page.value().next;
        while (into->waiting && !abandoned_) co_await changed_.wait();
        into->waiting.emplace(std::move(page));
        into->ended = !more;
        changed_.notify_all();
        if (!more) co_return;
    }
}

task<std::optional<result<fetched_page>>> ordered_pages::next() {
    if (!lanes_.empty() && lanes_.front()->ended && !lanes_.front()->waiting) {
        lanes_.pop_front();
        ++taking_;
    }
    start_more();
    if (lanes_.empty()) co_return std::nullopt;
    const std::shared_ptr<lane> head = lanes_.front();
    while (!head->waiting && !abandoned_) co_await changed_.wait();
    if (abandoned_) co_return std::nullopt;
    result<item_page> page = std::move(*head->waiting);
    head->waiting.reset();
    changed_.notify_all();
    if (!page) co_return result<fetched_page>(page.error());
    fetched_page fetched{taking_, std::move(page.value())};
    co_return result<fetched_page>(std::move(fetched));
}

void ordered_pages::abandon() {
    abandoned_ = true;
    changed_.notify_all();
}

}  // namespace decamp::listing
