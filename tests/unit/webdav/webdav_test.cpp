#include "engine/source/webdav/webdav.hpp"

#include <gtest/gtest.h>

#include <map>

#include "engine/source/webdav/webdav_source.hpp"
#include "engine/transport/http.hpp"
#include "fake_dav.hpp"

namespace decamp::source::webdav {
namespace {

using testing::canned;
using testing::header_of;
using testing::run;

std::string entry(const std::string& href, bool folder) {
    return "<D:response><D:href>" + href + "</D:href><D:propstat><D:prop><D:resourcetype>" +
           (folder ? "<D:collection/>" : "") + "</D:resourcetype><D:getetag>\"e\"</D:getetag></D:prop>" +
           "<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>";
}

// A tree by path: folders end in a slash and have the names of what is within.
struct tree {
    std::map<std::string, std::vector<std::string>> folders;
    std::map<std::string, canned> instead;  // of what the tree would say

    canned operator()(const transport::request& what) const {
        const std::string& path = what.target.path;
        if (const auto at = instead.find(path); at != instead.end()) return at->second;
        const auto at = folders.find(path);
        if (at == folders.end()) return {404, "", {}, {}, {}};
        std::string body = R"(<D:multistatus xmlns:D="DAV:">)" + entry(path, true);
        if (header_of(what, "Depth") == "1")
            for (const auto& name : at->second) body += entry(path + name, name.ends_with('/'));
        return {207, body + "</D:multistatus>", {}, {}, {}};
    }
};

struct WebDav : ::testing::Test {
    std::unique_ptr<source> open(const std::string& credentials = {},
                                 const std::string& url = "webdav://nas.example/dav") {
        auto place = parse_webdav(url, {}, credentials);
        if (!place) throw std::runtime_error(to_string(place.error()));
        server.answer = [this](const transport::request& what) {
            if (want_login) {
                const std::string who = header_of(what, "Authorization");
                if (auto refused = want_login(who)) return *refused;
            }
            return files(what);
        };
        return (*place)->open({server, clock, random, workers, folders, {}});
    }
    struct walked {
        std::vector<std::string> ids, gaps;
        std::optional<failure> failed;
        int failures = 0, pages = 0;
    };
    // As the lister does: asks again up to five times.
    walked walk(source& from) {
        walked out;
        std::string cursor;
        int tries = 0;
        do {
            auto page = run(from.page({}, cursor));
            if (!page) {
                ++out.failures;
                if (++tries < 5 && classify(page.error()) == error_class::transient) continue;
                out.failed = page.error();
                break;
            }
            tries = 0;
            ++out.pages;
            EXPECT_LE(page->items.size(), from.page_size());
            for (const auto& item : page->items) out.ids.push_back(item.id.value);
            for (const auto& gap : page->gaps) out.gaps.push_back(gap.id + ": " + gap.detail);
            cursor = page->next;
        } while ((!cursor.empty() || tries > 0) && out.pages < 1000);
        return out;
    }

    testing::fake_dav server;
    testing::still_clock clock;
    testing::counting_random random;
    testing::no_workers workers;
    testing::folders_in_memory folders;
    tree files;
    std::function<std::optional<canned>(const std::string&)> want_login;
};

using strings = std::vector<std::string>;

TEST_F(WebDav, WalksBreadthFirst) {
    files.folders = {{"/dav/", {"b/", "one", "a/"}},
                     {"/dav/a/", {"two"}},
                     {"/dav/b/", {"c%20d/", "three"}},
                     {"/dav/b/c%20d/", {"4"}}};
    const auto source = open();
    ASSERT_TRUE(run(source->sign_in()));
    const auto got = walk(*source);
    EXPECT_FALSE(got.failed);
    EXPECT_EQ(got.ids, (strings{"one", "b/three", "a/two", "b/c d/4"}));
    EXPECT_EQ(header_of(server.sent.front(), "Depth"), "0");
    EXPECT_EQ(header_of(server.sent.back(), "Depth"), "1");
    // A second walk of the same run.
    EXPECT_EQ(walk(*source).ids, got.ids);
}

TEST_F(WebDav, LargeFoldersComeInPages) {
    strings names;
    for (int i = 0; i < 5000; ++i) names.push_back("f" + std::to_string(i));
    files.folders = {{"/dav/", names}};
    const auto source = open();
    const auto got = walk(*source);
    EXPECT_EQ(got.ids, names);
    EXPECT_EQ(got.pages, 3);
    EXPECT_EQ(server.sent.size(), 1U);

    // What is asked for again is given from the start again.
    const auto first = run(source->page({}, ""));
    EXPECT_EQ(first->next, "1:1");
    const auto other = run(source->page({}, "1:2"));
    EXPECT_EQ(other->items.front().name, "f0");
    EXPECT_EQ(other->next, "1:1");
    EXPECT_EQ(run(source->page({}, "1:1"))->items.front().name, "f2000");
    EXPECT_FALSE(run(source->page({}, "1:0")));
    EXPECT_FALSE(run(source->page({}, "x")));
    EXPECT_FALSE(run(source->page({}, "9")));
}

TEST_F(WebDav, GoesOnPastFoldersThatCannotBeListed) {
    files.folders = {{"/dav/", {"a/", "b/", "c/", "d/", "e/", "f/", "g/", "x"}}, {"/dav/g/", {"y"}}};
    files.instead["/dav/a/"] = {403, "", {}, {}, {}};
    files.instead["/dav/b/"] = {500, "", {}, {}, {}};
    files.instead["/dav/c/"] = {
        207, "<D:multistatus xmlns:D='DAV:'>", {}, {}, failure(transport::http_errc::body_truncated)};
    // d is not found, and still listed.
    files.instead["/dav/e/"].fails = failure(transport::http_errc::timed_out);
    files.instead["/dav/f/"] = {503, "", {}, {}, {}};
    const auto source = open();
    const auto got = walk(*source);
    // The folder above is asked anew for each of them, and what that list holds is given again.
    EXPECT_EQ(got.ids, (strings{"x", "x", "x", "g/y"}));
    EXPECT_EQ(got.gaps, (strings{"a/: HTTP 403 Forbidden", "b/: HTTP 500 Internal Server Error",
                                 "c/: the connection ended before the body was whole", "d/: HTTP 404 Not Found",
                                 "e/: no answer in time", "f/: HTTP 503 Service Unavailable"}));
    EXPECT_FALSE(got.failed);
    EXPECT_EQ(server.asked_for("/dav/a/"), 1U);
    EXPECT_EQ(server.asked_for("/dav/b/"), 3U);
    EXPECT_EQ(server.asked_for("/dav/d/"), 1U);
}

TEST_F(WebDav, AFolderThatIsListedNoMoreIsNoDifference) {
    for (const int status : {404, 410, 403}) {
        files.folders = {{"/dav/", {"a/", "b/"}}, {"/dav/b/", {"y"}}};
        files.instead["/dav/a/"] = {status, "", {}, {}, {}};
        const auto source = open();
        ASSERT_TRUE(run(source->page({}, "")));
        files.folders["/dav/"] = {"b/"};
        const auto next = run(source->page({}, "2"));
        ASSERT_TRUE(next);
        EXPECT_TRUE(next->gaps.empty()) << status;
        EXPECT_EQ(next->next, "3");
    }
}

TEST_F(WebDav, AFolderIsLookedForUpwards) {
    files.folders = {{"/dav/", {"a/"}}, {"/dav/a/", {"b/"}}, {"/dav/a/b/", {"c/"}}, {"/dav/a/b/c/", {}}};
    const auto source = open();
    for (const char* cursor : {"", "2", "3"}) ASSERT_TRUE(run(source->page({}, cursor)));
    files.folders = {{"/dav/", {}}};
    EXPECT_TRUE(run(source->page({}, "4"))->gaps.empty()) << "gone with all above it";
    files.folders = {{"/dav/", {"a/"}}};
    EXPECT_EQ(run(source->page({}, "4"))->gaps.size(), 1U) << "what lies above is listed, and says nothing";
    files.folders = {};
    EXPECT_EQ(run(source->page({}, "4")).error().code, make_error_code(source_errc::not_found)) << "the root is gone";
}

TEST_F(WebDav, EndsWhereTheServerIsWhatFails) {
    strings names;
    for (int i = 0; i < 40; ++i) names.push_back("f" + std::to_string(i) + "/");
    files.folders = {{"/dav/", names}};
    for (const auto& name : names) files.instead["/dav/" + name] = {500, "", {}, {}, {}};
    // Forty bad folders are forty exceptions, behind which others may be good; the last ones are asked once each.
    const auto source = open();
    EXPECT_EQ(walk(*source).gaps.size(), 40U);
    EXPECT_LT(server.sent.size(), 70U);

    for (const auto& name : names) files.instead["/dav/" + name] = {403, "", {}, {}, {}};
    EXPECT_EQ(walk(*source).gaps.size(), 40U);

    for (const auto& name : names) files.instead["/dav/" + name].fails = failure(transport::http_errc::timed_out);
    EXPECT_EQ(walk(*source).failed->code, make_error_code(transport::http_errc::timed_out)) << "so many in a row";

    for (const auto& name : names) files.instead["/dav/" + name] = {503, "", {}, {}, {}};
    ASSERT_TRUE(run(source->page({}, "")));
    files.instead["/dav/"] = {503, "", {}, {}, {}};
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(run(source->page({}, "2")).error().code, make_error_code(source_errc::throttled))
            << "the root says so too";
}

TEST_F(WebDav, TheRootMustBeThere) {
    const struct {
        canned said;
        source_errc want;
    } table[] = {
        {{404, "", {}, {}, {}}, source_errc::not_found},
        {{403, "", {}, {}, {}}, source_errc::login_refused},
        {{401, "", {{"WWW-Authenticate", "Basic realm=x"}}, {}, {}}, source_errc::login_refused},
        {{405, "", {}, {}, {}}, source_errc::unusable_answer},
        {{200, "<html/>", {}, {}, {}}, source_errc::unusable_answer},
        {{207, "<html/>", {}, {}, {}}, source_errc::unusable_answer},
        {{429, "", {}, {}, {}}, source_errc::throttled},
        {{507, "", {}, {}, {}}, source_errc::server_error},
        {{302, "", {{"Location", "https://login.example/"}}, {}, {}}, source_errc::cut_by_redirect},
        {{302, "", {{"Location", "/dav/"}}, {}, {}}, source_errc::cut_by_redirect},
        {{303, "", {{"Location", "/x"}}, {}, {}}, source_errc::unusable_answer},
        {{207, R"(<D:multistatus xmlns:D="DAV:">)" + entry("/dav", false) + "</D:multistatus>", {}, {}, {}},
         source_errc::not_found},
    };
    for (const auto& row : table) {
        files.instead["/dav/"] = row.said;
        const auto source = open();
        for (const auto& why : {run(source->sign_in()).error(), run(source->page({}, "")).error()})
            EXPECT_EQ(why.code, make_error_code(row.want)) << row.said.status << " " << to_string(why);
    }
}

TEST_F(WebDav, FollowsTheServerWithinItself) {
    files.folders = {{"/remote/", {"a", "s/"}}, {"/remote/s/", {"b"}}};
    files.instead["/dav/"] = {301, "", {{"Location", "/remote/"}}, {}, {}};
    const auto source = open();
    ASSERT_TRUE(run(source->sign_in()));
    EXPECT_EQ(walk(*source).ids, (strings{"a", "s/b"}));
    EXPECT_EQ(server.asked_for("/dav/"), 1U);
}

// Basic for user "u", password "p".
std::optional<canned> basic(const std::string& who) {
    if (who == "Basic dTpw") return std::nullopt;
    return canned{401, "no", {{"WWW-Authenticate", "Negotiate"}, {"WWW-Authenticate", R"(Basic realm="x")"}}, {}, {}};
}

TEST_F(WebDav, LogsInWhenAskedAndAtOnceAfterwards) {
    files.folders = {{"/dav/", {"a"}}};
    want_login = basic;
    const auto source = open("u:p");
    ASSERT_TRUE(run(source->sign_in()));
    ASSERT_EQ(server.sent.size(), 2U);
    EXPECT_EQ(header_of(server.sent[0], "Authorization"), "");
    ASSERT_TRUE(run(source->page({}, "")));
    EXPECT_EQ(server.sent.size(), 3U);
    const auto wrong = open("u:wrong");
    EXPECT_EQ(run(wrong->sign_in()).error().code, make_error_code(source_errc::login_refused));
    const auto anonymous = open();
    EXPECT_EQ(run(anonymous->sign_in()).error().code, make_error_code(source_errc::login_refused));
}

TEST_F(WebDav, LinksCarryWhatTheServerNeeds) {
    files.folders = {{"/dav/", {"a%20b", "(c)"}}};
    want_login = basic;
    const auto source = open("u:p");
    ASSERT_TRUE(run(source->sign_in()));
    const auto page = run(source->page({}, ""));
    const auto one = run(source->link(page->items[0])), two = run(source->link(page->items[1]));
    EXPECT_EQ(one->request.method, "GET");
    EXPECT_EQ(one->request.target.path, "/dav/a%20b");
    EXPECT_EQ(two->request.target.path, "/dav/(c)");
    EXPECT_EQ(header_of(one->request, "Authorization"), "Basic dTpw");
    EXPECT_EQ(header_of(one->request, "If-Match"), "\"e\"");
    expectation learnt;
    transport::response_head head;
    head.headers.push_back({"OC-Checksum", "SHA1:a9993e364706816aba3e25717850c26c9cd0d89d"});
    one->learn(head, learnt);
    EXPECT_TRUE(learnt.sha1);
    // A catalogue that somebody else wrote to can name another path, but no other host.
    listed_item bent;
    bent.id.value = "../../x";
    bent.locator = "\"e\r\nX: y\"\nhttp://evil.example/";
    const auto kept = run(source->link(bent));
    EXPECT_EQ(kept->request.target.host, "nas.example");
    EXPECT_EQ(header_of(kept->request, "If-Match"), "");
}

TEST_F(WebDav, ALinkAskedForAgainRenewsTheNonce) {
    files.folders = {{"/dav/", {"a"}}, {"/dav/a", {}}};
    std::string nonce = "one";
    want_login = [&](const std::string& who) -> std::optional<canned> {
        if (who.find("nonce=\"" + nonce + '"') != std::string::npos) return std::nullopt;
        const std::string said = R"(Digest realm="x", qop="auth", stale=true, nonce=")" + nonce + '"';
        return canned{401, "", {{"WWW-Authenticate", said}}, {}, {}};
    };
    const auto source = open("u:p");
    ASSERT_TRUE(run(source->sign_in()));
    const auto page = run(source->page({}, ""));
    const listed_item item = page->items[0];
    const auto before = server.sent.size();
    const auto first = run(source->link(item));
    EXPECT_EQ(server.sent.size(), before);
    EXPECT_NE(header_of(first->request, "Authorization").find("nonce=\"one\""), std::string::npos);
    nonce = "two";
    const auto second = run(source->link(item));
    EXPECT_NE(header_of(second->request, "Authorization").find("nonce=\"two\""), std::string::npos);
    EXPECT_EQ(server.sent.size(), before + 2);
    // Another item need not ask.
    listed_item other = item;
    other.id.value = "b";
    const auto third = run(source->link(other));
    EXPECT_NE(header_of(third->request, "Authorization").find("nonce=\"two\""), std::string::npos);
    EXPECT_EQ(server.sent.size(), before + 2);
    // What the look says of the file is no verdict: the download itself and the list tell.
    files.folders.erase("/dav/a");
    EXPECT_TRUE(run(source->link(item)));
}

TEST_F(WebDav, LooksAgainInTheFolder) {
    files.folders = {{"/dav/", {"s/"}}, {"/dav/s/", {"a", "b"}}};
    const auto source = open();
    ASSERT_TRUE(run(source->page({}, "")));
    const auto page = run(source->page({}, "2"));
    const listed_item item = page->items[0];
    ASSERT_EQ(item.id.value, "s/a");
    EXPECT_EQ(run(source->look_again(item))->found, second_look::finding::same);
    EXPECT_EQ(header_of(server.sent.back(), "Depth"), "1");
    EXPECT_EQ(header_of(run(source->link(item))->request, "If-Match"), "") << "not asked for in the same way again";
    EXPECT_EQ(header_of(run(source->link(page->items[1]))->request, "If-Match"), "\"e\"");

    listed_item older = item;
    older.locator = "\"before\"";
    const auto other = run(source->look_again(older));
    EXPECT_EQ(other->found, second_look::finding::other);
    EXPECT_EQ(other->now, item);

    files.folders["/dav/s/"] = {"b"};
    EXPECT_EQ(run(source->look_again(item))->found, second_look::finding::missing);
    files.folders.erase("/dav/s/");
    EXPECT_EQ(run(source->look_again(item)).error().code, make_error_code(source_errc::not_listed))
        << "its folder is listed";
    files.folders["/dav/"] = {"x"};
    EXPECT_EQ(run(source->look_again(item))->found, second_look::finding::missing);
    files.instead["/dav/s/"] = {500, "", {}, {}, {}};
    EXPECT_EQ(run(source->look_again(item)).error().code, make_error_code(source_errc::server_error));
    files.instead["/dav/s/"] = {
        207,
        R"(<D:multistatus xmlns:D="DAV:">)" + entry("/dav/s/", true) + entry("/x", false) + "</D:multistatus>",
        {},
        {},
        {}};
    EXPECT_FALSE(run(source->look_again(item))) << "a list that is not whole proves nothing";
}

TEST_F(WebDav, AFolderIsNotListedOnceForEachOfItsFiles) {
    strings names;
    for (int i = 0; i < 100; ++i) names.push_back("f" + std::to_string(i));
    files.folders = {{"/dav/", names}};
    const auto source = open();
    const auto page = run(source->page({}, ""));
    for (const auto& item : page->items) EXPECT_EQ(run(source->look_again(item))->found, second_look::finding::same);
    EXPECT_EQ(server.sent.size(), 9U);
    // That something is gone or changed is never taken from memory.
    files.folders["/dav/"].pop_back();
    listed_item stranger = page->items[0];
    stranger.id.value = "stranger";
    EXPECT_EQ(run(source->look_again(stranger))->found, second_look::finding::missing);
    EXPECT_EQ(run(source->look_again(page->items.back()))->found, second_look::finding::missing);
}

TEST_F(WebDav, ADownloadsAnswerIsExplained) {
    files.folders = {{"/dav/", {"a"}}};
    const auto source = open();
    const auto page = run(source->page({}, ""));
    const auto link = run(source->link(page->items[0]));
    transport::response_head head;
    head.status = 403;
    const std::string body = "<e xmlns:s=\"http://sabredav.org/ns\"><s:message>locked away</s:message></e>";
    const auto why = link->explain(head, body);
    ASSERT_TRUE(why);
    EXPECT_EQ(why->code, make_error_code(source_errc::refused));
    EXPECT_EQ(why->detail, "HTTP 403 Forbidden: locked away");
    for (const int status : {404, 412, 500, 503}) {
        head.status = status;
        EXPECT_FALSE(link->explain(head, body)) << status;
    }
}

TEST_F(WebDav, ConditionsThatAlwaysFailAreGivenUp) {
    files.folders = {{"/dav/", {"a", "b", "c", "d"}}};
    const auto source = open();
    const auto page = run(source->page({}, ""));
    transport::response_head failed;
    failed.status = 412;
    for (int i = 0; i < 3; ++i) {
        const auto link = run(source->link(page->items[static_cast<std::size_t>(i)]));
        EXPECT_EQ(header_of(link->request, "If-Match"), "\"e\"");
        EXPECT_FALSE(link->explain(failed, ""));
        ASSERT_TRUE(run(source->look_again(page->items[static_cast<std::size_t>(i)])));
    }
    EXPECT_EQ(header_of(run(source->link(page->items[3]))->request, "If-Match"), "");
}

TEST_F(WebDav, ListsGoOnBehindALink) {
    files.folders = {{"/dav/", {"a"}}};
    const auto page = [&](const std::string& names, const std::string& link) {
        canned out{207, R"(<D:multistatus xmlns:D="DAV:">)" + names + "</D:multistatus>", {}, {}, {}};
        if (!link.empty()) out.headers.push_back({"Link", link});
        return out;
    };
    server.answer = {};
    const auto source = open();
    server.answer = [&](const transport::request& what) {
        if (what.target.query.empty()) return page(entry("/dav/", true) + entry("/dav/a", false), "<?p=2>; rel=next");
        if (what.target.query == "p=2") return page(entry("/dav/b", false), "</dav/?p=3>; rel=next");
        return page(entry("/dav/c", false), "");
    };
    auto got = walk(*source);
    EXPECT_EQ(got.ids, (strings{"a", "b", "c"}));
    EXPECT_TRUE(got.gaps.empty());
    server.answer = [&](const transport::request&) {
        return page(entry("/dav/", true) + entry("/dav/a", false), "<http://other.example/dav/>; rel=next");
    };
    got = walk(*source);
    EXPECT_EQ(got.ids, strings{"a"});
    ASSERT_EQ(got.gaps.size(), 1U);
    EXPECT_EQ(server.sent.back().target.host, "nas.example");

    // One that somebody else speaks TLS for believes that it is asked by http.
    const auto secure = open({}, "webdavs://nas.example:8443/dav");
    server.answer = [&](const transport::request& what) {
        EXPECT_EQ(what.target.origin(), "https://nas.example:8443");
        if (what.target.query.empty()) return page(entry("/dav/", true), "<http://nas.example/dav/?p=2>; rel=next");
        return page(entry("/dav/b", false), "");
    };
    EXPECT_EQ(walk(*secure).ids, strings{"b"});
    server.answer = [&](const transport::request& what) {
        EXPECT_EQ(what.target.origin(), "https://nas.example:8443");
        return page(entry("/dav/", true) + entry("/dav/a", false), "<http://nas.example:8080/dav/?p=2>; rel=next");
    };
    EXPECT_EQ(walk(*secure).gaps.size(), 1U);
}

TEST(WalkCursor, GoesBothWays) {
    for (const char* text : {"", "1", "17", "17:2"}) EXPECT_EQ(to_text(*parse_cursor(text)), text);
    for (const char* text : {"0", "-1", "1:", "1:0", "1:x", ":1", "1:1:1", "!", "!!", "99999999999999999999"})
        EXPECT_FALSE(parse_cursor(text)) << text;
}

TEST(Patience, GivesAFolderUpAndThenTheServer) {
    patience p;
    const failure refused(source_errc::refused, "HTTP 403"), broken(source_errc::server_error, "HTTP 500");
    EXPECT_TRUE(p.failed(1, refused));
    EXPECT_FALSE(p.failed(2, broken));
    EXPECT_FALSE(p.failed(2, broken));
    EXPECT_TRUE(p.failed(2, broken));
    for (std::uint64_t folder = 3; folder < 50; ++folder) EXPECT_TRUE(p.failed(folder, refused));
    EXPECT_FALSE(p.hopeless());
    for (std::uint64_t folder = 50; folder < 1060; ++folder)
        for (int i = 0; i < 3; ++i) p.failed(folder, broken);
    EXPECT_TRUE(p.hopeless());
    p.listed();
    EXPECT_FALSE(p.hopeless());
}

TEST(Patience, IsShorterWithManyAndEndsWhereNobodyAnswers) {
    patience p;
    const failure broken(source_errc::server_error, "HTTP 500"), silent(transport::http_errc::timed_out);
    const failure throttled(source_errc::throttled, "HTTP 503");
    for (int i = 0; i < 4; ++i) EXPECT_FALSE(p.failed(1, throttled));
    EXPECT_TRUE(p.failed(1, throttled));
    p.listed();
    for (std::uint64_t folder = 2; folder < 14; ++folder)
        for (int i = 0; i < 3; ++i) p.failed(folder, broken);
    EXPECT_FALSE(p.hopeless());
    EXPECT_TRUE(p.failed(20, broken)) << "once each by now";
    p.listed();
    for (std::uint64_t folder = 30; folder < 42; ++folder) {
        EXPECT_FALSE(p.hopeless());
        for (int i = 0; i < 3; ++i) p.failed(folder, silent);
    }
    EXPECT_TRUE(p.hopeless());
}

TEST(UnlistedFolder, IsNamed) {
    const list_gap gap = unlisted_folder("/a/b", exception_reason::folder_not_listed, "HTTP 403");
    EXPECT_EQ(gap.id, "a/b/");
    EXPECT_EQ(gap.collection.value, "/a");
    EXPECT_EQ(gap.name, "b");
    EXPECT_EQ(gap.detail, "HTTP 403");
    EXPECT_EQ(unlisted_folder("/a", {}, "x").collection.value, "/");
    EXPECT_EQ(unlisted_folder("/", {}, "x").id, "/");
}

}  // namespace
}  // namespace decamp::source::webdav
