// decamp export SOURCE DEST

#include "tools/decamp/commands.hpp"
#include "tools/decamp/credentials.hpp"

namespace decamp::cli {

exit_code run_export_command(const export_command& command, surroundings& in, display& screen) {
    auto run = command.run;
    const auto& output = command.output;
    auto found = find_credentials(command.credentials_file, run.source, output.words, in, screen);
    if (const auto* none = std::get_if<no_credentials>(&found)) {
        if (!none->sentence.empty()) screen.line(none->sentence);
        return none->code;
    }
    run.credentials = std::move(std::get<std::string>(found));
    if (!read_keys(command.keys, in, screen, run)) return exit_code::usage;
    std::unique_ptr<world::line_output> events;
    if (!prepare_events(output, in, screen, events)) return exit_code::usage;
    watcher watching(screen, events.get(), {work::exporting, output.words, !output.quiet, !output.no_progress});
    const auto ended = in.run_export(run, watching, in.stop);
    show_outcome(ended, output, in, screen);
    return ended.code;
}

}  // namespace decamp::cli
