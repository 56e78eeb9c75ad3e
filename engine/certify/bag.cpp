#include "engine/certify/bag.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/model/layout.hpp"
#include "formats/bagit.hpp"
#include "formats/hex.hpp"
#include "formats/jsonl.hpp"
#include "formats/time.hpp"

namespace decamp::certify {

namespace {

result<void> write_manifest(draft& to, catalogue::catalogue& where, formats::payload_oxum& oxum) {
    std::string line;
    return where.each_file([&](const catalogue::filed& f) {
        line.clear();
        formats::append_manifest_line(line, f.sha256, f.path);
        to.add(line);
        oxum.octets += f.size;
        ++oxum.streams;
        return true;
    });
}

std::string day_of(std::int64_t ms, int offset) { return formats::format_dashed_day(formats::date_of_ms(ms, offset)); }

std::string bag_info_text(const run_facts& f, const formats::payload_oxum& oxum) {
    formats::bag_info info;
    info.add("Bag-Software-Agent", "decamp " + f.version);
    info.add("Bagging-Date", day_of(f.finished_ms, f.utc_offset_minutes));
    info.add("External-Description", "Export of " + f.kind + " from " + f.endpoint);
    info.add_payload_oxum(oxum);
    return info.text();
}

std::string member_line(const catalogue::listed_member& m) {
    formats::json_line line;
    if (m.path.empty())
        line.add("file", nullptr);
    else if (m.volume.empty())
        line.add("file", m.path);
    else
        line.add("file", archived_name(m.path))
            .add("volume", layout::below(m.sealed ? layout::volumes_folder : layout::open_volumes_folder, m.volume));
    line.add("name", m.item.name).add("id", m.item.id.value);
    if (m.item.taken_ms) line.add("taken", formats::format_rfc3339(formats::ns_from_ms(*m.item.taken_ms), 0, 3));
    if (m.item.modified_ms) line.add("modified", formats::format_rfc3339(formats::ns_from_ms(*m.item.modified_ms), 0, 3));
    if (m.item.size) line.add("size", *m.item.size);
    if (m.sha256) line.add("sha256", formats::to_hex(*m.sha256));
    return line.str() + "\n";
}

// The one list of a tree: every item with its own name and path there, wherever its bytes lie.
result<void> write_files_list(world::file_store& files, catalogue::catalogue& where, draft_set& set) {
    auto list = draft::begin(files, std::string(layout::files_list));
    if (!list) return list.error();
    const auto visited = where.each_member(0, [&](const catalogue::listed_member& m) {
        list.value().add(member_line(m));
        return true;
    });
    if (!visited) return visited;
    return set.add(std::move(list.value()));
}

// One list an album: every member with its original name, wherever its bytes lie.
result<void> write_lists(world::file_store& files, catalogue::catalogue& where, draft_set& set) {
    std::vector<std::pair<std::int64_t, std::string>> albums;
    auto visited = where.each_collection([&](const certificate_collection&, std::int64_t row, const std::string& folder) {
        albums.emplace_back(row, folder);
        return true;
    }, true);
    if (!visited) return visited;
    for (const auto& [row, folder] : albums) {
        auto list = draft::begin(files, layout::below(layout::album_lists_folder, folder + ".jsonl"));
        if (!list) return list.error();
        visited = where.each_member(row, [&](const catalogue::listed_member& m) {
            list.value().add(member_line(m));
            return true;
        });
        if (!visited) return visited;
        if (auto r = set.add(std::move(list.value())); !r) return r;
    }
    return {};
}

result<void> write_small(world::file_store& files, draft_set& set, std::string_view path, std::string_view text) {
    auto file = draft::begin(files, std::string(path));
    if (!file) return file.error();
    file.value().add(text);
    return set.add(std::move(file.value()));
}

result<void> write_all_but_certificate(world::file_store& files, catalogue::catalogue& where, const run_facts& facts,
                                       draft_set& set) {
    if (auto r = files.make_folders(layout::payload_folder); !r) return r;
    if (auto r = write_small(files, set, layout::bag_declaration, formats::bag_declaration()); !r) return r;
    const auto lists = facts.arranged == arrangement::tree ? write_files_list(files, where, set) : write_lists(files, where, set);
    if (!lists) return lists;
    auto manifest = draft::begin(files, std::string(layout::manifest));
    if (!manifest) return manifest.error();
    formats::payload_oxum oxum;
    if (auto r = write_manifest(manifest.value(), where, oxum); !r) return r;
    if (auto r = set.add(std::move(manifest.value())); !r) return r;
    return write_small(files, set, layout::bag_info, bag_info_text(facts, oxum));
}

// Where the file of the run before is: in its place, or put aside by a run that changed something. None: nowhere.
result<std::optional<std::string>> former(world::file_store& files, std::string_view path) {
    for (const std::string& at : {std::string(path), layout::below(layout::previous_folder, path)}) {
        const auto there = files.info(at);
        if (!there) return there.error();
        if (there.value() && !there.value()->folder) return std::optional<std::string>(at);
    }
    return std::optional<std::string>();
}

result<void> copy_former(world::file_store& files, draft_set& set, std::string_view path, const std::string& from) {
    auto file = files.open(from, world::open_mode::read);
    if (!file) return file.error();
    auto to = draft::begin(files, std::string(path));
    if (!to) return to.error();
    std::string buffer(std::size_t{64} << 10, '\0');
    for (std::uint64_t at = 0;;) {
        const auto got = file.value()->read_at(at, std::as_writable_bytes(std::span(buffer.data(), buffer.size())));
        if (!got) return got.error();
        if (got.value() == 0) break;
        to.value().add(std::string_view(buffer).substr(0, got.value()));
        at += got.value();
    }
    return set.add(std::move(to.value()));
}

}  // namespace

result<void> put_aside_certificate(world::file_store& files) {
    bool moved = false;
    for (const std::string_view path : {layout::tag_manifest, layout::certificate_text, layout::certificate_json}) {
        const auto there = files.info(path);
        if (!there) return there.error();
        if (!there.value()) continue;
        if (auto r = files.make_folders(layout::previous_folder); !r) return r;
        if (auto r = files.replace(path, layout::below(layout::previous_folder, path)); !r) return r;
        moved = true;
    }
    if (!moved) return {};
    if (auto r = files.sync_folder(layout::previous_folder); !r) return r;
    return files.sync_folder("");
}

result<statement> write_bag(world::file_store& files, catalogue::catalogue& where, const run_facts& facts) {
    auto stock = take_stock(where, facts);
    if (!stock) return stock;
    const statement& s = stock.value();
    draft_set set(files);
    if (auto r = write_all_but_certificate(files, where, facts, set); !r) return r.error();
    auto json = draft::begin(files, std::string(layout::certificate_json));
    if (!json) return json.error();
    if (auto r = write_json(json.value(), s, where); !r) return r.error();
    if (auto r = set.add(std::move(json.value())); !r) return r.error();
    auto text = draft::begin(files, std::string(layout::certificate_text));
    if (!text) return text.error();
    if (auto r = write_text(text.value(), s, where); !r) return r.error();
    if (auto r = set.add(std::move(text.value())); !r) return r.error();
    const std::string tags = set.manifest_lines();
    if (auto r = write_small(files, set, layout::tag_manifest, tags); !r) return r.error();
    if (auto r = set.publish(); !r) return r.error();
    return stock;
}

result<void> rewrite_bag(world::file_store& files, catalogue::catalogue& where, const run_facts& facts, bool certified) {
    draft_set set(files);
    if (auto r = write_all_but_certificate(files, where, facts, set); !r) return r;
    for (const std::string_view path : {layout::certificate_json, layout::certificate_text}) {
        const auto at = former(files, path);
        if (!at) return at.error();
        certified = certified && at.value().has_value();
        if (!certified) break;
        if (auto r = copy_former(files, set, path, *at.value()); !r) return r;
    }
    if (certified) {
        const std::string tags = set.manifest_lines();
        if (auto r = write_small(files, set, layout::tag_manifest, tags); !r) return r;
    }
    return set.publish();
}

}  // namespace decamp::certify
