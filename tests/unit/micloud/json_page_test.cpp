#include "engine/source/micloud/json_page.hpp"

#include <gtest/gtest.h>

#include <string>

#include "engine/source/source.hpp"
#include "formats/hex.hpp"
#include "tests/unit/micloud/answers.hpp"

namespace decamp::source::micloud {
namespace {

using testing::fixture;

result<verdict> read(answer_parser& parser, std::string_view text, std::size_t piece = 1000000) {
    for (std::size_t at = 0; at < text.size(); at += piece)
        if (!parser.feed(std::as_bytes(std::span(text.substr(at, piece))))) break;
    return parser.finish();
}

std::string data(const std::string& inner) {
    return R"({"code":0,"data":)" + inner + "}";
}

TEST(json_page, albums) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{100000}}) {
        album_list_parser parser(100);
        const auto said = read(parser, fixture("albums.json"), piece);
        ASSERT_TRUE(said) << to_string(said.error());
        EXPECT_EQ(*said, verdict::ok);
        EXPECT_FALSE(parser.last_page());
        ASSERT_EQ(parser.albums.size(), 4U);
        EXPECT_EQ(parser.albums[0], (collection{{"1"}, "", 31245}));
        EXPECT_EQ(parser.albums[1], (collection{{"2"}, "", 12}));
        EXPECT_EQ(parser.albums[2], (collection{{"31415926535897932"}, "北京 2024", 101}));
        EXPECT_EQ(parser.albums[3], (collection{{"1000"}, "", std::nullopt}));
    }
}

TEST(json_page, galleries) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{13}, std::size_t{100000}}) {
        gallery_parser parser(200);
        const auto said = read(parser, fixture("galleries.json"), piece);
        ASSERT_TRUE(said) << to_string(said.error());
        EXPECT_TRUE(parser.last_page());
        ASSERT_EQ(parser.items.size(), 3U);
        const auto& first = parser.items[0];
        EXPECT_EQ(first.listed.id.value, "17012345678901234");
        EXPECT_EQ(first.listed.home.value, "1");
        EXPECT_EQ(first.listed.name, "IMG_20240501_120000.jpg");
        EXPECT_EQ(first.listed.size, 3145728U);
        ASSERT_TRUE(first.listed.sha1);
        EXPECT_EQ(formats::to_hex(*first.listed.sha1), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        EXPECT_EQ(first.listed.taken_ms, 1714536000000);
        EXPECT_EQ(first.listed.modified_ms, 1714536000003);
        EXPECT_EQ(first.sort_ms, 1714536000001);
        EXPECT_EQ(first.created_ms, 1714536000002);
        const auto& second = parser.items[1].listed;
        EXPECT_EQ(second.id.value, "17012345678901235");
        EXPECT_EQ(second.home.value, "31415926535897932");
        EXPECT_EQ(second.name, "VID_\xf0\x9f\x8e\x89.mp4");
        EXPECT_EQ(second.size, 18446744073709551615U);
        EXPECT_EQ(second.sha1, first.listed.sha1);
        EXPECT_EQ(second.taken_ms, -1000);
        EXPECT_FALSE(second.modified_ms);
        listed_item bare;
        bare.id.value = "17012345678901236";
        EXPECT_EQ(parser.items[2].listed, bare);
    }
}

TEST(json_page, odd_fields_of_items_are_absent) {
    struct {
        const char* fields;
        bool size, sha1, taken;
    } const cases[] = {
        {R"("size":-1,"sha1":"da39","dateTaken":1.5)", false, false, false},
        {R"("size":18446744073709551616,"sha1":"","dateTaken":"")", false, false, false},
        {R"("size":1e3,"sha1":5,"dateTaken":null)", false, false, false},
        {R"("size":"12x","sha1":"zz39a3ee5e6b4b0d3255bfef95601890afd80709","dateTaken":"9223372036854775808")", false,
         false, false},
        {R"("size":{"size":5},"sha1":["da39a3ee5e6b4b0d3255bfef95601890afd80709"],"dateTaken":{"dateTaken":1})", false,
         false, false},
        {R"("size":true,"sha1":"da39a3ee5e6b4b0d3255bfef95601890afd807091","dateTaken":" 1")", false, false, false},
        {R"("size":0,"sha1":"da39a3ee5e6b4b0d3255bfef95601890afd80709","dateTaken":0)", true, true, true},
        {R"("size":5,"size":"6","sha1":null,"sha1":"da39a3ee5e6b4b0d3255bfef95601890afd80709","dateTaken":"7")", true,
         true, true},
    };
    for (const auto& c : cases) {
        gallery_parser parser(200);
        const auto said = read(parser, data(R"({"galleries":[{"id":1,)" + std::string(c.fields) + "}]}"));
        ASSERT_TRUE(said) << c.fields << to_string(said.error());
        const auto& item = parser.items.at(0).listed;
        EXPECT_EQ(item.size.has_value(), c.size) << c.fields;
        EXPECT_EQ(item.sha1.has_value(), c.sha1) << c.fields;
        EXPECT_EQ(item.taken_ms.has_value(), c.taken) << c.fields;
    }
}

TEST(json_page, envelopes) {
    struct {
        const char* text;
        verdict expected;
    } const cases[] = {
        {R"({"code":0})", verdict::ok},
        {R"({"code":"0"})", verdict::ok},
        {R"({"result":"ok"})", verdict::ok},
        {R"({"data":null,"result":"ok","code":0})", verdict::ok},
        {R"({"R":0})", verdict::ok},
        {R"({"result":"ok","code":7})", verdict::error},
        {R"({"result":"error"})", verdict::error},
        {R"({"code":401})", verdict::session},
        {R"({"R":401,"D":"https://x"})", verdict::session},
        {R"({"R":"401"})", verdict::session},
        {R"({"code":50050,"retriable":false})", verdict::gone},
        {R"({"code":10001,"retriable":false})", verdict::final},
        {R"({"code":10001,"retriable":"false"})", verdict::final},
        {R"({"code":10001,"retriable":true})", verdict::error},
        {R"({"code":10001})", verdict::error},
        {R"({"code":0,"code":401})", verdict::session},
        {R"({"code":{},"result":"error","retriable":false})", verdict::final},
        {R"({"code":1.5})", verdict::error},
        {R"({"code":99999999999999999999})", verdict::error},
        {R"({"data":{"code":50050},"code":0})", verdict::ok},
        // What contradicts itself is no success, no end of the session, and no word on an item.
        {R"({"result":"error","code":0})", verdict::error},
        {R"({"result":"error","code":0,"retriable":false,"data":{}})", verdict::error},
        {R"({"result":"ok","code":50050})", verdict::error},
        {R"({"result":"ok","code":10001,"retriable":false})", verdict::error},
        {R"({"code":0,"R":401})", verdict::session},
        {R"({"code":0,"R":7})", verdict::error},
    };
    for (const auto& c : cases) {
        plain_parser parser;
        const auto said = read(parser, c.text);
        ASSERT_TRUE(said) << c.text << to_string(said.error());
        EXPECT_EQ(*said, c.expected) << c.text;
    }
    plain_parser old, gone;
    EXPECT_EQ(read(old, fixture("old_unauthorised.json")).value(), verdict::session);
    EXPECT_EQ(read(gone, fixture("deleted.json")).value(), verdict::gone);
}

TEST(json_page, unusable_answers) {
    for (const char* text :
         {"", "<html></html>", "[]", "{}", R"({"data":{}})", R"({"code":0)", R"({"code":0}{})", "null", "0"}) {
        plain_parser parser;
        const auto said = read(parser, text);
        ASSERT_FALSE(said) << text;
        EXPECT_EQ(said.error().code, make_error_code(source_errc::unusable_answer)) << text;
    }
}

TEST(json_page, lists) {
    struct {
        const char* data;
        bool usable;
        std::size_t items;
    } const cases[] = {
        {R"({"galleries":null,"isLastPage":true})", true, 0},
        {R"({"galleries":[]})", true, 0},
        {R"({"isLastPage":true})", true, 0},
        {R"({"galleries":[{"id":"1"}],"galleries":[{"id":"2"},{"id":"3"}]})", true, 2},
        {R"({"galleries":[{"id":"1"}],"galleries":null})", true, 0},
        {R"({"x":[{"id":"1"}],"galleries":[{"id":"2","galleries":[{"id":""}]}]})", true, 1},
        {R"({"galleries":[{"id":"a b"}]})", false, 0},
        {R"({"galleries":[{"id":""}]})", false, 0},
        {R"({"galleries":[{"id":null}]})", false, 0},
        {R"({"galleries":[{"fileName":"a.jpg","exifInfo":{"id":"5"}}]})", false, 0},
        {R"({"galleries":[{}]})", false, 0},
        {R"({"galleries":[null]})", false, 0},
        {R"({"galleries":["x"]})", false, 0},
        {R"({"galleries":[5]})", false, 0},
        {R"({"galleries":[true]})", false, 0},
        {R"({"galleries":[[{"id":"1"}]]})", false, 0},
        {R"({"galleries":{"id":"1"}})", false, 0},
        {R"({"galleries":"none"})", false, 0},
        {R"({"galleries":false})", false, 0},
        {R"({"galleries":0})", false, 0},
        {R"({"isLastPage":false})", false, 0},
        {R"({})", false, 0},
        {R"(null)", false, 0},
        {R"([{"id":"1"}])", false, 0},
    };
    for (const auto& c : cases) {
        gallery_parser parser(200);
        const auto said = read(parser, data(c.data));
        EXPECT_EQ(said.has_value(), c.usable) << c.data;
        if (said) {
            EXPECT_EQ(parser.items.size(), c.items) << c.data;
        }
        if (!said) {
            EXPECT_EQ(said.error().code, make_error_code(source_errc::unusable_answer)) << c.data;
        }
    }
    gallery_parser again(200);
    ASSERT_TRUE(
        read(again, R"({"code":0,"data":{"galleries":[{"id":"1"}],"isLastPage":true},"data":{"galleries":[]}})"));
    EXPECT_TRUE(again.items.empty());
    EXPECT_FALSE(again.last_page());
}

TEST(json_page, an_error_needs_no_list) {
    gallery_parser parser(200);
    EXPECT_EQ(read(parser, R"({"result":"error","code":10001,"retriable":false,"data":null})").value(), verdict::final);
}

TEST(json_page, limits) {
    std::string many;
    for (int i = 0; i < 41; ++i) many += (i ? "," : "") + std::string(R"({"id":)") + std::to_string(i) + "}";
    gallery_parser ten(10), eleven(11);
    EXPECT_EQ(read(ten, data(R"({"galleries":[)" + many + "]}")).error().detail, "more entries than were asked for");
    EXPECT_TRUE(read(eleven, data(R"({"galleries":[)" + many + "]}")));
    gallery_parser id(10);
    EXPECT_FALSE(read(id, data(R"({"galleries":[{"id":")" + std::string(id_limit + 1, '1') + R"("}]})")));
    gallery_parser name(10);
    ASSERT_TRUE(read(name, data(R"({"galleries":[{"id":1,"fileName":")" + std::string(100000, 'n') + R"("}]})")));
    EXPECT_EQ(name.items.at(0).listed.name.size(), name_limit);
    plain_parser small;
    EXPECT_EQ(read(small, data("\"" + std::string(small_byte_limit, 'x') + "\"")).error().detail,
              to_string(json_fault::too_large));
    one_text_parser url("loginUrl", 10, true);
    EXPECT_FALSE(read(url, data(R"({"loginUrl":"https://abc"})")));
    storage_parser meta;
    EXPECT_FALSE(
        read(meta, data(R"({"url":"https://a.mi.com/x","meta":")" + std::string(meta_limit + 1, 'm') + R"("})")));
}

TEST(json_page, days_are_bounded) {
    for (const std::size_t count : {day_limit, day_limit + 1}) {
        std::string days;
        for (std::size_t i = 0; i < count; ++i) days += (i ? ",\"" : "\"") + std::to_string(i) + "\":1";
        timeline_parser parser;
        EXPECT_EQ(static_cast<bool>(read(parser, data(R"({"dayCount":{)" + days + "}}"))), count == day_limit) << count;
    }
}

// A page of 10 GB: what is kept does not grow, and the end comes at the limit.
TEST(json_page, an_endless_page_ends_early) {
    struct {
        const char* start;
        std::string repeat;
    } const cases[] = {
        {R"({"code":0,"data":{"galleries":[)", R"({"id":"1"},)"},
        {R"({"code":0,"data":{"galleries":[{"id":"1","fileName":")", std::string(4096, 'n')},
        {R"({"code":0,"data":{"galleries":[{"id":"1","thumbnailInfo":{"data":")", std::string(65536, 'A')},
        {R"({"code":0,"data":{"galleries":[{"size":)", std::string(4096, '7')},
        {R"({"code":0,"x":[)", R"("skipped",)"},
        {R"({"code":0,"data":{"galleries":)", std::string(4096, '[')},
        {R"({"code":0,")", std::string(4096, 'k')},
        {"", std::string(4096, ' ')},
    };
    for (const auto& c : cases) {
        static constexpr std::size_t limit = 1 << 20;  // as page_byte_limit, but sooner
        gallery_parser parser(200, limit);
        std::string_view start = c.start;
        ASSERT_TRUE(start.empty() || parser.feed(std::as_bytes(std::span(start)))) << c.start;
        std::uint64_t fed = 0;
        while (fed < 10'000'000'000 && parser.feed(std::as_bytes(std::span(c.repeat)))) fed += c.repeat.size();
        EXPECT_LE(fed, limit) << c.start;
        EXPECT_EQ(parser.finish().error().code, make_error_code(source_errc::unusable_answer)) << c.start;
        EXPECT_LE(parser.items.size(), 801U);
    }
}

TEST(json_page, timeline) {
    timeline_parser parser;
    ASSERT_TRUE(read(parser, fixture("timeline.json"), 3));
    const std::vector<bucket_count> expected{{"20180101", 1}, {"20231231", 7}, {"20240501", 101}};
    EXPECT_EQ(parser.days(), expected);

    struct {
        const char* data;
        bool usable;
        std::size_t days;
    } const cases[] = {
        {R"({"dayCount":{}})", true, 0},
        {R"({"dayCount":null})", true, 0},
        {R"({"dayCount":{"20240101":1,"20240101":2}})", true, 1},
        {R"({"dayCount":{"unknown":3}})", true, 1},
        {R"({"dayCount":{"20240101":-1}})", false, 0},
        {R"({"dayCount":{"20240101":1.5}})", false, 0},
        {R"({"dayCount":{"20240101":"x"}})", false, 0},
        {R"({"dayCount":{"2024 0101":1}})", false, 0},
        {R"({"dayCount":{"":1}})", false, 0},
        {R"({"dayCount":[]})", false, 0},
        {R"({"indexHash":5})", false, 0},
    };
    for (const auto& c : cases) {
        timeline_parser one;
        const auto said = read(one, data(c.data));
        EXPECT_EQ(said.has_value(), c.usable) << c.data;
        if (said) {
            EXPECT_EQ(one.days().size(), c.days) << c.data;
        }
    }
    timeline_parser twice;
    ASSERT_TRUE(read(twice, data(R"({"dayCount":{"20240101":1,"20240102":5,"20240101":2}})")));
    EXPECT_EQ(twice.days().at(0).count, 2U);
}

TEST(json_page, small_answers) {
    storage_parser storage;
    ASSERT_TRUE(read(storage, fixture("storage.json"), 5));
    EXPECT_EQ(
        storage.url,
        "https://kssh2.xmssdn.micloud.mi.com/2/1701/download_page?ts=1714646400123&sig=SIGNED&callback=dl_img_cb_1_0");
    EXPECT_EQ(storage.meta, "");
    storage_parser older;
    ASSERT_TRUE(read(older, data(R"({"storage":{"jsonpUrl":"https://a.mi.com/x"}})")));
    EXPECT_EQ(older.url, "https://a.mi.com/x");
    storage_parser bare;
    const std::string text = R"({"url":"https://b.mi.com/x","meta":"m+/="})";
    bare.feed(std::as_bytes(std::span(text)));
    EXPECT_EQ(bare.finish_bare().value(), verdict::ok);
    EXPECT_EQ(bare.meta, "m+/=");
    storage_parser none;
    EXPECT_FALSE(read(none, data("{}")));
    storage_parser overlong;
    EXPECT_FALSE(read(overlong, data(R"({"url":")" + std::string(url_text_limit + 1, 'u') + R"("})")));

    one_text_parser login("loginUrl", url_text_limit, true);
    ASSERT_TRUE(read(login, fixture("login.json"), 1));
    EXPECT_TRUE(login.text.starts_with("https://account.xiaomi.com/pass/serviceLogin?callback=https%3A%2F%2Fi.mi.com"));
    one_text_parser required("loginUrl", 10, true), optional("e2eeStatus", 10, false);
    EXPECT_FALSE(read(required, data("{}")));
    EXPECT_TRUE(read(optional, data("{}")));
}

}  // namespace
}  // namespace decamp::source::micloud
