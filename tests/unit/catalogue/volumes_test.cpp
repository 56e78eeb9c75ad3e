#include "fixture.hpp"

namespace decamp::catalogue {
namespace {

struct volumes : fixture {
    volume_member body_of(const planned& p, std::uint64_t at) {
        volume_member m;
        m.file = p.file;
        m.blob = p.blob;
        m.at = at;
        m.body = at + 512;
        m.stored = 100;
        return m;
    }
    void pack(volume_row& head, const planned& p, unsigned content) {
        must(catalogue_->record_checked({checked(p, content)}, true, true));
        packed_group group;
        head.bytes += 1024;
        head.raw += 1024;
        group.head = head;
        group.members.push_back(body_of(p, head.raw - 1024));
        group.frames.push_back({1024, 1024});
        must(catalogue_->record_packed(group, ++group_));
    }
    void seal(volume_row& head) {
        head.sha256 = sha256_for(9);
        head.list_bytes = 70;
        head.list_sha256 = sha256_for(10);
        must(catalogue_->record_sealed(head, 1));
    }
    std::vector<std::string> members(std::int64_t number) {
        std::vector<std::string> all;
        must(catalogue_->each_volume_member(number, [&](const named_member& m) {
            all.push_back(m.path + " at " + std::to_string(m.where.at));
            return true;
        }));
        return all;
    }
};

// What a kill, or a power cut, leaves of what was recorded for a volume: nothing, or all that was before it and it.
TEST_F(volumes, what_is_recorded_for_them_is_flushed_by_what_comes_next) {
    const planned a = plan("a", 1), b = plan("b", 2);
    const auto left = [](sqlite_catalogue& copy) {
        std::vector<std::string> ids;
        for (const planned_item& p : must(copy.next_planned({}, 10))) ids.push_back(p.listed.id.value);
        return ids;
    };
    must(catalogue_->record_checked({checked(a, 1)}, true, true));
    EXPECT_EQ(planned_ids(), (std::vector<std::string>{"b"}));
    EXPECT_EQ(left(*open_copy("killed before")), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(catalogue_->raw().answer("PRAGMA synchronous"), "2");
    must(catalogue_->record_checked({}, false));
    EXPECT_EQ(left(*open_copy("killed after")), (std::vector<std::string>{"b"}));
    must(catalogue_->record_checked({checked(b, 2)}, true, true));
    must(catalogue_->set_fact("any", "change"));
    EXPECT_EQ(left(*open_copy("killed after any change")), std::vector<std::string>());
    must(catalogue_->record_checked({}, false));
    EXPECT_EQ(catalogue_->raw().answer("PRAGMA synchronous"), "2");
}

TEST_F(volumes, are_numbered_and_hold_what_was_packed) {
    const planned a = plan("a", 1), b = plan("b", 2);
    EXPECT_FALSE(must(catalogue_->open_volume()));
    volume_row head = must(catalogue_->begin_volume("tar.zst"));
    EXPECT_EQ(head.name, "volume-0001.tar.zst");
    EXPECT_EQ(catalogue_->begin_volume("tar.zst").error().code, catalogue_errc::misuse);
    pack(head, a, 1);
    pack(head, b, 2);
    reopen();
    const auto open = must(catalogue_->open_volume());
    ASSERT_TRUE(open);
    EXPECT_EQ(open->bytes, 2048u);
    EXPECT_EQ(must(catalogue_->frames()).size(), 2u);
    EXPECT_EQ(members(1), (std::vector<std::string>{"data/albums/A/a.jpg at 0", "data/albums/A/b.jpg at 1024"}));
    EXPECT_EQ(files(), std::vector<std::string>());  // no manifest has an open volume
    seal(head);
    EXPECT_EQ(files(), (std::vector<std::string>{"data/volumes/volume-0001.tar.zst own",
                                                 "data/volumes/volume-0001.sha256 own"}));
    EXPECT_TRUE(must(catalogue_->frames()).empty());
    EXPECT_EQ(must(catalogue_->begin_volume("tar.zst")).name, "volume-0002.tar.zst");
    EXPECT_EQ(must(catalogue_->counts()).stored, 2u);
    expect_sound();
}

TEST_F(volumes, keep_a_staged_part_until_its_bytes_are_packed) {
    const planned a = plan("a", 1);
    must(catalogue_->record_part(a.blob,
                                 {".decamp/staging/1.1", formats::block_size, {formats::xxh3_128_of({})}, "\"v\""}));
    must(catalogue_->record_checked({checked(a, 1)}, true, true));
    EXPECT_TRUE(must(catalogue_->knows_staging(".decamp/staging/1.1")));
    must(catalogue_->plan_again(a.blob));  // as the next start does with what was not packed
    EXPECT_TRUE(must(catalogue_->next_planned({}, 1)).at(0).part);
    volume_row head = must(catalogue_->begin_volume("tar"));
    pack(head, a, 1);
    EXPECT_FALSE(must(catalogue_->knows_staging(".decamp/staging/1.1")));
}

TEST_F(volumes, proven_and_given_up_as_a_whole) {
    const planned a = plan("a", 1), b = plan("b", 2), c = plan("c", 3);
    volume_row first = must(catalogue_->begin_volume("zip"));
    pack(first, a, 1);
    pack(first, b, 2);
    seal(first);
    volume_row second = must(catalogue_->begin_volume("zip"));
    pack(second, c, 3);
    seal(second);
    EXPECT_EQ(must(catalogue_->record_volume_proven(1, read_back_method::medium, 7)), 2u);
    EXPECT_EQ(must(catalogue_->unproven_left()), 1u);
    EXPECT_EQ(must(catalogue_->next_volumes(0, 9)).at(0).state, volume_state::proven);
    EXPECT_TRUE(must(catalogue_->record_volume_damaged(1, "bytes differ")));
    EXPECT_EQ(planned_ids(), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(must(catalogue_->next_volumes(0, 9)).size(), 1u);
    EXPECT_EQ(files(),
              (std::vector<std::string>{"data/volumes/volume-0002.zip own", "data/volumes/volume-0002.sha256 own"}));
    // Its number is not used again; damaged once more in this run, its items have failed.
    volume_row third = must(catalogue_->begin_volume("zip"));
    EXPECT_EQ(third.number, 3);
    pack(third, a, 1);
    seal(third);
    EXPECT_FALSE(must(catalogue_->record_volume_damaged(3, "bytes differ")));
    EXPECT_EQ(exceptions(), (std::vector<std::string>{"a read_back_differs", "b not_downloaded"}));
    expect_sound();
}

TEST_F(volumes, have_recovery_data_as_long_as_they_are_there) {
    volume_row head = must(catalogue_->begin_volume("zip"));
    pack(head, plan("a", 1), 1);
    seal(head);
    EXPECT_TRUE(must(catalogue_->parity_of(1)).empty());
    const std::vector<parity_file> both{{"volume-0001.zip.par2", 900, sha256_for(11)},
                                        {"volume-0001.zip.vol000+02.par2", 9000, sha256_for(12)}};
    must(catalogue_->record_parity(1, both));
    reopen();
    EXPECT_EQ(must(catalogue_->parity_of(1)), both);
    EXPECT_TRUE(must(catalogue_->parity_of(2)).empty());
    EXPECT_EQ(files(),
              (std::vector<std::string>{"data/volumes/volume-0001.zip own", "data/volumes/volume-0001.sha256 own",
                                        "data/volumes/volume-0001.zip.par2 own",
                                        "data/volumes/volume-0001.zip.vol000+02.par2 own"}));
    must(catalogue_->record_parity(1, {both[0]}));
    EXPECT_EQ(must(catalogue_->parity_of(1)), (std::vector<parity_file>{both[0]}));
    must(catalogue_->record_volume_damaged(1, "gone"));
    EXPECT_TRUE(must(catalogue_->parity_of(1)).empty());
}

TEST_F(volumes, twins_may_have_entries_of_their_own) {
    const planned a = plan("a", 1);
    const planned twin = plan(item_named("t", 1), a.blob);
    volume_row head = must(catalogue_->begin_volume("tar"));
    pack(head, a, 1);
    const auto waiting = must(catalogue_->next_unpublished_twins({}, 9));
    ASSERT_EQ(waiting.size(), 1u);
    const auto body = must(catalogue_->find_body(waiting[0].leader.blob));
    ASSERT_TRUE(body);
    EXPECT_EQ(body->volume.number, 1);
    EXPECT_EQ(body->member.path, "data/albums/A/a.jpg");
    packed_group group;
    head.bytes += 512;
    head.raw += 512;
    group.head = head;
    volume_member link = body_of(twin, 1024);
    link.blob = a.blob;
    link.kind = member_kind::link;
    group.members.push_back(link);
    must(catalogue_->record_packed(group, ++group_));
    EXPECT_TRUE(must(catalogue_->next_unpublished_twins({}, 9)).empty());
    seal(head);
    EXPECT_TRUE(must(catalogue_->record_volume_damaged(1, "missing")));
    EXPECT_EQ(planned_ids(), std::vector<std::string>{"a"});
    EXPECT_TRUE(must(catalogue_->next_unpublished_twins({}, 9)).empty());  // nothing to be a twin of, yet
    expect_sound();
}

TEST_F(volumes, of_a_lost_catalogue_are_listed_whole) {
    volume_row found;
    found.number = 4;
    found.name = "volume-0004.tar";
    found.bytes = 5;
    found.sha256 = sha256_for(4);
    must(catalogue_->add_volume(found));
    EXPECT_EQ(files(), std::vector<std::string>{"data/volumes/volume-0004.tar own"});
    EXPECT_EQ(must(catalogue_->begin_volume("tar")).number, 5);
}

}  // namespace
}  // namespace decamp::catalogue
