// decamp extract DEST TO [PATTERN...]

#include "tools/decamp/commands.hpp"

namespace decamp::cli {

exit_code run_extract_command(const extract_command& command, surroundings& in, display& screen) {
    const auto& output = command.output;
    auto run = command.run;
    if (!read_keys(command.keys, output.words, in, screen, run.keys)) return exit_code::usage;
    watcher watching(screen, nullptr, {work::verifying, output.words, !output.quiet, !output.no_progress});
    const auto ended = in.run_extract(run, watching, in.stop);
    show_outcome(ended, output, in, screen);
    return ended.code;
}

}  // namespace decamp::cli
