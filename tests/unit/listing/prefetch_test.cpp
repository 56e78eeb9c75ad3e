#include "engine/listing/prefetch.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <deque>
#include <map>

#include "engine/source/source.hpp"

namespace decamp::listing {
namespace {

// A cloud whose answers wait until the test lets them go, in any order.
class held_answers {
  public:
    task<result<item_page>> get(const scope& where, std::string cursor) {
        const std::string name = where.first_bucket + cursor;
        ++asked;
        most_waiting = std::max(most_waiting, ++waiting_);
        while (!free_.contains(name)) co_await changed_.wait();
        --waiting_;
        if (name.starts_with("bad")) co_return failure(source::source_errc::unusable_answer);
        item_page page;
        listed_item item;
        item.id.value = name;
        page.items.push_back(item);
        if (cursor.empty() && where.last_bucket == "two") page.next = "+";
        co_return page;
    }
    void let_go(const std::string& name) {
        free_[name] = true;
        changed_.notify_all();
    }
    int asked = 0, most_waiting = 0;

  private:
    int waiting_ = 0;
    std::map<std::string, bool> free_;
    runtime::event changed_;
};

std::vector<std::string> walk(const std::vector<scope>& scopes, std::size_t ahead,
                              const std::vector<std::string>& order, held_answers& cloud) {
    boost::asio::io_context context(1);
    std::vector<std::string> seen;
    auto work = [&]() -> task<void> {
        const auto executor = co_await boost::asio::this_coro::executor;
        runtime::task_group group(executor);
        page_getter get = [&](const scope& where, std::string cursor) { return cloud.get(where, std::move(cursor)); };
        ordered_pages pages(scopes, ahead, std::move(get), group);
        for (;;) {
            auto page = co_await pages.next();
            if (!page) break;
            seen.push_back(*page ? page->value().page.items.at(0).id.value : "error");
        }
        pages.abandon();
        co_await group.join();
    };
    std::exception_ptr thrown;
    boost::asio::co_spawn(context, work(), [&](std::exception_ptr e) { thrown = e; });
    context.poll();
    for (const std::string& name : order) {
        cloud.let_go(name);
        context.restart();
        context.poll();
    }
    if (thrown) std::rethrow_exception(thrown);
    return seen;
}

TEST(OrderedPages, ComeInTheOrderOfTheirScopes) {
    const std::vector<scope> scopes{{{}, "a", "one"}, {{}, "b", "two"}, {{}, "c", "one"}};
    held_answers cloud;
    const auto seen = walk(scopes, 3, {"c", "b", "b+", "a"}, cloud);
    EXPECT_EQ(seen, (std::vector<std::string>{"a", "b", "b+", "c"}));
}

TEST(OrderedPages, NoMoreScopesUnderWayThanAllowed) {
    const std::vector<scope> scopes{{{}, "a", "one"}, {{}, "b", "one"}, {{}, "c", "one"}, {{}, "d", "one"}};
    held_answers cloud;
    const auto seen = walk(scopes, 2, {"d", "c", "b", "a"}, cloud);
    EXPECT_EQ(seen.size(), 4u);
    EXPECT_EQ(cloud.most_waiting, 2);
}

TEST(OrderedPages, AnErrorEndsItsScopeAlone) {
    const std::vector<scope> scopes{{{}, "a", "one"}, {{}, "bad", "two"}, {{}, "c", "one"}};
    held_answers cloud;
    const auto seen = walk(scopes, 3, {"a", "bad", "c"}, cloud);
    EXPECT_EQ(seen, (std::vector<std::string>{"a", "error", "c"}));
}

TEST(OrderedPages, OfNoScopesAreNone) {
    held_answers cloud;
    EXPECT_TRUE(walk({}, 3, {}, cloud).empty());
}

}  // namespace
}  // namespace decamp::listing
