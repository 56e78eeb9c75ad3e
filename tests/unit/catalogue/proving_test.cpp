#include "fixture.hpp"

namespace decamp::catalogue {
namespace {

using proving = fixture;
using names = std::vector<std::string>;

std::vector<std::int64_t> keys(const std::vector<stored_blob>& page) {
    std::vector<std::int64_t> all;
    for (const stored_blob& b : page) all.push_back(b.blob.value);
    return all;
}

TEST_F(proving, queues_what_is_stored_until_it_is_proven) {
    const planned a = plan("a", 1), b = plan("b", 2), c = plan("c", 3);
    store(a, 1);
    store(b, 2);
    check(c, 3);
    using key_list = std::vector<std::int64_t>;
    EXPECT_EQ(keys(must(catalogue_->next_unproven({}, 9))), (key_list{a.blob.value, b.blob.value}));
    EXPECT_EQ(keys(must(catalogue_->next_unproven(a.blob, 9))), key_list{b.blob.value});
    EXPECT_EQ(must(catalogue_->unproven_left()), 2u);
    must(catalogue_->record_proven({{a.blob, read_back_method::medium, 50}, {c.blob, read_back_method::medium, 1}}));
    EXPECT_EQ(must(catalogue_->unproven_left()), 1u);
    EXPECT_EQ(keys(must(catalogue_->next_unproven({}, 9))), key_list{b.blob.value});
    EXPECT_EQ(keys(must(catalogue_->next_stored({}, 9))), (key_list{a.blob.value, b.blob.value}));
    EXPECT_EQ(keys(must(catalogue_->next_stored({}, 1))), key_list{a.blob.value});
    EXPECT_EQ(keys(must(catalogue_->of_group(2, {}, 9))), key_list{b.blob.value});
    EXPECT_TRUE(must(catalogue_->of_group(2, b.blob, 9)).empty());
    EXPECT_EQ(must(catalogue_->last_group()), 2);
    auto summary = must(catalogue_->read_back());
    EXPECT_TRUE(summary.any_medium);
    EXPECT_FALSE(summary.any_cache);
    EXPECT_EQ(summary.oldest_ms, 50);
    must(catalogue_->record_proven({{b.blob, read_back_method::cache, 40}}));
    summary = must(catalogue_->read_back());
    EXPECT_TRUE(summary.any_medium && summary.any_cache);
    EXPECT_EQ(summary.oldest_ms, 40);
    EXPECT_EQ(must(catalogue_->counts()).read_back, 2u);
    expect_sound();
}

TEST_F(proving, damaged_bytes_are_fetched_once_more_and_then_named) {
    const planned a = plan("a", 1);
    const planned b = plan(item_named("b", 1), a.blob);
    store(a, 1);
    publish_twins();
    const auto linked = must(catalogue_->next_linked(a.blob, {}, 9));
    ASSERT_EQ(linked.size(), 1u);
    EXPECT_EQ(linked[0].path, "data/albums/A/b.jpg");
    EXPECT_TRUE(must(catalogue_->next_linked(a.blob, b.file, 9)).empty());

    EXPECT_TRUE(must(catalogue_->record_damaged({a.blob, "data/albums/A/a.jpg", "block 1 of 1"})));
    EXPECT_EQ(must(catalogue_->next_planned({}, 9)).at(0).damaged, 1u);
    EXPECT_TRUE(files().empty());
    EXPECT_EQ(must(catalogue_->counts()).stored, 0u);
    expect_sound();
    store(a, 1);
    EXPECT_FALSE(must(catalogue_->record_damaged({a.blob, "data/albums/A/a.jpg", "missing"})));
    EXPECT_TRUE(planned_ids().empty());
    EXPECT_EQ(exceptions(), (names{"a read_back_differs", "b read_back_differs"}));
    expect_sound();

    must(catalogue_->begin_run(2));  // another try, but one
    EXPECT_EQ(planned_ids(), names{"a"});
    store(a, 1);
    EXPECT_FALSE(must(catalogue_->record_damaged({a.blob, "data/albums/A/a.jpg", "missing"})));
    must(catalogue_->begin_run(3));
    store(a, 1);
    must(catalogue_->record_proven({{a.blob, read_back_method::cache, 1}}));
    EXPECT_TRUE(must(catalogue_->record_damaged({a.blob, "data/albums/A/a.jpg", "missing"})));  // it had been right
    expect_sound();
}

TEST_F(proving, other_bytes_after_damage_part_those_that_were_merged) {
    const planned a = plan("a", 1), b = plan("b", 2);
    store(a, 5);
    EXPECT_TRUE(check(b, 5).duplicate);
    publish_twins();
    must(catalogue_->record_damaged({a.blob, "", ""}));
    store(a, 6);
    EXPECT_EQ(planned_ids(), names{"b"});
    EXPECT_EQ(files(), names{"data/albums/A/a.jpg own"});
    expect_sound();
}

TEST_F(proving, other_bytes_after_damage_part_those_that_trusted_what_was_merged) {
    const planned a = plan("a", 1), b = plan("b", 2);
    plan(item_named("c", 2), b.blob);  // announces what b does
    plan(item_named("d", 1), a.blob);  // announces what a does
    store(a, 5);
    check(b, 5);
    publish_twins();
    must(catalogue_->record_damaged({a.blob, "", ""}));
    store(a, 6);
    EXPECT_EQ(planned_ids(), (names{"b", "c"}));
    publish_twins();
    EXPECT_EQ(files(), (names{"data/albums/A/a.jpg own", "data/albums/A/d.jpg linked"}));
    EXPECT_EQ(must(catalogue_->find_announced(sha1_for(1), 101)), a.blob);
    expect_sound();
}

TEST_F(proving, a_former_version_that_shared_lost_bytes_is_named) {
    const planned a = plan("a", 1), b = plan("b", 2);
    store(a, 5);
    check(b, 5);
    publish_twins();
    listed_item changed = item_named("b", 3);
    changed.name = "b~2.jpg";
    store(plan(changed), 3);
    must(catalogue_->record_damaged({a.blob, "", ""}));
    store(a, 6);  // other bytes by now: those of the former b are nowhere
    EXPECT_TRUE(planned_ids().empty());
    EXPECT_EQ(exceptions(), names{"b read_back_differs"});
    expect_sound();
}

TEST_F(proving, a_damaged_former_version_is_named_too) {
    store(plan("a", 1), 1);
    listed_item item = item_named("a", 9);
    item.name = "a~2.jpg";
    store(plan(item), 9);
    const blob_key former = must(catalogue_->next_stored({}, 1)).at(0).blob;
    EXPECT_FALSE(must(catalogue_->record_damaged({former, "", "missing"})));  // there is nothing to fetch it by
    EXPECT_EQ(exceptions(), names{"a read_back_differs"});
    EXPECT_EQ(must(catalogue_->counts()).exceptions, 1u);
    EXPECT_EQ(must(catalogue_->counts()).stored, 1u);
    expect_sound();
    must(catalogue_->begin_run(2));
    EXPECT_TRUE(planned_ids().empty());
    EXPECT_EQ(exceptions(), names{"a read_back_differs"});
}

TEST_F(proving, pages_of_large_files_are_short_and_complete) {
    const auto blocks = page_blocks / 2 + 1;
    for (unsigned i = 0; i < 3; ++i) {
        const planned p = plan("item" + std::to_string(i), i);
        checked_blob c = checked(p, i);
        c.digests.size = blocks * std::uint64_t{formats::block_size};
        c.digests.blocks.resize(blocks);
        must(catalogue_->record_checked({c}, true));
        must(catalogue_->record_stored({p.blob}, 1));
    }
    std::size_t seen = 0;
    blob_key after{};
    for (;;) {
        const auto page = must(catalogue_->of_group(1, after, 9));
        if (page.empty()) break;
        EXPECT_LE(page.size(), 2u);
        seen += page.size();
        after = page.back().blob;
    }
    EXPECT_EQ(seen, 3u);
}

}  // namespace
}  // namespace decamp::catalogue
