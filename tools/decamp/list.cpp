// decamp list DEST [PATTERN...]

#include "tools/decamp/commands.hpp"

namespace decamp::cli {

exit_code run_list_command(const list_command& command, surroundings& in, display& screen) {
    const auto& output = command.output;
    auto run = command.run;
    if (!read_keys(command.keys, output.words, in, screen, run.keys)) return exit_code::usage;
    watcher watching(screen, nullptr, {work::verifying, output.words, !output.quiet, false});
    // Many lines with one write; whoever reads them may go away, as `head` does.
    constexpr std::size_t enough = std::size_t{64} << 10;
    std::string text;
    bool taken = true;
    const auto write = [&] {
        taken = taken && in.write_out(text);
        text.clear();
        return taken;
    };
    const auto ended = in.run_list(
        run,
        [&](std::string_view line) {
            text.append(line).append("\n");
            return text.size() < enough || write();
        },
        watching, in.stop);
    if (!text.empty()) write();
    if (ended.code != exit_code::complete) show_outcome(ended, output, in, screen);
    return ended.code;
}

}  // namespace decamp::cli
