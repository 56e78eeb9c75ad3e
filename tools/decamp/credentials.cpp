#include "tools/decamp/credentials.hpp"

#include "engine/messages/messages.hpp"
#include "engine/source/micloud/credentials.hpp"
#include "tools/decamp/aws_settings.hpp"

namespace decamp::cli {

using messages::id;
using messages::say;

namespace {

constexpr auto limit = source::micloud::credentials_limit;
constexpr std::string_view blanks = " \t\r\n";

bool blank(std::string_view text) {
    return text.find_first_not_of(blanks) == std::string_view::npos;
}

bool brackets_are_closed(std::string_view json) {
    int depth = 0;
    bool quoted = false;
    for (std::size_t at = 0; at < json.size(); ++at) {
        const char c = json[at];
        if (quoted && c == '\\')
            ++at;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '{' || c == '['))
            ++depth;
        else if (!quoted && (c == '}' || c == ']') && --depth <= 0)
            return true;
    }
    return false;
}

}  // namespace

bool credentials_are_whole(std::string_view typed) {
    const auto begin = typed.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return typed.find("\n\n") != std::string_view::npos;  // Enter twice: given up
    typed.remove_prefix(begin);
    if (typed.front() == '{' || typed.front() == '[') return brackets_are_closed(typed);
    const auto first_line = typed.substr(0, typed.find('\n'));
    const bool many_lines = first_line.front() == '#' || first_line.find('\t') != std::string_view::npos;
    return many_lines ? typed.find("\n\n") != std::string_view::npos : first_line.size() < typed.size();
}

need need_of(std::string_view source) {
    if (source.starts_with("links:") || source.starts_with("folder:")) return need::none;
    return source.starts_with("micloud:") ? need::required : need::optional;
}

namespace {

// Where nothing was given with --credentials or in DECAMP_CREDENTIALS.
std::variant<std::string, no_credentials> credentials_otherwise(std::string_view source, language words,
                                                                surroundings& in, display& screen) {
    if (source.starts_with("s3:")) return find_aws_settings({in.environment, in.read_file});
    if (need_of(source) != need::required) return std::string();
    if (!in.can_ask()) return no_credentials{exit_code::usage, say(words, id::err_credentials_missing)};
    auto typed = in.ask_credentials([&] { screen.line(say(words, id::prompt_credentials)); });
    if (!typed) return no_credentials{exit_code::interrupted, {}};
    if (blank(*typed)) return no_credentials{exit_code::usage, say(words, id::err_credentials_empty)};
    return std::move(*typed);
}

}  // namespace

std::variant<std::string, no_credentials> find_credentials(const std::string& file, std::string_view source,
                                                           language words, surroundings& in, display& screen) {
    if (need_of(source) == need::none) return std::string();
    std::string text;
    if (!file.empty()) {
        auto read = in.read_file(file, limit);
        if (!read) {
            const auto why = why_of(read.error(), words);
            return no_credentials{exit_code::usage, say(words, id::err_credentials_unreadable, file, why)};
        }
        text = std::move(*read);
    } else if (auto set = in.environment("DECAMP_CREDENTIALS"); set && !set->empty()) {
        text = std::move(*set);
    } else {
        return credentials_otherwise(source, words, in, screen);
    }
    if (blank(text)) return no_credentials{exit_code::usage, say(words, id::err_credentials_empty)};
    return text;
}

std::optional<exit_code> take_secrets(const std::string& credentials_file, const key_files& keys, surroundings& in,
                                      display& screen, export_options& run) {
    if (!run.source.empty()) {
        auto found = find_credentials(credentials_file, run.source, run.words, in, screen);
        if (const auto* none = std::get_if<no_credentials>(&found)) {
            if (!none->sentence.empty()) screen.line(none->sentence);
            return none->code;
        }
        run.credentials = std::move(std::get<std::string>(found));
    }
    if (!read_keys(keys, in, screen, run)) return exit_code::usage;
    return std::nullopt;
}

}  // namespace decamp::cli
