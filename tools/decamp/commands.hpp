#pragma once
// The commands. Each blocks until it is done and gives the exit code (docs/exit-codes.md).

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "decamp/export.hpp"
#include "decamp/retrieve.hpp"
#include "engine/model/error.hpp"
#include "tools/decamp/display.hpp"
#include "tools/decamp/options.hpp"
#include "tools/decamp/watcher.hpp"

namespace decamp::cli {

// What the commands take of the engine and of this process. Tests give their own.
struct surroundings {
    std::function<outcome(const export_options&, observer&, std::stop_token)> run_export;
    std::function<outcome(const verify_options&, observer&, std::stop_token)> run_verify;
    std::function<outcome(const export_options&, observer&, std::stop_token)> run_repair;
    std::function<outcome(const list_options&, const line_sink&, observer&, std::stop_token)> run_list;
    std::function<outcome(const cat_options&, const byte_sink&, observer&, std::stop_token)> run_cat;
    std::function<outcome(const extract_options&, observer&, std::stop_token)> run_extract;
    std::function<std::string()> version;
    std::function<std::string(std::size_t)> memory_plan;

    std::function<std::optional<std::string>(const char* name)> environment;
    std::function<result<std::string>(const std::string& path, std::size_t limit)> read_file;
    std::function<bool()> can_ask;
    // Calls `prompt` when it is ready; none: the user gave up.
    std::function<std::optional<std::string>(const std::function<void()>& prompt)> ask_credentials;
    std::function<result<std::unique_ptr<world::line_output>>(const std::string& path)> open_events;
    std::function<bool(std::string_view)> write_out, write_err;
    std::function<std::size_t()> columns;  // of the terminal on standard error, 0: none
    std::function<double()> seconds;       // steady, for where the time went
    std::stop_token stop;
};

exit_code run_command(const command_line& line, surroundings& in);

exit_code run_export_command(const export_command& command, surroundings& in, display& screen);
exit_code run_verify_command(const verify_command& command, surroundings& in, display& screen);
exit_code run_repair_command(const repair_command& command, surroundings& in, display& screen);
exit_code run_list_command(const list_command& command, surroundings& in, display& screen);
exit_code run_cat_command(const cat_command& command, surroundings& in, display& screen);
exit_code run_extract_command(const extract_command& command, surroundings& in, display& screen);
exit_code run_demo_command(const demo_command& command, surroundings& in, display& screen);

// --- what the commands share

// Why a file of the user's own could not be used, as part of a sentence.
std::string why_of(const failure& f, language words);

// The texts of the files, for the engine; false and a sentence on the screen when one cannot be read or is empty.
bool read_keys(const key_files& files, language words, surroundings& in, display& screen, export_keys& into);
// And of an export or a repair; with where this computer keeps keys.
bool read_keys(const key_files& files, surroundings& in, display& screen, export_options& into);
// Where this computer keeps the keys of encrypted exports (XDG Base Directory Specification): an absolute path, or
// empty.
std::string key_folder(const surroundings& in);

// The events of --events, if any; false and a sentence on the screen when they cannot be written.
bool prepare_events(const output_options& options, surroundings& in, display& screen,
                    std::unique_ptr<world::line_output>& events);
// Success goes to standard output (to standard error when events go there), all else to standard error. Under --quiet
// nothing but errors.
void show_outcome(const outcome& ended, const output_options& options, surroundings& in, display& screen);
// Sentences about how things go, on standard output; nothing under --quiet.
void show_line(const std::string& text, const output_options& options, surroundings& in, display& screen);

}  // namespace decamp::cli
