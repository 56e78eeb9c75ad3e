#include "tools/decamp/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

#include "engine/messages/messages.hpp"
#include "engine/plan/filter.hpp"
#include "tools/decamp/values.hpp"

namespace decamp::cli {

using messages::id;
using messages::say;

namespace {

// Of docs, not part of this version.
constexpr std::array<std::string_view, 8> later_commands{"plan",   "prove", "copy",   "login",
                                                         "logout", "leave", "report", "fleet"};
constexpr std::array<std::string_view, 2> later_options{"--only", "--except"};

constexpr std::size_t help_column = 34;

constexpr std::array<std::string_view, 5> flags{"--quiet", "--no-progress", "--version", "-v", "--json"};

template <class List>
bool holds(const List& list, std::string_view what) {
    return std::find(list.begin(), list.end(), what) != list.end();
}

// Every value arrives as text, and as a list: what is given twice is our sentence, not CLI11's. Flags count.
struct raw_options {
    std::string source, destination, name, to;
    std::vector<std::string> patterns, albums, until;
    std::vector<std::string> memory, connections, bandwidth, include, exclude, since, twins, prove;
    std::vector<std::string> format, volume_size, level, twins_in_archive, recovery;
    std::vector<std::string> credentials, endpoint, ca_file, events, language;
    std::vector<std::string> encrypt_to, passphrase_file, identity;
    int quiet = 0, no_progress = 0, version = 0, verbose = 0, json = 0;
};

// Thrown inside this file only.
struct wrong_usage {
    std::string sentence;
};

// Arguments that CLI11 does not require are required by us, but those of the demo.
class plain_formatter final : public CLI::Formatter {
  public:
    std::string make_option_usage(const CLI::Option* option) const override {
        const auto name = make_option_name(option, true);
        return option->get_group() == optional_group ? "[" + name + "]" : name;
    }
    static constexpr const char* optional_group = "optional";
};

class reader {
  public:
    reader(language words, raw_options& raw) : words_(words), raw_(raw), app_(text(id::help_about), "decamp") {
        build();
    }
    command_line read(std::vector<std::string> arguments);
    std::string help() const;  // of the command that was named, after read() ended in a call for help

  private:
    std::string text(id which) const { return say(words_, which); }
    std::string sources() const;

    void build();
    void describe(CLI::App& app) const;
    void add_output(CLI::App& app);
    void add_messages(CLI::App& app);
    void add_selection(CLI::App& app);
    void build_repair();
    void build_retrieval();
    void add_engine(CLI::App& app);
    void add_keys(CLI::App& app);
    CLI::Option* add_value(CLI::App& app, const char* name, std::vector<std::string>& into, id help, const char* type);
    CLI::Option* add_positional(CLI::App& app, const char* name, std::string& into, id help);

    void add_flag(CLI::App& app, const char* name, int& into, id help);

    void refuse_leftovers() const;
    void refuse_twice_or_empty() const;
    std::string one(const std::vector<std::string>& given) const {
        return given.empty() ? std::string() : given.front();
    }
    std::string required_folder(const char* command) const;
    template <class T>
    T taken(value_or_complaint<T> value) const {
        if (const auto* wrong = std::get_if<complaint>(&value)) throw wrong_usage{wrong->sentence};
        return std::get<T>(std::move(value));
    }
    output_options output() const;
    export_options engine_options() const;
    export_command for_export() const;
    item_selection selection() const;
    key_files keys_with_memory(export_options& run) const;
    key_files keys() const { return {one(raw_.identity), one(raw_.passphrase_file)}; }
    repair_command for_repair() const;
    list_command for_list() const;
    cat_command for_cat() const;
    extract_command for_extract() const;

    language words_;
    raw_options& raw_;
    CLI::App app_;
    CLI::App *export_ = nullptr, *verify_ = nullptr, *demo_ = nullptr;
    CLI::App *repair_ = nullptr, *list_ = nullptr, *cat_ = nullptr, *extract_ = nullptr;
    CLI::Option* demo_dest_ = nullptr;
};

// The kinds of SOURCE, below each other as options are.
std::string reader::sources() const {
    static constexpr std::pair<std::string_view, id> kinds[] = {{"micloud:", id::help_from_micloud},
                                                                {"s3://BUCKET/PREFIX", id::help_from_s3},
                                                                {"webdavs://HOST/PATH", id::help_from_webdav},
                                                                {"links:FILE", id::help_from_links},
                                                                {"folder:/PATH", id::help_from_folder}};
    std::string lines = text(id::help_sources);
    for (const auto& [form, meaning] : kinds)
        lines += "\n  " + std::string(form) + std::string(help_column - 2 - form.size(), ' ') + text(meaning);
    return lines;
}

CLI::Option* reader::add_value(CLI::App& app, const char* name, std::vector<std::string>& into, id help,
                               const char* type) {
    return app.add_option(name, into, text(help))
        ->type_name(type)
        ->expected(1)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->group(text(id::label_options));
}

// Not required of CLI11: what is missing is our sentence.
CLI::Option* reader::add_positional(CLI::App& app, const char* name, std::string& into, id help) {
    return app.add_option(name, into, text(help))->type_name("");
}

void reader::add_flag(CLI::App& app, const char* name, int& into, id help) {
    app.add_flag(name, into, text(help))->disable_flag_override()->group(text(id::label_options));
}

void reader::describe(CLI::App& app) const {
    app.set_help_flag("-h,--help", text(id::help_opt_help))->group(text(id::label_options));
    // Leftovers are collected and judged by us, so that their sentence comes in the right language.
    app.allow_extras();
    auto labels = std::make_shared<plain_formatter>();
    labels->column_width(help_column);
    labels->label("Usage", text(id::label_usage));
    labels->label("OPTIONS", text(id::label_options));
    labels->label("Positionals", text(id::label_positionals));
    labels->label("SUBCOMMAND", text(id::label_command));
    app.formatter(std::move(labels));
}

void reader::add_output(CLI::App& app) {
    add_value(app, "--events", raw_.events, id::help_opt_events, "FILE");
    add_flag(app, "--no-progress", raw_.no_progress, id::help_opt_no_progress);
    add_messages(app);
}

void reader::add_messages(CLI::App& app) {
    add_flag(app, "--quiet", raw_.quiet, id::help_opt_quiet);
    add_value(app, "--language", raw_.language, id::help_opt_language, "en|zh-CN");
}

void reader::add_selection(CLI::App& app) {
    app.add_option("PATTERN", raw_.patterns, text(id::help_patterns))
        ->type_name("")
        ->expected(0, -1)
        ->group(plain_formatter::optional_group);
    add_value(app, "--album", raw_.albums, id::help_opt_album, "NAME");
    add_value(app, "--since", raw_.since, id::help_opt_from_day, "DATE");
    add_value(app, "--until", raw_.until, id::help_opt_until, "DATE");
}

void reader::add_engine(CLI::App& app) {
    add_value(app, "--memory", raw_.memory, id::help_opt_memory, "SIZE");
    add_value(app, "--connections", raw_.connections, id::help_opt_connections, "auto|N");
    add_value(app, "--bandwidth", raw_.bandwidth, id::help_opt_bandwidth, "RATE");
    add_value(app, "--include", raw_.include, id::help_opt_include, "PATTERN");
    add_value(app, "--exclude", raw_.exclude, id::help_opt_exclude, "PATTERN");
    add_value(app, "--since", raw_.since, id::help_opt_since, "DATE");
    add_value(app, "--twins", raw_.twins, id::help_opt_twins, "announced|fetch");
    add_value(app, "--prove", raw_.prove, id::help_opt_prove, "sample|full");
    add_value(app, "--format", raw_.format, id::help_opt_format, "tree|tar|tar.zst|zip|auto");
    add_value(app, "--volume-size", raw_.volume_size, id::help_opt_volume_size, "SIZE");
    add_value(app, "--level", raw_.level, id::help_opt_level, "N");
    add_value(app, "--twins-in-archive", raw_.twins_in_archive, id::help_opt_twins_in_archive, "list|link|copy");
    add_value(app, "--recovery", raw_.recovery, id::help_opt_recovery, "PERCENT");
}

void reader::add_keys(CLI::App& app) {
    add_value(app, "--passphrase-file", raw_.passphrase_file, id::help_opt_passphrase_file, "FILE");
    add_value(app, "--identity", raw_.identity, id::help_opt_identity, "FILE");
}

void reader::build() {
    describe(app_);
    app_.footer(sources() + "\n" + text(id::help_secrets) + "\n" + text(id::help_exit_codes));
    app_.require_subcommand(0, 1);
    add_flag(app_, "--version", raw_.version, id::help_opt_version);
    add_flag(app_, "-v", raw_.verbose, id::help_opt_verbose);
    add_value(app_, "--memory", raw_.memory, id::help_opt_memory, "SIZE");
    add_value(app_, "--language", raw_.language, id::help_opt_language, "en|zh-CN");

    const auto add = [&](const char* name, id help) {
        auto* command = app_.add_subcommand(name, text(help))->group(text(id::label_commands));
        describe(*command);
        return command;
    };
    export_ = add("export", id::help_export);
    add_positional(*export_, "SOURCE", raw_.source, id::help_source);
    add_positional(*export_, "DEST", raw_.destination, id::help_dest);
    add_engine(*export_);
    add_value(*export_, "--credentials", raw_.credentials, id::help_opt_credentials, "FILE");
    add_value(*export_, "--endpoint", raw_.endpoint, id::help_opt_endpoint, "URL");
    add_value(*export_, "--ca-file", raw_.ca_file, id::help_opt_ca_file, "FILE");
    add_value(*export_, "--encrypt-to", raw_.encrypt_to, id::help_opt_encrypt_to, "age1...");
    add_keys(*export_);
    add_output(*export_);

    verify_ = add("verify", id::help_verify);
    add_positional(*verify_, "DEST", raw_.destination, id::help_dest_verify);
    add_output(*verify_);
    verify_->footer(text(id::help_exit_codes));

    repair_ = add("repair", id::help_repair);
    build_repair();

    list_ = add("list", id::help_list);
    cat_ = add("cat", id::help_cat);
    extract_ = add("extract", id::help_extract);
    build_retrieval();

    demo_ = add("demo", id::help_demo);
    demo_dest_ =
        add_positional(*demo_, "DEST", raw_.destination, id::help_dest_demo)->group(plain_formatter::optional_group);
    add_engine(*demo_);
    add_output(*demo_);
    demo_->footer(text(id::help_exit_codes));
}

void reader::build_repair() {
    add_positional(*repair_, "DEST", raw_.destination, id::help_dest_verify);
    add_positional(*repair_, "SOURCE", raw_.source, id::help_repair_source)->group(plain_formatter::optional_group);
    add_value(*repair_, "--memory", raw_.memory, id::help_opt_memory, "SIZE");
    add_value(*repair_, "--connections", raw_.connections, id::help_opt_connections, "auto|N");
    add_value(*repair_, "--bandwidth", raw_.bandwidth, id::help_opt_bandwidth, "RATE");
    add_value(*repair_, "--credentials", raw_.credentials, id::help_opt_credentials, "FILE");
    add_value(*repair_, "--endpoint", raw_.endpoint, id::help_opt_endpoint, "URL");
    add_value(*repair_, "--ca-file", raw_.ca_file, id::help_opt_ca_file, "FILE");
    add_keys(*repair_);
    add_output(*repair_);
    repair_->footer(text(id::help_exit_codes));
}

void reader::build_retrieval() {
    for (auto* command : {list_, cat_, extract_})
        add_positional(*command, "DEST", raw_.destination, id::help_dest_verify);
    add_selection(*list_);
    add_flag(*list_, "--json", raw_.json, id::help_opt_json);
    add_positional(*cat_, "NAME", raw_.name, id::help_cat_name);
    add_positional(*extract_, "TO", raw_.to, id::help_extract_to);
    add_selection(*extract_);
    add_flag(*extract_, "--no-progress", raw_.no_progress, id::help_opt_no_progress);
    for (auto* command : {list_, cat_, extract_}) {
        add_keys(*command);
        add_messages(*command);
        command->footer(text(id::help_exit_codes));
    }
}

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
        {"--memory", raw_.memory},       {"--connections", raw_.connections},
        {"--bandwidth", raw_.bandwidth}, {"--since", raw_.since},
        {"--until", raw_.until},
        {"--twins", raw_.twins},         {"--prove", raw_.prove},
        {"--format", raw_.format},       {"--volume-size", raw_.volume_size},
        {"--level", raw_.level},         {"--twins-in-archive", raw_.twins_in_archive},
        {"--recovery", raw_.recovery},
        {"--endpoint", raw_.endpoint},   {"--credentials", raw_.credentials},
        {"--ca-file", raw_.ca_file},     {"--events", raw_.events},
        {"--identity", raw_.identity},   {"--passphrase-file", raw_.passphrase_file},
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

item_selection reader::selection() const { return {raw_.patterns, raw_.albums, one(raw_.since), one(raw_.until)}; }

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
