#include "engine/pipeline/mend_export.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "engine/encryption/lock.hpp"
#include "engine/model/layout.hpp"
#include "engine/retrieval/list_line.hpp"
#include "engine/retrieval/volume_scan.hpp"
#include "engine/store/space.hpp"
#include "engine/store/volumes/mending.hpp"
#include "engine/store/volumes/parity_writer.hpp"
#include "engine/verify/departure.hpp"
#include "engine/verify/read_back.hpp"
#include "engine/world/folder_flush.hpp"
#include "formats/bagit.hpp"
#include "formats/bytes.hpp"

namespace decamp::pipeline {

namespace {

using messages::id;

constexpr std::size_t most_list_bytes = std::size_t{256} << 20;  // a list is made in memory
constexpr std::size_t page = 64;

id why_of(store::mend_end end) {
    switch (end) {
        case store::mend_end::not_enough:
            return id::why_not_enough_parity;
        case store::mend_end::memory:
            return id::why_repair_memory;
        case store::mend_end::other_bytes:
            return id::why_parity_of_other_bytes;
        default:
            return id::why_no_parity;
    }
}

// A new file under a name in .decamp/mended, durable.
result<void> write_new(world::file_store& files, const std::string& path, std::string_view text,
                       std::int64_t modified_ns) {
    if (auto r = files.make_folders(layout::mended_folder); !r) return r;
    auto gone = files.remove(path);
    if (!gone && gone.error().code != world::file_errc::not_found) return gone;
    auto file = files.open(path, world::open_mode::create_new);
    if (!file) return file.error();
    if (auto r = file.value()->write_at(0, formats::as_bytes(text)); !r) return r;
    if (auto r = file.value()->set_modified(modified_ns); !r) return r;
    if (auto r = file.value()->sync(); !r) return r;
    return files.sync_folder(layout::mended_folder);
}

// Hands a volume's bytes to whoever makes recovery data of them.
class to_parity final : public verify::byte_watcher {
  public:
    to_parity(store::parity_writer& writer, std::string name, const formats::par2_layout& layout)
        : writer_(writer), name_(std::move(name)), layout_(layout) {}
    void begin() override { writer_.begin(name_, layout_); }
    void update(std::span<const std::byte> bytes) override { writer_.update(bytes); }

  private:
    store::parity_writer& writer_;
    std::string name_;
    formats::par2_layout layout_;
};

}  // namespace

export_mender::export_mender(world::file_store& files, catalogue::catalogue* where, std::uint64_t memory,
                             const mend_watcher& watching)
    : files_(files), where_(where), memory_(memory), watching_(watching) {}

result<void> export_mender::run(repair_plan& plan) {
    if (auto r = know_volumes(); !r) return r;
    if (auto r = each(plan.volumes, [this](damage& d) { return mend_volume(d); }); !r) return r;
    if (auto r = each(plan.inner_lists, [this](damage& d) { return mend_inner_list(d); }); !r) return r;
    if (auto r = mend_parity(plan); !r) return r;
    if (auto r = mend_files(plan.files); !r) return r;
    return watching_.go_on() ? store::sweep_mended(files_) : result<void>();
}

result<void> export_mender::each(std::vector<damage>& of, const outcome_of& mend) {
    std::vector<damage> left;
    for (damage& d : of) {
        result<bool> mended = false;
        if (watching_.go_on()) mended = mend(d);
        if (!mended) return mended.error();
        if (mended.value())
            watching_.mended(d.found.path);
        else
            left.push_back(std::move(d));
    }
    of = std::move(left);
    return {};
}

result<void> export_mender::know_volumes() {
    if (where_ == nullptr) return {};
    for (std::int64_t after = 0;;) {
        const auto some = where_->next_volumes(after, page);
        if (!some) return some.error();
        if (some.value().empty()) return {};
        for (const volume_row& row : some.value()) {
            after = row.number;
            if (row.state != volume_state::open) rows_.emplace(row.number, row);
        }
    }
}

result<bool> export_mender::mend_volume(damage& what) {
    store::lost_volume lost{what.found.path, what.found.wanted, volume_number(what.found.path)};
    const auto known = rows_.find(lost.number);
    if (known != rows_.end() && known->second.sha256 == lost.sha256) lost.bytes = known->second.bytes;
    const auto end = store::mend_volume(files_, lost, memory_, watching_.go_on);
    if (!end) return end.error();
    what.why = why_of(end.value());
    return end.value() == store::mend_end::mended;
}

// The volume that a list or recovery data lies beside; empty: it is not there.
result<std::string> export_mender::volume_beside(const std::string& path) {
    const std::int64_t number = volume_number(path);
    std::string found;
    const auto there = files_.info(layout::volumes_folder);
    if (!there) return there.error();
    if (!there.value()) return found;
    const auto walked = files_.walk(layout::volumes_folder, [&](std::string_view other, const world::file_info& info) {
        if (!info.folder && volume_number(other) == number && retrieval::is_volume_path(other)) found = other;
        return true;
    });
    if (!walked) return walked.error();
    return found;
}

result<bool> export_mender::mend_inner_list(damage& what) {
    what.why = id::why_no_list;
    if (encryption::is_encrypted(what.found.path)) return false;  // another one would be under another key
    const auto volume = volume_beside(what.found.path);
    if (!volume) return volume.error();
    auto text = list_of(volume.value(), volume_number(what.found.path));
    if (!text) return text.error();
    if (formats::sha256_of(formats::as_bytes(text.value())) != what.found.wanted) {
        text = volume.value().empty() ? result<std::string>(std::string()) : list_by_reading(volume.value());
        if (!text) return text.error();
        if (formats::sha256_of(formats::as_bytes(text.value())) != what.found.wanted) return false;
    }
    std::int64_t modified = 0;
    if (!volume.value().empty()) {
        const auto like = files_.info(volume.value());
        if (!like) return like.error();
        if (like.value()) modified = like.value()->modified_ns;
    }
    const std::string made = layout::below(layout::mended_folder, layout::name_of(what.found.path));
    if (auto r = write_new(files_, made, text.value(), modified); !r) return r.error();
    world::folder_flush folders(files_);
    if (auto r = folders.need(std::string(layout::volumes_folder)); !r) return r.error();
    const std::int64_t mark = volume_number(what.found.path);
    if (auto r = verify::keep_aside(files_, what.found.path, mark, folders); !r) return r.error();
    if (auto r = files_.rename(made, what.found.path); !r) return r.error();
    if (auto r = folders.flush_each(); !r) return r.error();
    return true;
}

// As the catalogue has it; empty where it has not.
result<std::string> export_mender::list_of(const std::string& volume, std::int64_t number) {
    std::string text;
    const auto known = rows_.find(number);
    if (known == rows_.end() || (!volume.empty() && known->second.name != layout::name_of(volume))) return text;
    const auto visited = where_->each_volume_member(number, [&](const named_member& m) {
        formats::append_manifest_line(text, m.sha256, archived_name(m.path));
        return text.size() < most_list_bytes;
    });
    if (!visited) return visited.error();
    return text;
}

result<std::string> export_mender::list_by_reading(const std::string& volume) {
    std::string text;
    std::unordered_map<std::string, formats::sha256_digest> bodies;  // what a link may lead to
    const std::string name(layout::name_of(volume));
    const auto kind = container_of_volume(name);
    if (!kind) return text;
    std::vector<std::byte> buffer(std::size_t{256} << 10);
    const auto scanned = retrieval::scan_volume(
        files_, volume, *kind, [&](const formats::archived_entry& entry, const retrieval::body_reader& body) {
            formats::sha256_digest digest{};
            if (entry.what == formats::archived_entry::kind::link) {
                const auto to = bodies.find(entry.link_to);
                if (to == bodies.end()) return false;
                digest = to->second;
            } else {
                formats::sha256_hasher hasher;
                for (;;) {
                    const auto got = body(buffer);
                    if (!got) return false;
                    if (*got == 0) break;
                    hasher.update(std::span(buffer).first(*got));
                }
                digest = hasher.finish();
                bodies.emplace(entry.name, digest);
            }
            formats::append_manifest_line(text, digest, entry.name);
            return text.size() < most_list_bytes && watching_.go_on();
        });
    if (!scanned) return scanned.error();
    return text;
}

result<void> export_mender::mend_parity(repair_plan& plan) {
    std::map<std::string, std::vector<damage*>> by_volume;
    for (damage& d : plan.parity)
        by_volume[layout::below(layout::volumes_folder, protected_name(layout::name_of(d.found.path)))].push_back(&d);
    std::unordered_set<const damage*> mended;
    for (const auto& [volume, damaged] : by_volume) {
        const bool right = std::ranges::none_of(plan.volumes, [&](const damage& d) { return d.found.path == volume; });
        for (damage* d : damaged) d->why = right ? id::why_parity_of_other_bytes : id::why_volume_damaged;
        if (!right || !watching_.go_on()) continue;
        const auto made = make_parity(volume, damaged);
        if (!made) return made.error();
        if (made.value()) mended.insert(damaged.begin(), damaged.end());
    }
    std::vector<damage> left;
    for (damage& d : plan.parity) {
        if (mended.contains(&d))
            watching_.mended(d.found.path);
        else
            left.push_back(std::move(d));
    }
    plan.parity = std::move(left);
    return {};
}

result<bool> export_mender::make_parity(const std::string& volume, const std::vector<damage*>& wanted) {
    const auto there = files_.info(volume);
    if (!there) return there.error();
    if (!there.value() || there.value()->folder) return false;
    std::optional<std::uint32_t> count;
    for (const damage* d : wanted) {
        if (!count) count = recovery_count(layout::name_of(d->found.path));
    }
    const auto walked = files_.walk(layout::volumes_folder, [&](std::string_view path, const world::file_info&) {
        if (!count && protected_name(layout::name_of(path)) == layout::name_of(volume))
            count = recovery_count(layout::name_of(path));
        return true;
    });
    if (!walked) return walked.error();
    const auto layout = parity_layout(there.value()->size, count.value_or(0));
    if (!layout) return false;
    store::parity_writer writer(files_, memory_, watching_.go_on);
    writer.replace_if([&](const std::vector<parity_file>& made) {
        return std::ranges::all_of(wanted, [&](const damage* d) {
            return std::ranges::any_of(made, [&](const parity_file& f) {
                return f.name == layout::name_of(d->found.path) && f.sha256 == d->found.wanted;
            });
        });
    });
    to_parity feed(writer, std::string(layout::name_of(volume)), *layout);
    verify::reader reader(files_);
    const auto read = reader.read(volume, &feed);
    if (!read) return read.error();
    const auto made = writer.finish(store::closing_room(0));
    if (!made) return made.error();
    return !made.value().files.empty();
}

// Twins of a tree are hard links: as long as one name of them is right, the others can be given again.
result<void> export_mender::mend_files(std::vector<damage>& files) {
    if (files.empty() || !files_.facts().hard_links) return {};
    std::unordered_set<std::string> damaged;
    std::map<formats::sha256_digest, std::string> good;
    for (const damage& d : files) {
        damaged.insert(d.found.path);
        good.emplace(d.found.wanted, std::string());
    }
    auto seen = verify::each_manifest_line(files_, layout::manifest, [&](formats::manifest_record&& record) {
        const auto* entry = record.entry();
        if (entry == nullptr || !formats::is_safe_bag_path(entry->path) || damaged.contains(entry->path)) return true;
        const auto wanted = good.find(entry->digest);
        if (wanted != good.end() && wanted->second.empty()) wanted->second = entry->path;
        return true;
    });
    if (!seen) return seen;
    return each(files, [&](damage& d) -> result<bool> {
        const std::string& same = good.at(d.found.wanted);
        if (same.empty()) return false;
        return link_again(d, same);
    });
}

result<bool> export_mender::link_again(const damage& what, const std::string& good) {
    const std::string made = layout::below(layout::mended_folder, "link");
    if (auto r = files_.make_folders(layout::mended_folder); !r) return r.error();
    const auto gone = files_.remove(made);
    if (!gone && gone.error().code != world::file_errc::not_found) return gone.error();
    const auto linked = files_.link(good, made);
    if (!linked && linked.error().code == world::file_errc::no_links) return false;
    if (!linked) return linked.error();
    world::folder_flush folders(files_);
    if (auto r = folders.need(std::string(layout::parent_of(what.found.path))); !r) return r.error();
    if (auto r = verify::keep_aside(files_, what.found.path, 0, folders); !r) return r.error();
    if (auto r = files_.rename(made, what.found.path); !r) return r.error();
    if (auto r = folders.flush_each(); !r) return r.error();
    return true;
}

}  // namespace decamp::pipeline
