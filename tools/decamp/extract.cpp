// decamp extract DEST TO [PATTERN...]

#include "tools/decamp/commands.hpp"

namespace decamp::cli {

exit_code run_extract_command(const extract_command& command, surroundings& in, display& screen) {
    const auto& output = command.output;
    watcher watching(screen, nullptr, {work::verifying, output.words, !output.quiet, !output.no_progress});
    const auto ended = in.run_extract(command.run, watching, in.stop);
    show_outcome(ended, output, in, screen);
    return ended.code;
}

}  // namespace decamp::cli
