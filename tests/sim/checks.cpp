#include "tests/sim/checks.hpp"

#include <zlib.h>
#include <zstd.h>

#include <functional>
#include <map>

#include "engine/catalogue/catalogue.hpp"
#include "engine/model/layout.hpp"
#include "engine/store/volumes/member_reader.hpp"
#include "formats/bagit.hpp"
#include "formats/bytes.hpp"
#include "formats/hex.hpp"
#include "tests/sim/secret.hpp"
#include "tools/samplecloud/session.hpp"
#include "tools/samplecloud/truth.hpp"

namespace decamp::sim {

namespace {

formats::sha256_digest sha256(const std::string& bytes) {
    formats::sha256_hasher hasher;
    hasher.update(formats::as_bytes(bytes));
    return hasher.finish();
}

std::optional<std::string> bytes_at(const disk& drive, const std::string& path) {
    const auto there = drive.find(path);
    if (!there || (*there)->folder) return std::nullopt;
    return (*there)->bytes;
}

std::vector<formats::manifest_entry> manifest_of(const std::string& text, complaints& out) {
    std::vector<formats::manifest_entry> entries;
    formats::manifest_reader reader;
    const auto sink = [&](formats::manifest_record&& record) {
        if (record.entry() != nullptr)
            entries.push_back(*record.entry());
        else
            out.push_back("the manifest has a line that is none");
    };
    reader.feed(text, sink);
    reader.finish(sink);
    return entries;
}

void each_file(const inode& folder, const std::string& path,
               const std::function<void(const std::string&, const inode&)>& visit) {
    for (const auto& [name, entry] : folder.entries) {
        const std::string below = path.empty() ? name : path + "/" + name;
        if (entry->folder)
            each_file(*entry, below, visit);
        else
            visit(below, *entry);
    }
}

std::map<std::string, std::pair<formats::sha256_digest, std::int64_t>> payload_of(const disk& drive) {
    std::map<std::string, std::pair<formats::sha256_digest, std::int64_t>> files;
    const auto data = drive.find("data");
    if (data) {
        each_file(**data, "data", [&](const std::string& path, const inode& file) {
            files[path] = {sha256(file.bytes), file.modified_ns};
        });
    }
    return files;
}

using members_by_name = std::map<std::pair<std::string, std::string>, std::pair<volume_row, named_member>>;

// Everything that lies in a volume, by the volume's name and its own path.
members_by_name members_of(catalogue::catalogue& where, stock_taken& stock) {
    members_by_name all;
    std::int64_t last = 0;
    for (std::int64_t after = 0;;) {
        const auto page = where.next_volumes(after, 16);
        if (!page || page->empty()) break;
        for (const volume_row& row : *page) {
            after = row.number;
            if (row.number != ++last) stock.gave_up_volumes = true;
            if (row.state != volume_state::open) {
                stock.files.insert(store::sealed_path(row));
                stock.files.insert(layout::list_beside(store::sealed_path(row)));
            }
            (void)where.each_volume_member(row.number, [&](const named_member& m) {
                all[{row.name, m.path}] = {row, m};
                return true;
            });
        }
    }
    return all;
}

// What a link entry leads to.
std::optional<named_member> body_beside(const members_by_name& members,
                                        const std::pair<volume_row, named_member>& link) {
    for (const auto& [name, other] : members) {
        const bool same = other.first.number == link.first.number && other.second.where.blob == link.second.where.blob;
        if (same && other.second.where.kind == member_kind::body) return other.second;
    }
    return std::nullopt;
}

// The archive's own bytes: what its frames hold, by zstd's streaming decoder, as far as they go.
std::string unpacked(const std::string& volume, container kind) {
    if (kind != container::tar_zst) return volume;
    std::string raw;
    std::string piece(1 << 16, '\0');
    ZSTD_DCtx* const context = ZSTD_createDCtx();
    ZSTD_inBuffer in{volume.data(), volume.size(), 0};
    while (in.pos < in.size) {
        ZSTD_outBuffer out{piece.data(), piece.size(), 0};
        if (ZSTD_isError(ZSTD_decompressStream(context, &out, &in))) break;
        raw.append(piece, 0, out.pos);
    }
    ZSTD_freeDCtx(context);
    return raw;
}

std::optional<std::string> inflated(const std::string& packed, std::uint64_t size) {
    std::string raw(size, '\0');
    z_stream stream{};
    if (inflateInit2(&stream, -15) != Z_OK) return std::nullopt;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(raw.data());
    stream.avail_out = static_cast<uInt>(raw.size());
    const int code = inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    return code == Z_STREAM_END && stream.avail_out == 0 ? std::optional(raw) : std::nullopt;
}

// Files of the drive by name, each unpacked once.
class contents {
  public:
    explicit contents(std::function<std::optional<std::string>(const std::string&)> read) : read_(std::move(read)) {}

    std::optional<std::string> of(const stored_file& file) {
        if (!file.member) return read_(file.file);
        auto& raw = raw_[file.file];
        if (!raw) {
            auto volume = read_(file.file);
            if (!volume && !file.or_file.empty()) volume = read_(file.or_file);
            if (!volume) return std::nullopt;
            if (encryption::is_encrypted(file.file)) volume = decrypted(*volume);
            if (!volume) return std::nullopt;
            raw = unpacked(*volume, file.kind);
        }
        const volume_member& at = file.member->where;
        if (at.body > raw->size() || at.stored > raw->size() - at.body) return std::string("it ends early");
        const std::string stored = raw->substr(at.body, at.stored);
        return at.deflated ? inflated(stored, file.member->size) : stored;
    }

  private:
    std::function<std::optional<std::string>(const std::string&)> read_;
    std::map<std::string, std::optional<std::string>> raw_;
};

struct opened_catalogue {
    std::unique_ptr<world::file_store> store;
    std::unique_ptr<catalogue::catalogue> where;
};

opened_catalogue open(const std::shared_ptr<disk>& drive) {
    opened_catalogue o;
    if (!drive->find(layout::catalogue)) return o;
    o.store = make_disk_store(drive);
    catalogue::open_options options;
    options.vfs = disk_vfs();
    options.cache_bytes = 256 << 10;
    std::optional<encryption::export_key> key;
    if (const auto name = encryption::key_wanted(*o.store); name && *name) {
        auto found = encryption::open_key(*o.store, **name, wishes_of_owner(false).keys);
        if (!found) return o;
        key = std::move(*found);
        options.key = &*key;
    }
    auto opened = catalogue::catalogue::open(o.store->native_path(layout::catalogue), options);
    if (opened) o.where = std::move(*opened);
    return o;
}

}  // namespace

stock_taken take_stock(const std::shared_ptr<disk>& drive) {
    stock_taken stock;
    auto o = open(drive);
    if (!o.where) return stock;
    std::vector<std::int64_t> rows{0};
    (void)o.where->each_collection(
        [&](const certificate_collection&, std::int64_t row, const std::string&) {
            rows.push_back(row);
            return true;
        },
        true);
    std::set<std::string> seen;
    const members_by_name members = members_of(*o.where, stock);
    for (const std::int64_t row : rows) {
        (void)o.where->each_member(row, [&](const catalogue::listed_member& member) {
            stock.listed.insert(member.item.id.value);
            if (member.path.empty() || !member.sha256 || !seen.insert(member.item.id.value).second) return true;
            stored_file file{member.item.id.value, member.path, *member.sha256, member.path, {}, {}, container::tree};
            if (!member.volume.empty()) {
                const auto found = members.find({member.volume, member.path});
                if (found == members.end()) return true;  // and so it is missing
                const volume_row& volume = found->second.first;
                // One that is about to be sealed has its name already.
                const bool open = volume.state == volume_state::open;
                if (open) file.or_file = store::sealed_path(volume);
                file.file = open ? store::open_path(volume) : store::sealed_path(volume);
                file.kind = container_of_volume(volume.name).value();
                file.member = found->second.second;
                if (file.member->where.kind == member_kind::link) file.member = body_beside(members, found->second);
                if (!file.member) return true;  // a link to nowhere
            }
            stock.files.insert(file.file);
            stock.items.push_back(std::move(file));
            return true;
        });
    }
    (void)o.where->each_exception([&](const certificate_exception& e) {
        stock.named.insert(e.id);
        return true;
    });
    const auto distrusted = o.where->fact("twins_distrusted");
    stock.twins_distrusted = distrusted && distrusted->has_value();
    stock.readable = true;
    return stock;
}

void each_file(const disk& drive, const std::function<void(const std::string&, const inode&)>& visit) {
    if (const auto root = drive.find("")) each_file(**root, "", visit);
}

std::vector<std::string> payload_bytes(const disk& drive, const stock_taken& stock) {
    std::vector<std::string> out;
    contents members([&](const std::string& path) { return bytes_at(drive, path); });
    for (const stored_file& file : stock.items) {
        // A member stays where it is, also once it is proven after all.
        const bool is_unproven = file.path.starts_with(layout::unproven_folder) && stock.named.contains(file.id);
        if (!file.member || is_unproven) continue;
        if (auto bytes = members.of(file)) out.push_back(std::move(*bytes));
    }
    each_file(drive, [&](const std::string& path, const inode& file) {
        if (path.starts_with("data/") && !path.starts_with(layout::unproven_folder)) out.push_back(file.bytes);
    });
    return out;
}

void check_durable(const std::shared_ptr<disk>& drive, const stock_taken& stock, bool cells_are_sound,
                   complaints& out) {
    if (!cells_are_sound) return;
    if (!stock.items.empty() && !drive->durable_bytes(layout::catalogue))
        out.push_back("the catalogue's name would not survive");
    contents survivors([&](const std::string& path) { return drive->durable_bytes(path); });
    for (const stored_file& file : stock.items) {
        const auto durable = survivors.of(file);
        if (!durable)
            out.push_back("stored, but its name would not survive: " + file.path);
        else if (sha256(*durable) != file.sha256)
            out.push_back("stored, but its bytes would not survive: " + file.path);
    }
    const auto manifest = drive->durable_bytes(layout::manifest);
    if (!manifest) return;
    // What was read back wrong has left since that manifest was written, and the catalogue does not call it stored.
    const std::set<std::string>& stored = stock.files;
    const bool some_left = drive->find(layout::damaged_folder).has_value();
    for (const auto& entry : manifest_of(*manifest, out)) {
        if (some_left && !stored.contains(entry.path)) continue;
        const auto durable = drive->durable_bytes(entry.path);
        if (!durable || sha256(*durable) != entry.digest)
            out.push_back("in the manifest, but not durable: " + entry.path);
    }
}

void check_life(const life_end& end, const samplecloud::scenario& of, complaints& out) {
    if (!end.memory_back) out.push_back("memory was not given back");
    if (end.asleep != 0) out.push_back(std::to_string(end.asleep) + " left waiting");
    if (end.said.code == exit_code::bug || end.said.code == exit_code::usage || end.said.code == exit_code::damaged)
        out.push_back("code " + std::to_string(static_cast<int>(end.said.code)) + ": " + end.said.sentence);
    if (end.said.code != exit_code::complete && end.said.sentence.empty()) out.push_back("no sentence");
    std::string all = end.said.sentence;
    for (const auto& line : end.said.further) all += "\n" + line;
    for (const auto& line : end.words) all += "\n" + line;
    using samplecloud::session;
    for (const std::string& secret : {of.session.user_id, session::pass_token(of), session::service_token(of, 1),
                                      session::service_token(of, 2), session::service_token(of, 3)}) {
        if (all.find(secret) != all.npos) out.push_back("a secret was said");
    }
}

void check_cookies(const samplecloud::cloud& cloud, complaints& out) {
    const auto stats = cloud.stats();
    if (stats.cookies_leaked != 0) out.push_back("a cookie went to a storage host");
    if (stats.pass_token_misplaced != 0) out.push_back("the pass token went where it does not belong");
}

void check_truth(const std::shared_ptr<disk>& drive, const stock_taken& stock, samplecloud::cloud& cloud,
                 const life_end& end, truth_rules rules, complaints& out) {
    if (!stock.readable) return out.push_back("the catalogue cannot be read");
    std::map<std::string, const stored_file*> stored;
    for (const stored_file& file : stock.items) stored[file.id] = &file;
    const auto now = cloud.now();
    const std::uint64_t all = now->items->first_inserted() + now->lists.inserted;
    std::uint64_t missing = 0;
    contents present([&](const std::string& path) { return bytes_at(*drive, path); });
    for (std::uint64_t index = 0; index < all; ++index) {
        if (std::binary_search(now->lists.removed.begin(), now->lists.removed.end(), index)) continue;
        const auto item = samplecloud::true_item_at(cloud, *now, index);
        const auto found = stored.find(item.id);
        const bool named = stock.named.contains(item.id);
        if (found == stored.end()) {
            missing += named ? 0 : 1;
            if (!named && !rules.may_be_incomplete) out.push_back("neither stored nor named: " + item.id);
            continue;
        }
        const auto bytes = present.of(*found->second);
        if (!bytes)
            out.push_back("no file for " + item.id);
        else if (*bytes != samplecloud::true_bytes_at(*now, index) && !named && !rules.announcements_lie)
            out.push_back("not the cloud's bytes: " + item.id);
    }
    const exit_code code = end.said.code;
    if (code == exit_code::complete && missing != 0) out.push_back("called complete, with photos missing");
    if (code == exit_code::complete && !stock.named.empty()) out.push_back("called complete, with exceptions");
    if (code == exit_code::complete_with_exceptions && stock.named.empty()) out.push_back("exceptions, and none named");
    if (code == exit_code::incomplete && stock.named.empty() && missing == 0 && !rules.may_be_incomplete)
        out.push_back("called incomplete for no reason");
    const auto manifest = bytes_at(*drive, std::string(layout::manifest));
    if (!manifest) return out.push_back("no manifest");
    std::set<std::string> listed;
    for (const auto& entry : manifest_of(*manifest, out)) {
        listed.insert(entry.path);
        const auto bytes = bytes_at(*drive, entry.path);
        if (!bytes || sha256(*bytes) != entry.digest) out.push_back("the manifest is wrong about " + entry.path);
    }
    for (const auto& [path, file] : payload_of(*drive)) {
        if (!listed.contains(path)) out.push_back("not in the manifest: " + path);
    }
}

void check_secrecy(const disk& drive, samplecloud::cloud& cloud, complaints& out) {
    const auto now = cloud.now();
    std::vector<std::pair<std::string, std::string>> secrets;
    for (std::uint64_t index = 0; index < now->items->first_inserted() + now->lists.inserted; ++index) {
        const auto item = samplecloud::true_item_at(cloud, *now, index);
        const std::string bytes = samplecloud::true_bytes_at(*now, index);
        secrets.emplace_back("the id of " + item.id, item.id);
        if (bytes.size() >= 64) {
            secrets.emplace_back("the bytes of " + item.id, bytes.substr(bytes.size() / 2, 32));
            secrets.emplace_back("the digest of " + item.id, formats::to_hex(sha256(bytes)));
        }
    }
    each_file(drive, [&](const std::string& path, const inode& file) {
        for (const auto& [what, secret] : secrets) {
            if (file.bytes.find(secret) != file.bytes.npos) return out.push_back(what + " can be read in " + path);
        }
    });
}

void check_equal(const disk& left, const disk& right, complaints& out) {
    const auto ours = payload_of(left), theirs = payload_of(right);
    for (const auto& [path, file] : ours) {
        const auto found = theirs.find(path);
        if (found == theirs.end())
            out.push_back("the undisturbed run has no " + path);
        else if (found->second.first != file.first)
            out.push_back("the undisturbed run has other bytes at " + path);
        else if (found->second.second != file.second)
            out.push_back("the undisturbed run has another time at " + path);
    }
    for (const auto& [path, file] : theirs) {
        if (!ours.contains(path)) out.push_back("only the undisturbed run has " + path);
    }
    const std::string manifest(layout::manifest);
    if (bytes_at(left, manifest) != bytes_at(right, manifest)) out.push_back("the manifests differ");
}

}  // namespace decamp::sim
