#include "fixture.hpp"

namespace decamp::catalogue {
namespace {

using orphans = fixture;
using names = std::vector<std::string>;

TEST_F(orphans, are_adopted_by_their_item) {
    must(catalogue_->add_orphan("data/albums/A/a.jpg", sha256_for(1), 101));
    must(catalogue_->add_orphan("data/albums/A/a.jpg", sha256_for(2), 102));  // known
    must(catalogue_->add_orphan("data/albums/A/b.jpg", sha256_for(2), 102));
    EXPECT_EQ(files(), (names{"data/albums/A/a.jpg own", "data/albums/A/b.jpg own"}));
    EXPECT_EQ(must(catalogue_->find_orphan("data/albums/A/A.jpg")), std::nullopt);  // compared exactly
    const auto found = must(catalogue_->find_orphan("data/albums/A/a.jpg")).value();
    EXPECT_EQ(found.size, 101u);
    EXPECT_EQ(found.sha256, sha256_for(1));
    EXPECT_EQ(must(catalogue_->unproven_left()), 2u);
    EXPECT_EQ(must(catalogue_->last_group()), 0);

    const auto row = must(catalogue_->put_item(item_named("a", 1), item_state::wanted));
    must(catalogue_->adopt_orphan(row, "data/albums/A/a.jpg", source_check::digest));
    EXPECT_EQ(must(catalogue_->find_orphan("data/albums/A/a.jpg")), std::nullopt);
    EXPECT_EQ(catalogue_->adopt_orphan(row, "data/albums/A/a.jpg", source_check::digest).error().code,
              catalogue_errc::misuse);
    const auto known = must(catalogue_->find_item({"a"})).value();
    EXPECT_TRUE(known.stored);
    const auto counts = must(catalogue_->counts());
    EXPECT_EQ(counts.stored, 1u);
    EXPECT_EQ(counts.checked_by_source_digest, 1u);
    EXPECT_EQ(counts.twins_on_announcement, 0u);
    EXPECT_EQ(must(catalogue_->find_announced(sha1_for(1), 101)), found.blob);
    expect_sound();
}

TEST_F(orphans, share_their_bytes_with_what_is_fetched) {
    must(catalogue_->add_orphan("data/old.jpg", sha256_for(1), 101));
    EXPECT_TRUE(check(plan("a", 1), 1).duplicate);
    publish_twins();
    EXPECT_EQ(files(), (names{"data/old.jpg own", "data/albums/A/a.jpg linked"}));
    EXPECT_EQ(must(catalogue_->counts()).stored, 1u);
    expect_sound();
}

TEST_F(orphans, that_are_damaged_are_named) {
    must(catalogue_->add_orphan("data/old.jpg", sha256_for(1), 101));
    const auto blob = must(catalogue_->find_orphan("data/old.jpg"))->blob;
    EXPECT_FALSE(must(catalogue_->record_damaged({blob, "data/old.jpg", "missing"})));
    EXPECT_EQ(must(catalogue_->find_orphan("data/old.jpg")), std::nullopt);
    EXPECT_TRUE(files().empty());
    EXPECT_EQ(exceptions(), names{" read_back_differs"});
    EXPECT_EQ(must(catalogue_->counts()).exceptions, 1u);
    must(catalogue_->begin_run(2));
    EXPECT_EQ(exceptions(), names{" read_back_differs"});
}

}  // namespace
}  // namespace decamp::catalogue
