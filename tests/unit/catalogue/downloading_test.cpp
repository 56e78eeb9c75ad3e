#include "fixture.hpp"

namespace decamp::catalogue {
namespace {

using downloading = fixture;
using ids = std::vector<std::string>;

staged_part part_of(std::size_t blocks, const std::string& path) {
    staged_part part;
    part.path = path;
    part.bytes = blocks * std::uint64_t{formats::block_size};
    for (std::size_t i = 0; i < blocks; ++i)
        part.blocks.push_back(digest_of<formats::xxh3_128_digest>(static_cast<unsigned>(i)));
    part.validator = "\"etag\"";
    return part;
}

TEST_F(downloading, follows_the_order_of_names) {
    const planned a = plan("a", 1), b = plan("b", 2);
    plan("c", 3);
    EXPECT_EQ(planned_ids(), (ids{"a", "b", "c"}));
    EXPECT_EQ(must(catalogue_->planned_left()), 3u);
    EXPECT_EQ(must(catalogue_->next_planned(a.file, 1)).at(0).key, b.file);
    store(b, 2);
    EXPECT_EQ(planned_ids(), (ids{"a", "c"}));
    EXPECT_EQ(must(catalogue_->planned_left()), 2u);
    EXPECT_TRUE(must(catalogue_->next_planned({}, 0)).empty());
}

TEST_F(downloading, parts_are_kept_until_the_blob_is_whole) {
    const planned a = plan("a", 1);
    must(catalogue_->record_part(a.blob, part_of(2, "s1")));
    must(catalogue_->record_part(a.blob, part_of(3, "s2")));
    EXPECT_FALSE(must(catalogue_->knows_staging("s1")));
    EXPECT_TRUE(must(catalogue_->knows_staging("s2")));
    reopen();
    const auto part = must(catalogue_->next_planned({}, 1)).at(0).part.value();
    EXPECT_EQ(part.path, "s2");
    EXPECT_EQ(part.bytes, 3 * formats::block_size);
    EXPECT_EQ(part.blocks, part_of(3, "").blocks);
    EXPECT_EQ(part.validator, "\"etag\"");
    must(catalogue_->forget_part(a.blob));
    EXPECT_FALSE(must(catalogue_->next_planned({}, 1)).at(0).part);
    must(catalogue_->record_part(a.blob, part_of(1, "s3")));
    check(a, 1);
    EXPECT_FALSE(must(catalogue_->knows_staging("s3")));
    must(catalogue_->record_part(a.blob, part_of(1, "s4")));  // comes too late
    EXPECT_FALSE(must(catalogue_->knows_staging("s4")));
    staged_part crooked = part_of(1, "s5");
    ++crooked.bytes;
    EXPECT_EQ(catalogue_->record_part(a.blob, crooked).error().code, catalogue_errc::misuse);
    expect_sound();
}

TEST_F(downloading, a_page_ends_where_its_block_maps_take_too_much) {
    for (const char* id : {"a", "b", "c"}) must(catalogue_->record_part(plan(id, 1).blob, part_of(page_blocks, id)));
    EXPECT_EQ(must(catalogue_->next_planned({}, 10)).size(), 1u);
    EXPECT_EQ(planned_ids(), (ids{"a", "b", "c"}));
}

TEST_F(downloading, when_the_leader_fails_the_next_is_fetched) {
    const planned a = plan("a", 1);
    const planned b = plan(item_named("b", 1), a.blob), c = plan(item_named("c", 1), a.blob);
    EXPECT_EQ(planned_ids(), ids{"a"});
    EXPECT_TRUE(must(catalogue_->record_failed({a.file, exception_reason::deleted_in_cloud, "404", 10})));
    EXPECT_EQ(planned_ids(), ids{"b"});
    EXPECT_TRUE(
        must(catalogue_->record_failed({c.file, exception_reason::refused_by_cloud, "", 0})));  // not the leader
    EXPECT_EQ(planned_ids(), ids{"b"});
    EXPECT_FALSE(must(catalogue_->record_failed({b.file, exception_reason::deleted_in_cloud, "", 5})));
    EXPECT_TRUE(planned_ids().empty());
    EXPECT_EQ(exceptions(), (ids{"a deleted_in_cloud", "b deleted_in_cloud", "c refused_by_cloud"}));
    EXPECT_EQ(must(catalogue_->bytes()).downloaded, 15u);
    expect_sound();
    must(catalogue_->begin_run(2));
    EXPECT_EQ(planned_ids(), ids{"a"});
    EXPECT_EQ(exceptions(), (ids{"a not_downloaded", "b not_downloaded", "c not_downloaded"}));
    expect_sound();
}

TEST_F(downloading, only_where_all_members_failed_they_have_failed) {
    const planned a = plan("a", 1);
    const planned b = plan(item_named("b", 1), a.blob);
    fail(a);
    store({b.row, b.file, a.blob}, 1);
    publish_twins();
    EXPECT_EQ(files(), (ids{"data/albums/A/a.jpg linked", "data/albums/A/b.jpg own"}));
    EXPECT_TRUE(exceptions().empty());
    const auto counts = must(catalogue_->counts());
    EXPECT_EQ(counts.stored, 2u);
    EXPECT_EQ(counts.checked_by_source_digest, 1u);
    EXPECT_EQ(counts.twins_on_announcement, 1u);
    expect_sound();
}

TEST_F(downloading, a_new_run_begins_with_the_first_member_again) {
    const planned a = plan("a", 1);
    plan(item_named("b", 1), a.blob);
    fail(a);
    EXPECT_EQ(planned_ids(), ids{"b"});
    must(catalogue_->begin_run(2));
    EXPECT_EQ(planned_ids(), ids{"a"});
    expect_sound();
}

TEST_F(downloading, a_link_that_failed_is_tried_in_the_next_run) {
    const planned a = plan("a", 1);
    const planned b = plan(item_named("b", 1), a.blob);
    store(a, 1);
    fail(b, exception_reason::not_stored);
    EXPECT_TRUE(must(catalogue_->next_unpublished_twins({}, 9)).empty());
    EXPECT_EQ(exceptions(), ids{"b not_stored"});
    must(catalogue_->begin_run(2));
    EXPECT_EQ(must(catalogue_->next_unpublished_twins({}, 9)).size(), 1u);
    expect_sound();
}

TEST_F(downloading, many_failures_are_planned_again_by_the_page) {
    std::vector<planned> all;
    must(catalogue_->begin());
    for (unsigned i = 0; i < 600; ++i) all.push_back(plan("item" + std::to_string(1000 + i), i));
    for (const planned& p : all) fail(p);
    must(catalogue_->commit());
    EXPECT_EQ(must(catalogue_->planned_left()), 0u);
    must(catalogue_->begin_run(2));
    EXPECT_EQ(must(catalogue_->planned_left()), 600u);
    expect_sound();
}

// --- audits

TEST_F(downloading, an_audit_that_agrees_becomes_a_checked_twin) {
    const planned a = plan("a", 1), b = plan(item_named("b", 1), {}, a.blob);
    EXPECT_EQ(must(catalogue_->next_planned(a.file, 1)).at(0).audit_of, a.blob);
    store(a, 1);
    EXPECT_TRUE(must(catalogue_->record_audit(b.blob, sha256_for(1), source_check::digest, 101)));
    EXPECT_TRUE(planned_ids().empty());
    publish_twins();
    const auto counts = must(catalogue_->counts());
    EXPECT_EQ(counts.checked_by_source_digest, 2u);
    EXPECT_EQ(counts.twins_on_announcement, 0u);
    EXPECT_EQ(must(catalogue_->bytes()).downloaded, 202u);
    EXPECT_EQ(must(catalogue_->bytes()).stored_unique, 101u);
    EXPECT_EQ(must(catalogue_->bytes()).saved_by_dedup, 101u);
    expect_sound();
}

TEST_F(downloading, an_audit_waits_for_its_leader) {
    for (const unsigned bytes : {1u, 7u}) {  // as announced by the leader, and others
        const std::string tag = std::to_string(bytes);
        const planned a = plan("a" + tag, bytes * 10), b = plan(item_named("b" + tag, bytes * 10), {}, a.blob);
        EXPECT_TRUE(must(catalogue_->record_audit(b.blob, sha256_for(10), source_check::digest, 0)));
        EXPECT_EQ(planned_ids(), ids{"a" + tag});
        expect_sound();
        reopen();
        EXPECT_TRUE(must(catalogue_->next_unsettled({}, 9)).empty());
        const auto outcome = check(a, bytes * 10);
        EXPECT_EQ(outcome.contradicted, bytes != 1);
        must(catalogue_->record_stored({a.blob}, bytes));
        EXPECT_EQ(must(catalogue_->next_unpublished_twins({}, 9)).size(), bytes == 1 ? 1u : 0u);
        EXPECT_EQ(planned_ids(), bytes == 1 ? ids{} : ids{"b" + tag});
        expect_sound();
        publish_twins();
    }
}

TEST_F(downloading, an_audit_that_differs_is_fetched_for_itself) {
    const planned a = plan("a", 1), b = plan(item_named("b", 1), {}, a.blob);
    store(a, 1);
    EXPECT_FALSE(must(catalogue_->record_audit(b.blob, sha256_for(2), source_check::digest, 0)));
    const auto page = must(catalogue_->next_planned({}, 9));
    ASSERT_EQ(page.size(), 1u);
    EXPECT_EQ(page[0].blob, b.blob);
    EXPECT_FALSE(page[0].audit_of);
    EXPECT_FALSE(must(catalogue_->announcement_contradicted(b.blob)));  // nothing of it is known any more
    EXPECT_TRUE(check(b, 2).contradicted);
    EXPECT_TRUE(must(catalogue_->announcement_contradicted(b.blob)));
    EXPECT_TRUE(must(catalogue_->announcement_contradicted(a.blob)));
    expect_sound();
}

TEST_F(downloading, audits_of_what_failed_are_fetched_for_themselves) {
    const planned a = plan("a", 1);
    const planned waiting = plan(item_named("b", 1), {}, a.blob), under_way = plan(item_named("c", 1), {}, a.blob);
    must(catalogue_->record_audit(waiting.blob, sha256_for(1), source_check::digest, 0));
    fail(a);
    EXPECT_EQ(planned_ids(), (ids{"b", "c"}));
    for (const auto& p : must(catalogue_->next_planned({}, 9))) EXPECT_FALSE(p.audit_of);
    EXPECT_TRUE(must(catalogue_->record_audit(under_way.blob, sha256_for(1), source_check::digest, 0)));
    EXPECT_EQ(planned_ids(), (ids{"b", "c"}));
    expect_sound();
}

TEST_F(downloading, audits_follow_a_leader_that_is_merged) {
    const planned same = plan("same", 5), a = plan("a", 1), b = plan(item_named("b", 1), {}, a.blob),
                  c = plan(item_named("c", 1), {}, a.blob);
    store(same, 5);
    must(catalogue_->record_audit(b.blob, sha256_for(5), source_check::length, 0));
    checked_blob arrived = checked(a, 5, source_check::length);
    EXPECT_TRUE(must(catalogue_->record_checked({arrived}, true)).at(0).duplicate);
    EXPECT_TRUE(must(catalogue_->record_audit(c.blob, sha256_for(5), source_check::length, 0)));
    EXPECT_EQ(must(catalogue_->next_unpublished_twins({}, 9)).size(), 3u);
    expect_sound();
}

TEST_F(downloading, an_audit_that_fails_is_tried_in_the_next_run) {
    const planned a = plan("a", 1), b = plan(item_named("b", 1), {}, a.blob);
    store(a, 1);
    EXPECT_FALSE(must(catalogue_->record_failed({b.file, exception_reason::deleted_in_cloud, "", 0})));
    EXPECT_EQ(exceptions(), ids{"b deleted_in_cloud"});
    must(catalogue_->begin_run(2));
    EXPECT_EQ(must(catalogue_->next_planned({}, 9)).at(0).audit_of, a.blob);
    expect_sound();
}

TEST_F(downloading, an_audited_item_that_changes_leaves) {
    const planned a = plan("a", 1), b = plan(item_named("b", 1), {}, a.blob);
    must(catalogue_->record_audit(b.blob, sha256_for(1), source_check::digest, 0));
    must(catalogue_->put_item(item_named("b", 4), item_state::wanted));
    must(catalogue_->put_item(item_named("a", 4), item_state::wanted));
    EXPECT_TRUE(planned_ids().empty());
    EXPECT_TRUE(must(catalogue_->record_audit(b.blob, sha256_for(1), source_check::digest, 0)));
    expect_sound();
}

// --- trust withdrawn

TEST_F(downloading, every_twin_that_was_not_fetched_is_fetched_after_all) {
    const planned a = plan("a", 1);
    plan(item_named("b", 1), a.blob);  // published by then
    const planned audited = plan(item_named("c", 1), {}, a.blob);
    store(a, 1);
    must(catalogue_->record_audit(audited.blob, sha256_for(1), source_check::digest, 0));
    publish_twins();
    plan(item_named("d", 1), a.blob);  // ready
    const planned e = plan("e", 2);
    plan(item_named("f", 2), e.blob);  // its leader is not stored yet
    const planned g = plan("g", 3);
    plan(item_named("h", 3), g.blob);
    fail(g);                                            // now h leads
    EXPECT_EQ(must(catalogue_->distrust_twins()), 4u);  // b, d, f and g, which has failed
    EXPECT_EQ(planned_ids(), (ids{"b", "d", "e", "f", "h"}));
    EXPECT_EQ(files(), (ids{"data/albums/A/a.jpg own", "data/albums/A/c.jpg linked"}));
    EXPECT_EQ(must(catalogue_->distrust_twins()), 0u);
    expect_sound();
    must(catalogue_->begin_run(2));
    EXPECT_EQ(must(catalogue_->planned_left()), 6u);
    expect_sound();
}

}  // namespace
}  // namespace decamp::catalogue
