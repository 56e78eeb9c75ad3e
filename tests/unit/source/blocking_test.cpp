#include "engine/source/blocking/place.hpp"

#include <gtest/gtest.h>

#include <new>

#include "engine/download/response.hpp"
#include "engine/world/network.hpp"
#include "formats/hex.hpp"
#include "tests/unit/source/fixture.hpp"

namespace decamp::source::blocking {
namespace {

using decamp::testing::adapted;
using decamp::testing::listed;
using decamp::testing::scripted_source;
using decamp::testing::text_stream;
using kind = source_failure::kind;

struct Blocking : ::testing::Test {
    scripted_source from;
    adapted here{place_of(from)};

    // Pages of one item.
    void lists(source_item item) {
        from.list = [item = std::move(item)](const std::string&) { return source_page{{item}, {}}; };
    }
    void gives(std::string text, std::string version = "v1", bool ranges = true) {
        from.give = [text = std::move(text), version = std::move(version), ranges](const source_item&,
                                                                                   std::uint64_t offset) {
            opened_item opened;
            opened.begins_at = ranges && offset <= text.size() ? offset : 0;
            opened.total = text.size();
            opened.version = version;
            opened.stream = std::make_unique<text_stream>(text.substr(opened.begins_at));
            return opened;
        };
    }
};

const struct {
    kind thrown;
    source_errc code;
    error_class what;
} failures[] = {
    {kind::try_again, source_errc::server_error, error_class::transient},
    {kind::slow_down, source_errc::throttled, error_class::transient},
    {kind::gone, source_errc::gone, error_class::item},
    {kind::changed, source_errc::changed, error_class::item},
    {kind::refused, source_errc::refused, error_class::item},
    {kind::not_listed, source_errc::not_listed, error_class::item},
    {kind::login_refused, source_errc::login_refused, error_class::run},
    {kind::unreachable, source_errc::not_found, error_class::run},
};

TEST_F(Blocking, IsAPlaceLikeAnother) {
    EXPECT_EQ(here.place->kind(), "scripted");
    EXPECT_EQ(here.place->name(), "the script");
    EXPECT_EQ(here.place->origin(), "the script");
    EXPECT_EQ(here.place->arranged(), arrangement::tree);
    EXPECT_FALSE(here.place->may_ask(transport::parse_url("https://example.com/").value()));
    EXPECT_EQ(here.run(here.opened->sign_in()).value().endpoint, "the script");
    EXPECT_TRUE(here.run(here.opened->collections("")).value().collections.empty());
    EXPECT_FALSE(here.run(here.opened->announced({})).value()) << "it does not count";
}

TEST_F(Blocking, ItemsComeAsTheyAreTold) {
    source_item item;
    item.id = "1";
    item.path = "a//b/c.txt";
    item.size = 7;
    item.sha256 = std::string(64, 'a');
    item.sha1 = std::string(40, 'B');
    item.md5 = std::string(32, '0');
    item.modified_ms = -5;
    item.note = "own";
    lists(item);
    const auto page = here.page();
    ASSERT_TRUE(page) << to_string(page.error());
    ASSERT_EQ(page.value().items.size(), 1u);
    const listed_item& got = page.value().items[0];
    EXPECT_EQ(got.id.value, "1");
    EXPECT_EQ(got.home.value, "/a/b");
    EXPECT_EQ(got.name, "c.txt");
    EXPECT_EQ(got.size, 7u);
    EXPECT_EQ(formats::to_hex(*got.sha256), item.sha256);
    EXPECT_EQ(formats::to_hex(*got.sha1), std::string(40, 'b'));
    EXPECT_EQ(formats::to_hex(*got.md5), item.md5);
    EXPECT_EQ(got.modified_ms, -5);
    EXPECT_EQ(got.locator, "own");

    gives("1234567");
    ASSERT_TRUE(here.open(got));
    const source_item& back = from.opened.at(0);
    EXPECT_EQ(back.id, "1");
    EXPECT_EQ(back.path, "a/b/c.txt");
    EXPECT_EQ(back.size, 7u);
    EXPECT_EQ(back.sha256, item.sha256);
    EXPECT_EQ(back.note, "own");
    ASSERT_TRUE(here.open(listed("2", "/", "top")));
    EXPECT_EQ(from.opened.at(1).path, "top");
    ASSERT_TRUE(here.open(listed("3", "", "nowhere"))) << "as a damaged catalogue may have it";
    EXPECT_EQ(from.opened.at(2).path, "nowhere");
}

TEST_F(Blocking, PagesFollowTheirCursors) {
    from.list = [](const std::string& cursor) {
        source_page page;
        if (cursor.empty()) page.next = "second";
        return page;
    };
    EXPECT_EQ(here.page().value().next, "second");
    EXPECT_EQ(here.page("second").value().next, "");
}

TEST_F(Blocking, GapsAreFoldersThatCouldNotBeListed) {
    from.list = [](const std::string&) {
        source_page page;
        page.gaps = {{"a//b/c", "closed"}, {"", "all of it"}, {"odd\xff/", std::string(1000, 'x') + "\xff"}};
        return page;
    };
    const auto page = here.page();
    ASSERT_TRUE(page);
    const auto& gaps = page.value().gaps;
    ASSERT_EQ(gaps.size(), 3u);
    EXPECT_EQ(gaps[0], (list_gap{"a//b/c/", "c", {"/a/b"}, exception_reason::folder_not_listed, "closed"}));
    EXPECT_EQ(gaps[1], (list_gap{"/", "/", {"/"}, exception_reason::folder_not_listed, "all of it"}));
    EXPECT_EQ(gaps[2].id, "bytes:odd%FF%2F%2F");
    EXPECT_EQ(gaps[2].name, "odd\xef\xbf\xbd");
    EXPECT_EQ(gaps[2].detail.size(), 512u);
}

TEST_F(Blocking, PagesBeyondTheLimitsAreNotUsed) {
    const std::string long_text(16'385, 'x'), longest(16'384, 'x');
    const auto page_of = [](auto change) {
        source_item item;
        item.id = "1";
        item.path = "p";
        change(item);
        return source_page{{item}, {}};
    };
    const auto same = [](const std::string& cursor) { return source_page{{}, cursor.empty() ? "a" : cursor}; };
    const struct {
        const char* what;
        source_page page;
        bool good;
    } table[] = {
        {"an empty one", {}, true},
        {"no id", page_of([](auto& i) { i.id.clear(); }), false},
        {"a long id", page_of([&](auto& i) { i.id = long_text; }), false},
        {"the longest", page_of([&](auto& i) { i.id = i.path = i.note = longest; }), true},
        {"a long path", page_of([&](auto& i) { i.path = long_text; }), false},
        {"a long note", page_of([&](auto& i) { i.note = long_text; }), false},
        {"an id of bytes", page_of([](auto& i) { i.id = "\xff"; }), false},
        {"a note of bytes", page_of([](auto& i) { i.note = "\xff"; }), false},
        {"a path of bytes", page_of([](auto& i) { i.path = "\xff"; }), true},
        {"no path", page_of([](auto& i) { i.path.clear(); }), true},
        {"a short digest", page_of([](auto& i) { i.sha256 = "ab"; }), false},
        {"a digest of another kind", page_of([](auto& i) { i.sha1 = std::string(32, 'a'); }), false},
        {"no digits", page_of([](auto& i) { i.md5 = std::string(32, 'g'); }), false},
        {"half a byte", page_of([](auto& i) { i.md5 = std::string(31, 'a'); }), false},
        {"as many as may be", {std::vector<source_item>(10'000, page_of([](auto&) {}).items[0]), {}}, true},
        {"too many", {std::vector<source_item>(10'001, page_of([](auto&) {}).items[0]), {}}, false},
        {"a long cursor", {{}, long_text}, false},
    };
    for (const auto& row : table) {
        from.list = [&](const std::string&) { return row.page; };
        const auto got = here.page();
        EXPECT_EQ(got.has_value(), row.good) << row.what;
        if (!got) {
            EXPECT_EQ(got.error().code, source_errc::unusable_answer) << row.what;
        }
    }
    from.list = same;
    EXPECT_TRUE(here.page());
    EXPECT_EQ(here.page("a").error().code, source_errc::unusable_answer) << "it leads nowhere";
}

TEST_F(Blocking, WhatIsThrownHasItsClass) {
    for (const auto& row : failures) {
        from.list = [&](const std::string&) -> source_page { throw source_failure(row.thrown, "why"); };
        const auto page = here.page();
        ASSERT_FALSE(page);
        EXPECT_EQ(page.error().code, row.code);
        EXPECT_EQ(classify(page.error()), row.what);
        EXPECT_EQ(page.error().detail, "why");

        from.give = [&](const source_item&, std::uint64_t) -> opened_item { throw source_failure(row.thrown, "why"); };
        const auto opened = here.open(listed("1"));
        if (row.thrown == kind::slow_down) {  // as a server would say it, so that everything waits
            ASSERT_TRUE(opened);
            EXPECT_EQ(opened.value()->head().status, 503);
        } else {
            ASSERT_FALSE(opened);
            EXPECT_EQ(opened.error().code, row.code);
        }

        from.give = [&](const source_item&, std::uint64_t) {
            opened_item item;
            item.stream =
                std::make_unique<text_stream>("", 1, [&]() -> std::size_t { throw source_failure(row.thrown, "why"); });
            return item;
        };
        const auto read = here.open(listed("1"));
        ASSERT_TRUE(read);
        EXPECT_EQ(here.read(*read.value()).error().code, row.code);
    }
}

TEST_F(Blocking, OtherExceptionsMeanLater) {
    const std::function<void()> throwing[] = {[] { throw std::runtime_error("broken"); }, [] { throw 7; },
                                              [] { throw std::runtime_error(std::string(10'000, '\xff')); }};
    for (const auto& one : throwing) {
        from.list = [&](const std::string&) {
            one();
            return source_page();
        };
        const auto page = here.page();
        ASSERT_FALSE(page);
        EXPECT_EQ(page.error().code, source_errc::server_error);
        EXPECT_LE(page.error().detail.size(), 2048u);
    }
}

TEST_F(Blocking, BytesComeWhole) {
    gives("0123456789");
    const auto whole = here.open(listed("1"));
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole.value()->head().status, 200);
    EXPECT_EQ(whole.value()->head().content_length, 10u);
    EXPECT_EQ(whole.value()->head().header("ETag"), "\"v1\"");
    EXPECT_FALSE(whole.value()->until_close());
    EXPECT_EQ(here.read(*whole.value()).value(), "0123456789");

    gives("");
    const auto empty = here.open(listed("1"));
    EXPECT_EQ(empty.value()->head().content_length, 0u);
    EXPECT_EQ(here.read(*empty.value()).value(), "");
}

TEST_F(Blocking, TheRestComesAsAServerWouldSendIt) {
    gives("0123456789");
    const auto rest = here.open(listed("1"), 4, "\"v1\"");
    ASSERT_TRUE(rest);
    EXPECT_EQ(rest.value()->head().status, 206);
    EXPECT_EQ(rest.value()->head().header("Content-Range"), "bytes 4-9/10");
    EXPECT_EQ(rest.value()->head().content_length, 6u);
    const auto judged =
        download::judge(rest.value()->head(),
                        {.offset = 4, .before = {.tag = "\"v1\"", .modified = {}}, .size = 10, .end = {}, .name = "n"});
    ASSERT_TRUE(judged) << to_string(judged.error());
    EXPECT_FALSE(judged.value().whole());
    EXPECT_EQ(judged.value().same, download::same_version::yes);
    EXPECT_EQ(here.read(*rest.value()).value(), "456789");
}

TEST_F(Blocking, WhatIsNoRestComesFromTheStart) {
    const struct {
        const char* what;
        std::string version, validator;
        std::optional<std::uint64_t> begins_at;  // instead of where it was asked
        bool total;
        std::vector<std::uint64_t> asked;
    } table[] = {
        {"the same", "v1", "\"v1\"", {}, true, {4}},
        {"nothing is known of the first part", "v1", "", {}, true, {4}},
        {"another version", "v2", "\"v1\"", {}, true, {4, 0}},
        {"no version any more", "", "\"v1\"", {}, true, {4, 0}},
        {"it gives the whole", "v1", "\"v1\"", 0, true, {4}},
        {"it begins elsewhere", "v1", "\"v1\"", 5, true, {4, 0}},
        {"its length is not known", "v1", "\"v1\"", {}, false, {4, 0}},
    };
    for (const auto& row : table) {
        from.offsets.clear();
        from.give = [&](const source_item&, std::uint64_t offset) {
            opened_item opened;
            opened.begins_at = offset == 0 ? 0 : row.begins_at.value_or(offset);
            if (row.total) opened.total = 10;
            opened.version = row.version;
            opened.stream = std::make_unique<text_stream>(std::string("0123456789").substr(opened.begins_at));
            return opened;
        };
        const auto got = here.open(listed("1"), 4, row.validator);
        ASSERT_TRUE(got) << row.what;
        EXPECT_EQ(from.offsets, row.asked) << row.what;
        const bool rest = row.asked.size() == 1 && !row.begins_at;
        EXPECT_EQ(got.value()->head().status, rest ? 206 : 200) << row.what;
        EXPECT_EQ(here.read(*got.value()).value(), rest ? "456789" : "0123456789") << row.what;
    }
}

TEST_F(Blocking, StreamsThatContradictThemselves) {
    const auto stream_of = [&](std::string text, std::optional<std::uint64_t> total,
                               std::function<std::size_t()> then = {}) {
        from.give = [=](const source_item&, std::uint64_t) {
            opened_item opened;
            opened.total = total;
            opened.stream = std::make_unique<text_stream>(text, 100, then);
            return opened;
        };
        return here.open(listed("1"));
    };
    auto shorter = stream_of("012", 10);
    ASSERT_TRUE(shorter);
    EXPECT_EQ(here.read(*shorter.value()).error().code, transport::http_errc::body_truncated);
    auto longer = stream_of("0123456789", 3);  // whoever receives it sees that, and keeps it aside
    EXPECT_EQ(here.read(*longer.value()).value(), "0123456789");
    auto unknown = stream_of("0123456789", std::nullopt);
    EXPECT_EQ(unknown.value()->head().content_length, std::nullopt);
    EXPECT_EQ(here.read(*unknown.value()).value(), "0123456789");
    auto liar = stream_of("", std::nullopt, [] { return std::size_t{5}; });
    EXPECT_EQ(here.read(*liar.value(), 4).error().code, source_errc::unusable_answer) << "more than there was room for";

    from.give = [](const source_item&, std::uint64_t) { return opened_item(); };
    EXPECT_EQ(here.open(listed("1")).error().code, source_errc::unusable_answer) << "no stream";
    from.give = [](const source_item&, std::uint64_t offset) {
        opened_item opened;
        opened.begins_at = offset;
        opened.total = 0;  // and begins behind its end
        opened.stream = std::make_unique<text_stream>("");
        return opened;
    };
    const auto behind = here.open(listed("1"), 4);
    ASSERT_TRUE(behind);
    EXPECT_FALSE(
        download::judge(behind.value()->head(), {.offset = 4, .before = {}, .size = {}, .end = {}, .name = "n"}))
        << "no range that anybody asked for";
}

TEST_F(Blocking, AfterAStopNothingIsAskedAnyMore) {
    gives("0123456789");
    const auto under_way = here.open(listed("1"));
    here.place->stop();
    EXPECT_EQ(here.read(*under_way.value()).error().code, world::network_errc::closed);
    EXPECT_EQ(here.open(listed("1")).error().code, world::network_errc::closed);
    EXPECT_EQ(from.offsets.size(), 1u);
}

}  // namespace
}  // namespace decamp::source::blocking
