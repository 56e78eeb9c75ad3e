#include "tools/decamp/aws_settings.hpp"

#include <string_view>

#include "engine/source/s3/credentials.hpp"
#include "formats/ini.hpp"
#include "formats/jsonl.hpp"

namespace decamp::cli {

namespace {

struct settings {
    std::string key_id, secret, token, region;
    bool has_keys() const { return !key_id.empty() && !secret.empty(); }
};

std::string set_to(const aws_places& in, const char* name) {
    return in.environment(name).value_or(std::string());
}

std::string first_set(const aws_places& in, const char* one, const char* two) {
    std::string out = set_to(in, one);
    return out.empty() ? set_to(in, two) : out;
}

settings of_environment(const aws_places& in) {
    return {set_to(in, "AWS_ACCESS_KEY_ID"), set_to(in, "AWS_SECRET_ACCESS_KEY"), set_to(in, "AWS_SESSION_TOKEN"),
            first_set(in, "AWS_REGION", "AWS_DEFAULT_REGION")};
}

std::string own_file(const aws_places& in, const char* variable, std::string_view below_home) {
    std::string path = set_to(in, variable);
    const std::string home = set_to(in, "HOME");
    if (path.empty() && !home.empty()) path = home + std::string(below_home);
    if (path.starts_with("~/") && !home.empty()) path = home + path.substr(1);
    return path;
}

// Of the section called like the profile; the configuration file writes "profile" before it.
settings of_file(const aws_places& in, const std::string& path, std::string_view profile) {
    settings out;
    if (path.empty()) return out;
    const auto text = in.read_file(path, source::s3::credentials_limit);
    if (!text) return out;
    const auto sections = formats::read_ini(*text);
    if (!sections) return out;
    const std::string longer = "profile " + std::string(profile);
    for (const auto& section : *sections) {
        if (section.name != profile && section.name != longer) continue;
        for (const auto& [name, value] : section.entries) {
            if (name == "aws_access_key_id") out.key_id = value;
            if (name == "aws_secret_access_key") out.secret = value;
            if (name == "aws_session_token") out.token = value;
            if (name == "region") out.region = value;
        }
    }
    return out;
}

std::string text_of(const settings& found) {
    formats::json_line out;
    if (found.has_keys()) {
        out.add("AccessKeyId", found.key_id).add("SecretAccessKey", found.secret);
        if (!found.token.empty()) out.add("SessionToken", found.token);
    }
    if (!found.region.empty()) out.add("Region", found.region);
    return out.str();
}

}  // namespace

std::string find_aws_settings(const aws_places& in) {
    settings found = of_environment(in);
    std::string profile = first_set(in, "AWS_PROFILE", "AWS_DEFAULT_PROFILE");
    if (profile.empty()) profile = "default";
    const settings shared = of_file(in, own_file(in, "AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials"), profile);
    const settings config = of_file(in, own_file(in, "AWS_CONFIG_FILE", "/.aws/config"), profile);
    // A key, its secret and its token belong together: never one from here and one from there.
    if (!found.has_keys()) {
        const std::string region = found.region;
        found = shared.has_keys() ? shared : config;
        found.region = region;
    }
    if (found.region.empty()) found.region = config.region.empty() ? shared.region : config.region;
    if (!found.has_keys() && found.region.empty()) return {};
    return text_of(found);
}

}  // namespace decamp::cli
