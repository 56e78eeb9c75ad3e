// decamp verify DEST

#include "tools/decamp/commands.hpp"

namespace decamp::cli {

exit_code run_verify_command(const verify_command& command, surroundings& in, display& screen) {
    const auto& output = command.output;
    std::unique_ptr<world::line_output> events;
    if (!prepare_events(output, in, screen, events)) return exit_code::usage;
    watcher watching(screen, events.get(), {work::verifying, output.words, !output.quiet, !output.no_progress});
    const auto ended = in.run_verify(command.run, watching, in.stop);
    show_outcome(ended, output, in, screen);
    return ended.code;
}

}  // namespace decamp::cli
