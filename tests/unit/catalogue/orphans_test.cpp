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

// Members of a volume whose catalogue was lost: two bodies and a link to the first.
struct orphan_members : fixture {
    void add_volume(std::int64_t number) {
        volume_row v;
        v.number = number;
        v.name = "volume-000" + std::to_string(number) + ".tar";
        v.bytes = 9000;
        must(catalogue_->add_volume(v));
        must(catalogue_->add_volume(v));  // known
    }
    static named_member member(const std::string& name, unsigned content, std::uint64_t at) {
        named_member m;
        m.where.at = at;
        m.where.body = at + 512;
        m.where.stored = m.size = 100 + content;
        m.path = "data/albums/A/" + name;
        m.sha256 = sha256_for(content);
        return m;
    }
    void add(std::int64_t volume, const named_member& m) { must(catalogue_->add_orphan_member(volume, m)); }
    void add_link(std::int64_t volume, const std::string& name, std::uint64_t at, const std::string& to) {
        named_member link = member(name, 1, at);
        link.where.kind = member_kind::link;
        link.where.blob = must(catalogue_->find_orphan("data/albums/A/" + to))->blob;
        add(volume, link);
    }
    void fill() {
        add_volume(1);
        add(1, member("a.jpg", 1, 0));
        add(1, member("b.jpg", 2, 1024));
        add(1, member("a.jpg", 3, 2048));  // its name is taken
        add_link(1, "link.jpg", 3072, "a.jpg");
    }
    void adopt(const std::string& id, unsigned content, const std::string& name) {
        const auto row = must(catalogue_->put_item(item_named(id, content), item_state::wanted));
        must(catalogue_->adopt_orphan(row, "data/albums/A/" + name, source_check::digest));
    }
    bool is_orphan(const std::string& name) {
        return must(catalogue_->find_orphan("data/albums/A/" + name)).has_value();
    }
    std::vector<std::string> in_volumes() {
        std::vector<std::string> lines;
        must(catalogue_->each_member(0, [&](const listed_member& m) {
            lines.push_back(m.item.id.value + " " + m.path + " " + m.volume);
            return true;
        }));
        return lines;
    }
};

TEST_F(orphan_members, are_adopted_and_proven_with_their_volume) {
    fill();
    const auto found = must(catalogue_->find_orphan("data/albums/A/b.jpg")).value();
    EXPECT_EQ(found.sha256, sha256_for(2));
    const auto body = must(catalogue_->find_body(found.blob)).value();
    EXPECT_EQ(body.volume.number, 1);
    EXPECT_EQ(body.member.where.body, 1536u);
    adopt("a", 1, "a.jpg");
    adopt("twin", 1, "link.jpg");
    adopt("b", 2, "b.jpg");
    EXPECT_EQ(in_volumes(),
              (names{"a data/albums/A/a.jpg volume-0001.tar", "twin data/albums/A/link.jpg volume-0001.tar",
                     "b data/albums/A/b.jpg volume-0001.tar"}));
    EXPECT_EQ(must(catalogue_->planned_left()), 0u);
    EXPECT_EQ(must(catalogue_->unproven_left()), 2u);
    EXPECT_EQ(must(catalogue_->record_volume_proven(1, read_back_method::medium, 7)), 2u);
    EXPECT_EQ(must(catalogue_->unproven_left()), 0u);
    EXPECT_EQ(must(catalogue_->counts()).read_back, 3u);
    expect_sound();
}

TEST_F(orphan_members, of_a_wrong_volume_are_fetched_again_or_forgotten_before_the_walk_is_over) {
    fill();
    adopt("b", 2, "b.jpg");
    adopt("twin", 1, "link.jpg");  // and nobody the body that it leads to
    EXPECT_TRUE(must(catalogue_->record_volume_damaged(1, "bytes differ")));
    EXPECT_EQ(planned_ids(), (names{"b", "twin"}));
    EXPECT_FALSE(is_orphan("a.jpg"));
    EXPECT_FALSE(must(catalogue_->path_taken("data/albums/A/a.jpg")));
    EXPECT_EQ(exceptions(), (names{"b not_downloaded", "twin not_downloaded"}));
    expect_sound();
}

TEST_F(orphan_members, that_nobody_wanted_are_lost_with_their_volume) {
    fill();
    adopt("b", 2, "b.jpg");
    must(catalogue_->record_walked());
    EXPECT_TRUE(must(catalogue_->record_volume_damaged(1, "bytes differ")));
    EXPECT_EQ(planned_ids(), names{"b"});
    EXPECT_EQ(exceptions(), (names{"b not_downloaded", " read_back_differs"}));
    expect_sound();
}

TEST_F(orphan_members, lend_their_bytes_to_what_is_fetched) {
    fill();
    EXPECT_TRUE(check(plan("b-again", 2), 2).duplicate);
    publish_twins(publication::listed);
    EXPECT_EQ(in_volumes(), names{"b-again data/albums/A/b.jpg volume-0001.tar"});
    EXPECT_TRUE(must(catalogue_->record_volume_damaged(1, "bytes differ")));
    EXPECT_EQ(planned_ids(), names{"b-again"});
    expect_sound();
}

TEST_F(orphan_members, are_forgotten_volume_by_volume) {
    fill();
    add_volume(2);
    add(2, member("c.jpg", 4, 0));
    must(catalogue_->forget_orphan_members(1));
    EXPECT_FALSE(is_orphan("a.jpg"));
    EXPECT_FALSE(is_orphan("link.jpg"));
    EXPECT_TRUE(is_orphan("c.jpg"));
    add(1, member("a.jpg", 1, 0));
    EXPECT_TRUE(is_orphan("a.jpg"));
    expect_sound();
}

}  // namespace
}  // namespace decamp::catalogue
