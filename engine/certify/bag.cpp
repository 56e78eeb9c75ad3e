#include "engine/certify/bag.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/layout.hpp"
#include "engine/verify/bag_claims.hpp"
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

std::string day_of(std::int64_t ms, int offset) {
    return formats::format_dashed_day(formats::date_of_ms(ms, offset));
}

std::string bag_info_text(const run_facts& f, const formats::payload_oxum& oxum) {
    formats::bag_info info;
    info.add("Bag-Software-Agent", "decamp " + f.version);
    info.add("Bagging-Date", day_of(f.finished_ms, f.utc_offset_minutes));
    info.add("External-Description", f.lock == nullptr ? "Export of " + f.kind + " from " + f.endpoint
                                                       : "Encrypted export, " + std::string(layout::all_lists));
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
    if (m.item.modified_ms)
        line.add("modified", formats::format_rfc3339(formats::ns_from_ms(*m.item.modified_ms), 0, 3));
    if (m.item.size) line.add("size", *m.item.size);
    if (m.sha256) line.add("sha256", formats::to_hex(*m.sha256));
    return line.str() + "\n";
}

// A list: every member of a collection with its original name, wherever its bytes lie.
struct list_to_write {
    std::string path;
    std::int64_t collection = 0;  // 0: everything
};

// One for each album; the one of a tree has every item.
result<std::vector<list_to_write>> lists_of(catalogue::catalogue& where, arrangement arranged) {
    std::vector<list_to_write> lists;
    if (arranged == arrangement::tree) {
        lists.push_back({std::string(layout::files_list), 0});
        return lists;
    }
    const auto visited = where.each_collection(
        [&](const certificate_collection&, std::int64_t row, const std::string& folder) {
            lists.push_back({layout::below(layout::album_lists_folder, folder + ".jsonl"), row});
            return true;
        },
        true);
    if (!visited) return visited.error();
    return lists;
}

result<void> write_members(draft& to, catalogue::catalogue& where, std::int64_t collection) {
    return where.each_member(collection, [&](const catalogue::listed_member& m) {
        to.add(member_line(m));
        return true;
    });
}

// Of an encrypted export all lists are one file, since with a passphrase each takes a second: one behind the other,
// each with its name before it.
result<void> write_lists(world::file_store& files, catalogue::catalogue& where, const run_facts& facts,
                         draft_set& set) {
    const auto lists = lists_of(where, facts.arranged);
    if (!lists) return lists.error();
    std::optional<draft> all;
    if (facts.lock != nullptr) {
        auto begun = draft::begin(files, std::string(layout::all_lists), facts.lock);
        if (!begun) return begun.error();
        all.emplace(std::move(begun.value()));
    }
    for (const list_to_write& list : lists.value()) {
        if (all) {
            formats::json_line head;
            head.add("list", list.path);
            all->add(head.str() + "\n");
            if (auto r = write_members(*all, where, list.collection); !r) return r;
            continue;
        }
        auto file = draft::begin(files, list.path);
        if (!file) return file.error();
        if (auto r = write_members(file.value(), where, list.collection); !r) return r;
        if (auto r = set.add(std::move(file.value())); !r) return r;
    }
    return all ? set.add(std::move(*all)) : result<void>();
}

using certificate_writer = result<void> (*)(draft&, const statement&, catalogue::catalogue&, disclosure);

// Open to everybody; of an encrypted export that says little, and the whole beside it is for its owner alone.
result<void> write_certificate(world::file_store& files, catalogue::catalogue& where, const statement& s,
                               draft_set& set, certificate_writer write, std::string_view open,
                               std::string_view encrypted) {
    const encryption::lock* lock = s.facts.lock;
    if (lock != nullptr) {
        auto full = draft::begin(files, std::string(encrypted), lock);
        if (!full) return full.error();
        if (auto r = write(full.value(), s, where, disclosure::full); !r) return r;
        if (auto r = set.add(std::move(full.value())); !r) return r;
    }
    auto file = draft::begin(files, std::string(open));
    if (!file) return file.error();
    if (auto r = write(file.value(), s, where, lock == nullptr ? disclosure::full : disclosure::totals); !r) return r;
    return set.add(std::move(file.value()));
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
    if (auto r = write_lists(files, where, facts, set); !r) return r;
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

// A file that was fetched again may have been changed at the source: then the certificate counts bytes that are gone.
result<bool> still_holds(world::file_store& files, catalogue::catalogue& where, const std::string& certificate,
                         const run_facts& facts) {
    if (facts.lock != nullptr || layout::name_of(certificate) != layout::certificate_json) return true;
    const auto stated = verify::read_certified_sums(files, certificate);
    if (!stated) return stated.error();
    const auto now = where.bytes();
    if (!now) return now.error();
    return stated.value() && stated.value()->stored_unique <= now.value().stored_unique;
}

}  // namespace

result<void> put_aside_certificate(world::file_store& files) {
    bool moved = false;
    std::vector<std::string_view> all{layout::tag_manifest};  // first: without it nothing is vouched for
    std::ranges::copy(layout::certificates, std::back_inserter(all));
    for (const std::string_view path : all) {
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
    auto written =
        write_certificate(files, where, s, set, write_json, layout::certificate_json, layout::full_certificate_json);
    if (written)
        written = write_certificate(files, where, s, set, write_text, layout::certificate_text,
                                    layout::full_certificate_text);
    if (!written) return written.error();
    const std::string tags = set.manifest_lines();
    if (auto r = write_small(files, set, layout::tag_manifest, tags); !r) return r.error();
    if (auto r = set.publish(); !r) return r.error();
    return stock;
}

result<void> rewrite_bag(world::file_store& files, catalogue::catalogue& where, const run_facts& facts,
                         bool certified) {
    draft_set set(files);
    if (auto r = write_all_but_certificate(files, where, facts, set); !r) return r;
    const std::size_t there = facts.lock == nullptr ? 2 : layout::certificates.size();
    for (const std::string_view path : std::span(layout::certificates).first(there)) {
        const auto at = former(files, path);
        if (!at) return at.error();
        certified = certified && at.value().has_value();
        if (!certified) break;
        const auto holds = still_holds(files, where, *at.value(), facts);
        if (!holds) return holds.error();
        certified = holds.value();
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
