#include "engine/pipeline/settings.hpp"

#include "engine/messages/messages.hpp"
#include "engine/plan/filter.hpp"
#include "formats/size.hpp"

namespace decamp::pipeline {

namespace {

using messages::id;

outcome usage(std::string sentence) { return {exit_code::usage, std::move(sentence), {}}; }

}  // namespace

std::variant<checked_options, outcome> check_options(const export_options& o, std::unique_ptr<source::place> from) {
    checked_options checked;
    checked.from = std::move(from);
    if (o.memory_bytes < least_memory)
        return usage(messages::say(o.words, id::err_memory_too_small, std::to_string(o.memory_bytes), "32 MiB"));
    checked.run.wanted = {o.include, o.exclude, o.since};
    if (auto problem = plan::problem(checked.run.wanted, o.words)) return usage(std::move(*problem));
    checked.memory = plan_memory(o.memory_bytes);
    checked.run.twins = o.twins == twins_mode::fetch ? plan::twin_rule::fetch : plan::twin_rule::announced;
    checked.run.prove_full = o.prove == prove_mode::full;
    checked.run.connections = o.connections;
    checked.run.most_connections = checked.memory.most_connections;
    checked.run.payload_bytes = checked.memory.payload;
    checked.run.bandwidth = o.bandwidth_bytes_per_s;
    checked.run.version = version();
    return checked;
}

}  // namespace decamp::pipeline
