#include <gtest/gtest.h>

#include "engine/source/webdav/credentials.hpp"
#include "engine/source/webdav/webdav.hpp"

namespace decamp::source::webdav {
namespace {

TEST(Place, IsWhatTheUserNamed) {
    const struct {
        const char *source, *endpoint, *name, *origin;
    } table[] = {
        {"webdavs://dav.example/", "", "dav.example", "dav.example/"},
        {"webdavs://DAV.example", "", "dav.example", "dav.example/"},
        {"WebDAVs://dav.example:8443/a/b", "", "dav.example", "dav.example/a/b/"},
        {"webdav://192.168.1.5/My Files/\xc3\xa4", "", "192.168.1.5", "192.168.1.5/My%20Files/%C3%A4/"},
        {"webdav://[fe80::1]/a%20b//c/", "", "fe80::1", "fe80::1/a%20b/c/"},
        {"webdavs://dav.example/a/../b/./c", "", "dav.example", "dav.example/b/c/"},
        {"webdavs://dav.example/100%", "", "dav.example", "dav.example/100%25/"},
        {"webdavs://dav.jianguoyun.com/dav", "http://127.0.0.1:8080", "127.0.0.1", "127.0.0.1/dav/"},
    };
    for (const auto& row : table) {
        const auto got = parse_webdav(row.source, row.endpoint, {});
        ASSERT_TRUE(got) << row.source << to_string(got.error());
        EXPECT_EQ((*got)->kind(), "webdav");
        EXPECT_EQ((*got)->name(), row.name);
        EXPECT_EQ((*got)->origin(), row.origin);
        EXPECT_EQ((*got)->arranged(), arrangement::tree);
    }
}

TEST(Place, RefusesWhatItCannotUse) {
    const struct {
        const char *source, *endpoint;
        webdav_errc want;
    } table[] = {
        {"s3://a", "", webdav_errc::not_webdav},
        {"webdav:dav.example", "", webdav_errc::not_webdav},
        {"webdav://", "", webdav_errc::bad_url},
        {"webdav://a b/", "", webdav_errc::bad_url},
        {"webdav://host:0/", "", webdav_errc::bad_url},
        {"webdav://host:99999/", "", webdav_errc::bad_url},
        {"webdav://host/?x", "", webdav_errc::bad_url},
        {"webdav://host/#x", "", webdav_errc::bad_url},
        {"webdav://host/a\nb", "", webdav_errc::bad_url},
        {"webdav://u:hunter2@host/", "", webdav_errc::secret_in_url},
        {"webdav://hunter2@host/", "", webdav_errc::secret_in_url},
        {"webdav://host/", "ftp://x", webdav_errc::bad_endpoint},
        {"webdav://host/", "http://x/path", webdav_errc::bad_endpoint},
        {"webdav://host/", "http://hunter2@x", webdav_errc::bad_endpoint},
    };
    for (const auto& row : table) {
        const auto got = parse_webdav(row.source, row.endpoint, {});
        ASSERT_FALSE(got) << row.source;
        EXPECT_EQ(got.error().code, make_error_code(row.want)) << row.source << to_string(got.error());
        EXPECT_EQ(classify(got.error()), error_class::run);
        EXPECT_EQ(to_string(got.error()).find("hunter2"), std::string::npos);
    }
    EXPECT_TRUE(parse_webdav("webdav://host/a@b", {}, {}));
    EXPECT_FALSE(parse_webdav("webdav://host/" + std::string(5000, 'x'), {}, {}));
}

TEST(Place, SpeaksToItsHostAlone) {
    const auto plain = *parse_webdav("webdav://192.168.1.5/", {}, {}), secure = *parse_webdav("webdavs://nas/", {}, {});
    EXPECT_TRUE(plain->addresses().allowed({"192.168.1.5", 80}, "192.168.1.5"));
    EXPECT_FALSE(plain->addresses().allowed({"192.168.1.6", 80}, "192.168.1.6"));
    const auto may = [](const auto& place, const char* to) { return place->may_ask(*transport::parse_url(to)); };
    EXPECT_TRUE(may(plain, "http://192.168.1.5/x"));
    EXPECT_TRUE(may(plain, "https://192.168.1.5/x"));
    EXPECT_FALSE(may(plain, "http://192.168.1.5:81/x"));
    EXPECT_FALSE(may(plain, "http://192.168.1.6/x"));
    EXPECT_TRUE(may(secure, "https://nas/x"));
    EXPECT_FALSE(may(secure, "http://nas/x"));
    EXPECT_FALSE(may(secure, "https://nas.example/x"));
}

TEST(Place, KnowsJianguoyunsQuota) {
    const auto quota = [](const char* source) { return (*parse_webdav(source, {}, {}))->quota().requests; };
    EXPECT_EQ(quota("webdavs://dav.jianguoyun.com/dav/"), 600U);
    EXPECT_EQ(quota("webdavs://jianguoyun.com/"), 600U);
    EXPECT_EQ(quota("webdavs://notjianguoyun.com/"), 0U);
    EXPECT_EQ(quota("webdavs://dav.example/"), 0U);
}

TEST(Credentials, AreTakenAsPeopleHaveThem) {
    const struct {
        const char* text;
        credentials want;
    } table[] = {
        {"", {}},
        {"\n", {}},
        {"u:p", {"u", "p", {}}},
        {"u:p\r\n", {"u", "p", {}}},
        {"u:p:q", {"u", "p:q", {}}},
        {"u:", {"u", {}, {}}},
        {"u: p ", {"u", " p ", {}}},
        {"\xef\xbb\xbfu@example.org:p\xc3\xa4", {"u@example.org", "p\xc3\xa4", {}}},
        {"Bearer abc.DEF==", {{}, {}, "abc.DEF=="}},
        {"bearer  abc \n", {{}, {}, "abc"}},
        {R"({"username": "u", "password": "p:\"q"})", {"u", "p:\"q", {}}},
        {R"( {"bearer": "t"} )", {{}, {}, "t"}},
    };
    for (const auto& row : table) {
        const auto got = parse_credentials(row.text);
        ASSERT_TRUE(got) << row.text;
        EXPECT_EQ(*got, row.want) << row.text;
    }
}

TEST(Credentials, AreRefusedWithoutBeingShown) {
    const struct {
        std::string text;
        webdav_errc want;
    } table[] = {
        {"hunter2", webdav_errc::credentials_malformed},
        {":hunter2", webdav_errc::credentials_malformed},
        {"u:hunter2\nv:q", webdav_errc::credentials_malformed},
        {R"({"username": "hunter2"})", webdav_errc::credentials_malformed},
        {R"({"username": "u", "password": 7})", webdav_errc::credentials_malformed},
        {R"({"username": "u", "password": "hunter2", "bearer": "x"})", webdav_errc::credentials_malformed},
        {R"({"username": "hunter2)", webdav_errc::credentials_malformed},
        {R"({"username": "u:v", "password": "hunter2"})", webdav_errc::credentials_unsendable},
        {R"({"username": "u", "password": "hunter2\n"})", webdav_errc::credentials_unsendable},
        {"u:hunter2\xff", webdav_errc::credentials_unsendable},
        {"u:hunter2\tx", webdav_errc::credentials_unsendable},
        {"Bearer hunter2 x", webdav_errc::credentials_unsendable},
        {"u:" + std::string(secret_limit + 1, 'x'), webdav_errc::credentials_unsendable},
        {std::string(credentials_limit + 1, 'x'), webdav_errc::credentials_too_large},
    };
    for (const auto& row : table) {
        const auto got = parse_credentials(row.text);
        ASSERT_FALSE(got) << row.text;
        EXPECT_EQ(got.error().code, make_error_code(row.want)) << row.text << to_string(got.error());
        EXPECT_EQ(to_string(got.error()).find("hunter2"), std::string::npos);
    }
}

}  // namespace
}  // namespace decamp::source::webdav
