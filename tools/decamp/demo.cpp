// decamp demo [DEST]: the whole way, against a cloud that runs in this process.

#include <fmt/format.h>

#include <stdexcept>

#include "engine/messages/messages.hpp"
#include "tools/decamp/commands.hpp"
#include "tools/samplecloud/server.hpp"

namespace decamp::cli {

using messages::id;
using messages::say;

namespace {

constexpr std::size_t longest_certificate = std::size_t{1} << 20;  // bytes

class demo {
  public:
    demo(const demo_command& command, surroundings& in, display& screen)
        : output_(command.output), run_(command.run), in_(in), screen_(screen) {}

    exit_code go();

  private:
    std::unique_ptr<samplecloud::server> start_cloud();
    outcome export_it(const samplecloud::server& cloud, world::line_output* events);
    outcome verify_it(world::line_output* events);
    void show_certificate();
    void show_where_to_look();
    template <class... Values>
    void tell(id which, const Values&... values) {
        show_line(say(output_.words, which, values...), output_, in_, screen_);
    }
    // Seconds since the last call.
    double lap() {
        const double now = in_.seconds(), took = now - last_;
        last_ = now;
        return took;
    }

    output_options output_;
    export_options run_;
    surroundings& in_;
    display& screen_;
    double last_ = 0;
};

std::unique_ptr<samplecloud::server> demo::start_cloud() {
    try {
        auto cloud = std::make_unique<samplecloud::server>(samplecloud::demo_scenario());
        tell(id::demo_starting);
        return cloud;
    } catch (const std::runtime_error& e) {
        screen_.line(say(output_.words, id::err_demo_cloud, e.what()));
        return nullptr;
    }
}

outcome demo::export_it(const samplecloud::server& cloud, world::line_output* events) {
    run_.source = "micloud:" + cloud.api_url();
    run_.credentials = cloud.credentials_json();
    tell(id::demo_exporting, run_.destination);
    watcher watching(screen_, events, {work::exporting, output_.words, !output_.quiet, !output_.no_progress});
    auto ended = in_.run_export(run_, watching, in_.stop);
    show_outcome(ended, output_, in_, screen_);
    return ended;
}

outcome demo::verify_it(world::line_output* events) {
    tell(id::demo_verifying);
    verify_options options{run_.destination, output_.words};
    watcher watching(screen_, events, {work::verifying, output_.words, !output_.quiet, !output_.no_progress});
    auto ended = in_.run_verify(options, watching, in_.stop);
    show_outcome(ended, output_, in_, screen_);
    return ended;
}

void demo::show_certificate() {
    const auto text = in_.read_file(run_.destination + "/certificate.txt", longest_certificate);
    if (!text) return;
    show_line("", output_, in_, screen_);
    tell(id::demo_certificate);
    std::string indented;
    for (std::size_t at = 0; at < text->size();) {
        const auto end = std::min(text->find('\n', at), text->size());
        const auto line = text->substr(at, end - at);
        indented += line.empty() ? "\n" : "  " + line + "\n";
        at = end + 1;
    }
    if (!indented.empty()) indented.pop_back();
    show_line(indented, output_, in_, screen_);
    show_line("", output_, in_, screen_);
}

void demo::show_where_to_look() {
    const auto& where = run_.destination;
    const auto look = [this](const std::string& text) { show_line("  " + text, output_, in_, screen_); };
    tell(id::demo_look);
    const auto form = run_.format.value_or(archive_format::tree);
    if (form == archive_format::tree) look(say(output_.words, id::demo_look_photos, where + "/data/albums"));
    look(say(output_.words, id::demo_look_certificate, where + "/certificate.txt"));
    look(say(output_.words, id::demo_look_manifest, where));
    look(say(output_.words, id::demo_look_again, where));
}

std::string tenths(double seconds) {
    return fmt::format("{:.1f}", seconds);
}

exit_code demo::go() {
    std::unique_ptr<world::line_output> events;
    if (!prepare_events(output_, in_, screen_, events)) return exit_code::usage;
    lap();
    const auto cloud = start_cloud();
    if (!cloud) return exit_code::source_unreachable;
    const double cloud_took = lap();
    const auto exported = export_it(*cloud, events.get());
    const double export_took = lap();
    if (exported.code != exit_code::complete) return exported.code;
    const auto verified = verify_it(events.get());
    const double verify_took = lap();
    if (verified.code != exit_code::complete) return verified.code;
    show_certificate();
    tell(id::demo_times, tenths(cloud_took), tenths(export_took), tenths(verify_took),
         tenths(cloud_took + export_took + verify_took));
    show_where_to_look();
    return exit_code::complete;
}

}  // namespace

exit_code run_demo_command(const demo_command& command, surroundings& in, display& screen) {
    return demo(command, in, screen).go();
}

}  // namespace decamp::cli
