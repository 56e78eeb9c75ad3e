#include "engine/plan/planner.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/unit/world/temporary_folder.hpp"

namespace decamp::plan {
namespace {

listed_item photo(const std::string& id, const std::string& name, unsigned char content, std::uint64_t size = 100) {
    listed_item i;
    i.id.value = id;
    i.home.value = "1";
    i.name = name;
    i.size = size;
    i.sha1.emplace();
    i.sha1->fill(std::byte{content});
    i.bucket = "20240101";
    return i;
}

class PlannerTest : public ::testing::Test {
  protected:
    PlannerTest() : catalogue_(catalogue::catalogue::open(folder_ / "catalogue.sqlite", {}).value()) {
        catalogue_->begin_run(1).value();
    }
    planner make(planner_options options = {}) { return planner(*catalogue_, std::move(options)); }
    std::vector<std::string> paths() {
        std::vector<std::string> all;
        for (const auto& item : planned()) all.push_back(item.path);
        return all;
    }
    std::vector<planned_item> planned() { return catalogue_->next_planned({}, 1000).value(); }

    std::uint64_t exceptions_named(std::string_view reason) {
        std::uint64_t count = 0;
        catalogue_
            ->each_exception([&](const certificate_exception& e) {
                count += e.reason == reason ? 1 : 0;
                return true;
            })
            .value();
        return count;
    }

    testing::temporary_folder folder_;
    std::unique_ptr<catalogue::catalogue> catalogue_;
};

TEST_F(PlannerTest, FirstComeKeepsThePlainName) {
    auto plans = make();
    plans.plan_collections({{{"1"}, "Camera", 3, false}}).value();
    plans.plan_page(0, {photo("11", "party.jpg", 1), photo("3002", "party.jpg", 2), photo("3003", "PARTY.JPG", 3)})
        .value();
    EXPECT_EQ(paths(), (std::vector<std::string>{"data/albums/Camera/party.jpg", "data/albums/Camera/party~3002.jpg",
                                                 "data/albums/Camera/PARTY~3003.JPG"}));
}

TEST_F(PlannerTest, AlbumsOfOneNameGetFoldersOfTheirOwn) {
    auto plans = make();
    plans.plan_collections({{{"1"}, "Trip", {}, false}, {{"3002"}, "trip", {}, false}, {{"3"}, "", {}, false}}).value();
    EXPECT_EQ(catalogue_->find_collection({"1"}).value()->folder, "Trip");
    EXPECT_EQ(catalogue_->find_collection({"3002"}).value()->folder, "trip~3002");
    EXPECT_EQ(catalogue_->find_collection({"3"}).value()->folder, "Album 3");
}

TEST_F(PlannerTest, AnAlbumNobodyNamedIsMade) {
    auto plans = make();
    plans.plan_page(0, {photo("11", "a.jpg", 1)}).value();
    EXPECT_EQ(paths(), std::vector<std::string>{"data/albums/Album 1/a.jpg"});
}

TEST_F(PlannerTest, TwinsAreFetchedOnce) {
    auto plans = make();
    unsigned char content = 1;  // one that is not drawn for a whole fetch
    formats::sha1_digest digest;
    while (digest.fill(std::byte{content}), is_audit_group(digest, 0)) ++content;
    const auto page = plans.plan_page(0, {photo("11", "a.jpg", content), photo("12", "b.jpg", content)}).value();
    EXPECT_EQ(page.planned, 2u);
    EXPECT_EQ(page.bytes, 100u);
    EXPECT_EQ(page.twin_bytes, 100u);
    EXPECT_EQ(planned().size(), 1u);
}

TEST_F(PlannerTest, TwinsAreFetchedWhenAsked) {
    planner_options options;
    options.twins = twin_rule::fetch;
    auto plans = make(std::move(options));
    plans.plan_page(0, {photo("11", "a.jpg", 1), photo("12", "b.jpg", 1)}).value();
    const auto all = planned();
    ASSERT_EQ(all.size(), 2u);
    EXPECT_FALSE(all[0].audit_of);
    EXPECT_TRUE(all[1].audit_of);
}

TEST_F(PlannerTest, SameDigestOfAnotherSizeIsNoTwin) {
    auto plans = make();
    plans.plan_page(0, {photo("11", "a.jpg", 1, 100), photo("12", "b.jpg", 1, 101)}).value();
    EXPECT_EQ(planned().size(), 2u);
}

TEST_F(PlannerTest, DistrustIsRemembered) {
    auto plans = make();
    plans.plan_page(0, {photo("11", "a.jpg", 1), photo("12", "b.jpg", 1)}).value();
    plans.distrust_twins().value();
    EXPECT_EQ(planned().size(), 2u);
    EXPECT_EQ(catalogue_->fact(catalogue::stale_links_fact).value(), "1") << "their links are to be looked for";
    auto later = make();
    later.plan_page(0, {photo("13", "c.jpg", 1)}).value();
    EXPECT_EQ(planned().size(), 3u);
}

TEST_F(PlannerTest, TheSamePageTwiceChangesNothing) {
    auto plans = make();
    const std::vector<listed_item> items{photo("11", "a.jpg", 1), photo("12", "b.jpg", 2)};
    EXPECT_EQ(plans.plan_page(0, items).value().first_seen, 2u);
    const auto again = plans.plan_page(0, items).value();
    EXPECT_EQ(again.first_seen, 0u);
    EXPECT_EQ(again.planned, 0u);
    EXPECT_EQ(paths().size(), 2u);
    EXPECT_EQ(catalogue_->tallied(0).value(), (std::vector<bucket_count>{{"20240101", 2}}));
}

TEST_F(PlannerTest, ADaySaidMoreSurelyMovesTheCount) {
    auto plans = make();
    auto item = photo("11", "a.jpg", 1);
    plans.plan_page(0, {item, photo("12", "b.jpg", 2)}).value();
    item.bucket = "20240102";
    EXPECT_EQ(plans.plan_page(0, {item}).value().first_seen, 0u);
    EXPECT_EQ(catalogue_->tallied(0).value(), (std::vector<bucket_count>{{"20240101", 1}, {"20240102", 1}}));
}

TEST_F(PlannerTest, ExcludedItemsAreCountedAndNotNamed) {
    planner_options options;
    options.wanted.exclude = {"*.mp4"};
    auto plans = make(std::move(options));
    plans.plan_page(0, {photo("11", "a.jpg", 1), photo("12", "b.mp4", 2)}).value();
    EXPECT_EQ(paths().size(), 1u);
    EXPECT_EQ(catalogue_->counts().value().excluded, 1u);
    EXPECT_EQ(catalogue_->counts().value().listed, 2u);
}

TEST_F(PlannerTest, AnItemThatChangedBeforeItWasStoredKeepsItsName) {
    auto plans = make();
    plans.plan_page(0, {photo("11", "a.jpg", 1)}).value();
    plans.plan_page(0, {photo("11", "a.jpg", 2)}).value();
    EXPECT_EQ(paths(), std::vector<std::string>{"data/albums/Album 1/a.jpg"});
}

TEST_F(PlannerTest, AFileOfAnOldManifestIsAdoptedByItsDigestWhateverSizeIsSaid) {
    formats::sha256_digest bytes{};
    bytes.fill(std::byte{7});
    catalogue_->add_orphan("data/albums/Album 1/a.jpg", bytes, 99).value();
    catalogue_->add_orphan("data/albums/Album 1/beaches.jpg", bytes, 99).value();
    planner_options options;
    options.has_sha1 = [](const stored_blob& orphan, const formats::sha1_digest&) {
        EXPECT_EQ(orphan.size, 99u);
        return orphan.path.ends_with("a.jpg");
    };
    auto plans = make(std::move(options));
    listed_item told = photo("13", "beaches.jpg", 3);
    told.sha256 = bytes;
    listed_item other = photo("3014", "beaches.jpg", 4);
    other.sha256.emplace();
    plans.plan_page(0, {photo("11", "a.jpg", 1), other, told}).value();
    EXPECT_EQ(paths(), (std::vector<std::string>{"data/albums/Album 1/beaches~3014.jpg"}));
}

TEST_F(PlannerTest, AFileOfAnOldManifestIsAdoptedUnderItsSecondNameToo) {
    formats::sha256_digest first{}, second{};
    first.fill(std::byte{1});
    second.fill(std::byte{2});
    catalogue_->add_orphan("data/albums/Album 1/beaches.jpg", first, 100).value();
    catalogue_->add_orphan("data/albums/Album 1/beaches~3014.jpg", second, 100).value();
    listed_item one = photo("3013", "beaches.jpg", 3), two = photo("3014", "beaches.jpg", 4),
                three = photo("3015", "beaches.jpg", 5);
    one.sha256 = first;
    two.sha256 = second;
    auto plans = make();
    plans.plan_page(0, {one, two, three}).value();
    EXPECT_EQ(paths(), (std::vector<std::string>{"data/albums/Album 1/beaches~3015.jpg"}));
}

planner_options for_tree() {
    planner_options options;
    options.arranged = arrangement::tree;
    return options;
}

listed_item in_tree(const std::string& path) {
    listed_item i;
    i.id.value = path;
    const auto slash = path.rfind('/');
    i.home.value = "/" + (slash == std::string::npos ? "" : path.substr(0, slash));
    i.name = slash == std::string::npos ? path : path.substr(slash + 1);
    i.size = 1;
    return i;
}

TEST_F(PlannerTest, ATreeStaysATree) {
    auto plans = make(for_tree());
    plans.plan_page(0, {in_tree("x"), in_tree("a/b/x"), in_tree("a/y"), in_tree("A/y")}).value();
    const auto all = paths();
    ASSERT_EQ(all.size(), 4u);
    EXPECT_EQ(all[0], "data/files/x");
    EXPECT_EQ(all[1], "data/files/a/b/x");
    EXPECT_EQ(all[2], "data/files/a/y");
    EXPECT_TRUE(all[3].starts_with("data/files/A~")) << all[3];
    EXPECT_TRUE(all[3].ends_with("/y")) << all[3];
}

TEST_F(PlannerTest, AFileAndAFolderOfOneNameBothStay) {
    auto plans = make(for_tree());
    plans.plan_page(0, {in_tree("a"), in_tree("a/b"), in_tree("c/d"), in_tree("c")}).value();
    const auto all = paths();
    ASSERT_EQ(all.size(), 4u);
    EXPECT_EQ(all[0], "data/files/a");
    EXPECT_TRUE(all[1].starts_with("data/files/a~") && all[1].ends_with("/b")) << all[1];
    EXPECT_EQ(all[2], "data/files/c/d");
    EXPECT_TRUE(all[3].starts_with("data/files/c~")) << all[3];
}

TEST_F(PlannerTest, PathsThatComeOutAlikeAreKeptApart) {
    auto plans = make(for_tree());
    plans.plan_page(0, {in_tree("a:b/x?"), in_tree("a_b/x_"), in_tree("a_b/x?"), in_tree("a_b/X_")}).value();
    const auto all = paths();
    EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 4u);
    for (const auto& path : all) EXPECT_EQ(std::count(path.begin(), path.end(), '/'), 3) << path;
}

TEST(Completed, WhatARowLeavesOutStaysAnnouncedUntilARowSaysOtherwise) {
    listed_item before;
    before.home.value = "7";
    before.size = 5;
    before.sha1.emplace().fill(std::byte{1});
    before.modified_ms = 9;
    listed_item poorer;
    const listed_item whole = completed(poorer, before);
    EXPECT_EQ(whole.home, before.home);
    EXPECT_EQ(whole.size, before.size);
    EXPECT_EQ(whole.sha1, before.sha1);
    EXPECT_EQ(whole.modified_ms, before.modified_ms);
    listed_item longer;
    longer.size = 6;
    EXPECT_EQ(completed(longer, before).sha1, std::nullopt);
    listed_item later;
    later.modified_ms = 10;
    EXPECT_EQ(completed(later, before).sha1, std::nullopt);
    EXPECT_EQ(completed(later, before).size, std::nullopt);
    listed_item richer;
    richer.sha1.emplace().fill(std::byte{2});
    EXPECT_EQ(completed(richer, before).sha1, richer.sha1);
}

TEST_F(PlannerTest, APoorerRowInAnAlbumErasesNoAnnouncement) {
    planner p = make();
    listed_item rich = photo("a", "a.jpg", 1);
    p.plan_page(0, {rich}).value();
    listed_item poor = rich;
    poor.sha1.reset();
    poor.size.reset();
    p.plan_page(0, {poor}).value();
    const auto page = catalogue_->next_planned({}, 9).value();
    ASSERT_EQ(page.size(), 1u);
    EXPECT_EQ(page[0].listed.sha1, rich.sha1);
    EXPECT_EQ(page[0].listed.size, rich.size);
}

TEST_F(PlannerTest, TwoRawNamesOnOneIdAreADifference) {
    planner p = make();
    listed_item first = photo("a b", "a b.jpg", 1), second = photo("a b", "a b.jpg", 2);
    first.raw_name = "/dav/a b";
    second.raw_name = "/dav/a%20b";
    p.plan_page(0, {first, second, first}).value();
    EXPECT_EQ(catalogue_->next_planned({}, 9).value().size(), 1u);
    EXPECT_EQ(exceptions_named("names_collide"), 1u);
    // In another order in the next run it is one all the same.
    catalogue_->begin_run(2).value();
    EXPECT_EQ(exceptions_named("names_collide"), 0u);
    p.plan_page(0, {second, first}).value();
    EXPECT_EQ(exceptions_named("names_collide"), 1u);
}

TEST_F(PlannerTest, ASecondRawNameWithAnIdOfItsOwnIsAnItemOfItsOwn) {
    planner p = make();
    listed_item first = photo("url", "url.jpg", 1), second = photo("url", "url.jpg", 1);
    first.raw_name = "/x/one";
    first.other_id = "url#1";
    second.raw_name = "/x/two";
    second.other_id = "url#2";
    second.name = "two.jpg";
    p.plan_page(0, {first, second}).value();
    EXPECT_TRUE(catalogue_->find_item({"url"}).value());
    EXPECT_TRUE(catalogue_->find_item({"url#2"}).value());
    // Whatever order the next run finds them in, each is the item it was.
    catalogue_->begin_run(2).value();
    const auto again = p.plan_page(0, {second, first}).value();
    EXPECT_EQ(again.planned, 0u);
    EXPECT_FALSE(catalogue_->find_item({"url#1"}).value());
}

TEST_F(PlannerTest, WhatNoItemStandsForIsNamedInThisRunAlone) {
    planner p = make();
    const list_gap gap{"b/", "b", {"/"}, exception_reason::folder_not_listed, "HTTP 500"};
    p.plan_page(0, {}, {gap, gap}).value();
    EXPECT_EQ(exceptions_named("folder_not_listed"), 1u);
    EXPECT_EQ(catalogue_->counts().value().exceptions, 1u);
    EXPECT_EQ(catalogue_->counts().value().listed, 1u);
    catalogue_->begin_run(2).value();
    EXPECT_EQ(exceptions_named("folder_not_listed"), 0u);
    EXPECT_EQ(catalogue_->counts().value().exceptions, 0u);
}

}  // namespace
}  // namespace decamp::plan
