#pragma once
// The reader of the command line: what there is to say (option_grammar.cpp), and what was said as values (options.cpp).
// Inside these two files.

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/messages/messages.hpp"
#include "tools/decamp/options.hpp"
#include "tools/decamp/values.hpp"

namespace decamp::cli {

inline constexpr std::size_t help_column = 34;

// Every value arrives as text, and as a list: what is given twice is our sentence, not CLI11's. Flags count.
struct raw_options {
    std::string source, destination, name, to;
    std::vector<std::string> patterns, albums, until;
    std::vector<std::string> memory, connections, bandwidth, include, exclude, since, twins, prove;
    std::vector<std::string> format, volume_size, level, twins_in_archive, recovery;
    std::vector<std::string> credentials, endpoint, ca_file, events, language;
    std::vector<std::string> encrypt_to, passphrase_file, identity;
    int quiet = 0, no_progress = 0, moved = 0, version = 0, verbose = 0, json = 0;
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
    reader(language words, raw_options& raw)
        : words_(words), raw_(raw), app_(text(messages::id::help_about), "decamp") {
        build();
    }
    command_line read(std::vector<std::string> arguments);
    std::string help() const;  // of the command that was named, after read() ended in a call for help

  private:
    std::string text(messages::id which) const { return messages::say(words_, which); }
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
    CLI::Option* add_value(CLI::App& app, const char* name, std::vector<std::string>& into, messages::id help,
                           const char* type);
    CLI::Option* add_positional(CLI::App& app, const char* name, std::string& into, messages::id help);

    void add_flag(CLI::App& app, const char* name, int& into, messages::id help);

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

}  // namespace decamp::cli
