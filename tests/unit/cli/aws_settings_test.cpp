#include "tools/decamp/aws_settings.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "engine/source/s3/credentials.hpp"

namespace decamp::cli {
namespace {

using texts = std::map<std::string, std::string>;

std::string find(const texts& environment, const texts& files) {
    aws_places in;
    in.environment = [&](const char* name) -> std::optional<std::string> {
        const auto at = environment.find(name);
        return at == environment.end() ? std::nullopt : std::optional(at->second);
    };
    in.read_file = [&](const std::string& path, std::size_t) -> result<std::string> {
        const auto at = files.find(path);
        if (at == files.end())
            return failure(boost::system::errc::make_error_code(boost::system::errc::no_such_file_or_directory));
        return at->second;
    };
    return find_aws_settings(in);
}

const std::string shared = "/home/u/.aws/credentials", config = "/home/u/.aws/config";
const std::string two =
    "[default]\naws_access_key_id=D\naws_secret_access_key=d\n[work]\naws_access_key_id = W\n"
    "aws_secret_access_key = w\naws_session_token = t\n";
const std::string regions = "[default]\nregion = eu-west-1\n[profile work]\nregion=eu-west-2\ns3 =\n  region = no\n";

struct place_case {
    const char* what;
    texts environment, files;
    source::s3::credentials expected;
};

TEST(aws_settings, places) {
    const texts home{{"HOME", "/home/u"}};
    const auto with = [&](texts more) {
        more.insert(home.begin(), home.end());
        return more;
    };
    const place_case cases[] = {
        {"nothing", {}, {}, {}},
        {"no files", home, {}, {}},
        {"files", home, {{shared, two}, {config, regions}}, {"D", "d", "", "eu-west-1"}},
        {"no region", home, {{shared, two}}, {"D", "d", "", ""}},
        {"a profile",
         with({{"AWS_PROFILE", "work"}}),
         {{shared, two}, {config, regions}},
         {"W", "w", "t", "eu-west-2"}},
        {"its older name", with({{"AWS_DEFAULT_PROFILE", "work"}}), {{shared, two}}, {"W", "w", "t", ""}},
        {"a profile that is not there", with({{"AWS_PROFILE", "no"}}), {{shared, two}, {config, regions}}, {}},
        {"environment",
         with({{"AWS_ACCESS_KEY_ID", "E"}, {"AWS_SECRET_ACCESS_KEY", "e"}, {"AWS_SESSION_TOKEN", "s"}}),
         {{shared, two}, {config, regions}},
         {"E", "e", "s", "eu-west-1"}},
        {"half an environment", with({{"AWS_ACCESS_KEY_ID", "E"}}), {{shared, two}}, {"D", "d", "", ""}},
        {"region of the environment",
         with({{"AWS_DEFAULT_REGION", "r-1"}}),
         {{shared, two}, {config, regions}},
         {"D", "d", "", "r-1"}},
        {"two of them", {{"AWS_REGION", "r-2"}, {"AWS_DEFAULT_REGION", "r-1"}}, {}, {"", "", "", "r-2"}},
        {"other files",
         with({{"AWS_SHARED_CREDENTIALS_FILE", "~/c"}, {"AWS_CONFIG_FILE", "/etc/aws"}}),
         {{"/home/u/c", two}, {"/etc/aws", regions}, {shared, "[default]\n"}},
         {"D", "d", "", "eu-west-1"}},
        {"keys in the configuration",
         home,
         {{config, "[default]\naws_access_key_id=C\naws_secret_access_key=c\nregion=r-1\n"}},
         {"C", "c", "", "r-1"}},
        {"region beside the keys",
         home,
         {{shared, "[default]\naws_access_key_id=C\naws_secret_access_key=c\nregion=r-1\n"}},
         {"C", "c", "", "r-1"}},
        {"rubbish", home, {{shared, "\xff\xfe"}, {config, "[[["}}, {}},
    };
    for (const auto& c : cases) {
        const std::string text = find(c.environment, c.files);
        EXPECT_EQ(text.empty(), c.expected == source::s3::credentials{}) << c.what;
        const auto got = source::s3::parse_credentials(text);
        ASSERT_TRUE(got) << c.what << ": " << to_string(got.error());
        EXPECT_EQ(*got, c.expected) << c.what;
    }
}

}  // namespace
}  // namespace decamp::cli
