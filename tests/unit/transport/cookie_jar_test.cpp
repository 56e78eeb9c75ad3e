#include "engine/transport/cookie_jar.hpp"

#include <gtest/gtest.h>

namespace decamp::transport {
namespace {

url at(const char* text) {
    return parse_url(text).value();
}

cookie_jar mi_jar() {
    return cookie_jar({"mi.com", "xiaomi.com"});
}

TEST(cookie_jar, a_cookie_stays_with_its_host) {
    auto jar = mi_jar();
    EXPECT_TRUE(jar.set("i.mi.com", "serviceToken", "secret"));
    EXPECT_EQ(jar.header_for(at("https://i.mi.com/x")), "serviceToken=secret");
    for (const char* other :
         {"https://mi.com/", "https://a.i.mi.com/", "https://xi.mi.com/", "https://i.mi.com.evil.org/",
          "https://account.xiaomi.com/", "http://i.mi.com/", "https://127.0.0.1/"})
        EXPECT_EQ(jar.header_for(at(other)), "") << other;
}

TEST(cookie_jar, a_domain_only_where_allowed) {
    auto jar = mi_jar();
    EXPECT_TRUE(jar.set(".mi.com", "a", "1"));
    EXPECT_FALSE(jar.set(".com", "a", "1"));
    EXPECT_FALSE(jar.set(".evil.org", "a", "1"));
    EXPECT_FALSE(jar.set(".i.mi.com", "a", "1"));
    for (const char* yes : {"https://mi.com/", "https://i.mi.com/", "https://a.b.mi.com:8443/x"})
        EXPECT_EQ(jar.header_for(at(yes)), "a=1") << yes;
    for (const char* no : {"https://xmi.com/", "https://mi.com.org/", "https://com/"})
        EXPECT_EQ(jar.header_for(at(no)), "") << no;
}

TEST(cookie_jar, plain_http_only_when_said) {
    auto jar = mi_jar();
    EXPECT_TRUE(jar.set("127.0.0.1", "a", "1", false));
    EXPECT_EQ(jar.header_for(at("http://127.0.0.1:8080/")), "a=1");
    EXPECT_TRUE(jar.set("127.0.0.1", "b", "2"));
    EXPECT_EQ(jar.header_for(at("http://127.0.0.1:8080/")), "a=1");
}

TEST(cookie_jar, set_cookie_table) {
    struct row {
        const char *from, *header, *asked, *sent;
    };
    const row table[] = {
        {"https://i.mi.com/", "a=1", "https://i.mi.com/", "a=1"},
        {"https://i.mi.com/", "a=1", "https://mi.com/", ""},
        {"https://i.mi.com/", "a=1; Domain=mi.com; Path=/", "https://s010.i.mi.com/q", "a=1"},
        {"https://i.mi.com/", "a=1; domain=.MI.com; path=/", "https://account.mi.com/", "a=1"},
        {"https://i.mi.com/", "a=1; Domain=i.mi.com; Path=/", "https://i.mi.com/", "a=1"},
        {"https://i.mi.com/", "a=1; Domain=i.mi.com; Path=/", "https://x.i.mi.com/", ""},
        {"https://i.mi.com/", "a=1; Domain=com", "https://i.mi.com/", ""},
        {"https://i.mi.com/", "a=1; Domain=xiaomi.com", "https://account.xiaomi.com/", ""},
        {"https://i.mi.com/", "a=1; Domain=x.i.mi.com", "https://x.i.mi.com/", ""},
        {"https://evil.org/", "a=1; Domain=mi.com", "https://i.mi.com/", ""},
        {"https://evilmi.com/", "a=1; Domain=mi.com", "https://i.mi.com/", ""},
        {"https://i.mi.com/", "a=1; Secure", "https://i.mi.com/", "a=1"},
        {"https://i.mi.com/", "a=1; Secure", "http://i.mi.com/", ""},
        {"http://i.mi.com/", "a=1; Secure", "https://i.mi.com/", ""},
        {"http://i.mi.com/", "a=1", "https://i.mi.com/", "a=1"},
        {"https://i.mi.com/x/y", "a=1", "https://i.mi.com/x/z", "a=1"},
        {"https://i.mi.com/x/y", "a=1", "https://i.mi.com/xz", ""},
        {"https://i.mi.com/x/y", "a=1; Path=/x", "https://i.mi.com/x", "a=1"},
        {"https://i.mi.com/x/y", "a=1; Path=/x", "https://i.mi.com/xy", ""},
        {"https://i.mi.com/x/y", "a=1; Path=nonsense", "https://i.mi.com/x/", "a=1"},
        {"https://i.mi.com/", "  a  =  1 2 ; HttpOnly; SameSite=None", "https://i.mi.com/", "a=1 2"},
        {"https://i.mi.com/", "a=", "https://i.mi.com/", "a="},
        {"https://i.mi.com/", "a=b=c==", "https://i.mi.com/", "a=b=c=="},
        {"https://i.mi.com/", "a=\"q\"", "https://i.mi.com/", "a=\"q\""},
        {"https://i.mi.com/", "=1", "https://i.mi.com/", ""},
        {"https://i.mi.com/", "a", "https://i.mi.com/", ""},
        {"https://i.mi.com/", "", "https://i.mi.com/", ""},
        {"https://i.mi.com/", ";;;=;", "https://i.mi.com/", ""},
        {"https://i.mi.com/", "a b=1", "https://i.mi.com/", ""},
        {"https://i.mi.com/", "a=1\x01", "https://i.mi.com/", ""},
        {"https://i.mi.com/", "a=1\r\nX: y", "https://i.mi.com/", ""},
        {"https://i.mi.com/", "__Secure-a=1", "https://i.mi.com/", ""},
        {"https://i.mi.com/", "__Secure-a=1; Secure", "https://i.mi.com/", "__Secure-a=1"},
        {"https://i.mi.com/", "__Host-a=1; Secure; Path=/", "https://i.mi.com/", "__Host-a=1"},
        {"https://i.mi.com/", "__Host-a=1; Secure; Path=/; Domain=mi.com", "https://i.mi.com/", ""},
        {"https://127.0.0.1/", "a=1; Domain=0.0.1", "https://127.0.0.1/", ""},
        {"https://i.mi.com/", "a=1; Max-Age=0", "https://i.mi.com/", ""},
        {"https://i.mi.com/", "a=1; Max-Age=-1", "https://i.mi.com/", ""},
        {"https://i.mi.com/", "a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "https://i.mi.com/", "a=1"},
        {"https://i.mi.com/", "a=1; Expires=Thu, 01-Jan-1970 00:00:10 GMT", "https://i.mi.com/", ""},
        {"https://i.mi.com/", "a=1; Expires=Thu, 01 Jan 2099 00:00:00 GMT", "https://i.mi.com/", "a=1"},
        {"https://i.mi.com/", "a=1; Expires=nonsense", "https://i.mi.com/", "a=1"},
    };
    for (const auto& row : table) {
        auto jar = mi_jar();
        const bool changed = jar.apply_set_cookie(at(row.from), row.header, 1700000000000);
        EXPECT_EQ(jar.header_for(at(row.asked)), row.sent) << row.header;
        EXPECT_EQ(changed, !jar.empty()) << row.header;
    }
}

TEST(cookie_jar, a_new_token_takes_the_place_of_the_pasted_one) {
    for (const char* domain : {"", "; Domain=mi.com", "; Path=/x"}) {
        auto jar = mi_jar();
        jar.set("i.mi.com", "serviceToken", "old");
        jar.set("account.xiaomi.com", "serviceToken", "elsewhere");
        EXPECT_TRUE(jar.apply_set_cookie(at("https://i.mi.com/x/y"), "serviceToken=new; Secure" + std::string(domain)));
        EXPECT_EQ(jar.header_for(at("https://i.mi.com/x/y")), "serviceToken=new") << domain;
        EXPECT_EQ(jar.header_for(at("https://account.xiaomi.com/")), "serviceToken=elsewhere");
    }
}

TEST(cookie_jar, deleting) {
    auto jar = mi_jar();
    jar.set("i.mi.com", "a", "1");
    EXPECT_FALSE(jar.apply_set_cookie(at("https://evil.org/"), "a=; Max-Age=0; Domain=i.mi.com"));
    EXPECT_FALSE(jar.apply_set_cookie(at("http://i.mi.com/"), "a=; Max-Age=0"))
        << "a plain answer has no say over a secure cookie";
    EXPECT_EQ(jar.header_for(at("https://i.mi.com/")), "a=1");
    EXPECT_TRUE(jar.apply_set_cookie(at("https://i.mi.com/"), "a=; Max-Age=0"));
    EXPECT_TRUE(jar.empty());
    EXPECT_FALSE(jar.apply_set_cookie(at("https://i.mi.com/"), "a=; Max-Age=0"));
    jar.set("i.mi.com", "a", "1");
    jar.set(".mi.com", "a", "2");
    jar.set(".mi.com", "b", "3");
    jar.erase("a");
    EXPECT_EQ(jar.header_for(at("https://i.mi.com/")), "b=3");
}

TEST(cookie_jar, a_plain_answer_cannot_shadow_a_secure_cookie) {
    auto jar = mi_jar();
    jar.set(".mi.com", "t", "good");
    EXPECT_FALSE(jar.apply_set_cookie(at("http://i.mi.com/"), "t=evil"));
    EXPECT_FALSE(jar.apply_set_cookie(at("http://i.mi.com/"), "t=evil; Domain=mi.com"));
    EXPECT_EQ(jar.header_for(at("https://i.mi.com/")), "t=good");
}

TEST(cookie_jar, the_change_is_told_truly) {
    auto jar = mi_jar();
    const auto from = at("https://i.mi.com/");
    EXPECT_TRUE(jar.apply_set_cookie(from, "a=1"));
    EXPECT_FALSE(jar.apply_set_cookie(from, "a=1"));
    EXPECT_TRUE(jar.apply_set_cookie(from, "a=2"));
    EXPECT_TRUE(jar.apply_set_cookie(from, "a=2; Secure"));
    EXPECT_EQ(jar.size(), 1u);
}

TEST(cookie_jar, longer_paths_first_then_the_order_they_came_in) {
    auto jar = mi_jar();
    const auto from = at("https://i.mi.com/x/y/z");
    for (const char* c : {"a=1; Path=/", "b=2; Path=/x/y", "c=3; Path=/", "d=4; Path=/x"})
        jar.apply_set_cookie(from, c);
    EXPECT_EQ(jar.header_for(from), "b=2; d=4; a=1; c=3");
    jar.apply_set_cookie(from, "a=9; Path=/x/y");
    EXPECT_EQ(jar.value_for(from, "a"), "9");
    EXPECT_EQ(jar.value_for(at("https://i.mi.com/"), "a"), "1");
    EXPECT_EQ(jar.value_for(from, "none"), "");
}

TEST(cookie_jar, limits) {
    auto jar = mi_jar();
    EXPECT_FALSE(jar.set("i.mi.com", "a", std::string(cookie_jar::size_limit, 'x')));
    EXPECT_TRUE(jar.set("i.mi.com", "a", std::string(cookie_jar::size_limit - 1, 'x')));
    for (std::size_t i = 0; i < 1000; ++i)
        jar.apply_set_cookie(at("https://i.mi.com/"), "n" + std::to_string(i) + "=1");
    EXPECT_EQ(jar.size(), cookie_jar::count_limit);
    EXPECT_TRUE(jar.apply_set_cookie(at("https://i.mi.com/"), "n0=2")) << "one that is held may still change";
    auto full = mi_jar();
    for (int i = 0; i < 10; ++i) full.set("i.mi.com", "n" + std::to_string(i), std::string(4000, 'x'));
    EXPECT_EQ(full.size(), cookie_jar::total_limit / 4002);
    for (const auto& [name, value] :
         {std::pair{"", "x"}, {"a=b", "x"}, {"a;b", "x"}, {"a b", "x"}, {"a", "x;y"}, {"a", "x\r\nY: z"}})
        EXPECT_FALSE(full.set("a.org", name, value)) << name;
    for (const char* host : {"", ".", "a b", "a/b", "..mi.com"}) EXPECT_FALSE(mi_jar().set(host, "a", "b")) << host;
}

TEST(cookie_jar, redacts) {
    auto jar = mi_jar();
    jar.set("i.mi.com", "token", "ab+c/d==");
    jar.set("i.mi.com", "user", "12345");
    jar.set("i.mi.com", "longer", "123456789");
    jar.set("i.mi.com", "flag", "on");
    const std::string text = "GET /x?t=ab%2Bc%2Fd%3D%3D&u=12345 ab+c/d== 123456789 on";
    EXPECT_EQ(jar.redact(text), "GET /x?t=[redacted]&u=[redacted] [redacted] [redacted] on");
    EXPECT_EQ(jar.redact(""), "");
}

TEST(cookie_date, table) {
    const std::pair<const char*, std::optional<std::int64_t>> table[] = {
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Thu, 01-Jan-70 00:00:01 GMT", 1},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
        {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
        {"Sun Nov  6 08:49:37 1994", 784111777},
        {"6 november 1994 8:49:37", 784111777},
        {"1 Jan 69 00:00:00", 3124224000},
        {"29 Feb 2024 12:00:00", 1709208000},
        {"29 Feb 2023 12:00:00", {}},
        {"1 Jan 1600 00:00:00", {}},
        {"1 Jan 2000 24:00:00", {}},
        {"1 Jan 2000 00:60:00", {}},
        {"1 Jan 2000 00:00", {}},
        {"32 Jan 2000 00:00:00", {}},
        {"0 Jan 2000 00:00:00", {}},
        {"1 Jan 20000 00:00:00", {}},
        {"1 Xxx 2000 00:00:00", {}},
        {"00:00:00", {}},
        {"99999999999999999999 Jan 2000 00:00:00", {}},
        {"", {}},
        {"::::", {}},
    };
    for (const auto& [text, wanted] : table) EXPECT_EQ(parse_cookie_date(text), wanted) << text;
}

}  // namespace
}  // namespace decamp::transport
