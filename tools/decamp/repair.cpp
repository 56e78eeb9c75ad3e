// decamp repair DEST [SOURCE]

#include "tools/decamp/commands.hpp"
#include "tools/decamp/credentials.hpp"

namespace decamp::cli {

exit_code run_repair_command(const repair_command& command, surroundings& in, display& screen) {
    auto run = command.run;
    const auto& output = command.output;
    if (const auto ends = take_secrets(command.credentials_file, command.keys, in, screen, run)) return *ends;
    std::unique_ptr<world::line_output> events;
    if (!prepare_events(output, in, screen, events)) return exit_code::usage;
    watcher watching(screen, events.get(), {work::verifying, output.words, !output.quiet, !output.no_progress});
    const auto ended = in.run_repair(run, watching, in.stop);
    show_outcome(ended, output, in, screen);
    return ended.code;
}

}  // namespace decamp::cli
