#include "fixture.hpp"

namespace decamp::catalogue {
namespace {

using planning = fixture;

TEST_F(planning, keeps_every_listed_field) {
    listed_item item;
    item.id.value = "9007199254740993";
    item.home.value = "-3";
    item.name = std::string("a\0b \xf0\x9f\x8c\xb5.jpg", 13);
    item.size = 0;
    item.sha1 = sha1_for(1);
    item.sha256 = sha256_for(2);
    item.md5 = digest_of<formats::md5_digest>(3);
    item.taken_ms = -1;
    item.modified_ms = 1714500000123;
    item.bucket = "20240430";
    plan(item);
    listed_item bare;
    bare.id.value = "2";
    plan(bare);
    const auto page = must(catalogue_->next_planned({}, 10));
    ASSERT_EQ(page.size(), 2u);
    EXPECT_EQ(page[0].listed, item);
    EXPECT_EQ(page[1].listed, bare);
    EXPECT_EQ(page[0].path, "data/albums/A/" + item.name);
    const auto known = must(catalogue_->find_item(item.id)).value();
    EXPECT_EQ(known.fingerprint, listed_fingerprint(item));
    EXPECT_FALSE(known.stored);
    EXPECT_EQ(must(catalogue_->find_item({"3"})), std::nullopt);
}

TEST_F(planning, names_are_compared_folded_and_given_once) {
    const planned img = plan("Img", 1);
    EXPECT_TRUE(must(catalogue_->path_taken("data/albums/a/IMG.JPG")));
    EXPECT_FALSE(must(catalogue_->path_taken("data/albums/a/IMG2.JPG")));
    const auto row = must(catalogue_->put_item(item_named("other", 2), item_state::wanted));
    EXPECT_EQ(catalogue_->add_file(row, "data/albums/A/iMG.jpg", img.blob).error().code, catalogue_errc::misuse);
    EXPECT_EQ(catalogue_->add_own_file(row, "data/albums/A/iMG.jpg", item_named("other", 2), {}).error().code,
              catalogue_errc::misuse);
    expect_sound();
}

TEST_F(planning, collections) {
    const collection camera{{"1"}, "Camera", 7, false};
    EXPECT_EQ(must(catalogue_->find_collection({"1"})), std::nullopt);
    const auto row = must(catalogue_->add_collection(camera, "Camera"));
    EXPECT_TRUE(must(catalogue_->collection_folder_taken("CAMERA")));
    EXPECT_FALSE(must(catalogue_->collection_folder_taken("Camera 2")));
    EXPECT_EQ(must(catalogue_->find_collection({"1"}))->folder, "Camera");
    EXPECT_EQ(catalogue_->add_collection(camera, "Other").error().code, catalogue_errc::misuse);
    must(catalogue_->begin_run(2));
    const auto names = [&](bool gone_too) {
        std::string all;
        must(catalogue_->each_collection(
            [&](const certificate_collection& c, std::int64_t r, const std::string& folder) {
                EXPECT_EQ(r, row);
                all += c.name + "|" + folder + "|" + (c.announced ? std::to_string(*c.announced) : "?");
                return true;
            },
            gone_too));
        return all;
    };
    EXPECT_EQ(names(false), "");
    EXPECT_EQ(names(true), "Camera|Camera|?");
    must(catalogue_->saw_collection(row, {{"1"}, "Renamed", std::nullopt, true}));
    EXPECT_EQ(names(false), "Renamed|Camera|?");  // the folder is given once
}

TEST_F(planning, tallies_count_an_item_once_a_run_and_collection) {
    const auto a = plan("a", 1).row, b = plan("b", 2).row;
    const auto album = must(catalogue_->add_collection({{"1"}, "A", {}, false}, "A"));
    EXPECT_TRUE(must(catalogue_->tally(0, a, "20240501")));
    EXPECT_FALSE(must(catalogue_->tally(0, a, "20240502")));  // moved, not counted again
    EXPECT_TRUE(must(catalogue_->tally(0, b, "20240430")));
    must(catalogue_->add_membership(album, a));
    EXPECT_TRUE(must(catalogue_->tally(album, a, "20240501")));
    EXPECT_FALSE(must(catalogue_->tally(album, a, "20240501")));
    const std::vector<bucket_count> days{{"20240430", 1}, {"20240502", 1}};
    EXPECT_EQ(must(catalogue_->tallied(0)), days);
    EXPECT_EQ(must(catalogue_->tallied(album)), (std::vector<bucket_count>{{"20240501", 1}}));
    must(catalogue_->begin_run(2));
    EXPECT_TRUE(must(catalogue_->tallied(0)).empty());
    EXPECT_TRUE(must(catalogue_->tally(0, a, "20240501")));
    EXPECT_EQ(must(catalogue_->tallied(0)), (std::vector<bucket_count>{{"20240501", 1}}));
}

TEST_F(planning, memberships_are_kept_and_counted_by_run) {
    const auto album = must(catalogue_->add_collection({{"1"}, "A", {}, false}, "A"));
    const auto stored = plan("a", 1), waiting = plan("b", 2);
    store(stored, 1);
    for (int i = 0; i < 2; ++i) {
        must(catalogue_->add_membership(album, stored.row));
        must(catalogue_->add_membership(album, waiting.row));
    }
    const auto counted = [&] {
        std::pair<std::uint64_t, std::uint64_t> n;
        must(catalogue_->each_collection(
            [&](const certificate_collection& c, std::int64_t, const std::string&) {
                n = {c.listed, c.stored};
                return true;
            },
            false));
        return n;
    };
    EXPECT_EQ(counted(), std::pair(std::uint64_t{2}, std::uint64_t{1}));
    must(catalogue_->begin_run(2));
    must(catalogue_->add_membership(album, waiting.row));
    EXPECT_EQ(counted(), std::pair(std::uint64_t{1}, std::uint64_t{0}));
    std::vector<std::string> members;
    must(catalogue_->each_member(album, [&](const listed_member& m) {
        members.push_back(m.item.id.value + " " + m.path + (m.sha256 == sha256_for(1) ? " known" : ""));
        return true;
    }));
    EXPECT_EQ(members, (std::vector<std::string>{"a data/albums/A/a.jpg known", "b "}));
}

// --- items that change

TEST_F(planning, a_changed_item_that_is_not_stored_is_named_anew) {
    const planned before = plan("a", 1);
    staged_part part{"stage", formats::block_size, {{}}, "etag"};
    must(catalogue_->record_part(before.blob, part));
    listed_item item = item_named("a", 9);
    must(catalogue_->put_item(item, item_state::wanted));
    EXPECT_EQ(must(catalogue_->find_item({"a"}))->file, std::nullopt);
    EXPECT_FALSE(must(catalogue_->path_taken("data/albums/A/a.jpg")));
    EXPECT_FALSE(must(catalogue_->knows_staging("stage")));
    const planned after = plan(item);
    EXPECT_NE(after.file, before.file);
    EXPECT_NE(after.blob, before.blob);
    // What was under way for the former version comes too late.
    EXPECT_TRUE(check(before, 1).duplicate);
    EXPECT_FALSE(must(catalogue_->record_failed({before.file, exception_reason::not_downloaded, "", 0})));
    must(catalogue_->record_part(before.blob, part));
    EXPECT_EQ(planned_ids(), std::vector<std::string>{"a"});
    store(after, 9);
    EXPECT_EQ(must(catalogue_->counts()).stored, 1u);
    expect_sound();
}

TEST_F(planning, a_changed_item_that_is_stored_gets_a_second_file) {
    store(plan("a", 1), 1);
    listed_item item = item_named("a", 9);
    must(catalogue_->put_item(item, item_state::wanted));
    EXPECT_EQ(must(catalogue_->find_item({"a"}))->file, std::nullopt);
    item.name = "a~2.jpg";
    store(plan(item), 9);
    EXPECT_EQ(files(), (std::vector<std::string>{"data/albums/A/a.jpg own", "data/albums/A/a~2.jpg own"}));
    expect_sound();
}

TEST_F(planning, a_changed_item_that_is_staged_is_stored_as_it_was_and_fetched_again) {
    const planned before = plan("a", 1);
    check(before, 1);
    listed_item item = item_named("a", 9);
    must(catalogue_->put_item(item, item_state::wanted));
    EXPECT_TRUE(must(catalogue_->path_taken("data/albums/A/a.jpg")));
    item.name = "a~2.jpg";
    plan(item);
    must(catalogue_->record_stored({before.blob}, 1));
    EXPECT_EQ(files(), std::vector<std::string>{"data/albums/A/a.jpg own"});
    EXPECT_EQ(must(catalogue_->counts()).stored, 0u);
    EXPECT_EQ(planned_ids(), std::vector<std::string>{"a"});
    expect_sound();
}

TEST_F(planning, a_staged_former_version_that_is_lost_is_forgotten) {
    const planned before = plan("a", 1);
    check(before, 1);
    must(catalogue_->put_item(item_named("a", 9), item_state::wanted));
    must(catalogue_->plan_again(before.blob));
    EXPECT_TRUE(planned_ids().empty());
    EXPECT_FALSE(must(catalogue_->path_taken("data/albums/A/a.jpg")));
    expect_sound();
}

TEST_F(planning, a_twin_that_changes_leaves_its_group) {
    const planned a = plan("a", 1);
    const planned b = plan(item_named("b", 1), a.blob);
    must(catalogue_->put_item(item_named("a", 9), item_state::wanted));  // the leader
    EXPECT_EQ(planned_ids(), std::vector<std::string>{"b"});
    plan("a", 9);
    EXPECT_EQ(planned_ids(), (std::vector<std::string>{"b", "a"}));
    store({b.row, b.file, a.blob}, 1);
    const planned c = plan(item_named("c", 1), a.blob);
    must(catalogue_->put_item(item_named("c", 8), item_state::wanted));  // a member that was to be linked
    EXPECT_TRUE(must(catalogue_->next_unpublished_twins({}, 9)).empty());
    EXPECT_NE(c.file, b.file);
    expect_sound();
}

TEST_F(planning, an_excluded_item_is_not_fetched_and_keeps_what_is_stored) {
    const planned a = plan("a", 1);
    plan("b", 2);
    store(a, 1);
    must(catalogue_->put_item(item_named("a", 1), item_state::excluded));
    must(catalogue_->put_item(item_named("b", 2), item_state::excluded));
    EXPECT_TRUE(planned_ids().empty());
    EXPECT_EQ(must(catalogue_->find_item({"a"}))->file, a.file);
    EXPECT_EQ(must(catalogue_->find_item({"b"}))->file, std::nullopt);
    const auto counts = must(catalogue_->counts());
    EXPECT_EQ(counts.listed, 2u);
    EXPECT_EQ(counts.excluded, 2u);
    EXPECT_EQ(counts.stored, 0u);
    EXPECT_EQ(files().size(), 1u);
    must(catalogue_->put_item(item_named("a", 1), item_state::wanted));
    EXPECT_EQ(must(catalogue_->counts()).stored, 1u);
    expect_sound();
}

TEST_F(planning, a_further_walk_does_not_hide_a_failure) {
    fail(plan("a", 1));
    must(catalogue_->put_item(item_named("a", 1), item_state::wanted));
    EXPECT_EQ(exceptions(), std::vector<std::string>{"a deleted_in_cloud"});
    EXPECT_EQ(catalogue_->put_item(item_named("a", 1), item_state::failed).error().code, catalogue_errc::misuse);
    must(catalogue_->put_item(item_named("a", 9), item_state::wanted));  // another one by now
    EXPECT_EQ(exceptions(), std::vector<std::string>{"a not_downloaded"});
    expect_sound();
}

// --- twins by announcement

TEST_F(planning, finds_what_an_item_may_share) {
    EXPECT_EQ(must(catalogue_->find_announced(sha1_for(1), 101)), std::nullopt);
    const planned a = plan("a", 1);
    plan(item_named("b", 1), {}, a.blob);  // an audit is not shared
    EXPECT_EQ(must(catalogue_->find_announced(sha1_for(1), 101)), a.blob);
    EXPECT_EQ(must(catalogue_->find_announced(sha1_for(1), 102)), std::nullopt);
    EXPECT_EQ(must(catalogue_->find_announced(sha1_for(2), 101)), std::nullopt);
    listed_item half = item_named("c", 3);
    half.size.reset();
    const auto row = plan(half).row;
    EXPECT_EQ(must(catalogue_->find_announced(sha1_for(3), 103)), std::nullopt);
    EXPECT_EQ(catalogue_->add_own_file(row, "data/c", half, blob_key{999}).error().code, catalogue_errc::misuse);
}

TEST_F(planning, what_did_not_agree_with_its_announcement_is_not_shared) {
    const planned a = plan("a", 1);
    check(a, 7, true, source_check::mismatch);
    EXPECT_EQ(must(catalogue_->find_announced(sha1_for(1), 101)), std::nullopt);
}

TEST_F(planning, a_new_member_gives_a_failed_blob_another_chance) {
    const planned a = plan("a", 1);
    fail(a);
    EXPECT_TRUE(planned_ids().empty());
    const planned b = plan(item_named("b", 1), a.blob);
    EXPECT_EQ(planned_ids(), std::vector<std::string>{"b"});
    store(b, 1);
    publish_twins();
    EXPECT_EQ(must(catalogue_->counts()).stored, 2u);  // its bytes are those of the failed one too
    EXPECT_TRUE(exceptions().empty());
    expect_sound();
}

TEST_F(planning, folders_that_were_found_come_once_and_in_order) {
    must(catalogue_->add_folders({"/", "/a", "/b", "/a"}));
    must(catalogue_->add_folders({"/", "/c"}));
    std::vector<std::string> all;
    for (std::uint64_t at = 0;;) {
        const auto next = must(catalogue_->folder_after(at));
        if (!next) break;
        EXPECT_GT(next->number, at);
        at = next->number;
        all.push_back(next->folder);
    }
    EXPECT_EQ(all, (std::vector<std::string>{"/", "/a", "/b", "/c"}));
    must(catalogue_->begin_run(2));
    EXPECT_FALSE(must(catalogue_->folder_after(0)));
}

TEST_F(planning, a_locator_comes_back_with_what_is_planned) {
    listed_item item = item_named("x", 1);
    item.locator = "line 17";
    const auto row = must(catalogue_->put_item(item, item_state::wanted));
    must(catalogue_->add_own_file(row, "data/x", item, std::nullopt));
    EXPECT_EQ(must(catalogue_->next_planned({}, 10)).at(0).listed.locator, "line 17");
    item.locator = "line 18";  // the list has moved; the item is the same
    must(catalogue_->put_item(item, item_state::wanted));
    EXPECT_EQ(must(catalogue_->next_planned({}, 10)).at(0).listed.locator, "line 18");
}

}  // namespace
}  // namespace decamp::catalogue
