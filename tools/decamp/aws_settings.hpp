#pragma once
// Keys for AWS where its own tools find them. Pure over what it is given.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "engine/model/error.hpp"

namespace decamp::cli {

struct aws_places {
    std::function<std::optional<std::string>(const char* name)> environment;
    std::function<result<std::string>(const std::string& path, std::size_t limit)> read_file;
};

// AWS_ACCESS_KEY_ID and the others of the environment; else the profile AWS_PROFILE (default) of
// AWS_SHARED_CREDENTIALS_FILE (~/.aws/credentials) and of AWS_CONFIG_FILE (~/.aws/config), the latter also for the
// region. A text that source::s3::parse_credentials reads; empty: there is nothing. Files that cannot be read are as if
// absent.
std::string find_aws_settings(const aws_places& in);

}  // namespace decamp::cli
