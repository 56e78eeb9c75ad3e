#include "tests/sim/checks.hpp"

#include <functional>
#include <map>

#include "engine/catalogue/catalogue.hpp"
#include "engine/model/layout.hpp"
#include "formats/bagit.hpp"
#include "formats/bytes.hpp"
#include "formats/hex.hpp"
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
    for (const std::int64_t row : rows) {
        (void)o.where->each_member(row, [&](const catalogue::listed_member& member) {
            stock.listed.insert(member.item.id.value);
            if (!member.path.empty() && member.sha256 && seen.insert(member.item.id.value).second)
                stock.items.push_back({member.item.id.value, member.path, *member.sha256});
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

void check_durable(const std::shared_ptr<disk>& drive, const stock_taken& stock, bool cells_are_sound, complaints& out) {
    if (!cells_are_sound) return;
    if (!stock.items.empty() && !drive->durable_bytes(layout::catalogue))
        out.push_back("the catalogue's name would not survive");
    for (const stored_file& file : stock.items) {
        const auto durable = drive->durable_bytes(file.path);
        if (!durable)
            out.push_back("stored, but its name would not survive: " + file.path);
        else if (sha256(*durable) != file.sha256)
            out.push_back("stored, but its bytes would not survive: " + file.path);
    }
    const auto manifest = drive->durable_bytes(layout::manifest);
    if (!manifest) return;
    // What was read back wrong has left since that manifest was written, and the catalogue does not call it stored.
    std::set<std::string> stored;
    for (const stored_file& file : stock.items) stored.insert(file.path);
    const bool some_left = drive->find(layout::damaged_folder).has_value();
    for (const auto& entry : manifest_of(*manifest, out)) {
        if (some_left && !stored.contains(entry.path)) continue;
        const auto durable = drive->durable_bytes(entry.path);
        if (!durable || sha256(*durable) != entry.digest) out.push_back("in the manifest, but not durable: " + entry.path);
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

void check_truth(const std::shared_ptr<disk>& drive, const stock_taken& stock, samplecloud::cloud& cloud, const life_end& end,
                 truth_rules rules, complaints& out) {
    if (!stock.readable) return out.push_back("the catalogue cannot be read");
    std::map<std::string, const stored_file*> stored;
    for (const stored_file& file : stock.items) stored[file.id] = &file;
    const auto now = cloud.now();
    const std::uint64_t all = now->items->first_inserted() + now->lists.inserted;
    std::uint64_t missing = 0;
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
        const auto bytes = bytes_at(*drive, found->second->path);
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
