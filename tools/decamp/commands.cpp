#include "tools/decamp/commands.hpp"

#include <new>

#include "engine/messages/messages.hpp"
#include "engine/world/file_store.hpp"

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

std::string why_of(const failure& f, language words) {
    using world::file_errc;
    static const std::pair<file_errc, id> table[] = {
        {file_errc::not_found, id::why_not_found},    {file_errc::read_only, id::why_not_permitted},
        {file_errc::is_a_folder, id::why_is_folder},  {file_errc::not_a_folder, id::why_not_found},
        {file_errc::no_space, id::why_no_space},      {file_errc::device_gone, id::why_drive_gone},
        {file_errc::name_refused, id::why_not_found}, {file_errc::too_large, id::why_too_large},
    };
    for (const auto& [code, which] : table)
        if (f.code == make_error_code(code)) return say(words, which);
    return say(words, id::why_unreadable);
}

bool prepare_events(const output_options& options, surroundings& in, display& screen,
                    std::unique_ptr<world::line_output>& events) {
    if (options.events.empty()) return true;
    auto opened = in.open_events(options.events);
    if (!opened) {
        screen.line(say(options.words, id::err_events_file, options.events, why_of(opened.error(), options.words)));
        return false;
    }
    events = std::move(*opened);
    return true;
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
            [&](const repair_command& what) { return run_repair_command(what, in, screen); },
            [&](const list_command& what) { return run_list_command(what, in, screen); },
            [&](const cat_command& what) { return run_cat_command(what, in, screen); },
            [&](const extract_command& what) { return run_extract_command(what, in, screen); },
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
