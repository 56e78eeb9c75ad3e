#pragma once
// The command line as values. CLI11 stays in options.cpp; everything it or we find wrong is one sentence and code 2.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "decamp/export.hpp"
#include "decamp/retrieve.hpp"

namespace decamp::cli {

inline constexpr std::size_t least_memory = std::size_t{32} << 20;
inline constexpr unsigned most_connections = 256;

struct output_options {
    language words = language::en;
    bool quiet = false;  // nothing but errors
    bool no_progress = false;
    std::string events;  // a path, "-", or empty
};

// Files whose content opens an encrypted export, or encrypts one; empty: none.
struct key_files {
    std::string identity, passphrase;
};

struct export_command {
    export_options run;            // credentials and keys are still empty
    std::string credentials_file;  // empty: the environment or a prompt
    output_options output;
    key_files keys;
};

struct verify_command {
    verify_options run;
    output_options output;
};

struct repair_command {
    export_options run;            // source may be empty; credentials and keys are still empty
    std::string credentials_file;  // empty: the environment or a prompt
    output_options output;
    key_files keys;
};

struct list_command {
    list_options run;  // keys are still empty
    output_options output;
    key_files keys;
};

struct cat_command {
    cat_options run;  // keys are still empty
    output_options output;
    key_files keys;
};

struct extract_command {
    extract_options run;  // keys are still empty
    output_options output;
    key_files keys;
};

struct demo_command {
    export_options run;  // source and credentials are still empty
    output_options output;
};

struct show_help {
    std::string text;
};

struct show_version {
    bool with_memory_plan = false;
    std::size_t memory_bytes = 0;
};

struct usage_error {
    std::string sentence;
};

struct command_line {
    language words = language::en;
    std::variant<usage_error, show_help, show_version, export_command, verify_command, repair_command, list_command,
                 cat_command, extract_command, demo_command>
        command;
};

// The language of the environment (POSIX: the first of LC_ALL, LC_MESSAGES and LANG that is set and not empty decides):
// Chinese when it begins with "zh".
language language_of_environment(std::string_view lc_all, std::string_view lc_messages, std::string_view lang);

// "en" or "zh-CN", as --language takes it.
std::optional<language> language_of_name(std::string_view name);

// The language of all sentences, those about a wrong command line too: --language wherever it stands, else `fallback`.
language language_of_arguments(const std::vector<std::string>& arguments, language fallback);

// Arguments without the program's name. Nothing outside is touched: no file is looked at.
command_line parse_command_line(const std::vector<std::string>& arguments, language fallback);

}  // namespace decamp::cli
