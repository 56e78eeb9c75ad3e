#include "engine/source/micloud/endpoint.hpp"

#include <gtest/gtest.h>

#include <string>

namespace decamp::source::micloud {
namespace {

transport::url url(std::string_view text) {
    const auto parsed = transport::parse_url(text);
    EXPECT_TRUE(parsed) << text;
    return parsed.value_or(transport::url{});
}

TEST(endpoint, forms) {
    struct {
        const char* source;
        const char* label;
        endpoint_kind kind;
    } const cases[] = {
        {"micloud:", "https://i.mi.com", endpoint_kind::official},
        {"micloud:cn", "https://i.mi.com", endpoint_kind::official},
        {"micloud:us", "https://us.i.mi.com", endpoint_kind::official},
        {"micloud:IN", "https://in.i.mi.com", endpoint_kind::official},
        {"micloud:eu", "https://eu.i.mi.com", endpoint_kind::official},
        {"micloud:https://i.mi.com/", "https://i.mi.com", endpoint_kind::official},
        {"micloud:http://127.0.0.1:8080", "http://127.0.0.1:8080", endpoint_kind::loopback},
        {"micloud:http://localhost:1", "http://localhost:1", endpoint_kind::loopback},
        {"micloud:http://127.9.8.7", "http://127.9.8.7", endpoint_kind::loopback},
        {"micloud:https://[::1]:99/", "https://[::1]:99", endpoint_kind::loopback},
        {"micloud:https://cloud.example:8443", "https://cloud.example:8443", endpoint_kind::custom},
        {"micloud:http://192.168.0.9", "http://192.168.0.9", endpoint_kind::custom},
        {"micloud:https://i.mi.com.evil.example", "https://i.mi.com.evil.example", endpoint_kind::custom},
        {"micloud:https://127.0.0.1.example", "https://127.0.0.1.example", endpoint_kind::custom},
    };
    for (const auto& c : cases) {
        const auto got = parse_endpoint(c.source);
        ASSERT_TRUE(got) << c.source;
        EXPECT_EQ(endpoint_label(*got), c.label);
        EXPECT_EQ(got->kind, c.kind) << c.source;
    }
}

TEST(endpoint, refusals) {
    struct {
        const char* source;
        endpoint_errc expected;
    } const cases[] = {
        {"s3:", endpoint_errc::not_micloud},
        {"", endpoint_errc::not_micloud},
        {"micloud:mars", endpoint_errc::unknown_region},
        {"micloud:ftp://x", endpoint_errc::unknown_region},
        {"micloud: us", endpoint_errc::unknown_region},
        {"micloud:http://", endpoint_errc::bad_url},
        {"micloud:http://x/path", endpoint_errc::bad_url},
        {"micloud:http://x/?q", endpoint_errc::bad_url},
        {"micloud:http://x/#f", endpoint_errc::bad_url},
        {"micloud:http://me:pw@x/", endpoint_errc::bad_url},
        {"micloud:http://x:0/", endpoint_errc::bad_url},
        {"micloud:http://a b/", endpoint_errc::bad_url},
        {"micloud:http://us.i.mi.com", endpoint_errc::bad_url},
    };
    for (const auto& c : cases) {
        const auto got = parse_endpoint(c.source);
        ASSERT_FALSE(got) << c.source;
        EXPECT_EQ(got.error().code, make_error_code(c.expected)) << c.source;
    }
}

struct role {
    const char* to;
    bool api, account, storage;
};

void check_roles(const char* source, std::initializer_list<role> cases) {
    const host_policy policy(parse_endpoint(source).value());
    for (const auto& c : cases) {
        EXPECT_EQ(policy.api(url(c.to)), c.api) << source << " api " << c.to;
        EXPECT_EQ(policy.account(url(c.to)), c.account) << source << " account " << c.to;
        EXPECT_EQ(policy.storage(url(c.to)), c.storage) << source << " storage " << c.to;
    }
}

TEST(host_policy, official) {
    check_roles("micloud:us", {
                                  {"https://us.i.mi.com/x", true, false, true},
                                  {"https://i.mi.com/x", true, false, true},
                                  {"https://s010.i.mi.com/x", true, false, true},
                                  {"http://i.mi.com/x", false, false, true},
                                  {"https://i.mi.com:8443/x", false, false, true},
                                  {"https://xi.mi.com/", false, false, true},
                                  {"https://i.mi.com.evil.com/", false, false, false},
                                  {"https://account.xiaomi.com/pass", false, true, false},
                                  {"https://global.account.xiaomi.com/pass", false, true, false},
                                  {"http://account.xiaomi.com/pass", false, false, false},
                                  {"https://xiaomi.com/", false, false, false},
                                  {"https://ali.xmssdn.micloud.mi.com/2/1/f", false, false, true},
                                  {"http://eu.xmssdn.micloud.mi.com/2/1/f", false, false, true},
                                  {"https://a.micloud.xiaomi.net/", false, false, true},
                                  {"https://xiaomi.net.example/", false, false, false},
                                  {"https://evilxiaomi.net/", false, false, false},
                                  {"http://127.0.0.1/", false, false, false},
                                  {"http://169.254.169.254/", false, false, false},
                              });
}

TEST(host_policy, loopback) {
    check_roles("micloud:http://127.0.0.1:8080", {
                                                     {"http://127.0.0.1:8080/", true, true, true},
                                                     {"http://127.0.0.2:1/", true, true, true},
                                                     {"https://127.0.0.5/", true, true, true},
                                                     {"http://localhost/", true, true, true},
                                                     {"http://[::1]/", true, true, true},
                                                     {"http://127.0.0.6/", false, false, false},
                                                     {"http://127.0.0.1.example/", false, false, false},
                                                     {"http://10.0.0.1/", false, false, false},
                                                     {"https://i.mi.com/", false, false, false},
                                                 });
    check_roles("micloud:https://127.0.0.1", {
                                                 {"http://127.0.0.1/", false, false, true},
                                                 {"https://127.0.0.2/", true, true, true},
                                             });
    check_roles("micloud:http://127.0.0.44", {{"http://127.0.0.44/", true, true, true}});
}

TEST(host_policy, custom) {
    check_roles("micloud:https://cloud.example:8443", {
                                                          {"https://cloud.example:8443/x", true, true, true},
                                                          {"https://cloud.example/x", false, true, true},
                                                          {"http://cloud.example:8443/x", false, false, true},
                                                          {"https://a.cloud.example:8443/", false, false, false},
                                                          {"https://account.xiaomi.com/", false, false, false},
                                                          {"http://127.0.0.1/", false, false, false},
                                                      });
}

TEST(host_policy, hosts_let_through_although_local) {
    EXPECT_TRUE(local_hosts(parse_endpoint("micloud:").value()).empty());
    const auto loopback = local_hosts(parse_endpoint("micloud:http://127.0.0.7").value());
    EXPECT_TRUE(loopback.contains("127.0.0.7") && loopback.contains("127.0.0.3") && !loopback.contains("127.0.0.6"));
    EXPECT_EQ(local_hosts(parse_endpoint("micloud:http://10.1.2.3").value()), std::set<std::string>{"10.1.2.3"});
}

}  // namespace
}  // namespace decamp::source::micloud
