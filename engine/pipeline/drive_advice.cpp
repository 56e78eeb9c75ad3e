#include "engine/pipeline/drive_advice.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "engine/messages/duration.hpp"
#include "engine/source/folder/folder.hpp"
#include "formats/size.hpp"

namespace decamp::pipeline {

namespace {

using messages::id;

// Where nothing is known of the items: so many of a size between a note's and a photo's.
constexpr crowd example{10'000, 10'000 * (std::uint64_t{256} << 10), true};
// Headers and directory lines of a member, about.
constexpr std::uint64_t member_overhead = 400;
constexpr std::uint64_t group_files = 1000;  // made durable by one flush in an archive
// What is larger is staged first, so that it is written twice.
constexpr std::uint64_t held_up_to = std::uint64_t{4} << 20;
// Packed, it takes two thirds of the time or less, and so much less at least.
constexpr double worth_times = 1.5;
constexpr double worth_seconds = 60;
// Packed, so much less is lost: a fifth of the items' own bytes, and not a trifle.
constexpr std::uint64_t worth_part = 5;
constexpr std::uint64_t worth_bytes = std::uint64_t{64} << 20;

constexpr std::size_t most_pages = 100;  // of a folder, of a thousand each
constexpr auto longest_look = std::chrono::milliseconds(300);
constexpr std::uint64_t largest_counted = std::uint64_t{1} << 44;  // a sparse file may say more

std::uint64_t cluster_of(const world::drive_facts& drive) {
    return drive.cluster == 0 ? 4096 : drive.cluster;
}

// Half a cluster a file on average, more where a file is less than that.
std::uint64_t lost_loose(const crowd& items, std::uint64_t cluster) {
    if (items.files == 0) return 0;
    const std::uint64_t average = items.bytes / items.files;
    return items.files * std::max(cluster / 2, average < cluster ? cluster - average : 0);
}

form_cost cost_loose(const crowd& items, const drive_view& view, bool measured) {
    form_cost cost{0, lost_loose(items, cluster_of(view.drive))};
    if (measured) {
        cost.seconds = static_cast<double>(items.bytes) / static_cast<double>(view.rates.bytes_per_s) +
                       static_cast<double>(items.files) * static_cast<double>(view.rates.file_ns) * 1e-9;
    }
    return cost;
}

form_cost cost_packed(const crowd& items, const drive_view& view, std::uint64_t volume, bool measured) {
    const std::uint64_t headers = items.files * member_overhead;
    const std::uint64_t volumes = (items.bytes + headers) / volume + 1;
    form_cost cost{0, headers + volumes * cluster_of(view.drive)};
    if (measured) {
        const bool twice = items.files > 0 && items.bytes / items.files > held_up_to;
        const std::uint64_t written = (twice ? 2 : 1) * items.bytes + headers;
        const std::uint64_t flushes = items.files / group_files + 4 * volumes;
        cost.seconds = static_cast<double>(written) / static_cast<double>(view.rates.bytes_per_s) +
                       static_cast<double>(flushes) * static_cast<double>(view.rates.file_ns) * 1e-9;
    }
    return cost;
}

// The first files of a folder; none where the source is no folder, or cannot be read.
std::optional<crowd> look_over(const std::string& source, const world::clock& clock) {
    if (source::folder::path_of(source).empty()) return std::nullopt;
    auto folder = source::folder::open_folder(source);
    if (!folder) return std::nullopt;
    const auto until = clock.now() + longest_look;
    crowd seen;
    std::string cursor;
    try {
        for (std::size_t pages = 0; pages < most_pages; ++pages) {
            const source_page page = folder.value()->next_page(cursor, {});
            for (const source_item& item : page.items) {
                ++seen.files;
                seen.bytes += std::min(item.size.value_or(0), largest_counted);
            }
            seen.all = page.next.empty();
            if (seen.all || clock.now() > until) break;
            cursor = page.next;
        }
    } catch (const source_failure&) {
        seen.all = false;  // the listing will say why
    }
    return seen.files == 0 ? std::nullopt : std::optional(seen);
}

std::string size_of_cluster(std::uint64_t bytes) {
    return bytes % 1024 == 0 ? std::to_string(bytes / 1024) + " KiB" : formats::human_size(bytes);
}

std::string milliseconds(std::int64_t ns) {
    const std::int64_t tenths = (ns + 50'000) / 100'000;
    return tenths >= 100 ? std::to_string(tenths / 10)
                         : std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

void say_drive(const looked& found, runtime::reporter& report) {
    const auto& [view, advice] = found;
    const auto word = [&](id which) { return messages::say(report.words(), which); };
    const bool unlimited = view.drive.largest_file == std::numeric_limits<std::uint64_t>::max();
    const std::string largest = unlimited ? word(id::label_any_size) : formats::human_size(view.drive.largest_file);
    const std::string links = word(view.drive.hard_links ? id::label_with_links : id::label_without_links);
    const std::string cluster = size_of_cluster(cluster_of(view.drive));
    if (advice.measured)
        report.say(id::msg_drive_measured, view.drive.file_system, cluster, links, largest,
                   formats::human_size(view.rates.bytes_per_s), milliseconds(view.rates.file_ns));
    else
        report.say(id::msg_drive, view.drive.file_system, cluster, links, largest);
}

void say_costs(const drive_advice& a, runtime::reporter& report) {
    const auto words = report.words();
    const id basis = a.assumed ? id::label_basis_example : a.items.all ? id::label_basis_all : id::label_basis_part;
    const std::string based_on = messages::say(words, basis);
    const std::string average = formats::human_size(a.items.files == 0 ? 0 : a.items.bytes / a.items.files);
    const std::string lost_loosely = formats::human_size(a.loose.lost),
                      lost_packed = formats::human_size(a.packed.lost);
    if (a.measured)
        report.say(id::msg_costs_timed, a.items.files, average, based_on,
                   messages::duration_text(a.loose.seconds, words), lost_loosely,
                   messages::duration_text(a.packed.seconds, words), lost_packed);
    else
        report.say(id::msg_costs, a.items.files, average, based_on, lost_loosely, lost_packed);
}

id sentence_of(const drive_advice& a) {
    if (a.suits == container::tree) return id::msg_suits_tree;
    if (a.for_time && a.for_room) return id::msg_suits_zip;
    return a.for_room ? id::msg_suits_zip_room : id::msg_suits_zip_time;
}

std::int64_t whole_seconds(double seconds) {
    return static_cast<std::int64_t>(std::ceil(std::min(seconds, 1e12)));
}

}  // namespace

drive_advice advise(const drive_view& view) {
    drive_advice a;
    a.assumed = !view.items || view.items->files == 0;
    a.items = a.assumed ? example : *view.items;
    a.measured = view.rates.bytes_per_s > 0 && view.rates.file_ns > 0;
    a.volume_bytes = std::max<std::uint64_t>(1, std::min(view.volume_bytes, view.drive.largest_file));
    a.loose = cost_loose(a.items, view, a.measured);
    a.packed = cost_packed(a.items, view, a.volume_bytes, a.measured);
    a.for_room = a.loose.lost >= a.packed.lost + std::max(worth_bytes, a.items.bytes / worth_part);
    if (a.measured) {
        a.for_time =
            a.loose.seconds >= worth_times * a.packed.seconds && a.loose.seconds - a.packed.seconds >= worth_seconds;
    } else {
        // By its kind alone: each file is flushed by itself, on a drive that is made for large ones.
        const bool many = a.items.files >= group_files && a.items.bytes / a.items.files <= held_up_to;
        a.for_time = view.drive.flush == world::flush_rule::each_file && cluster_of(view.drive) > 4096 && many;
    }
    a.suits = a.for_time || a.for_room ? container::zip : container::tree;
    return a;
}

looked look_at_drive(world::file_store& files, const world::clock& clock, const std::string& source,
                     std::optional<std::uint64_t> volume_bytes) {
    looked found;
    found.view.drive = files.facts();
    // A drive that cannot be measured is judged by its kind.
    if (const auto rates = files.measure_writes(); rates) found.view.rates = rates.value();
    found.view.items = look_over(source, clock);
    found.view.volume_bytes = volume_bytes.value_or(found.view.volume_bytes);
    found.advice = advise(found.view);
    return found;
}

void tell(const looked& found, runtime::reporter& report) {
    const auto& [view, a] = found;
    report.event("drive", [&](formats::json_line& line) {
        line.add("file_system", view.drive.file_system).add("cluster", cluster_of(view.drive));
        line.add("hard_links", view.drive.hard_links);
        if (view.drive.largest_file != std::numeric_limits<std::uint64_t>::max())
            line.add("largest_file", view.drive.largest_file);
        if (a.measured) line.add("bytes_per_s", view.rates.bytes_per_s).add("file_us", view.rates.file_ns / 1000);
        line.add("files", a.items.files).add("bytes", a.items.bytes);
        line.add("based_on", a.assumed ? "example" : a.items.all ? "all" : "part");
        line.add("lost_as_files", a.loose.lost).add("lost_packed", a.packed.lost);
        if (a.measured)
            line.add("seconds_as_files", whole_seconds(a.loose.seconds))
                .add("seconds_packed", whole_seconds(a.packed.seconds));
        line.add("suits", word_of(a.suits));
    });
    say_drive(found, report);
    say_costs(a, report);
    report.say(sentence_of(a));
}

}  // namespace decamp::pipeline
