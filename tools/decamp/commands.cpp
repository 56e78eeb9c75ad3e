#include "tools/decamp/commands.hpp"

#include <new>

#include "engine/messages/messages.hpp"

namespace decamp::cli {

using messages::id;
using messages::say;

namespace {

template <class... Cases>
struct either : Cases... {
    using Cases::operator()...;
};
template <class... Cases>
either(Cases...) -> either<Cases...>;

exit_code usage(display& screen, const std::string& sentence) {
    screen.line(sentence);
    return exit_code::usage;
}

exit_code print(surroundings& in, const std::string& text) {
    in.write_out(text);
    return exit_code::complete;
}

std::string version_text(const show_version& what, surroundings& in) {
    auto text = "decamp " + in.version() + "\n";
    if (what.with_memory_plan) text += in.memory_plan(what.memory_bytes);
    if (!text.ends_with('\n')) text += '\n';
    return text;
}

}  // namespace

bool prepare_events(const output_options& options, surroundings& in, display& screen,
                    std::unique_ptr<event_output>& events) {
    if (options.events.empty()) return true;
    std::string why;
    events = in.open_events(options.events, why);
    if (events) return true;
    screen.line(say(options.words, id::err_events_file, options.events, why));
    return false;
}

void show_outcome(const outcome& ended, const output_options& options, surroundings& in, display& screen) {
    screen.clear_progress();
    const bool good = ended.code == exit_code::complete;
    if (good && options.quiet) return;
    std::string text = ended.sentence + "\n";
    for (const auto& line : ended.further) text += line + "\n";
    if (good && options.events != "-")
        in.write_out(text);
    else
        in.write_err(text);
}

void show_line(const std::string& text, const output_options& options, surroundings& in, display& screen) {
    if (options.quiet) return;
    screen.clear_progress();
    if (options.events == "-")
        in.write_err(text + "\n");
    else
        in.write_out(text + "\n");
}

exit_code run_command(const command_line& line, surroundings& in) {
    display screen([&in](std::string_view text) { in.write_err(text); }, in.columns);
    try {
        const either run{
            [&](const usage_error& wrong) { return usage(screen, wrong.sentence); },
            [&](const show_help& help) { return print(in, help.text); },
            [&](const show_version& what) { return print(in, version_text(what, in)); },
            [&](const export_command& what) { return run_export_command(what, in, screen); },
            [&](const verify_command& what) { return run_verify_command(what, in, screen); },
            [&](const demo_command& what) { return run_demo_command(what, in, screen); },
        };
        return std::visit(run, line.command);
    } catch (const std::bad_alloc&) {
        screen.line(say(line.words, id::err_no_memory));
    } catch (const std::exception& bug) {
        screen.line(say(line.words, id::err_bug, bug.what()));
    }
    return exit_code::bug;
}

}  // namespace decamp::cli
