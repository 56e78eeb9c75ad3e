#include "engine/source/s3/credentials.hpp"

#include <gtest/gtest.h>

#include <string>

namespace decamp::source::s3 {
namespace {

const credentials lasting{"AKID", "sec/ret+=", "", ""};
const credentials temporary{"AKID", "sec/ret+=", "tok==", "eu-west-3"};

struct good {
    const char* what;
    std::string text;
    credentials expected;
};

TEST(s3_credentials, forms) {
    const good cases[] = {
        {"none", "", {}},
        {"blanks", " \n\t\r\n", {}},
        {"shared file", "[default]\naws_access_key_id = AKID\naws_secret_access_key = sec/ret+=\n", lasting},
        {"with everything",
         "# mine\n[default]\r\naws_access_key_id=AKID\r\naws_secret_access_key=sec/ret+=\r\naws_session_token=tok==\r\n"
         "region=eu-west-3\r\n",
         temporary},
        {"default among others",
         "[work]\naws_access_key_id=W\naws_secret_access_key=w\n[default]\naws_access_key_id=AKID\n"
         "aws_secret_access_key=sec/ret+=\n",
         lasting},
        {"the only one", "[home]\naws_access_key_id=AKID\naws_secret_access_key=sec/ret+=\n", lasting},
        {"indented, and something nested",
         "[default]\n  aws_access_key_id = AKID\n  aws_secret_access_key = sec/ret+=\ns3 =\n  region = no\n", lasting},
        {"shell", "export AWS_ACCESS_KEY_ID=AKID\nexport AWS_SECRET_ACCESS_KEY='sec/ret+='\n", lasting},
        {"shell with everything",
         "AWS_ACCESS_KEY_ID=\"AKID\"\nAWS_SECRET_ACCESS_KEY=sec/ret+=\nAWS_SESSION_TOKEN=tok==\n"
         "AWS_REGION=eu-west-3\nAWS_DEFAULT_REGION=us-east-2\n",
         temporary},
        {"lines go before sections",
         "AWS_ACCESS_KEY_ID=AKID\nAWS_SECRET_ACCESS_KEY=sec/ret+=\n[default]\naws_access_key_id=W\n", lasting},
        {"Windows", "set AWS_ACCESS_KEY_ID=AKID\r\nset AWS_SECRET_ACCESS_KEY=sec/ret+=\r\n", lasting},
        {"BOM", "\xef\xbb\xbf[default]\naws_access_key_id=AKID\naws_secret_access_key=sec/ret+=", lasting},
        {"credential process",
         R"({"Version":1,"AccessKeyId":"AKID","SecretAccessKey":"sec/ret+=","SessionToken":"tok==","Region":"eu-west-3"})",
         temporary},
        {"assumed role",
         R"({"Credentials":{"AccessKeyId":"AKID","SecretAccessKey":"sec/ret+=","Expiration":"2024"},"AssumedRoleUser":{}})",
         lasting},
        {"names of the file", R"({"aws_access_key_id":"AKID","aws_secret_access_key":"sec/ret+="})", lasting},
        {"names of the environment", R"({"AWS_ACCESS_KEY_ID":"AKID","AWS_SECRET_ACCESS_KEY":"sec/ret+="})", lasting},
        {"a region alone", "AWS_REGION=eu-west-3\n", {"", "", "", "eu-west-3"}},
        {"no keys, and a token of no use", "AWS_SESSION_TOKEN=tok\n", {}},
        {"the last of a name", "AWS_ACCESS_KEY_ID=W\nAWS_ACCESS_KEY_ID=AKID\nAWS_SECRET_ACCESS_KEY=sec/ret+=", lasting},
    };
    for (const auto& c : cases) {
        const auto got = parse_credentials(c.text);
        ASSERT_TRUE(got) << c.what << ": " << to_string(got.error());
        EXPECT_EQ(*got, c.expected) << c.what;
    }
}

struct bad {
    const char* what;
    std::string text;
    credentials_errc expected;
};

TEST(s3_credentials, what_is_refused_and_says_no_secret) {
    const std::string secret = "aws_secret_access_key=SECRETSECRET\n";
    const bad cases[] = {
        {"too large", std::string(credentials_limit + 1, 'x'), credentials_errc::too_large},
        {"too many lines", std::string(100001, '\n') + "x", credentials_errc::too_large},
        {"no JSON", R"({"AccessKeyId":"SECRETSECRET")", credentials_errc::malformed_json},
        {"a cookie", "userId=1; serviceToken=SECRETSECRET", credentials_errc::nothing_known},
        {"other JSON", R"({"AccessKeyId":5})", credentials_errc::nothing_known},
        {"no id", secret, credentials_errc::no_key_id},
        {"no secret", "aws_access_key_id=SECRETSECRET\n", credentials_errc::no_secret},
        {"several", "[a]\naws_access_key_id=A\n" + secret + "[b]\naws_access_key_id=B\n" + secret,
         credentials_errc::several_profiles},
        {"blank in the id", "aws_access_key_id=SECRET SECRET\n" + secret, credentials_errc::bad_value},
        {"comma in the id", "aws_access_key_id=SECRET,SECRET\n" + secret, credentials_errc::bad_value},
        {"control in the token", R"({"AccessKeyId":"A","SecretAccessKey":"S","SessionToken":"SECRET\r\nSECRET"})",
         credentials_errc::bad_value},
        {"overlong token", "AWS_ACCESS_KEY_ID=A\nAWS_SECRET_ACCESS_KEY=S\nAWS_SESSION_TOKEN=" + std::string(12289, 't'),
         credentials_errc::bad_value},
        {"a region that is a host", "AWS_REGION=evil.example/\n", credentials_errc::bad_value},
    };
    for (const auto& c : cases) {
        const auto got = parse_credentials(c.text);
        ASSERT_FALSE(got) << c.what;
        EXPECT_EQ(got.error().code, make_error_code(c.expected)) << c.what << ": " << to_string(got.error());
        EXPECT_EQ(to_string(got.error()).find("SECRET"), std::string::npos) << c.what;
        EXPECT_EQ(classify(got.error()), error_class::run) << c.what;
    }
}

}  // namespace
}  // namespace decamp::source::s3
