#include "engine/transport/redirect.hpp"

#include <gtest/gtest.h>

namespace decamp::transport {
namespace {

using enum redirect_action;

bool mi(const url& to) {
    return to.host == "i.mi.com" || to.host == "127.0.0.1" || to.host.ends_with(".xmssdn.micloud.mi.com");
}

bool any(const url&) {
    return true;
}

TEST(redirect, table) {
    struct row {
        const char *from, *location;
        redirect_action wanted;
        const char* to;
    };
    const row table[] = {
        {"https://i.mi.com/a/b", "c?d", follow_with_secrets, "https://i.mi.com:443/a/c?d"},
        {"https://i.mi.com/a", "https://I.MI.COM:443/x", follow_with_secrets, "https://i.mi.com:443/x"},
        {"https://i.mi.com/a", "//i.mi.com/x", follow_with_secrets, "https://i.mi.com:443/x"},
        {"http://i.mi.com/a", "https://i.mi.com/x", follow_with_secrets, "https://i.mi.com:443/x"},
        {"http://127.0.0.1:80/a", "http://127.0.0.1/x", follow_with_secrets, "http://127.0.0.1:80/x"},
        // another port is another server
        {"http://127.0.0.1:8080/a", "http://127.0.0.1:8081/x", follow_without_secrets, "http://127.0.0.1:8081/x"},
        {"http://i.mi.com:8080/a", "https://i.mi.com/x", follow_without_secrets, "https://i.mi.com:443/x"},
        // another host
        {"https://i.mi.com/a", "https://ali.xmssdn.micloud.mi.com/f?sig", follow_without_secrets,
         "https://ali.xmssdn.micloud.mi.com:443/f?sig"},
        {"https://i.mi.com/a", "https://xmssdn.micloud.mi.com/", refuse, ""},
        {"https://i.mi.com/a", "https://evil-i.mi.com/", refuse, ""},
        {"https://i.mi.com/a", "https://i.mi.com.evil.org/", refuse, ""},
        {"https://i.mi.com/a", "https://mi.com/", refuse, ""},
        {"https://i.mi.com/a", "https://evil.org/?i.mi.com", refuse, ""},
        {"https://i.mi.com/a", "https://i.mi.com@evil.org/", refuse, ""},
        {"https://i.mi.com/a", "https://evil.org\\.xmssdn.micloud.mi.com/", refuse, ""},
        {"https://i.mi.com/a", "https://169.254.169.254/", refuse, ""},
        // never down to plain
        {"https://i.mi.com/a", "http://i.mi.com/x", refuse, ""},
        {"https://i.mi.com/a", "http://ali.xmssdn.micloud.mi.com/x", refuse, ""},
        {"https://i.mi.com/a", "", refuse, ""},
        {"https://i.mi.com/a", "ftp://i.mi.com/x", refuse, ""},
        {"https://i.mi.com/a", "file:///etc/passwd", refuse, ""},
        {"https://i.mi.com/a", "/x\r\nSet-Cookie: a=b", refuse, ""},
    };
    for (const auto& row : table) {
        const auto got = decide_redirect(parse_url(row.from).value(), 302, row.location, mi);
        EXPECT_EQ(got.action, row.wanted) << row.from << ' ' << row.location << ' ' << got.reason;
        if (row.wanted == refuse)
            EXPECT_FALSE(got.reason.empty());
        else
            EXPECT_EQ(got.to.origin() + got.to.target(), row.to) << row.location;
    }
}

TEST(redirect, never_down_to_plain_wherever_it_may_go) {
    const auto from = parse_url("https://a.org/a").value();
    for (const char* location : {"http://a.org/x", "http://a.org:443/x", "http://b.org/x"})
        EXPECT_EQ(decide_redirect(from, 302, location, any).action, refuse) << location;
}

TEST(redirect, any_host_still_loses_the_secrets) {
    const auto from = parse_url("https://a.org/a").value();
    EXPECT_EQ(decide_redirect(from, 307, "https://b.org/x", any).action, follow_without_secrets);
    EXPECT_EQ(decide_redirect(from, 307, "/x", any).action, follow_with_secrets);
}

TEST(redirect, only_some_statuses_and_the_method_after) {
    const auto from = parse_url("https://i.mi.com/a").value();
    for (int status = 100; status < 600; ++status) {
        const auto got = decide_redirect(from, status, "/x", mi);
        const bool follows = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
        EXPECT_EQ(got.action != refuse, follows) << status;
        if (follows) {
            EXPECT_EQ(got.as_get, status <= 303) << status;
        }
    }
}

TEST(redirect, nothing_secret_goes_elsewhere) {
    std::vector<header_field> headers;
    for (const char* name :
         {"Authorization", "Range", "cookie", "X-Amz-Security-Token", "x-amz-date", "X-Amz-Content-Sha256", "If-Range",
          "X-Auth-Token", "Referer", "Proxy-Authorization", "user-agent", "IF-MATCH", "Accept"})
        headers.push_back({name, "v"});
    drop_secrets(headers);
    std::string left;
    for (const auto& field : headers) left += field.name + ' ';
    EXPECT_EQ(left, "Range If-Range user-agent IF-MATCH Accept ");
}

}  // namespace
}  // namespace decamp::transport
