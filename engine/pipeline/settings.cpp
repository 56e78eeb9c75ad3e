#include "engine/pipeline/settings.hpp"

#include <algorithm>
#include <thread>

#include "engine/messages/messages.hpp"
#include "engine/plan/filter.hpp"
#include "engine/world/clock.hpp"
#include "formats/size.hpp"

namespace decamp::pipeline {

namespace {

using messages::id;

container container_of(archive_format format) {
    switch (format) {
        case archive_format::automatic:
        case archive_format::tree:
            return container::tree;
        case archive_format::tar:
            return container::tar;
        case archive_format::tar_zst:
            return container::tar_zst;
        case archive_format::zip:
            return container::zip;
    }
    return container::tree;
}

format_wishes wishes_of(const export_options& o) {
    format_wishes w;
    if (o.format) w.kind = container_of(*o.format);
    w.automatic = o.format == archive_format::automatic;
    if (o.volume_bytes > 0) w.volume_bytes = o.volume_bytes;
    if (o.level > 0) w.level = o.level;
    if (o.recovery_percent > 0) w.recovery_percent = o.recovery_percent;
    if (o.twins_in_archive) {
        w.twins = *o.twins_in_archive == archive_twins::list   ? archived_twins::list
                  : *o.twins_in_archive == archive_twins::link ? archived_twins::link
                                                               : archived_twins::copy;
    }
    return w;
}

// What would have no meaning, or no end.
std::optional<std::string> problem_of_format(const export_options& o) {
    const auto say = [&](id which, const auto&... values) { return messages::say(o.words, which, values...); };
    if (o.level < 0 || o.level > most_level)
        return say(id::err_number_range, "--level", std::to_string(o.level), "1", std::to_string(most_level));
    if (o.volume_bytes > 0 && o.volume_bytes < least_volume)
        return say(id::err_volume_too_small, formats::human_size(o.volume_bytes), formats::human_size(least_volume));
    if (o.format == archive_format::zip && o.twins_in_archive == archive_twins::link)
        return say(id::err_zip_has_no_links);
    if (o.recovery_percent > most_recovery_percent)
        return say(id::err_percent_value, "--recovery", std::to_string(o.recovery_percent) + "%", "1%",
                   std::to_string(most_recovery_percent) + "%");
    if (o.recovery_percent > 0 && o.format == archive_format::tree)
        return say(id::err_recovery_of_a_tree, o.destination);
    return std::nullopt;
}

outcome usage(std::string sentence) {
    return {exit_code::usage, std::move(sentence), {}};
}

}  // namespace

std::variant<checked_options, outcome> check_options(const export_options& o, std::unique_ptr<source::place> from) {
    checked_options checked;
    checked.from = std::move(from);
    if (o.memory_bytes < least_memory)
        return usage(messages::say(o.words, id::err_memory_too_small, std::to_string(o.memory_bytes), "32 MiB"));
    checked.run.wanted = {.include = o.include, .exclude = o.exclude, .since = o.since};
    if (checked.from->arranged() == arrangement::tree)
        checked.run.wanted.offset_minutes = world::make_system_clock()->utc_offset_minutes();
    if (auto problem = plan::problem(checked.run.wanted, o.words)) return usage(std::move(*problem));
    if (auto problem = problem_of_format(o)) return usage(std::move(*problem));
    checked.format = wishes_of(o);
    auto encryption = encryption_wishes_of(o);
    if (auto* problem = std::get_if<outcome>(&encryption)) return std::move(*problem);
    checked.encryption = std::move(std::get<encryption_wishes>(encryption));
    const std::size_t for_passphrase = o.passphrase.empty() ? 0 : passphrase_memory;
    if (o.memory_bytes < least_memory + for_passphrase)
        return usage(messages::say(o.words, id::err_memory_for_passphrase,
                                   formats::human_size(least_memory + passphrase_memory)));
    checked.memory = plan_memory(o.memory_bytes - for_passphrase);
    if (for_passphrase > 0) checked.memory.reserves.push_back({"passphrase", for_passphrase});
    checked.run.twins = o.twins == twins_mode::fetch ? plan::twin_rule::fetch : plan::twin_rule::announced;
    checked.run.prove_full = o.prove == prove_mode::full;
    checked.run.connections = o.connections;
    checked.run.most_connections = checked.memory.most_connections;
    checked.run.payload_bytes = checked.memory.payload;
    checked.run.bandwidth = o.bandwidth_bytes_per_s;
    checked.run.version = version();
    return checked;
}

void settle_format(checked_options& checked, const volume_settings& volumes) {
    checked.run.volumes = volumes;
    plan_archives(checked.memory, volumes, std::max(1U, std::thread::hardware_concurrency()), checked.format.encrypted);
    checked.run.packers = checked.memory.packers;
    checked.run.payload_bytes = checked.memory.payload;
    checked.run.head_chunks = checked.memory.head_chunks;
    checked.run.hold_bytes = checked.memory.hold_bytes;
    checked.run.parity_bytes = checked.memory.parity_bytes;
}

}  // namespace decamp::pipeline
