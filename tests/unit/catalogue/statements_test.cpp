#include <set>

#include "fixture.hpp"

namespace decamp::catalogue {
namespace {

using statements = fixture;

// A sort would need memory or a temporary file that grows with the library; a scan, where it is not meant, time.
TEST_F(statements, none_sorts_and_scans_are_meant) {
    ASSERT_GT(query::all().size(), 60u);
    connection& db = catalogue_->raw();
    for (const query* q : query::all()) {
        SCOPED_TRACE(q->text());
        statement plan = db.once((std::string("EXPLAIN QUERY PLAN ") + q->text()).c_str());
        while (plan.step()) {
            const std::string step = plan.text(3);
            EXPECT_EQ(step.find("TEMP B-TREE"), std::string::npos) << step;
            EXPECT_EQ(step.find("AUTOMATIC"), std::string::npos) << step;
            const bool whole_table = step.starts_with("SCAN") && step.find("USING") == std::string::npos;
            const bool small = step.starts_with("SCAN run") || step.starts_with("SCAN collection") ||
                               std::string_view(q->text()).ends_with("ORDER BY id DESC LIMIT 1");
            const bool meant = std::string_view(q->text()).find("NOT INDEXED") != std::string_view::npos;
            EXPECT_TRUE(!whole_table || small || meant) << step;
        }
        EXPECT_TRUE(db.ok()) << to_string(db.take_failure());
    }
}

TEST_F(statements, no_two_share_a_place) {
    std::set<std::size_t> places;
    for (const query* q : query::all()) EXPECT_TRUE(places.insert(q->slot()).second) << q->text();
}

TEST_F(statements, a_visitor_may_ask_what_is_being_answered) {
    store(plan("a", 1), 1);
    store(plan("b", 2), 2);
    int pairs = 0;
    must(catalogue_->each_file([&](const filed&) {
        must(catalogue_->each_file([&](const filed&) { return ++pairs, true; }));
        return true;
    }));
    EXPECT_EQ(pairs, 4);
}

TEST_F(statements, numbers_beyond_a_signed_word_become_its_largest) {
    listed_item item = item_named("a", 1);
    item.size = ~std::uint64_t{0};
    plan(item);
    const auto page = must(catalogue_->next_planned({}, 1));
    EXPECT_EQ(page.at(0).listed.size, std::uint64_t{0x7fffffffffffffff});
    for (int i = 0; i < 3; ++i) {
        item.id.value += "x";
        must(catalogue_->put_item(item, item_state::wanted));
    }
    EXPECT_GT(must(catalogue_->bytes()).listed, std::uint64_t{1} << 62);  // and no overflow
}

}  // namespace
}  // namespace decamp::catalogue
