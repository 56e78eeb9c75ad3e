#include "engine/source/micloud/credentials.hpp"

#include <gtest/gtest.h>

#include <string>

namespace decamp::source::micloud {
namespace {

const credentials all{"2233445566", "tok/en+1==", "V1:pass+/=", "wb_1-2"};
const credentials service_only{"2233445566", "tok/en+1==", "", ""};

struct good {
    const char* what;
    std::string text;
    credentials expected;
};

TEST(credentials, forms) {
    const std::string header = "userId=2233445566; serviceToken=tok/en+1==; passToken=V1:pass+/=; deviceId=wb_1-2";
    const good cases[] = {
        {"header", header, all},
        {"with its name", "Cookie: " + header, all},
        {"name in small letters", "cookie:" + header + "\r\n", all},
        {"BOM and line ends", "\xef\xbb\xbf" + header + "\r\n\r\n", all},
        {"other cookies between", "uLocale=zh_CN; " + header + "; i.mi.com_ph=abc; x", all},
        {"no spaces, empty parts", ";;userId=2233445566;serviceToken=tok/en+1==;;", service_only},
        {"one a line", "userId=2233445566\r\nserviceToken=tok/en+1==\r\n", service_only},
        {"in quotes", "\"userId=2233445566; serviceToken=tok/en+1==\"", service_only},
        {"in single quotes", "'userId=2233445566; serviceToken=tok/en+1=='", service_only},
        {"the first of a name", "userId=2233445566; serviceToken=tok/en+1==; serviceToken=other", service_only},
        {"quotes belong to the value", "userId=1; serviceToken=\"a b\"c\"", {}},
        {"object",
         R"({"userId":"2233445566","serviceToken":"tok/en+1==","passToken":"V1:pass+/=","deviceId":"wb_1-2"})", all},
        {"object with a number, nulls and more",
         R"( {"userId":2233445566,"serviceToken":"tok/en+1==","passToken":null,"deviceId":"","note":{"a":[1]}} )",
         service_only},
        {"object, last of a name", R"({"userId":1,"userId":"2233445566","serviceToken":"tok/en+1=="})", service_only},
        {"an id beyond doubles",
         R"({"userId":12345678901234567890,"passToken":"p"})",
         {"12345678901234567890", "", "p", ""}},
        {"exported array",
         R"([{"domain":".mi.com","name":"userId","value":"2233445566","path":"/","secure":false},
             {"domain":".shop.example","name":"serviceToken","value":"foreign"},
             {"domain":".i.mi.com","name":"serviceToken","value":"tok/en+1=="},
             {"domain":".xiaomi.com","name":"serviceToken","value":"xiaomi"},
             {"domain":"account.xiaomi.com","name":"passToken","value":"V1:pass+/="},
             {"domain":".mi.com","name":"deviceId","value":"shop"},
             {"domain":".account.xiaomi.com","name":"deviceId","value":"wb_1-2"},{"name":5}])",
         all},
        {"array inside an object", R"({"cookies":[{"name":"userId","value":"2233445566"},
             {"name":"serviceToken","value":"tok/en+1=="}],"origins":[]})",
         service_only},
        {"cookies.txt",
         "# Netscape HTTP Cookie File\n\n#HttpOnly_.i.mi.com\tTRUE\t/\tTRUE\t0\tserviceToken\ttok/en+1==\n"
         ".mi.com\tTRUE\t/\tFALSE\t1800000000\tuserId\t2233445566\n.mi.com\tTRUE\t/\tFALSE\t0\tserviceToken\twide\n",
         service_only},
        {"cookies.txt with CR, no head, and an empty value",
         ".i.mi.com\tTRUE\t/\tTRUE\t0\tserviceToken\ttok/en+1==\r\n.mi.com\tTRUE\t/\tTRUE\t0\tuserId\t2233445566\r\n"
         ".mi.com\tTRUE\t/\tTRUE\t0\tpassToken\t\r\n",
         service_only},
    };
    for (const auto& c : cases) {
        const auto got = parse_credentials(c.text);
        if (c.expected == credentials{}) {
            EXPECT_FALSE(got) << c.what;
        } else {
            ASSERT_TRUE(got) << c.what << ": " << to_string(got.error());
            EXPECT_EQ(*got, c.expected) << c.what;
        }
    }
}

TEST(credentials, values_are_kept_byte_for_byte) {
    const auto got = parse_credentials("userId=\"77\"; serviceToken=\"a%2Fb==\"; passToken=V1%3Ax");
    ASSERT_TRUE(got) << to_string(got.error());
    EXPECT_EQ(got->user_id, "77");
    EXPECT_EQ(got->service_token, "\"a%2Fb==\"");
    EXPECT_EQ(got->pass_token, "V1%3Ax");
}

struct bad {
    const char* what;
    std::string text;
    credentials_errc expected;
};

TEST(credentials, refusals) {
    using namespace std::string_literals;
    const bad cases[] = {
        {"nothing", "", credentials_errc::empty},
        {"white space", " \r\n\t", credentials_errc::empty},
        {"only a BOM", "\xef\xbb\xbf\n", credentials_errc::empty},
        {"too large", std::string(credentials_limit + 1, 'a'), credentials_errc::too_large},
        {"no user", "serviceToken=SECRET1", credentials_errc::no_user_id},
        {"empty user", "userId=; serviceToken=SECRET1", credentials_errc::no_user_id},
        {"quoted empty user", "userId=\"\"; serviceToken=SECRET1", credentials_errc::bad_value},
        {"no token", "userId=SECRET1; deviceId=wb_1", credentials_errc::no_token},
        {"prose", "hello world", credentials_errc::no_user_id},
        {"cut JSON", R"({"userId":"SECRET1","serviceToken":"SECR)", credentials_errc::malformed_json},
        {"JSON and more", R"({"userId":"SECRET1","serviceToken":"a"} x)", credentials_errc::malformed_json},
        {"user id as a fraction", R"({"userId":1.5,"serviceToken":"a"})", credentials_errc::malformed_json},
        {"token as an object", R"({"userId":1,"serviceToken":{"SECRET1":1}})", credentials_errc::malformed_json},
        {"array of texts", R"(["userId=SECRET1"])", credentials_errc::malformed_json},
        {"deep", std::string(5000, '['), credentials_errc::malformed_json},
        {"lone surrogate", R"({"userId":"\ud800","serviceToken":"SECRET1"})", credentials_errc::malformed_json},
        {"NUL in a value", "userId=1; serviceToken=SECRET1\0x"s, credentials_errc::control_characters},
        {"line feed in JSON", R"({"userId":"1","serviceToken":"SECRET1\nX-Evil: 1"})",
         credentials_errc::control_characters},
        {"tab in a value", "userId=1; serviceToken=SECRET1\tx", credentials_errc::control_characters},
        {"semicolon in JSON", R"({"userId":"1","serviceToken":"SECRET1; passToken=x"})", credentials_errc::bad_value},
        {"space", "userId=1; serviceToken=SECRET1 x", credentials_errc::bad_value},
        {"not ASCII", "userId=1; serviceToken=SECRET1\xc3\xa9", credentials_errc::bad_value},
        {"overlong", "userId=1; serviceToken=" + std::string(5000, 'S'), credentials_errc::bad_value},
        {"cookies.txt of another site", ".x.com\tTRUE\t/\tTRUE\t0\tsid\tSECRET1\n", credentials_errc::no_user_id},
        {"UTF-16", "\xff\xfeu\0s\0e\0r\0"s, credentials_errc::no_user_id},
    };
    for (const auto& c : cases) {
        const auto got = parse_credentials(c.text);
        ASSERT_FALSE(got) << c.what;
        EXPECT_EQ(got.error().code, make_error_code(c.expected)) << c.what << ": " << to_string(got.error());
        EXPECT_EQ(classify(got.error()), error_class::run);
        EXPECT_EQ(to_string(got.error()).find("SECR"), std::string::npos) << c.what;
    }
}

TEST(credentials, every_error_has_a_sentence) {
    for (int e = 1; e <= static_cast<int>(credentials_errc::bad_value); ++e)
        EXPECT_NE(make_error_code(static_cast<credentials_errc>(e)).message(), "unknown") << e;
}

}  // namespace
}  // namespace decamp::source::micloud
