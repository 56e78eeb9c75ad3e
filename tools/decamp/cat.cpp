// decamp cat DEST NAME

#include "formats/bytes.hpp"
#include "tools/decamp/commands.hpp"

namespace decamp::cli {

exit_code run_cat_command(const cat_command& command, surroundings& in, display& screen) {
    const auto& output = command.output;
    auto run = command.run;
    if (!read_keys(command.keys, output.words, in, screen, run.keys)) return exit_code::usage;
    watcher watching(screen, nullptr, {work::verifying, output.words, !output.quiet, false});
    const auto ended = in.run_cat(
        run, [&](std::span<const std::byte> bytes) { return in.write_out(formats::as_text(bytes)); }, watching,
        in.stop);
    if (ended.code != exit_code::complete) show_outcome(ended, output, in, screen);
    return ended.code;
}

}  // namespace decamp::cli
