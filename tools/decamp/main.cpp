// decamp: empties a cloud account onto a drive and proves that nothing was lost.

#include <chrono>
#include <cstdlib>
#include <exception>
#include <new>

#include "decamp/repair.hpp"
#include "engine/messages/messages.hpp"
#include "engine/source/micloud/credentials.hpp"
#include "engine/world/interrupts.hpp"
#include "engine/world/line_output.hpp"
#include "engine/world/terminal.hpp"
#include "engine/world/user_file.hpp"
#include "tools/decamp/commands.hpp"
#include "tools/decamp/credentials.hpp"

namespace decamp::cli {
namespace {

std::optional<std::string> environment(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr) return std::nullopt;
    return std::string(value);
}

language fallback_language() {
    return language_of_environment(environment("LC_ALL").value_or(""), environment("LC_MESSAGES").value_or(""),
                                   environment("LANG").value_or(""));
}

double seconds_now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

surroundings real_surroundings(const std::stop_token& stop) {
    surroundings in;
    in.run_export = decamp::run_export;
    in.run_verify = decamp::run_verify;
    in.run_repair = decamp::run_repair;
    in.run_list = decamp::run_list;
    in.run_cat = decamp::run_cat;
    in.run_extract = decamp::run_extract;
    in.version = decamp::version;
    in.memory_plan = decamp::memory_plan;
    in.environment = environment;
    in.read_file = world::read_user_file;
    in.can_ask = world::can_ask;
    in.ask_credentials = [stop](const std::function<void()>& prompt) {
        return world::ask_unseen(prompt, credentials_are_whole, source::micloud::credentials_limit, stop);
    };
    in.stop = stop;
    in.open_events = world::open_lines;
    in.write_out = world::write_out;
    in.write_err = world::write_err;
    in.columns = world::terminal_columns;
    in.seconds = seconds_now;
    return in;
}

// Of a command that works for a while; null for one that only prints.
const output_options* output_of(const command_line& line) {
    if (const auto* what = std::get_if<export_command>(&line.command)) return &what->output;
    if (const auto* what = std::get_if<verify_command>(&line.command)) return &what->output;
    if (const auto* what = std::get_if<repair_command>(&line.command)) return &what->output;
    if (const auto* what = std::get_if<list_command>(&line.command)) return &what->output;
    if (const auto* what = std::get_if<cat_command>(&line.command)) return &what->output;
    if (const auto* what = std::get_if<extract_command>(&line.command)) return &what->output;
    if (const auto* what = std::get_if<demo_command>(&line.command)) return &what->output;
    return nullptr;
}

// On the signal's own thread: past the display's lock, and not at all where it would block.
void tell_stopping(const output_options& output) {
    if (output.quiet || !world::err_ready()) return;
    const char* begin = world::terminal_columns() > 0 ? "\r\x1b[K" : "";
    world::write_err(begin + messages::say(output.words, messages::id::msg_stopping) + "\n");
}

// What ends the process from anywhere: memory that is not to be had, on whatever thread, or a bug. Nothing is unwound,
// since coroutines wait for each other; what was committed stands. The sentence is made while there is memory.
std::string no_memory_sentence;
std::terminate_handler default_end = nullptr;

[[noreturn]] void end_for_want_of_memory() {
    world::write_err(no_memory_sentence);
    std::_Exit(static_cast<int>(exit_code::bug));
}

[[noreturn]] void end_with_words() noexcept {
    if (const auto why = std::current_exception()) {
        try {
            std::rethrow_exception(why);
        } catch (const std::bad_alloc&) {
            end_for_want_of_memory();
        } catch (...) {
            // The default handler names it.
        }
    }
    default_end();
    std::abort();
}

void end_with_words_in(language words) {
    no_memory_sentence = messages::say(words, messages::id::err_no_memory) + "\n";
    default_end = std::set_terminate(end_with_words);
    std::set_new_handler(end_for_want_of_memory);
}

exit_code start(const std::vector<std::string>& arguments) {
    world::ignore_broken_pipes();
    const auto line = parse_command_line(arguments, fallback_language());
    std::stop_source stop;
    auto in = real_surroundings(stop.get_token());
    const auto* output = output_of(line);
    if (output == nullptr) return run_command(line, in);

    end_with_words_in(output->words);
    // Before anything starts a thread.
    const world::interrupts watched(stop, static_cast<int>(exit_code::interrupted),
                                    [output] { tell_stopping(*output); });
    return run_command(line, in);
}

}  // namespace
}  // namespace decamp::cli

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    try {
        return static_cast<int>(decamp::cli::start(arguments));
    } catch (const std::exception& bug) {
        decamp::world::write_err(std::string("decamp: ") + bug.what() + "\n");
        return static_cast<int>(decamp::exit_code::bug);
    }
}
