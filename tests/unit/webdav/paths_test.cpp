#include "engine/source/webdav/paths.hpp"

#include <gtest/gtest.h>

namespace decamp::source::webdav {
namespace {

using kind = seen_from::kind;

TEST(Paths, AreMendedButNotChanged) {
    const struct {
        const char *sent, *want;
    } table[] = {
        {"/a/b", "/a/b"},       {"\n /a b \r\n", "/a%20b"}, {"/a%20b%2fc", "/a%20b%2fc"}, {"/100%", "/100%25"},
        {"/50%zz", "/50%25zz"}, {"/a?b#c", "/a%3Fb%23c"},   {"/\xc3\xa4", "/%C3%A4"},     {"/(x)'!*", "/(x)'!*"},
    };
    for (const auto& row : table) EXPECT_EQ(tidy_reference(row.sent), row.want);
}

TEST(Paths, ComponentsGoBothWays) {
    const struct {
        std::string decoded;
        const char* shown;
        const char* encoded;
    } table[] = {
        {"a b", "a b", "a%20b"},
        {"50%", "50%", "50%25"},
        {"\xe5\x9b\xbe", "\xe5\x9b\xbe", "%E5%9B%BE"},
        {"a/b", "bytes:a%2Fb", "a%2Fb"},
        {"..", "bytes:%2E%2E", "%2E%2E"},
        {".", "bytes:%2E", "%2E"},
        {"...", "...", "..."},
        {"K\xe4se", "bytes:K%E4se", "K%E4se"},
        {"bytes:x", "bytes:bytes%3Ax", "bytes%3Ax"},
        {"a\nb", "bytes:a%0Ab", "a%0Ab"},
        {std::string("a\0b", 3), "bytes:a%00b", "a%00b"},
    };
    for (const auto& row : table) {
        EXPECT_EQ(shown_component(row.decoded), row.shown);
        EXPECT_EQ(encoded_component(row.shown), row.encoded);
        EXPECT_EQ(components("/" + encoded_component(row.shown)), std::vector<std::string>{row.decoded});
    }
    EXPECT_EQ(encoded_path("/dav/", "/"), "/dav/");
    EXPECT_EQ(encoded_path("/dav/", "/a b/c"), "/dav/a%20b/c");
    EXPECT_EQ(encoded_path("/dav/", "c"), "/dav/c");
}

TEST(Hrefs, LeadSomewhereFromTheFolder) {
    const auto asked = *transport::parse_url("https://dav.example/dav/My%20Files/");
    const auto folder = components(asked.path);
    const struct {
        const char* href;
        kind what;
        const char *name, *path;
    } table[] = {
        {"/dav/My%20Files/", kind::itself, "", ""},
        {"/dav/My%20Files", kind::itself, "", ""},
        {"/dav/My Files/", kind::itself, "", ""},
        {"/dav/%4dy%20%46iles/", kind::itself, "", ""},
        {"https://dav.example/dav/My%20Files/", kind::itself, "", ""},
        {"http://DAV.example:8080/dav/My%20Files/a", kind::child, "a", "/dav/My%20Files/a"},
        {"/dav/My%20Files/a.txt", kind::child, "a.txt", "/dav/My%20Files/a.txt"},
        {"//dav/My%20Files//a.txt", kind::child, "a.txt", "/dav/My%20Files//a.txt"},
        {"a.txt", kind::child, "a.txt", "/dav/My%20Files/a.txt"},
        {"a:b.txt", kind::child, "a:b.txt", "/dav/My%20Files/a:b.txt"},
        {"./sub/", kind::child, "sub", "/dav/My%20Files/sub"},
        {"/dav/My%20Files/%e4", kind::child, "\xe4", "/dav/My%20Files/%e4"},
        {"/dav/My%20Files/a%2fb", kind::child, "a/b", "/dav/My%20Files/a%2fb"},
        {"/dav/My%20Files/%2e%2e", kind::child, "..", "/dav/My%20Files/%2e%2e"},
        {"/dav/My%20Files/100%", kind::child, "100%", "/dav/My%20Files/100%25"},
        {"/dav/My%20Files/a/b", kind::deeper, "a", "/dav/My%20Files/a"},
        {"/dav//My%20Files//a//b/c/", kind::deeper, "a", "/dav//My%20Files//a"},
        {"/dav/My%20Files/..", kind::above, "", ""},
        {"/dav/My%20Files/../../etc/passwd", kind::elsewhere, "", ""},
        {"/dav/", kind::above, "", ""},
        {"/", kind::above, "", ""},
        {"http://elsewhere.example", kind::above, "", ""},
        {"/dav/Other/a", kind::elsewhere, "", ""},
        // What they say of a host is what a server behind another one believes.
        {"https://elsewhere.example/dav/My%20Files/a", kind::child, "a", "/dav/My%20Files/a"},
        {"HTTP://user:pw@back_end:99999/dav/My%20Files/a", kind::child, "a", "/dav/My%20Files/a"},
        {"http://elsewhere.example/dav/Other/a", kind::elsewhere, "", ""},
        {"ftp://elsewhere.example/dav/My%20Files/a", kind::deeper, "ftp:", "/dav/My%20Files/ftp:"},
        {"", kind::itself, "", ""},
    };
    for (const auto& row : table) {
        const auto got = place_href(asked, folder, row.href);
        EXPECT_EQ(static_cast<int>(got.what), static_cast<int>(row.what)) << row.href;
        EXPECT_EQ(got.name, row.name) << row.href;
        EXPECT_EQ(got.path, row.path) << row.href;
    }
    EXPECT_TRUE(place_href(asked, folder, "sub/").slash);
    EXPECT_FALSE(place_href(asked, folder, "sub").slash);
}

TEST(Hrefs, AreShownWithoutSecrets) {
    EXPECT_EQ(path_as_sent("  http://user:pw@nas/a b?x \n"), "/a b?x");
    EXPECT_EQ(path_as_sent("a%20b"), "a%20b");
    EXPECT_EQ(href_for_people("http://user:pw@nas/a b?token=1"), "/a b");
    EXPECT_EQ(href_for_people("http://user:pw@nas"), "/");
    EXPECT_EQ(href_for_people("\x01/a"), "?/a");
}

TEST(Hrefs, MayLackWhatAServerInFrontTakesOff) {
    const auto asked = *transport::parse_url("https://dav.example/web/dav/My%20Files/");
    const auto folder = components(asked.path);
    const struct {
        const char* href;
        std::optional<std::string> want;
    } table[] = {
        {"/My%20Files/", "/web/dav"},
        {"/dav/My Files/", "/web"},
        {"http://back/dav/My Files", "/web"},
        {"/", "/web/dav/My%20Files"},
        {"/web/dav/My%20Files/", {}},
        {"/Files/", {}},
        {"/dav/", {}},
        {"My%20Files/", {}},
        {"/../My%20Files/", {}},
        {"/x/web/dav/My%20Files/", {}},
    };
    for (const auto& row : table) EXPECT_EQ(missing_prefix(asked, row.href), row.want) << row.href;
    const auto child = place_href(asked, folder, "/dav/My%20Files/a", "/web");
    EXPECT_EQ(child.what, kind::child);
    EXPECT_EQ(child.path, "/web/dav/My%20Files/a");
    EXPECT_EQ(place_href(asked, folder, "a", "/web").path, "/web/dav/My%20Files/a");
    EXPECT_EQ(place_href(asked, folder, "/", "/web/dav/My%20Files").what, kind::itself);
}

TEST(Folders, LieInOthers) {
    const folder_ref root;
    EXPECT_EQ(parent_of({"/a", {}}), root);
    EXPECT_EQ(parent_of({"/a", "/dav/%61"}), root);
    EXPECT_EQ(parent_of({"/a/b", {}}), (folder_ref{"/a", {}}));
    EXPECT_EQ(parent_of({"/a/b", "/dav/%61/b"}), (folder_ref{"/a", "/dav/%61"}));
    EXPECT_EQ(parent_of(root), root);
}

TEST(Locators, AreRead) {
    for (const locator& one : {locator{}, locator{"\"e\"", {}}, locator{{}, "/a%2f"}, locator{"\"e\"", "/a"}})
        EXPECT_EQ(locator_of(to_text(one)), one);
    // The catalogue lies on a drive that others write to.
    EXPECT_EQ(locator_of("\"a\r\nX: y\"\nhttp://x"), locator{});
    EXPECT_EQ(locator_of("W/\"e\"\n/a b"), (locator{{}, "/a%20b"}));
    for (const folder_ref& one : {folder_ref{}, folder_ref{"/a", {}}, folder_ref{"/a", "/A"}})
        EXPECT_EQ(folder_of(to_text(one)), one);
    EXPECT_EQ(request_path("/dav/", {"/a b", {}}), "/dav/a%20b/");
    EXPECT_EQ(request_path("/dav/", {"/a b", "/x/a+b"}), "/x/a+b/");
    EXPECT_EQ(request_path("/dav/", {}), "/dav/");
}

TEST(Etags, OnlyStrongOnesAreSentBack) {
    EXPECT_EQ(strong_etag("\"abc\""), "\"abc\"");
    for (const char* bad : {"", "abc", "W/\"abc\"", "\"\"", "\"a\"b\"", "\"a\nb\"", "\"a b\"", "\""})
        EXPECT_EQ(strong_etag(bad), "") << bad;
    EXPECT_EQ(strong_etag("\"" + std::string(300, 'x') + "\""), "");
}

}  // namespace
}  // namespace decamp::source::webdav
