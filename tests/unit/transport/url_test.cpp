#include "engine/transport/url.hpp"

#include <gtest/gtest.h>

#include "engine/transport/http.hpp"

namespace decamp::transport {
namespace {

struct good_url {
    const char *text, *origin, *target, *host_header;
};

TEST(url, parses) {
    const good_url table[] = {
        {"http://a", "http://a:80", "/", "a"},
        {"HTTP://EXAMPLE.com", "http://example.com:80", "/", "example.com"},
        {"https://Example.COM/A?b=C#frag", "https://example.com:443", "/A?b=C", "example.com"},
        {"https://a:443/", "https://a:443", "/", "a"},
        {"https://a:80/", "https://a:80", "/", "a:80"},
        {"http://a:8080?q", "http://a:8080", "/?q", "a:8080"},
        {"http://a:/x", "http://a:80", "/x", "a"},
        {"http://a#f?g", "http://a:80", "/", "a"},
        {"http://example.com./x", "http://example.com:80", "/x", "example.com"},
        {"http://127.0.0.1:65535/", "http://127.0.0.1:65535", "/", "127.0.0.1:65535"},
        {"http://[::1]:8/x", "http://[::1]:8", "/x", "[::1]:8"},
        {"http://[0:0:0:0:0:0:0:1]/", "http://[::1]:80", "/", "[::1]"},
        {"http://[::FFFF:1.2.3.4]/", "http://[::ffff:1.2.3.4]:80", "/", "[::ffff:1.2.3.4]"},
        {"http://a_b-c.d1/", "http://a_b-c.d1:80", "/", "a_b-c.d1"},
        {"http://a//b/../c", "http://a:80", "//b/../c", "a"},
        {"http://a/%7Ex%zz", "http://a:80", "/%7Ex%zz", "a"},
        {"http://a/\xe7\x85\xa7?\xc3\xa9=\"<>", "http://a:80", "/%E7%85%A7?%C3%A9=%22%3C%3E", "a"},
    };
    for (const auto& row : table) {
        const auto u = parse_url(row.text);
        ASSERT_TRUE(u) << row.text;
        EXPECT_EQ(u->origin(), row.origin) << row.text;
        EXPECT_EQ(u->target(), row.target) << row.text;
        EXPECT_EQ(u->host_header(), row.host_header) << row.text;
        EXPECT_EQ(u->without_query(), u->origin() + u->path) << row.text;
        const auto again = parse_url(u->origin() + u->target());
        ASSERT_TRUE(again) << row.text;
        EXPECT_EQ(*again, *u) << row.text;
    }
}

TEST(url, refuses) {
    const std::string label64(64, 'a'), name254 = std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                                                  std::string(63, 'c') + "." + std::string(62, 'd');
    const std::string table[] = {
        "",
        "a",
        "//a",
        "/a",
        "ftp://a/",
        "file:///etc/passwd",
        "javascript:1",
        "http:",
        "http:/a",
        "http:a",
        "http://",
        "http:///x",
        "http://?q",
        "http://#",
        "http://a b/",
        "http://a/ b",
        "http://a/\r\nX: y",
        "http://a/\x01",
        "http://a/\x7f",
        std::string("http://a/\0", 10),
        "http://u@a/",
        "http://u:p@a/",
        "http://a:b@c/",
        "http://a:0/",
        "http://a:65536/",
        "http://a:-1/",
        "http://a:+1/",
        "http://a:1x/",
        "http://a:99999999999999999999/",
        "http://a:80:80/",
        "http://[::1",
        "http://[]/",
        "http://[::1]x/",
        "http://[::1%25eth0]/",
        "http://[1.2.3.4]/",
        "http://[::g]/",
        "http://::1/",
        "http://a..b/",
        "http://./",
        "http://.a/",
        "http://a../",
        "http://a\\b/",
        "http://a\\@b/",
        "http://%61/",
        "http://\xc3\xa9/",
        "http://a,b/",
        "http://a*/",
        // what a resolver takes for loopback though it does not look it
        "http://127.1/",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://1.2.3.4.5/",
        "http://256.1.1.1/",
        "http://1.2.3.0x4/",
        "http://" + label64 + "/",
        "http://" + name254 + "/",
        "http://a/" + std::string(url_limit, 'x'),
    };
    for (const auto& text : table) EXPECT_FALSE(parse_url(text)) << text.substr(0, 80);
}

TEST(url, longest_host_and_url_pass) {
    const std::string name253 =
        std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(61, 'd');
    EXPECT_TRUE(parse_url("http://" + name253 + "/"));
    std::string longest = "http://a/";
    longest.resize(url_limit, 'x');
    EXPECT_TRUE(parse_url(longest));
}

// RFC 3986, 5.4.1 and 5.4.2, without the rows whose result is no http URL.
TEST(url, resolves_as_the_rfc_does) {
    const auto base = parse_url("http://a/b/c/d;p?q");
    ASSERT_TRUE(base);
    const std::pair<const char*, const char*> table[] = {
        {"http:", nullptr},
        {"g:h", nullptr},
        {"g", "/b/c/g"},
        {"./g", "/b/c/g"},
        {"g/", "/b/c/g/"},
        {"/g", "/g"},
        {"?y", "/b/c/d;p?y"},
        {"g?y", "/b/c/g?y"},
        {"#s", "/b/c/d;p?q"},
        {"g#s", "/b/c/g"},
        {"g?y#s", "/b/c/g?y"},
        {";x", "/b/c/;x"},
        {"g;x", "/b/c/g;x"},
        {"g;x?y#s", "/b/c/g;x?y"},
        {"", "/b/c/d;p?q"},
        {".", "/b/c/"},
        {"./", "/b/c/"},
        {"..", "/b/"},
        {"../", "/b/"},
        {"../g", "/b/g"},
        {"../..", "/"},
        {"../../", "/"},
        {"../../g", "/g"},
        {"../../../g", "/g"},
        {"../../../../g", "/g"},
        {"/./g", "/g"},
        {"/../g", "/g"},
        {"g.", "/b/c/g."},
        {".g", "/b/c/.g"},
        {"g..", "/b/c/g.."},
        {"..g", "/b/c/..g"},
        {"./../g", "/b/g"},
        {"./g/.", "/b/c/g/"},
        {"g/./h", "/b/c/g/h"},
        {"g/../h", "/b/c/h"},
        {"g;x=1/./y", "/b/c/g;x=1/y"},
        {"g;x=1/../y", "/b/c/y"},
        {"g?y/./x", "/b/c/g?y/./x"},
        {"g?y/../x", "/b/c/g?y/../x"},
        {"http:g", nullptr},
        {"a b", nullptr},
        {"/x\r\nSet-Cookie: a", nullptr},
        {"?", "/b/c/d;p"},
        {"//", nullptr},
    };
    for (const auto& [reference, target] : table) {
        const auto got = resolve(*base, reference);
        ASSERT_EQ(got.has_value(), target != nullptr) << reference;
        if (!got) continue;
        EXPECT_EQ(got->target(), target) << reference;
        EXPECT_EQ(got->origin(), base->origin()) << reference;
    }
}

TEST(url, resolves_to_other_hosts) {
    const auto base = parse_url("https://a:8443/x");
    ASSERT_TRUE(base);
    EXPECT_EQ(resolve(*base, "//B/y/../z")->origin(), "https://b:443");
    EXPECT_EQ(resolve(*base, "//B/y/../z")->target(), "/z");
    EXPECT_EQ(resolve(*base, "http://c:1/p/./q?r")->origin(), "http://c:1");
    EXPECT_EQ(resolve(*base, "http://c:1/p/./q?r")->target(), "/p/q?r");
    EXPECT_EQ(resolve(*base, "/p")->origin(), "https://a:8443");
    EXPECT_FALSE(resolve(*base, "//u@b/"));
    EXPECT_FALSE(resolve(*base, std::string(url_limit + 1, 'x')));
}

TEST(url, encodes_and_decodes) {
    std::string all;
    for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
    const std::string encoded = percent_encode(all);
    EXPECT_EQ(encoded.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%"),
              std::string::npos);
    EXPECT_EQ(percent_decode(encoded), all);
    EXPECT_EQ(percent_encode("a b/\xc3\xa9~"), "a%20b%2F%C3%A9~");
    EXPECT_EQ(percent_decode("a+b%2f%2F"), "a+b//");
    for (const char* bad : {"%", "%1", "a%", "%g1", "%1g", "%-1", "%+1", "% 1", "%%41"})
        EXPECT_FALSE(percent_decode(bad)) << bad;
}

TEST(url, form_encoding) {
    EXPECT_EQ(form_encode({}), "");
    EXPECT_EQ(form_encode({{"a", "b c"}, {"\xe4\xbd\xa0", "{\"x\":1}"}, {"*-._", "~"}}),
              "a=b+c&%E4%BD%A0=%7B%22x%22%3A1%7D&*-._=%7E");
    EXPECT_EQ(form_encode({{"a&b", "c=d"}}), "a%26b=c%3Dd");
}

TEST(url, address_literals) {
    for (const char* yes : {"1.2.3.4", "::1", "2001:db8::1"}) EXPECT_TRUE(is_address_literal(yes)) << yes;
    for (const char* no : {"", "a", "1.2.3", "[::1]", "127.1"}) EXPECT_FALSE(is_address_literal(no)) << no;
}

}  // namespace
}  // namespace decamp::transport
