#pragma once
// Where credentials come from: --credentials FILE, else DECAMP_CREDENTIALS, else a prompt. Never an argument.

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "tools/decamp/commands.hpp"

namespace decamp::cli {

struct no_credentials {
    exit_code code = exit_code::usage;
    std::string sentence;  // empty: nothing to say, the user gave up
};

enum class need {
    required,  // asked for where none are given
    optional,  // a server may let everybody in
    none,      // there is nothing to sign in to
};
need need_of(std::string_view source);

// The text of the credentials, which the source takes apart; empty where none are needed or, if optional, given. For
// s3: what the usual environment and files of Amazon's programs hold stands in for what is not given.
std::variant<std::string, no_credentials> find_credentials(const std::string& file, std::string_view source,
                                                           language words, surroundings& in, display& screen);

// Credentials for run.source, if it has one, and keys, into `run`. A code: that is where it ends, and why is on the
// screen.
std::optional<exit_code> take_secrets(const std::string& credentials_file, const key_files& keys, surroundings& in,
                                      display& screen, export_options& run);

// Whether text typed at the prompt is whole: a cookie header ends with its line, JSON with its last bracket, all else
// (a cookies.txt) with an empty line.
bool credentials_are_whole(std::string_view typed);

}  // namespace decamp::cli
