#include "engine/store/rescue.hpp"

#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/layout.hpp"
#include "engine/verify/departure.hpp"
#include "engine/world/folder_flush.hpp"
#include "formats/bagit.hpp"
#include "formats/bytes.hpp"
#include "formats/digest.hpp"
#include "formats/safe_name.hpp"

namespace decamp::store {

namespace {

constexpr std::size_t buffer_size = std::size_t{256} << 10;
constexpr std::uint64_t files_a_transaction = 1000;

// Files below data/volumes whose names are those of volumes, or of the lists and the recovery data beside them.
class found_volumes {
  public:
    bool note(const std::string& path, const formats::sha256_digest& sha256, std::uint64_t size, bool listed) {
        const std::string_view protects = protected_name(layout::name_of(path));
        const auto number = number_of(protects.empty() ? path : layout::below(layout::parent_of(path), protects));
        if (!number) return false;
        volume_row& row = rows_[*number];
        row.number = *number;
        if (!protects.empty()) {
            // What no manifest names is made again, and is the same then; or it is somebody else's.
            if (listed) parity_[std::string(protects)].push_back({std::string(layout::name_of(path)), size, sha256});
        } else if (layout::is_volume_list(path)) {
            row.list_bytes = size;
            row.list_sha256 = sha256;
        } else {
            row.name = layout::name_of(path);
            row.bytes = size;
            row.sha256 = sha256;
        }
        paths_.insert(path);
        if (listed) listed_.insert(path);
        return true;
    }
    // The manifest has it, and the list beside it.
    bool vouches_for(const volume_row& volume) const {
        const std::string path = layout::below(layout::volumes_folder, volume.name);
        return listed_.contains(path) && listed_.contains(layout::list_beside(path));
    }
    const std::vector<parity_file>& beside(const volume_row& volume) { return parity_[volume.name]; }
    bool knows(const std::string& path) const { return paths_.contains(path); }
    std::vector<volume_row> whole() const {
        std::vector<volume_row> all;
        for (const auto& [number, row] : rows_) {
            if (!row.name.empty()) all.push_back(row);
        }
        return all;
    }

    // Lists whose volume has left: it was read back wrong. And recovery data of such, which may yet be of use.
    struct left_over {
        std::string path;
        std::int64_t number = 0;
        bool list = false;
    };
    std::vector<left_over> of_nothing() const {
        std::vector<left_over> all;
        for (const std::string& path : paths_) {
            const std::string_view protects = protected_name(layout::name_of(path));
            const auto number = number_of(protects.empty() ? path : layout::below(layout::parent_of(path), protects));
            const volume_row& row = rows_.at(*number);
            if (!protects.empty() && row.name != protects) all.push_back({path, *number, false});
            if (layout::is_volume_list(path) && row.name.empty()) all.push_back({path, *number, true});
        }
        return all;
    }

  private:
    // Of "data/volumes/volume-0012.zip", of a volume's list too.
    static std::optional<std::int64_t> number_of(std::string_view path) {
        constexpr std::string_view begin = "volume-";
        if (layout::parent_of(path) != layout::volumes_folder) return std::nullopt;
        const std::string_view name = layout::name_of(path);
        const auto dot = name.find('.');
        if (!name.starts_with(begin) || dot == name.npos) return std::nullopt;
        if (!layout::is_volume_list(name) && !container_of_volume(name)) return std::nullopt;
        const std::string_view digits = name.substr(begin.size(), dot - begin.size());
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (error != std::errc() || end != digits.data() + digits.size() || number < 1 || digits.size() > 9)
            return std::nullopt;
        return number;
    }

    std::map<std::int64_t, volume_row> rows_;
    std::map<std::string, std::vector<parity_file>> parity_;  // by the volume's name
    std::set<std::string> paths_, listed_;
};

// Orphans, a transaction for every thousand. Whoever wrote them may have died, or the drive may have failed it, before
// they were flushed: they are flushed here before the catalogue vouches for them.
class orphanage {
  public:
    orphanage(world::file_store& files, catalogue::catalogue& where)
        : files_(files), catalogue_(where), folders_(files) {}

    result<void> open() { return catalogue_.begin(); }
    // Volumes are known whole; what is in them is for others to say.
    result<void> note_volumes() {
        for (const auto& left : volumes_.of_nothing()) {
            auto gone =
                left.list ? files_.remove(left.path) : verify::keep_aside(files_, left.path, left.number, folders_);
            if (!gone) return gone;
        }
        for (const volume_row& row : volumes_.whole()) {
            if (auto r = flush(layout::below(layout::volumes_folder, row.name)); !r) return r;
            if (row.list_bytes > 0) {
                if (auto r = flush(layout::list_beside(layout::below(layout::volumes_folder, row.name))); !r) return r;
            }
            if (auto r = catalogue_.add_volume(row); !r) return r;
            if (volumes_.vouches_for(row)) found_.vouched.insert(row.number);
            for (const parity_file& file : volumes_.beside(row)) {
                if (auto r = flush(layout::below(layout::volumes_folder, file.name)); !r) return r;
            }
            if (auto r = catalogue_.record_parity(row.number, volumes_.beside(row)); !r) return r;
            ++found_.files;
        }
        return {};
    }
    bool is_volume(const std::string& path) const { return volumes_.knows(path); }

    result<void> close() {
        if (auto r = folders_.flush(); !r) return r;
        return catalogue_.commit();
    }

    result<void> note(const std::string& path, const formats::sha256_digest& sha256, std::uint64_t size, bool listed) {
        if (volumes_.note(path, sha256, size, listed)) return {};
        const auto known = catalogue_.find_orphan(path);
        if (!known) return known.error();
        if (known.value()) return {};
        if (auto r = flush(path); !r) return r;
        if (auto r = catalogue_.add_orphan(path, sha256, size); !r) return r;
        if (++found_.files % files_a_transaction != 0) return {};
        if (auto r = close(); !r) return r;
        return open();
    }

    result<void> note_listed(const formats::manifest_entry& entry) {
        if (!entry.path.starts_with("data/") || !formats::is_safe_bag_path(entry.path)) return {};
        const auto there = files_.info(entry.path);
        if (!there) return there.error();
        if (!there.value() || there.value()->folder || there.value()->symlink) return {};
        return note(entry.path, entry.digest, there.value()->size, true);
    }

    result<void> note_unlisted(const std::string& path) {
        auto file = files_.open(path, world::open_mode::read);
        if (!file) return file.error();
        formats::sha256_hasher hasher;
        std::uint64_t size = 0;
        for (;;) {
            const auto got = file.value()->read_at(size, buffer_);
            if (!got) return got.error();
            if (got.value() == 0) break;
            hasher.update(std::span(buffer_).first(got.value()));
            size += got.value();
        }
        return note(path, hasher.finish(), size, false);
    }

    taken_up take_found() { return std::move(found_); }

  private:
    result<void> flush(const std::string& path) {
        if (auto r = folders_.need(path.substr(0, path.rfind('/'))); !r) return r;
        if (files_.facts().flush == world::flush_rule::one_syncfs) return {};
        auto file = files_.open(path, world::open_mode::read);
        if (!file) return file.error();
        return file.value()->sync();
    }

    world::file_store& files_;
    catalogue::catalogue& catalogue_;
    world::folder_flush folders_;
    found_volumes volumes_;
    std::vector<std::byte> buffer_ = std::vector<std::byte>(buffer_size);
    taken_up found_;
};

result<void> read_manifest(world::file_store& files, orphanage& into) {
    const auto there = files.info(layout::manifest);
    if (!there) return there.error();
    if (!there.value()) return {};
    auto file = files.open(layout::manifest, world::open_mode::read);
    if (!file) return file.error();
    std::vector<std::byte> buffer(buffer_size);
    formats::manifest_reader reader;
    result<void> outcome;
    const auto sink = [&](formats::manifest_record&& record) {
        if (outcome && record.entry() != nullptr) outcome = into.note_listed(*record.entry());
    };
    std::uint64_t at = 0;
    while (outcome) {
        const auto got = file.value()->read_at(at, buffer);
        if (!got) return got.error();
        if (got.value() == 0) break;
        reader.feed(formats::as_text(std::span(buffer).first(got.value())), sink);
        at += got.value();
    }
    reader.finish(sink);
    return outcome;
}

result<void> read_payload(world::file_store& files, catalogue::catalogue& where, orphanage& into) {
    result<void> outcome;
    const auto there = files.info(layout::payload_folder);
    if (!there) return there.error();
    if (!there.value()) return {};
    const auto walked = files.walk(layout::payload_folder, [&](std::string_view path, const world::file_info& info) {
        if (info.folder || info.symlink || formats::is_foreign_file(path) || into.is_volume(std::string(path)))
            return true;
        const auto known = where.find_orphan(path);
        if (!known)
            outcome = known.error();
        else if (!known.value())
            outcome = into.note_unlisted(std::string(path));
        return outcome.has_value();
    });
    return outcome ? walked : outcome;
}

}  // namespace

result<taken_up> take_up_lost_export(world::file_store& files, catalogue::catalogue& where) {
    orphanage orphans(files, where);
    if (auto r = orphans.open(); !r) return r.error();
    auto done = read_manifest(files, orphans);
    if (done) done = read_payload(files, where, orphans);
    if (done) done = orphans.note_volumes();
    if (!done) {
        where.rollback();
        return done.error();
    }
    if (auto r = orphans.close(); !r) return r.error();
    return orphans.take_found();
}

}  // namespace decamp::store
