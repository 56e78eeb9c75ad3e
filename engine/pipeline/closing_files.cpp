#include "engine/pipeline/closing_files.hpp"

#include <algorithm>

#include "engine/certify/bag.hpp"
#include "engine/model/layout.hpp"
#include "formats/bagit.hpp"

namespace decamp::pipeline {

namespace {

constexpr std::size_t longest_bag_info = std::size_t{64} << 10;

// "Export of KIND from ENDPOINT", as it was said; else by what the catalogue knows.
result<std::string> endpoint_of(world::file_store& files, catalogue::catalogue& where, const std::string& kind) {
    auto file = files.open(layout::bag_info, world::open_mode::read);
    if (file) {
        std::string text(longest_bag_info, '\0');
        const auto got = file.value()->read_at(0, std::as_writable_bytes(std::span(text.data(), text.size())));
        if (got) text.resize(got.value());
        const auto fields = got ? formats::parse_bag_info(text) : std::nullopt;
        const std::string begin = "Export of " + kind + " from ";
        for (const auto& [label, value] : fields.value_or(std::vector<std::pair<std::string, std::string>>())) {
            if (label == "External-Description" && value.starts_with(begin)) return value.substr(begin.size());
        }
    }
    const auto host = where.fact("source_host");
    if (!host) return host.error();
    return host.value().value_or("");
}

// A tree has one list, and the tag manifest names it.
result<arrangement> arranged(world::file_store& files) {
    bool tree = false;
    const auto there = files.info(layout::files_list);
    if (!there) return there.error();
    tree = there.value().has_value();
    const auto seen = verify::each_manifest_line(files, layout::tag_manifest, [&](formats::manifest_record&& record) {
        tree = tree || (record.entry() != nullptr && record.entry()->path == layout::files_list);
        return true;
    });
    if (!seen && seen.error().code != world::file_errc::not_found) return seen.error();
    return tree ? arrangement::tree : arrangement::albums;
}

}  // namespace

result<rewritten> rewrite_closing_files(world::file_store& files, catalogue::catalogue& where,
                                        std::vector<damage>& damaged, const world::clock& clock,
                                        const std::string& version, const encryption::lock* lock) {
    rewritten done;
    const auto left = where.planned_left();
    if (!left) return left.error();
    const auto is_certificate = [](const damage& d) { return layout::is_certificate(d.found.path); };
    const auto is_tag_manifest = [](const damage& d) { return d.found.path == layout::tag_manifest; };
    if (left.value() > 0 || std::ranges::any_of(damaged, is_certificate)) return done;
    const auto certified = files.info(layout::tag_manifest);
    if (!certified) return certified.error();
    // Nothing vouches for a certificate whose tag manifest was lost: an export makes both anew.
    if (!certified.value() && std::ranges::any_of(damaged, is_tag_manifest)) return done;
    certify::run_facts facts;
    facts.version = version;
    const auto kind = where.fact("source_kind");
    if (!kind) return kind.error();
    facts.kind = kind.value().value_or("");
    auto endpoint = endpoint_of(files, where, facts.kind);
    if (!endpoint) return endpoint.error();
    facts.endpoint = std::move(endpoint.value());
    const auto form = lock == nullptr           ? arranged(files)
                      : facts.kind == "micloud" ? arrangement::albums
                                                : arrangement::tree;
    if (!form) return form.error();
    facts.arranged = form.value();
    facts.lock = lock;
    facts.finished_ms = clock.unix_ms();
    facts.utc_offset_minutes = clock.utc_offset_minutes();
    // Where there is none, the certificates there may be are not of what is there now.
    if (auto r = certify::rewrite_bag(files, where, facts, certified.value().has_value()); !r) return r.error();
    for (const damage& d : damaged) {
        done.manifest = done.manifest || d.found.path == layout::manifest;
        if (std::ranges::find(done.mended, d.found.path) == done.mended.end()) done.mended.push_back(d.found.path);
    }
    damaged.clear();
    return done;
}

}  // namespace decamp::pipeline
