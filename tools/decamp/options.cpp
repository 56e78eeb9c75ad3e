#include "tools/decamp/options.hpp"

#include <algorithm>
#include <array>

#include "engine/plan/filter.hpp"
#include "tools/decamp/option_reader.hpp"

namespace decamp::cli {

using messages::id;
using messages::say;

namespace {

// Of docs, not part of this version.
constexpr std::array<std::string_view, 8> later_commands{"plan",   "prove", "copy",   "login",
                                                         "logout", "leave", "report", "fleet"};
constexpr std::array<std::string_view, 2> later_options{"--only", "--except"};

constexpr std::array<std::string_view, 5> flags{"--quiet", "--no-progress", "--version", "-v", "--json"};

template <class List>
bool holds(const List& list, std::string_view what) {
    return std::find(list.begin(), list.end(), what) != list.end();
}

}  // namespace

// What CLI11 did not recognise, the innermost command's too.
void reader::refuse_leftovers() const {
    const auto left = app_.remaining(true);
    for (const auto& word : left) {
        if (word.size() < 2 || word[0] != '-' || word == "--") continue;
        // Without its value, which might be a secret.
        const auto name = word.substr(0, word.find('='));
        throw wrong_usage{holds(later_options, name) ? say(words_, id::err_option_not_built, name)
                                                     : say(words_, id::err_unknown_option, name)};
    }
    const auto commands = app_.get_subcommands();
    for (const auto& word : left) {
        if (word == "--") continue;
        if (!commands.empty()) throw wrong_usage{say(words_, id::err_too_many_arguments, commands.front()->get_name())};
        throw wrong_usage{holds(later_commands, word) ? say(words_, id::err_command_not_built, word)
                                                      : say(words_, id::err_unknown_command, word)};
    }
}

void reader::refuse_twice_or_empty() const {
    const std::pair<const char*, const std::vector<std::string>&> once[] = {
        {"--memory", raw_.memory},
        {"--connections", raw_.connections},
        {"--bandwidth", raw_.bandwidth},
        {"--since", raw_.since},
        {"--until", raw_.until},
        {"--twins", raw_.twins},
        {"--prove", raw_.prove},
        {"--format", raw_.format},
        {"--volume-size", raw_.volume_size},
        {"--level", raw_.level},
        {"--twins-in-archive", raw_.twins_in_archive},
        {"--recovery", raw_.recovery},
        {"--endpoint", raw_.endpoint},
        {"--credentials", raw_.credentials},
        {"--ca-file", raw_.ca_file},
        {"--events", raw_.events},
        {"--identity", raw_.identity},
        {"--passphrase-file", raw_.passphrase_file},
        {"--language", raw_.language}};
    for (const auto& [name, given] : once) {
        if (given.size() > 1) throw wrong_usage{say(words_, id::err_option_twice, name)};
        // "--events --quiet": the value was forgotten.
        if (given.size() == 1 && (given.front().empty() || given.front().starts_with("--")))
            throw wrong_usage{say(words_, id::err_option_needs_value, name)};
    }
}

std::string reader::required_folder(const char* command) const {
    if (raw_.destination.empty()) throw wrong_usage{say(words_, id::err_missing_destination, command)};
    return raw_.destination;
}

output_options reader::output() const {
    return {words_, raw_.quiet > 0, raw_.no_progress > 0 || raw_.quiet > 0, one(raw_.events)};
}

export_options reader::engine_options() const {
    export_options run;
    run.words = words_;
    if (!raw_.memory.empty()) run.memory_bytes = taken(memory_value(raw_.memory.front(), words_));
    if (!raw_.connections.empty()) run.connections = taken(connections_value(raw_.connections.front(), words_));
    if (!raw_.bandwidth.empty()) run.bandwidth_bytes_per_s = taken(bandwidth_value(raw_.bandwidth.front(), words_));
    if (!raw_.twins.empty()) run.twins = taken(twins_value(raw_.twins.front(), words_));
    if (!raw_.prove.empty()) run.prove = taken(prove_value(raw_.prove.front(), words_));
    if (!raw_.format.empty()) run.format = taken(format_value(raw_.format.front(), words_));
    if (!raw_.volume_size.empty()) run.volume_bytes = taken(volume_size_value(raw_.volume_size.front(), words_));
    if (!raw_.level.empty()) run.level = taken(level_value(raw_.level.front(), words_));
    if (!raw_.twins_in_archive.empty())
        run.twins_in_archive = taken(archive_twins_value(raw_.twins_in_archive.front(), words_));
    if (!raw_.recovery.empty()) run.recovery_percent = taken(recovery_value(raw_.recovery.front(), words_));
    run.include = raw_.include;
    run.exclude = raw_.exclude;
    run.since = one(raw_.since);
    if (const auto wrong = plan::problem({run.include, run.exclude, run.since}, words_)) throw wrong_usage{*wrong};
    return run;
}

export_command reader::for_export() const {
    if (raw_.source.empty()) throw wrong_usage{say(words_, id::err_missing_source)};
    export_command command;
    command.output = output();
    command.run = engine_options();
    source_words from = taken(source_value(raw_.source, one(raw_.endpoint), words_));
    command.run.source = std::move(from.source);
    command.run.endpoint = std::move(from.endpoint);
    command.run.destination = required_folder("export");
    command.run.moved = raw_.moved > 0;
    command.run.ca_file = one(raw_.ca_file);
    command.credentials_file = one(raw_.credentials);
    command.run.encrypt_to = raw_.encrypt_to;
    command.keys = keys_with_memory(command.run);
    return command;
}

// A passphrase takes its memory beside what is usual.
key_files reader::keys_with_memory(export_options& run) const {
    if (raw_.memory.empty() && !raw_.passphrase_file.empty()) run.memory_bytes += passphrase_memory;
    return keys();
}

repair_command reader::for_repair() const {
    repair_command command;
    command.output = output();
    command.run = engine_options();
    command.run.destination = required_folder("repair");
    if (!raw_.source.empty()) {
        source_words from = taken(source_value(raw_.source, one(raw_.endpoint), words_));
        command.run.source = std::move(from.source);
        command.run.endpoint = std::move(from.endpoint);
    }
    command.run.ca_file = one(raw_.ca_file);
    command.credentials_file = one(raw_.credentials);
    command.keys = keys_with_memory(command.run);
    return command;
}

item_selection reader::selection() const {
    return {raw_.patterns, raw_.albums, one(raw_.since), one(raw_.until)};
}

list_command reader::for_list() const {
    return {{required_folder("list"), selection(), raw_.json > 0, words_, {}}, output(), keys()};
}

cat_command reader::for_cat() const {
    cat_command command{{required_folder("cat"), raw_.name, words_, {}}, output(), keys()};
    if (raw_.name.empty()) throw wrong_usage{say(words_, id::err_missing_name)};
    return command;
}

extract_command reader::for_extract() const {
    extract_command command{{required_folder("extract"), raw_.to, selection(), words_, {}}, output(), keys()};
    if (raw_.to.empty()) throw wrong_usage{say(words_, id::err_missing_target)};
    return command;
}

command_line reader::read(std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
    app_.parse(std::move(arguments));
    refuse_leftovers();
    refuse_twice_or_empty();
    if (!raw_.language.empty() && !language_of_name(raw_.language.front()))
        throw wrong_usage{say(words_, id::err_option_choice, "--language", raw_.language.front(), "en, zh-CN")};
    if (raw_.version > 0) {
        const auto run = engine_options();
        return {words_, show_version{raw_.verbose > 0, run.memory_bytes}};
    }
    if (raw_.verbose > 0) throw wrong_usage{say(words_, id::err_unknown_option, "-v")};
    if (export_->parsed()) return {words_, for_export()};
    if (verify_->parsed()) return {words_, verify_command{{required_folder("verify"), words_}, output()}};
    if (repair_->parsed()) return {words_, for_repair()};
    if (list_->parsed()) return {words_, for_list()};
    if (cat_->parsed()) return {words_, for_cat()};
    if (extract_->parsed()) return {words_, for_extract()};
    if (demo_->parsed()) {
        demo_command command{engine_options(), output()};
        command.run.destination = demo_dest_->count() == 0 ? "decamp-demo" : required_folder("demo");
        return {words_, std::move(command)};
    }
    throw wrong_usage{say(words_, id::err_no_command)};
}

std::string reader::help() const {
    for (const auto* command : {export_, verify_, repair_, list_, cat_, extract_, demo_})
        if (command->parsed()) return command->help("decamp");
    return app_.help();
}

namespace {

// The option a CLI11 error is about: its texts begin with its name, a flag's without the dashes.
std::string option_in(const std::string& what) {
    auto name = what.substr(0, what.find_first_of(" :=,"));
    if (name.starts_with('-')) return name;
    return (name.size() == 1 ? "-" : "--") + name;
}

}  // namespace

language language_of_environment(std::string_view lc_all, std::string_view lc_messages, std::string_view lang) {
    const auto deciding = !lc_all.empty() ? lc_all : !lc_messages.empty() ? lc_messages : lang;
    return deciding.starts_with("zh") ? language::zh_cn : language::en;
}

std::optional<language> language_of_name(std::string_view name) {
    if (name == "en") return language::en;
    if (name == "zh-CN") return language::zh_cn;
    return std::nullopt;
}

language language_of_arguments(const std::vector<std::string>& arguments, language fallback) {
    constexpr std::string_view option = "--language";
    for (std::size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
        const std::string_view word = arguments[i];
        if (!word.starts_with(option)) continue;
        std::optional<language> named;
        if (word.size() > option.size() && word[option.size()] == '=')
            named = language_of_name(word.substr(option.size() + 1));
        else if (word.size() == option.size() && i + 1 < arguments.size())
            named = language_of_name(arguments[i + 1]);
        if (named) return *named;
    }
    return fallback;
}

command_line parse_command_line(const std::vector<std::string>& arguments, language fallback) {
    const auto words = language_of_arguments(arguments, fallback);
    raw_options raw;
    reader from(words, raw);
    try {
        return from.read(arguments);
    } catch (const wrong_usage& wrong) {
        return {words, usage_error{wrong.sentence}};
    } catch (const CLI::CallForHelp&) {
        return {words, show_help{from.help()}};
    } catch (const CLI::ArgumentMismatch& e) {
        const auto option = option_in(e.what());
        return {words, usage_error{holds(flags, option) ? say(words, id::err_option_takes_no_value, option)
                                                        : say(words, id::err_option_needs_value, option)}};
    } catch (const CLI::ParseError& e) {
        return {words, usage_error{say(words, id::err_unknown_option, option_in(e.what()))}};
    }
}

}  // namespace decamp::cli
