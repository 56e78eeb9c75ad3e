#include "engine/download/received.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "formats/bytes.hpp"

namespace decamp::download {
namespace {

using formats::as_bytes;

formats::md5_digest md5(std::string_view text) {
    return formats::md5_of(as_bytes(text));
}
formats::sha1_digest sha1(std::string_view text) {
    return formats::sha1_of(as_bytes(text));
}
formats::sha256_digest sha256(std::string_view text) {
    return formats::sha256_of(as_bytes(text));
}

formats::md5_digest md5_of_parts(const std::vector<std::string>& parts) {
    formats::md5_hasher all;
    for (const auto& part : parts) all.update(md5(part));
    return all.finish();
}

constexpr std::string_view text = "123456789";

struct announcement {
    const char* name;
    std::function<void(listed_item&, source::expectation&)> make;
    source_check wanted;
};

source_check checked(const announcement& a) {
    listed_item listed;
    source::expectation expected;
    a.make(listed, expected);
    received bytes(listed);
    bytes.expect(expected);
    bytes.feed(as_bytes(text.substr(0, 4)));
    bytes.feed(as_bytes(text.substr(4)));
    return bytes.finish().check;
}

TEST(received, what_ends_short) {
    listed_item item;
    EXPECT_FALSE(ends_short(item, 0));
    item.size = 9;
    EXPECT_TRUE(ends_short(item, 0));
    EXPECT_TRUE(ends_short(item, 8));
    EXPECT_FALSE(ends_short(item, 9));
    EXPECT_FALSE(ends_short(item, 10));
}

TEST(received, which_digests_find_a_wrong_join) {
    const struct {
        const char* name;
        std::function<void(listed_item&, source::expectation&)> make;
        bool wanted;
    } table[] = {
        {"nothing", [](listed_item&, source::expectation&) {}, false},
        {"length", [](listed_item& l, source::expectation&) { l.size = 9; }, false},
        {"listed sha256", [](listed_item& l, source::expectation&) { l.sha256 = sha256(text); }, true},
        {"listed sha1", [](listed_item& l, source::expectation&) { l.sha1 = sha1(text); }, true},
        {"listed md5", [](listed_item& l, source::expectation&) { l.md5 = md5(text); }, true},
        {"an md5 that is none",
         [](listed_item& l, source::expectation& f) { l.md5 = md5(text), f.not_the_listed_md5 = true; }, false},
        {"sha1", [](listed_item&, source::expectation& f) { f.sha1 = sha1(text); }, true},
        {"a checksum", [](listed_item&, source::expectation& f) { f.crc32 = 1; }, false},
        {"parts",
         [](listed_item&, source::expectation& f) {
             f.parts = {4, md5(text), true};
         },
         true},
        {"a guess of parts",
         [](listed_item&, source::expectation& f) {
             f.parts = {4, md5(text), false};
         },
         false},
    };
    for (const auto& row : table) {
        listed_item listed;
        source::expectation expected;
        row.make(listed, expected);
        EXPECT_EQ(digest_announced(listed, expected), row.wanted) << row.name;
    }
}

TEST(received, what_announcements_come_to) {
    using enum source_check;
    using listed = listed_item;
    using further = source::expectation;
    const announcement table[] = {
        {"nothing", [](listed&, further&) {}, none},
        {"length", [](listed& l, further&) { l.size = 9; }, length},
        {"other length", [](listed& l, further&) { l.size = 8; }, mismatch},
        {"listed sha256", [](listed& l, further&) { l.sha256 = sha256(text); }, digest},
        {"listed sha1", [](listed& l, further&) { l.sha1 = sha1(text); }, digest},
        {"listed sha1, length differs", [](listed& l, further&) { l.sha1 = sha1(text), l.size = 8; }, digest},
        {"listed md5", [](listed& l, further&) { l.md5 = md5(text); }, digest},
        {"another sha1", [](listed& l, further&) { l.sha1 = sha1("x"); }, mismatch},
        {"another md5", [](listed& l, further&) { l.md5 = md5("x"); }, mismatch},
        {"another md5 that is none", [](listed& l, further& f) { l.md5 = md5("x"), f.not_the_listed_md5 = true; },
         none},
        {"that and the length",
         [](listed& l, further& f) { l.md5 = md5("x"), l.size = 9, f.not_the_listed_md5 = true; }, length},
        {"sha256", [](listed&, further& f) { f.sha256 = sha256(text); }, digest},
        {"another sha256", [](listed&, further& f) { f.sha256 = sha256("x"); }, mismatch},
        {"sha1", [](listed&, further& f) { f.sha1 = sha1(text); }, digest},
        {"md5", [](listed&, further& f) { f.md5 = md5(text); }, digest},
        {"another md5 beside the listed", [](listed& l, further& f) { l.md5 = md5(text), f.md5 = md5("x"); }, mismatch},
        {"crc32", [](listed&, further& f) { f.crc32 = 0xcbf43926; }, digest},
        {"another crc32", [](listed&, further& f) { f.crc32 = 0xcbf43927; }, mismatch},
        {"crc32c", [](listed&, further& f) { f.crc32c = 0xe3069283; }, digest},
        {"another crc32c", [](listed&, further& f) { f.crc32c = 0; }, mismatch},
        {"crc64nvme", [](listed&, further& f) { f.crc64nvme = 0xae8b14860a799888; }, digest},
        {"another crc64nvme", [](listed&, further& f) { f.crc64nvme = 1; }, mismatch},
        {"one agrees, one does not", [](listed& l, further& f) { l.sha1 = sha1(text), f.crc32 = 1; }, mismatch},
        {"parts",
         [](listed&, further& f) {
             f.parts = {4, md5_of_parts({"1234", "5678", "9"}), true};
         },
         digest},
        {"parts that end with the file",
         [](listed&, further& f) {
             f.parts = {3, md5_of_parts({"123", "456", "789"}), true};
         },
         digest},
        {"one part",
         [](listed&, further& f) {
             f.parts = {100, md5_of_parts({"123456789"}), false};
         },
         digest},
        {"parts of another size",
         [](listed&, further& f) {
             f.parts = {5, md5_of_parts({"1234", "5678", "9"}), true};
         },
         mismatch},
        {"guessed parts that do not agree",
         [](listed&, further& f) {
             f.parts = {5, md5_of_parts({"1234"}), false};
         },
         none},
        {"such a guess and the length",
         [](listed& l, further& f) {
             l.size = 9, f.parts = {5, md5("x"), false};
         },
         length},
        {"parts of no bytes",
         [](listed&, further& f) {
             f.parts = {0, md5("x"), true};
         },
         none},
    };
    for (const auto& row : table) EXPECT_EQ(checked(row), row.wanted) << row.name;
}

TEST(received, computes_what_is_announced_and_no_more) {
    listed_item listed;
    received plain(listed);
    plain.feed(as_bytes(text));
    EXPECT_FALSE(plain.finish().digests.sha1);
    listed.sha1 = sha1("x");
    received announced(listed);
    announced.feed(as_bytes(text));
    const auto got = announced.finish();
    EXPECT_EQ(got.digests.sha1, sha1(text));
    EXPECT_EQ(got.digests.sha256, sha256(text));
    EXPECT_EQ(got.digests.size, 9u);
    EXPECT_TRUE(got.digests.blocks.empty()) << "one block needs no map";
}

source::expectation all_of(std::string_view whole) {
    source::expectation e;
    e.sha1 = sha1(whole);
    e.md5 = md5(whole);
    e.crc32 = 0xcbf43926;
    e.crc32c = 0xe3069283;
    e.crc64nvme = 0xae8b14860a799888;
    e.parts = {4, md5_of_parts({"1234", "5678", "9"}), true};
    return e;
}

TEST(received, what_is_learnt_late_catches_up) {
    for (std::size_t piece = 1; piece <= 5; ++piece) {
        received bytes(listed_item{});
        bytes.feed(as_bytes(text.substr(0, 5)));
        EXPECT_FALSE(bytes.behind());
        bytes.expect(all_of(text));
        ASSERT_TRUE(bytes.behind());
        while (bytes.behind()) bytes.catch_up(as_bytes(text.substr(bytes.caught_up_to(), piece)));
        bytes.feed(as_bytes(text.substr(5)));
        EXPECT_EQ(bytes.finish().check, source_check::digest) << piece;
    }
}

TEST(received, the_same_again_needs_no_catching_up) {
    received bytes(listed_item{});
    bytes.expect(all_of(text));
    bytes.feed(as_bytes(text.substr(0, 5)));
    bytes.expect(all_of(text));
    EXPECT_FALSE(bytes.behind());
    bytes.feed(as_bytes(text.substr(5)));
    EXPECT_EQ(bytes.finish().check, source_check::digest);
}

TEST(received, one_digest_more_leaves_the_others_alone) {
    listed_item listed;
    listed.sha1 = sha1(text);
    received bytes(listed);
    bytes.feed(as_bytes(text.substr(0, 5)));
    source::expectation more;
    more.crc32 = 1;
    bytes.expect(more);
    ASSERT_TRUE(bytes.behind());
    bytes.catch_up(as_bytes(text.substr(0, 3)));
    more.crc32 = 0xcbf43926;
    bytes.expect(more);  // begins anew
    EXPECT_EQ(bytes.caught_up_to(), 0u);
    bytes.catch_up(as_bytes(text.substr(0, 5)));
    EXPECT_FALSE(bytes.behind());
    bytes.feed(as_bytes(text.substr(5)));
    EXPECT_EQ(bytes.finish().check, source_check::digest);
}

TEST(received, what_cannot_catch_up_says_nothing) {
    received bytes(listed_item{});
    bytes.feed(as_bytes(text.substr(0, 5)));
    bytes.expect(all_of("something else"));
    bytes.leave_behind();
    EXPECT_FALSE(bytes.behind());
    bytes.feed(as_bytes(text.substr(5)));
    EXPECT_EQ(bytes.finish().check, source_check::none);
}

TEST(received, forgets_with_its_bytes_what_was_expected_of_them) {
    received bytes(listed_item{});
    bytes.expect(all_of("something else"));
    bytes.feed(as_bytes(text));
    bytes.reset();
    EXPECT_EQ(bytes.position(), 0u);
    bytes.feed(as_bytes(text));
    const auto got = bytes.finish();
    EXPECT_EQ(got.check, source_check::none);
    EXPECT_EQ(got.digests.sha256, sha256(text));
}

TEST(received, an_md5_that_is_none_is_not_computed_and_does_not_speak_later) {
    listed_item listed;
    listed.md5 = md5("x");
    received bytes(listed);
    bytes.feed(as_bytes(text.substr(0, 5)));
    source::expectation none;
    none.not_the_listed_md5 = true;
    bytes.expect(none);
    EXPECT_FALSE(bytes.behind());
    bytes.feed(as_bytes(text.substr(5)));
    EXPECT_EQ(bytes.finish().check, source_check::none);
}

TEST(expectations, are_carried_from_answer_to_answer) {
    source::expectation before = all_of(text), now;
    before.not_the_listed_md5 = true;
    now.crc32 = 5;
    now.parts = {8, md5("guess"), false};
    const auto both = carried_on(now, before);
    EXPECT_EQ(both.crc32, 5u);
    EXPECT_EQ(both.crc32c, 0xe3069283u);
    EXPECT_EQ(both.md5, md5(text));
    EXPECT_TRUE(both.not_the_listed_md5);
    EXPECT_TRUE(both.parts->certain);
    now.parts->certain = true;
    EXPECT_EQ(carried_on(now, before).parts->bytes, 8u);
    before.parts.reset();
    EXPECT_EQ(carried_on(now, before).parts->bytes, 8u);
    EXPECT_FALSE(carried_on({}, before).parts);
}

}  // namespace
}  // namespace decamp::download
