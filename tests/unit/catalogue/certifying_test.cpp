#include "fixture.hpp"

namespace decamp::catalogue {
namespace {

using certifying = fixture;
using names = std::vector<std::string>;

TEST_F(certifying, differences_belong_to_their_run) {
    const auto seen = [&] {
        std::string all;
        must(catalogue_->each_difference([&](const certificate_difference& d) {
            all +=
                d.collection + "/" + d.day + " " + std::to_string(d.announced) + ":" + std::to_string(d.listed) + " ";
            return true;
        }));
        return all;
    };
    must(catalogue_->add_difference({"1", "2024-05-01", 101, 100}));
    must(catalogue_->add_difference({"", "", 9, 8}));
    must(catalogue_->add_difference({"1", "2024-05-01", 101, 99}));  // walked again
    EXPECT_EQ(seen(), "/ 9:8 1/2024-05-01 101:99 ");
    must(catalogue_->begin_run(2));
    EXPECT_EQ(seen(), "");
}

TEST_F(certifying, counts_what_this_run_has_listed) {
    store(plan("gone", 1), 1);
    must(catalogue_->begin_run(2));
    const planned twin_leader = plan("a", 2);
    plan(item_named("b", 2), twin_leader.blob);
    store(twin_leader, 2);
    publish_twins();
    must(catalogue_->put_item(item_named("c", 3), item_state::excluded));
    plan("d", 4);
    fail(plan("e", 5), exception_reason::refused_by_cloud);
    listed_item sizeless = item_named("f", 6);
    sizeless.size.reset();
    store(plan(sizeless), 6);
    const auto counts = must(catalogue_->counts());
    EXPECT_EQ(counts.announced, std::nullopt);
    EXPECT_EQ(counts.listed, 6u);
    EXPECT_EQ(counts.excluded, 1u);
    EXPECT_EQ(counts.stored, 3u);
    EXPECT_EQ(counts.checked_by_source_digest, 2u);
    EXPECT_EQ(counts.twins_on_announcement, 1u);
    EXPECT_EQ(counts.read_back, 0u);
    EXPECT_EQ(counts.exceptions, 2u);
    EXPECT_EQ(exceptions(), (names{"d not_downloaded", "e refused_by_cloud"}));
    const auto bytes = must(catalogue_->bytes());
    EXPECT_EQ(bytes.listed, 102u + 102u + 104u + 105u + 106u);
    EXPECT_EQ(bytes.stored_unique, 101u + 102u + 106u);
    EXPECT_EQ(bytes.saved_by_dedup, 102u);
    EXPECT_EQ(bytes.downloaded, 101u + 102u + 106u);
}

TEST_F(certifying, what_vanished_is_named_by_the_run_that_listed_it) {
    plan("a", 1);
    store(plan("b", 2), 2);
    fail(plan("c", 3), exception_reason::refused_by_cloud);
    EXPECT_EQ(exceptions(), (names{"a not_downloaded", "c refused_by_cloud"}));
    must(catalogue_->begin_run(2));
    EXPECT_EQ(exceptions(), (names{"a not_downloaded", "c not_downloaded"}));  // the walk has not ended
    EXPECT_EQ(must(catalogue_->counts()).exceptions, 2u);
    must(catalogue_->record_walked());
    EXPECT_EQ(exceptions(), names{});  // a fresh, whole list has them no more: they are not at the source
    EXPECT_EQ(must(catalogue_->counts()).exceptions, 0u);
    EXPECT_EQ(must(catalogue_->counts()).listed, 0u);
    must(catalogue_->begin_run(3));
    EXPECT_EQ(exceptions(), (names{"a not_downloaded", "c not_downloaded"}));
}

// A walk may miss what another list of the same run has.
TEST_F(certifying, what_a_list_that_was_asked_again_has_is_an_exception_of_a_run_whose_walk_missed_it) {
    const planned a = plan("a", 1), b = plan("b", 2);
    must(catalogue_->begin_run(2));
    must(catalogue_->record_failed({a.file, exception_reason::refused_though_listed, "HTTP 421", 0, true}));
    must(catalogue_->record_failed({b.file, exception_reason::not_downloaded, "", 0}));
    must(catalogue_->record_walked());
    EXPECT_EQ(exceptions(), names{"a refused_though_listed"});
    EXPECT_EQ(must(catalogue_->counts()).exceptions, 1u);
    EXPECT_EQ(must(catalogue_->counts()).listed, 1u);
}

TEST_F(certifying, an_exception_says_whose_it_is) {
    fail(plan("a", 1));
    must(catalogue_->each_exception([&](const certificate_exception& e) {
        EXPECT_EQ(e.id, "a");
        EXPECT_EQ(e.name, "a.jpg");
        EXPECT_EQ(e.collection, "1");
        EXPECT_EQ(e.detail, "because");
        return true;
    }));
}

TEST_F(certifying, listed_twins_point_to_their_leader) {
    const auto album = must(catalogue_->add_collection({{"1"}, "A", {}, false}, "A"));
    const planned a = plan("a", 1), b = plan(item_named("b", 1), a.blob);
    store(a, 1);
    publish_twins(publication::listed);
    for (const auto row : {a.row, b.row}) must(catalogue_->add_membership(album, row));
    int lines = 0;
    must(catalogue_->each_member(album, [&](const listed_member& m) {
        ++lines;
        EXPECT_EQ(m.path, "data/albums/A/a.jpg");
        EXPECT_EQ(m.sha256, sha256_for(1));
        return true;
    }));
    EXPECT_EQ(lines, 2);
    EXPECT_EQ(files(), names{"data/albums/A/a.jpg own"});
}

TEST_F(certifying, members_are_counted_again_after_a_change) {
    const auto album = must(catalogue_->add_collection({{"1"}, "A", {}, false}, "A"));
    const planned a = plan("a", 1), b = plan("b", 2);
    for (const auto row : {a.row, b.row}) must(catalogue_->add_membership(album, row));
    const auto stored = [&] {
        std::uint64_t sum = 0;
        must(catalogue_->each_collection(
            [&](const certificate_collection& c, std::int64_t, const std::string&) {
                EXPECT_EQ(c.listed, 2U);
                sum += c.stored;
                return true;
            },
            false));
        return sum;
    };
    EXPECT_EQ(stored(), 0U);
    store(a, 1);
    EXPECT_EQ(stored(), 1U);
    EXPECT_EQ(stored(), 1U);
    store(b, 2);
    EXPECT_EQ(stored(), 2U);
}

TEST_F(certifying, visitors_may_stop) {
    for (const char* id : {"a", "b"}) fail(plan(id, 1));
    store(plan("c", 3), 3);
    store(plan("d", 4), 4);
    must(catalogue_->add_difference({"1", "", 1, 0}));
    must(catalogue_->add_difference({"2", "", 1, 0}));
    int calls = 0;
    const auto once = [&](const auto&) { return ++calls, false; };
    must(catalogue_->each_exception(once));
    must(catalogue_->each_file(once));
    must(catalogue_->each_difference(once));
    EXPECT_EQ(calls, 3);
}

TEST_F(certifying, a_value_that_cannot_be_is_damage) {
    store(plan("a", 1), 1);
    const std::pair<const char*, const char*> changes[] = {
        {"UPDATE blob SET state = 9", "UPDATE blob SET state = 2"},
        {"UPDATE blob SET sha256 = x'00'", "UPDATE blob SET sha256 = zeroblob(32)"},
        {"UPDATE blob SET size = -1", "UPDATE blob SET size = 101"},
        {"UPDATE blob SET blocks = x'00'", "UPDATE blob SET blocks = NULL"},
    };
    connection& db = catalogue_->raw();
    for (const auto& [wrong, right] : changes) {
        ASSERT_TRUE(db.execute(wrong));
        const auto stored = catalogue_->next_stored({}, 9);
        const auto counts = catalogue_->counts();
        EXPECT_EQ((stored ? counts.error() : stored.error()).code, catalogue_errc::damaged) << wrong;
        ASSERT_TRUE(db.execute(right)) << to_string(db.take_failure());
    }
    EXPECT_EQ(must(catalogue_->next_stored({}, 9)).size(), 1u);
}

}  // namespace
}  // namespace decamp::catalogue
