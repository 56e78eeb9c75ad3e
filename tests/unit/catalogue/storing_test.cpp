#include "fixture.hpp"

namespace decamp::catalogue {
namespace {

using storing = fixture;
using names = std::vector<std::string>;

TEST_F(storing, records_digests_before_the_name_and_the_name_before_it_is_stored) {
    const planned a = plan("a", 1);
    checked_blob c = checked(a, 1);
    c.digests.size = 3 * formats::block_size + 1;
    c.digests.blocks.resize(4, digest_of<formats::xxh3_128_digest>(3));
    const auto outcome = must(catalogue_->record_checked({c}, true)).at(0);
    EXPECT_EQ(outcome.blob, a.blob);
    EXPECT_FALSE(outcome.duplicate);
    EXPECT_EQ(outcome.path, "data/albums/A/a.jpg");
    EXPECT_TRUE(must(catalogue_->knows_staging(c.staging_path)));
    EXPECT_TRUE(files().empty());

    auto killed = open_copy("killed.sqlite");
    const auto left = must(killed->next_unsettled({}, 9));
    ASSERT_EQ(left.size(), 1u);
    EXPECT_EQ(left[0].blob.blob, a.blob);
    EXPECT_EQ(left[0].blob.path, outcome.path);
    EXPECT_EQ(left[0].blob.size, c.digests.size);
    EXPECT_EQ(left[0].blob.sha256, sha256_for(1));
    EXPECT_EQ(left[0].blob.blocks, c.digests.blocks);
    EXPECT_EQ(left[0].staging_path, c.staging_path);
    EXPECT_FALSE(left[0].time_ms);
    EXPECT_TRUE(must(killed->next_unsettled(a.blob, 9)).empty());

    must(catalogue_->record_stored({a.blob}, 7));
    EXPECT_FALSE(must(catalogue_->knows_staging(c.staging_path)));
    EXPECT_TRUE(must(catalogue_->next_unsettled({}, 9)).empty());
    EXPECT_EQ(files(), names{"data/albums/A/a.jpg own"});
    EXPECT_EQ(must(catalogue_->last_group()), 7);
    expect_sound();
}

TEST_F(storing, what_is_out_of_order_is_misuse) {
    const planned a = plan("a", 1), b = plan(item_named("b", 1), {}, a.blob);
    EXPECT_EQ(catalogue_->record_stored({a.blob}, 1).error().code, catalogue_errc::misuse);
    EXPECT_EQ(catalogue_->record_checked({checked(b, 1)}, true).error().code, catalogue_errc::misuse);  // an audit
    store(a, 1);
    EXPECT_EQ(catalogue_->record_stored({a.blob}, 2).error().code, catalogue_errc::misuse);
    EXPECT_EQ(catalogue_->record_checked({checked(a, 1)}, true).error().code, catalogue_errc::misuse);
    checked_blob crooked = checked(plan("c", 3), 3);
    crooked.digests.blocks.resize(2);
    EXPECT_EQ(catalogue_->record_checked({crooked}, true).error().code, catalogue_errc::misuse);
    expect_sound();
}

TEST_F(storing, a_lost_staged_file_is_planned_again) {
    const planned a = plan("a", 1);
    check(a, 1);
    must(catalogue_->plan_again(a.blob));
    EXPECT_EQ(planned_ids(), names{"a"});
    EXPECT_TRUE(must(catalogue_->next_unsettled({}, 9)).empty());
    expect_sound();
    store(a, 1);
    EXPECT_EQ(files().size(), 1u);
}

// --- twins

TEST_F(storing, a_link_that_is_gone_waits_for_its_name_again) {
    const planned a = plan("a", 1);
    const planned b = plan(item_named("b", 1), a.blob);
    store(a, 1);
    EXPECT_TRUE(must(catalogue_->next_links({}, 9)).empty());  // not linked yet
    publish_twins();
    const auto links = must(catalogue_->next_links({}, 9));
    ASSERT_EQ(links.size(), 1u);
    EXPECT_EQ(links[0].path, "data/albums/A/b.jpg");
    EXPECT_EQ(links[0].leader.path, "data/albums/A/a.jpg");
    EXPECT_TRUE(must(catalogue_->next_links(b.file, 9)).empty());
    must(catalogue_->record_unlinked({b.file, a.file}));  // the leader is no link
    EXPECT_EQ(files(), std::vector<std::string>{"data/albums/A/a.jpg own"});
    EXPECT_EQ(must(catalogue_->next_unpublished_twins({}, 9)).size(), 1u);
    expect_sound();
    publish_twins();
    EXPECT_EQ(must(catalogue_->next_links({}, 9)).size(), 1u);
    expect_sound();
}

TEST_F(storing, twins_wait_for_their_leader) {
    listed_item first = item_named("a", 1), second = item_named("b", 1), third = item_named("c", 1);
    first.modified_ms = 5;
    second.taken_ms = 9;
    const planned a = plan(first);
    const planned b = plan(second, a.blob);
    plan(third, a.blob);
    fail(a);  // b leads, but what all carry is the time of a
    EXPECT_TRUE(must(catalogue_->next_unpublished_twins({}, 9)).empty());
    check({b.row, b.file, a.blob}, 1);
    EXPECT_TRUE(must(catalogue_->next_unpublished_twins({}, 9)).empty());
    must(catalogue_->record_stored({a.blob}, 1));
    const auto twins = must(catalogue_->next_unpublished_twins({}, 9));
    ASSERT_EQ(twins.size(), 2u);
    EXPECT_EQ(twins[0].file, a.file);
    EXPECT_EQ(twins[0].path, "data/albums/A/a.jpg");
    EXPECT_EQ(twins[1].path, "data/albums/A/c.jpg");
    for (const twin_file& twin : twins) {
        EXPECT_EQ(twin.leader.path, "data/albums/A/b.jpg");
        EXPECT_EQ(twin.leader.sha256, sha256_for(1));
        EXPECT_TRUE(twin.has_time);
        EXPECT_EQ(twin.time_ms, 5);
    }
    EXPECT_EQ(must(catalogue_->next_unpublished_twins(twins[0].file, 9)).size(), 1u);
    must(catalogue_->record_published({{twins[0].file, publication::linked}, {twins[1].file, publication::listed}}));
    EXPECT_TRUE(must(catalogue_->next_unpublished_twins({}, 9)).empty());
    EXPECT_EQ(files(), (names{"data/albums/A/a.jpg linked", "data/albums/A/b.jpg own"}));
    EXPECT_EQ(must(catalogue_->counts()).stored, 3u);
    expect_sound();
}

TEST_F(storing, a_twin_that_comes_later_is_ready_at_once) {
    const planned a = plan("a", 1);
    store(a, 1);
    plan(item_named("b", 1), a.blob);
    EXPECT_EQ(must(catalogue_->next_unpublished_twins({}, 9)).size(), 1u);
    EXPECT_TRUE(planned_ids().empty());
    expect_sound();
}

TEST_F(storing, equal_bytes_are_one_blob_where_the_drive_has_links) {
    const planned a = plan("a", 1), b = plan("b", 2), c = plan("c", 3);
    const auto group = must(
        catalogue_->record_checked({checked(a, 5, source_check::length), checked(b, 5, source_check::length)}, true));
    EXPECT_FALSE(group[0].duplicate);
    EXPECT_TRUE(group[1].duplicate);
    must(catalogue_->record_stored({a.blob}, 1));
    EXPECT_TRUE(check(c, 5, true, source_check::length).duplicate);
    EXPECT_EQ(must(catalogue_->next_unpublished_twins({}, 9)).size(), 2u);
    publish_twins();
    const auto counts = must(catalogue_->counts());
    EXPECT_EQ(counts.stored, 3u);
    EXPECT_EQ(counts.twins_on_announcement, 0u);  // all were fetched
    EXPECT_EQ(must(catalogue_->bytes()).stored_unique, 105u);
    EXPECT_EQ(must(catalogue_->bytes()).downloaded, 315u);
    expect_sound();
}

TEST_F(storing, without_links_equal_bytes_are_stored_twice) {
    const planned a = plan("a", 1), b = plan("b", 2);
    const auto group = must(catalogue_->record_checked({checked(a, 5), checked(b, 5)}, false));
    EXPECT_FALSE(group[1].duplicate);
    must(catalogue_->record_stored({a.blob, b.blob}, 1));
    EXPECT_EQ(files(), (names{"data/albums/A/a.jpg own", "data/albums/A/b.jpg own"}));
    expect_sound();
}

TEST_F(storing, merged_files_that_turn_out_to_differ_are_parted) {
    const planned a = plan("a", 1), b = plan("b", 2);
    check(a, 5, true, source_check::length);
    check(b, 5, true, source_check::length);
    must(catalogue_->plan_again(a.blob));  // the staged file was lost, and the source now has other bytes
    expect_sound();
    check(a, 6, true, source_check::length);
    EXPECT_EQ(planned_ids(), names{"b"});
    expect_sound();
}

TEST_F(storing, merged_files_stay_together_when_the_same_bytes_come_again) {
    const planned a = plan("a", 1), b = plan("b", 2);
    check(a, 5, true, source_check::length);
    check(b, 5, true, source_check::length);
    must(catalogue_->plan_again(a.blob));
    store(a, 5);
    EXPECT_TRUE(planned_ids().empty());
    EXPECT_EQ(must(catalogue_->next_unpublished_twins({}, 9)).size(), 1u);
    expect_sound();
}

TEST_F(storing, what_is_shared_stays_shared_after_a_merge) {
    listed_item unannounced = item_named("a", 1);
    unannounced.sha1.reset();
    const planned a = plan(unannounced), b = plan("b", 1);
    store(a, 1);
    EXPECT_TRUE(check(b, 1).duplicate);
    EXPECT_EQ(must(catalogue_->find_announced(sha1_for(1), 101)), a.blob);
}

// --- digests that do not agree

// Bytes of which nobody knows whether they are all: they have their name, and are named.
TEST_F(storing, an_unknown_length_is_kept_and_named) {
    const planned a = plan("a", 1);
    EXPECT_EQ(check(a, 7, true, source_check::unbounded).path, "data/albums/A/a.jpg");
    must(catalogue_->record_stored({a.blob}, 1));
    EXPECT_EQ(exceptions(), names{"a length_unknown"});
    const auto counts = must(catalogue_->counts());
    EXPECT_EQ(counts.stored, 1u);
    EXPECT_EQ(counts.exceptions, 1u);
    EXPECT_EQ(counts.checked_by_source_digest, 0u);
    expect_sound();
}

TEST_F(storing, a_mismatch_is_kept_elsewhere_and_named) {
    const planned a = plan("a", 1);
    const auto outcome = check(a, 7, true, source_check::mismatch);
    EXPECT_EQ(outcome.path, "data/unproven/a~a.jpg");
    EXPECT_FALSE(must(catalogue_->path_taken("data/albums/A/a.jpg")));
    EXPECT_TRUE(must(catalogue_->path_taken(outcome.path)));
    EXPECT_EQ(must(catalogue_->next_unsettled({}, 9)).at(0).blob.path, outcome.path);
    must(catalogue_->record_stored({a.blob}, 1));
    EXPECT_EQ(files(), names{"data/unproven/a~a.jpg own"});
    EXPECT_EQ(exceptions(), names{"a digest_mismatch"});
    const auto counts = must(catalogue_->counts());
    EXPECT_EQ(counts.stored, 1u);
    EXPECT_EQ(counts.exceptions, 1u);
    EXPECT_EQ(counts.checked_by_source_digest, 0u);
    expect_sound();
    must(catalogue_->begin_run(2));  // no longer listed, and stored: no exception
    EXPECT_TRUE(exceptions().empty());
}

TEST_F(storing, unproven_names_depend_on_the_id_alone) {
    const std::string long_id(60, 'x');
    std::vector<std::string> paths;
    for (const std::string& id : {std::string("1"), std::string("2"), long_id + "1", long_id + "2"}) {
        listed_item item = item_named(id, static_cast<unsigned>(paths.size()));
        item.name = "..\\%Img.jpg";
        const auto row = must(catalogue_->put_item(item, item_state::wanted));
        const auto own = must(catalogue_->add_own_file(row, "data/albums/A/" + id, item, {}));
        paths.push_back(
            check({row, own.file, own.blob, {}}, 50 + static_cast<unsigned>(paths.size()), true, source_check::mismatch)
                .path);
    }
    EXPECT_NE(paths[0], paths[1]);
    EXPECT_NE(paths[2], paths[3]);
    for (const std::string& path : paths) {
        EXPECT_TRUE(path.starts_with("data/unproven/")) << path;
        EXPECT_EQ(path.find('%'), std::string::npos) << path;
        EXPECT_EQ(path.find('/', 14), std::string::npos) << path;
    }
    expect_sound();
}

TEST_F(storing, members_do_not_follow_a_leader_that_mismatched) {
    const planned a = plan("a", 1);
    const planned b = plan(item_named("b", 1), a.blob);
    plan(item_named("c", 1), a.blob);
    const planned audit = plan(item_named("d", 1), {}, a.blob);
    must(catalogue_->record_audit(audit.blob, sha256_for(1), source_check::digest, 0));
    check(a, 7, true, source_check::mismatch);
    EXPECT_EQ(planned_ids(), (names{"b", "d"}));
    expect_sound();
    const blob_key shared = must(catalogue_->next_planned({}, 1)).at(0).blob;
    EXPECT_EQ(must(catalogue_->find_announced(sha1_for(1), 101)), audit.blob);
    must(catalogue_->record_stored({a.blob}, 1));
    store({b.row, b.file, shared}, 1);
    publish_twins();
    EXPECT_EQ(exceptions(), (names{"a digest_mismatch", "d not_downloaded"}));
    expect_sound();
}

TEST_F(storing, equal_mismatches_are_merged_without_their_announcements) {
    const planned a = plan("a", 1), b = plan("b", 2), c = plan("c", 7);
    check(a, 7, true, source_check::mismatch);
    EXPECT_TRUE(check(b, 7, true, source_check::mismatch).duplicate);
    EXPECT_TRUE(check(c, 7).duplicate);
    must(catalogue_->record_stored({a.blob}, 1));
    publish_twins();
    EXPECT_EQ(files(),
              (names{"data/unproven/a~a.jpg own", "data/unproven/b~b.jpg linked", "data/albums/A/c.jpg linked"}));
    EXPECT_EQ(must(catalogue_->find_announced(sha1_for(2), 102)), std::nullopt);
    EXPECT_EQ(exceptions(), (names{"a same_bytes", "b same_bytes"}));
    expect_sound();
}

TEST_F(storing, two_announced_alike_that_differ_are_noticed) {
    const planned a = plan("a", 1), b = plan("b", 1);
    EXPECT_FALSE(check(a, 1).contradicted);
    EXPECT_TRUE(check(b, 2).contradicted);
    EXPECT_TRUE(must(catalogue_->announcement_contradicted(a.blob)));
}

TEST_F(storing, what_contradicts_its_announcement_is_fetched_again_in_each_run_and_kept_once) {
    const planned a = plan("a", 1);
    EXPECT_FALSE(check(a, 9, true, source_check::mismatch).duplicate);
    must(catalogue_->record_stored({a.blob}, 1));
    EXPECT_EQ(exceptions(), names{"a digest_mismatch"});
    for (int run = 2; run < 5; ++run) {
        must(catalogue_->begin_run(run));
        ASSERT_TRUE(must(catalogue_->find_item({"a"}))->contradicts);
        const planned again = plan("a", 1);
        EXPECT_FALSE(must(catalogue_->find_item({"a"}))->contradicts);  // once a run
        EXPECT_TRUE(check(again, 9, true, source_check::mismatch).duplicate);
        EXPECT_EQ(files().size(), 1u);
        EXPECT_EQ(exceptions(), names{"a digest_mismatch"});
        EXPECT_FALSE(must(catalogue_->find_item({"a"}))->contradicts);
        expect_sound();
    }
    must(catalogue_->begin_run(9));
    const planned right = plan("a", 1);
    store(right, 1);
    EXPECT_EQ(exceptions(), names{});
    EXPECT_EQ(files().size(), 2u);  // what was kept stays
    expect_sound();
}

TEST_F(storing, the_same_bytes_for_several_are_none_of_them) {
    const planned a = plan("a", 1), b = plan("b", 2);
    check(a, 9, true, source_check::mismatch);
    must(catalogue_->record_stored({a.blob}, 1));
    EXPECT_EQ(exceptions(), (names{"a digest_mismatch", "b not_downloaded"}));
    check(b, 9, false, source_check::mismatch);
    must(catalogue_->record_stored({b.blob}, 2));
    EXPECT_EQ(exceptions(), (names{"a same_bytes", "b same_bytes"}));
}

TEST_F(storing, what_nothing_said_the_length_of_counts_when_it_comes_again_with_one) {
    const planned a = plan("a", 1);
    check(a, 1, true, source_check::unbounded);
    must(catalogue_->record_stored({a.blob}, 1));
    EXPECT_EQ(exceptions(), names{"a length_unknown"});
    for (const source_check again : {source_check::unbounded, source_check::length}) {
        must(catalogue_->begin_run(2));
        const listed_item item = item_named("a", 1);
        planned p{must(catalogue_->put_item(item, item_state::wanted)), {}, {}, "data/albums/A/a~a.jpg"};
        const auto own = must(catalogue_->add_own_file(p.row, p.path, item, {}));
        p.blob = own.blob;
        p.file = own.file;
        EXPECT_TRUE(check(p, 1, true, again).duplicate);
        EXPECT_EQ(exceptions(), again == source_check::length ? names{} : names{"a length_unknown"});
        EXPECT_EQ(files().size(), 1u);
        expect_sound();
    }
}

TEST_F(storing, rows_that_announce_different_things_in_one_run_contradict_themselves) {
    listed_item first = item_named("a", 1), second = item_named("a", 2);
    plan(first);
    const planned a = plan(second);
    check(a, 9, true, source_check::mismatch);
    must(catalogue_->record_stored({a.blob}, 1));
    EXPECT_EQ(exceptions(), names{"a list_unsteady"});
}

TEST_F(storing, announced_twins_are_to_be_sampled_once) {
    const planned a = plan("a", 1);
    const planned b = plan(item_named("b", 1), a.blob), c = plan(item_named("c", 1), a.blob);
    EXPECT_TRUE(must(catalogue_->next_unsampled({}, 9)).empty());  // nothing is stored yet
    store(a, 1);
    auto page = must(catalogue_->next_unsampled({}, 9));
    ASSERT_EQ(page.size(), 2u);
    EXPECT_EQ(page[0].listed.id.value, "b");
    EXPECT_EQ(page[0].leader.path, a.path);
    EXPECT_EQ(page[0].leader.sha256, sha256_for(1));
    must(catalogue_->record_sampled({page[0].file}));
    must(catalogue_->fetch_for_itself({page[1].file, a.file}));
    EXPECT_TRUE(must(catalogue_->next_unsampled({}, 9)).empty());
    EXPECT_EQ(planned_ids(), names{"c"});
    publish_twins();
    EXPECT_EQ(must(catalogue_->counts()).twins_on_announcement, 1u);
    EXPECT_EQ(must(catalogue_->counts()).twins_sampled, 1u);
    expect_sound();
}

}  // namespace
}  // namespace decamp::catalogue
