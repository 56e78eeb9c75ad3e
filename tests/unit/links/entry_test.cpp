// One line, one option, one item.
#include "engine/source/links/entry.hpp"

#include <gtest/gtest.h>

#include <string>

#include "formats/hex.hpp"

namespace decamp::source::links {
namespace {

const std::string sha256_text(64, 'a'), sha1_text(40, 'B'), md5_text(32, '0');

std::string shown(const reading& what) {
    if (const auto* wrong = std::get_if<fault>(&what)) return std::string(to_string(*wrong));
    const auto& good = std::get<entry>(what);
    std::string out = good.target.origin() + good.target.target();
    if (!good.folder.empty()) out += " dir=" + good.folder;
    if (!good.path.empty()) out += " path=" + good.path;
    if (good.size) out += " size=" + std::to_string(*good.size);
    if (good.sha256) out += " sha256=" + formats::to_hex(*good.sha256).substr(0, 4);
    if (good.sha1) out += " sha1=" + formats::to_hex(*good.sha1).substr(0, 4);
    if (good.md5) out += " md5=" + formats::to_hex(*good.md5).substr(0, 4);
    if (good.modified_ms) out += " mtime=" + std::to_string(*good.modified_ms);
    return out;
}

struct line_case {
    std::string line, expected;
};

TEST(LinksEntry, Lines) {
    const std::string x = "https://x.example:443/a", not_a_url(to_string(fault::not_a_url)),
                      not_an_entry(to_string(fault::not_an_entry)), bad_size(to_string(fault::bad_size)),
                      bad_digest(to_string(fault::bad_digest)), bad_time(to_string(fault::bad_time)),
                      bad_path(to_string(fault::bad_path)), not_text(to_string(fault::not_text));
    const auto json = [](const std::string& rest) { return R"({"url":"https://x.example/a")" + rest + "}"; };
    const line_case cases[] = {
        {"https://x.example/a", x},
        {"  HTTPS://X.example:443/a \t\r", x},
        {"http://x.example/a b", not_a_url},
        {"http://x.example/a?q=1&s=2#part", "http://x.example:80/a?q=1&s=2"},
        {"https://x.example/a\thttps://mirror.example/a\tftp://z/a", x},
        {"https://x.example/a \thttps://mirror.example/a", x},
        {"http://[::1]:8080/a", "http://[::1]:8080/a"},
        {"ftp://x.example/a", not_a_url},
        {"https://user:SECRET@x.example/a", not_a_url},
        {"x.example/a", not_a_url},
        {"https://x.example/\xe7\x85\xa7", "https://x.example:443/%E7%85%A7"},
        {"https://x.example/\xff", not_text},
        {std::string("https://x.example/a\0b", 21), not_text},
        {"https://x.example/a\x1b[2J", not_text},
        {json(""), x},
        {"  " + json("") + " \r", x},
        {json(R"(,"path":"b/c.jpg","size":0)"), x + " path=b/c.jpg size=0"},
        {json(R"(,"path":null,"size":null,"sha256":null,"mtime":null)"), x},
        {json(R"(,"path":"")"), x},
        {json(R"(,"size":"123")"), x + " size=123"},
        {json(R"(,"size":9223372036854775807)"), x + " size=9223372036854775807"},
        {json(R"(,"size":9223372036854775808)"), bad_size},
        {json(R"(,"size":-1)"), bad_size},
        {json(R"(,"size":1.5)"), bad_size},
        {json(R"(,"size":"1 KB")"), bad_size},
        {json(R"(,"size":true)"), bad_size},
        {json(",\"sha256\":\"" + sha256_text + "\",\"sha1\":\"" + sha1_text + "\",\"md5\":\"" + md5_text + "\""),
         x + " sha256=aaaa sha1=bbbb md5=0000"},
        {json(",\"sha256\":\"" + sha1_text + "\""), bad_digest},
        {json(R"(,"md5":"SECRET")"), bad_digest},
        {json(R"(,"sha1":5)"), bad_digest},
        {json(R"(,"mtime":1714521600)"), x + " mtime=1714521600000"},
        {json(R"(,"mtime":1714521600.25)"), x + " mtime=1714521600250"},
        {json(R"(,"mtime":"1714521600")"), x + " mtime=1714521600000"},
        {json(R"(,"mtime":"2024-05-01T02:00:00+02:00")"), x + " mtime=1714521600000"},
        {json(R"(,"mtime":"yesterday")"), bad_time},
        {json(R"(,"mtime":1e300)"), bad_time},
        {json(R"(,"mtime":253402300800)"), bad_time},
        {json(R"(,"mtime":[])"), bad_time},
        {json(R"(,"path":"../..")"), x + " path=../.."},
        {json(R"(,"path":7)"), bad_path},
        {json(R"(,"headers":{"Cookie":"SECRET"},"note":[1,2])"), x},
        {R"({"url":"https://x.example/a","url":"https://y.example/b"})", "https://y.example:443/b"},
        {R"({"url":"ftp://x.example/a"})", not_a_url},
        {R"({"url":"https://user@x.example/a"})", not_a_url},
        {R"({"url":5})", not_a_url},
        {R"({"URL":"https://x.example/a"})", not_an_entry},
        {"{}", not_an_entry},
        {R"({"url":"https://x.example/a")", not_an_entry},
        {R"({"url":"https://x.example/a"} x)", not_an_entry},
        {json(R"(,"deep":[[[[[[[[[[1]]]]]]]]]])"), not_an_entry},
    };
    for (const auto& c : cases) EXPECT_EQ(shown(read_line(c.line)), c.expected) << c.line;
}

TEST(LinksEntry, FaultsTellNothingOfTheLine) {
    for (int i = 0; i <= static_cast<int>(fault::not_text); ++i) {
        const std::string text(to_string(static_cast<fault>(i)));
        EXPECT_NE(text, "unknown");
        EXPECT_EQ(text.find("SECRET"), std::string::npos);
    }
}

TEST(LinksEntry, Options) {
    const auto one = [](std::string_view line) {
        const auto got = read_option(line);
        return got ? std::string(got->name) + "|" + std::string(got->value) : std::string("none");
    };
    EXPECT_EQ(one(" out=a b.jpg"), "out|a b.jpg");
    EXPECT_EQ(one("\tchecksum=md5=00\r"), "checksum|md5=00");
    EXPECT_EQ(one("  header=Cookie: a=b"), "header|Cookie: a=b");
    EXPECT_EQ(one("  out="), "out|");
    EXPECT_EQ(one("out=a"), "none") << "not indented";
    EXPECT_EQ(one("  http://x.example/?a=b"), "none");
    EXPECT_EQ(one("  {\"url\":\"a=b\"}"), "none");
    EXPECT_EQ(one("  =b"), "none");
    EXPECT_EQ(one(""), "none");
}

TEST(LinksEntry, OptionsApply) {
    const auto with = [](std::initializer_list<std::string_view> lines) {
        reading what = read_line("https://x.example/d/f.iso");
        for (const auto line : lines) {
            const auto wrong = apply(*read_option(line), std::get<entry>(what));
            if (wrong) return std::string(to_string(*wrong));
        }
        const auto item = item_of(std::get<entry>(what));
        return item ? item->home.value + "|" + item->name + "|" + (item->sha256 ? "sha256" : "") +
                          (item->sha1 ? "sha1" : "") + (item->md5 ? "md5" : "")
                    : std::string("no item");
    };
    EXPECT_EQ(with({}), "/x.example/d|f.iso|");
    EXPECT_EQ(with({" out=g.iso"}), "/|g.iso|");
    EXPECT_EQ(with({" dir=/home/me"}), "/home/me|f.iso|");
    EXPECT_EQ(with({" dir=/home/me", " out=s/g.iso"}), "/home/me/s|g.iso|");
    EXPECT_EQ(with({" out=g.iso", " dir=../up"}), "/../up|g.iso|");
    EXPECT_EQ(with({" out=g.iso", " out=h.iso", " dir=a", " dir=b"}), "/b|h.iso|") << "the last counts";
    EXPECT_EQ(with({" checksum=sha-256=" + sha256_text}), "/x.example/d|f.iso|sha256");
    EXPECT_EQ(with({" checksum=sha-1=" + sha1_text, " checksum=md5=" + md5_text}), "/x.example/d|f.iso|sha1md5");
    EXPECT_EQ(with({" checksum=sha-512=00"}), "/x.example/d|f.iso|") << "not one that is compared";
    EXPECT_EQ(with({" checksum=md5=00"}), to_string(fault::bad_digest));
    EXPECT_EQ(with({" checksum=00"}), to_string(fault::bad_digest));
    EXPECT_EQ(with({" out=.."}), "/|..|");
    EXPECT_EQ(with({" out=\xff"}), to_string(fault::not_text));
    EXPECT_EQ(with({" split=5", " header=Cookie: SECRET"}), "/x.example/d|f.iso|");
    EXPECT_TRUE(changes_the_request({"header", ""}));
    EXPECT_FALSE(changes_the_request({"split", "5"}));
}

TEST(LinksEntry, Times) {
    EXPECT_EQ(read_time("0"), 0);
    EXPECT_EQ(read_time("-1.5"), -1500);
    EXPECT_EQ(read_time("-0.5"), -500);
    EXPECT_EQ(read_time("1.0019"), 1001);
    EXPECT_EQ(read_time("1970-01-01T00:00:00.0015Z"), 1);
    EXPECT_EQ(read_time("1969-12-31T23:59:59.9995Z"), -1) << "down, not towards 1970";
    for (const char* text : {"", "-", ".", "1.", ".5", "1.x", "1 ", "+1", "nan", "99999999999999999999", "2024-05-01"})
        EXPECT_EQ(read_time(text), std::nullopt) << text;
}

TEST(LinksEntry, IdsHoldNoQuery) {
    const auto id = [](std::string_view text) { return id_of(*transport::parse_url(text)); };
    EXPECT_EQ(id("https://X.example/a%20b#f"), "https://x.example:443/a%20b");
    EXPECT_EQ(id("http://[0:0::1]:81"), "http://[::1]:81/");
    const std::string with_query = id("https://x.example/a?token=SECRET");
    EXPECT_EQ(with_query.substr(0, 26), "https://x.example:443/a?" + with_query.substr(24, 2));
    EXPECT_EQ(with_query.size(), 24U + 16U);
    EXPECT_EQ(with_query.find("SECRET"), std::string::npos);
    EXPECT_EQ(with_query, id("https://x.example/a?token=SECRET#f"));
    EXPECT_NE(with_query, id("https://x.example/a?token=OTHER"));
    // Kept in catalogues: never another hash.
    EXPECT_EQ(id("https://x.example/a?abc"), "https://x.example:443/a?78af5f94892f3950");
}

TEST(LinksEntry, OneUrlUnderTwoPathsIsTwoItems) {
    const auto item = [](const std::string& line) { return *item_of(std::get<entry>(read_line(line))); };
    const std::string url = R"({"url": "https://h/x?sig=1", "path": ")";
    const auto one = item(url + R"(a/b"})"), two = item(url + R"(a/c"})"), again = item(url + R"(a//b"})");
    EXPECT_EQ(one.id, two.id) << "as exports begun before know it";
    EXPECT_NE(one.raw_name, two.raw_name);
    EXPECT_NE(one.other_id, two.other_id);
    EXPECT_EQ(one.other_id.find(one.id.value + "#"), 0u);
    EXPECT_EQ(one.raw_name, again.raw_name) << "one place, spelled in two ways";
    EXPECT_EQ(one.other_id.find("sig"), std::string::npos);
}

TEST(LinksEntry, PlacesOfPaths) {
    const auto at = [](std::string_view path) {
        entry what;
        what.target = *transport::parse_url("https://x.example/u/v.jpg");
        what.path = path;
        const auto got = item_of(what);
        return got ? got->home.value + "|" + got->name : std::string("none");
    };
    EXPECT_EQ(at("a/b/c.jpg"), "/a/b|c.jpg");
    EXPECT_EQ(at("c.jpg"), "/|c.jpg");
    EXPECT_EQ(at("/etc/passwd"), "/etc|passwd");
    EXPECT_EQ(at("../a//b"), "/../a|b") << "each part is made safe by whoever names it";
    EXPECT_EQ(at("a/b/"), "/a|b");
    EXPECT_EQ(at("a/\xff"), "/a|\xef\xbf\xbd");
    for (const char* path : {"", "/", "//"}) EXPECT_EQ(at(path), "/x.example/u|v.jpg") << path;
    std::string deep;
    for (std::size_t i = 0; i < path_depth_limit; ++i) deep += "d/";
    EXPECT_NE(at(deep + "f"), "none");
    EXPECT_EQ(at(deep + "d/f"), "none");
    EXPECT_NE(at("d/" + std::string(path_limit - 2, 'f')), "none");
    EXPECT_EQ(at("d/" + std::string(path_limit - 1, 'f')), "none");
}

TEST(LinksEntry, PlacesOfUrls) {
    const auto at = [](std::string_view text) {
        const auto got = place_of_url(*transport::parse_url(text));
        return got.home + "|" + got.name;
    };
    EXPECT_EQ(at("https://x.example"), "/x.example|index");
    EXPECT_EQ(at("https://x.example/a/?q"), "/x.example/a|index");
    EXPECT_EQ(at("https://x.example/a/b%20c.jpg?q=/d/e"), "/x.example/a|b c.jpg");
    EXPECT_EQ(at("https://x.example/a%2F..%2Fb"), "/x.example|a/../b")
        << "one component stays one, and is made safe by whoever names it";
    EXPECT_EQ(at("https://x.example/%2e%2e/%2E%2E/b"), "/x.example|b");
    EXPECT_EQ(at("https://x.example/a/.."), "/x.example/a|index");
    EXPECT_EQ(at("https://x.example/%zz/%ff"), "/x.example/%zz|\xef\xbf\xbd");
    EXPECT_EQ(at("http://[::1]/a"), "/::1|a");
    std::string deep = "https://x.example";
    for (int i = 0; i < 500; ++i) deep += "/d";
    EXPECT_EQ(at(deep + "/f").size(), std::string("/x.example").size() + 2 * (depth_limit - 1) + 2);
}

TEST(LinksEntry, BadItems) {
    const listed_item item = bad_item("line", 17);
    EXPECT_EQ(item.id.value, "line 17");
    EXPECT_EQ(item.name, "line 17");
    EXPECT_EQ(item.home.value, "/");
    EXPECT_EQ(bad_item_number("line", "line 17"), 17U);
    for (const char* id : {"line", "line ", "line x", "line 1x", "file 17", "line17", "https://x.example:443/a"})
        EXPECT_EQ(bad_item_number("line", id), std::nullopt) << id;
}

}  // namespace
}  // namespace decamp::source::links
