// What can be said on the command line, as CLI11 is told it.

#include <memory>

#include "tools/decamp/option_reader.hpp"

namespace decamp::cli {

using messages::id;

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
    add_flag(*export_, "--moved", raw_.moved, id::help_opt_moved);
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

}  // namespace decamp::cli
