// What is to be fetched, and what became of it.

#include "engine/catalogue/sqlite_catalogue.hpp"

namespace decamp::catalogue {

namespace {

#define DECAMP_PLANNED_COLUMNS \
    "b.id, b.leader, b.damaged, b.audit_of, f.path, p.path, p.bytes, p.validator, p.blocks, " DECAMP_LISTED_COLUMNS
const query planned_page{
    "SELECT " DECAMP_PLANNED_COLUMNS
    " FROM blob b INDEXED BY blob_planned CROSS JOIN file f ON f.id = b.leader CROSS JOIN item i ON i.id = f.item "
    "LEFT JOIN part p ON p.blob = b.id WHERE b.state = 0 AND b.leader > ?1 ORDER BY b.leader LIMIT ?2"};
const query last_planned_page{
    "SELECT " DECAMP_PLANNED_COLUMNS
    " FROM blob b INDEXED BY blob_planned CROSS JOIN file f ON f.id = b.leader CROSS JOIN item i ON i.id = f.item "
    "LEFT JOIN part p ON p.blob = b.id WHERE b.state = 0 AND b.leader > 0 ORDER BY b.leader DESC LIMIT ?1"};
const query planned_count{"SELECT count(*) FROM blob INDEXED BY blob_planned WHERE state = 0 AND leader > 0"};

const query upsert_part{
    "INSERT INTO part(blob, bytes, path, validator, blocks) SELECT id, ?2, ?3, ?4, ?5 FROM blob WHERE id = ?1 AND "
    "state = 0 "
    "ON CONFLICT(blob) DO UPDATE SET bytes = excluded.bytes, path = excluded.path, validator = excluded.validator, "
    "blocks = excluded.blocks"};
const query delete_part{"DELETE FROM part WHERE blob = ?1"};

const query set_file_checked{"UPDATE file SET checked = ?2 WHERE id = ?1"};
const query audit_waits{"UPDATE blob SET state = 1, sha256 = ?2 WHERE id = ?1"};
const query stop_comparing{"UPDATE blob SET state = 0, audit_of = NULL, sha256 = NULL WHERE id = ?1"};

const query contradicting{
    "SELECT 1 FROM blob a CROSS JOIN blob o INDEXED BY blob_announced ON o.announced_sha1 = a.announced_sha1 "
    "AND o.announced_size = a.announced_size WHERE a.id = ?1 AND a.sha256 IS NOT NULL AND o.audit_of IS NULL "
    "AND o.sha256 IS NOT NULL AND o.sha256 <> a.sha256 LIMIT 1"};
const query trusting_files{
    "SELECT f.id, f.item FROM file f CROSS JOIN item i ON i.id = f.item CROSS JOIN blob b ON b.id = f.blob "
    "WHERE f.id > ?1 AND f.checked IS NULL AND i.file = f.id AND i.state <> 1 AND b.leader IS NOT f.id "
    "ORDER BY f.id LIMIT 256"};

const query file_and_blob{
    "SELECT f.item, f.blob, b.leader, b.state FROM file f CROSS JOIN blob b ON b.id = f.blob WHERE f.id = ?1"};
const query fail_item{
    "UPDATE item SET state = 2, reason = ?3, detail = ?4, seen = coalesce(?5, seen) WHERE id = ?1 AND file = ?2"};
const query stop_linking{"UPDATE file SET ready = 0 WHERE id = ?1"};
const query blob_is_planned{"SELECT 1 FROM blob WHERE id = ?1 AND state = 0"};

}  // namespace

listed_item read_listed(const statement& row, int column) {
    listed_item item;
    item.id.value = row.text(column);
    item.home.value = row.text(column + 1);
    item.name = row.text(column + 2);
    item.size = row.optional_natural(column + 3);
    item.sha1 = row.optional_digest<formats::sha1_digest>(column + 4);
    item.sha256 = row.optional_digest<formats::sha256_digest>(column + 5);
    item.md5 = row.optional_digest<formats::md5_digest>(column + 6);
    item.taken_ms = row.optional_integer(column + 7);
    item.modified_ms = row.optional_integer(column + 8);
    item.bucket = row.text(column + 9);
    item.locator = row.text(column + 10);
    return item;
}

std::vector<formats::xxh3_128_digest> read_blocks(connection& db, const statement& row, int column,
                                                  std::uint64_t size) {
    if (row.null(column)) return {};
    auto blocks = formats::decode_block_map(row.bytes(column));
    // Whoever reads a file by its map must not run past the map's end.
    if (blocks && blocks->size() == formats::block_count(size)) return std::move(*blocks);
    db.fail(catalogue_errc::damaged, "a block map that does not fit its file");
    return {};
}

std::vector<planned_item> sqlite_catalogue::planned_rows(statement s) {
    std::vector<planned_item> page;
    std::size_t blocks = 0;
    while (blocks < page_blocks && s.step()) {
        planned_item& planned = page.emplace_back();
        planned.blob.value = s.integer(0);
        planned.key.value = s.integer(1);
        planned.damaged = static_cast<std::uint32_t>(s.natural(2));
        if (!s.null(3)) planned.audit_of = blob_key{s.integer(3)};
        planned.path = s.text(4);
        if (!s.null(5)) {
            staged_part& part = planned.part.emplace();
            part.path = s.text(5);
            part.bytes = s.natural(6);
            part.validator = s.text(7);
            part.blocks = read_blocks(*db_, s, 8, part.bytes);
            blocks += part.blocks.size();
        }
        planned.listed = read_listed(s, 9);
    }
    return page;
}

result<std::vector<planned_item>> sqlite_catalogue::next_planned(item_key after, std::size_t limit) {
    return look([&] { return planned_rows(db_->run_ready(planned_page, after.value, std::uint64_t{limit})); });
}

result<std::vector<planned_item>> sqlite_catalogue::last_planned(std::size_t limit) {
    return look([&] { return planned_rows(db_->run_ready(last_planned_page, std::uint64_t{limit})); });
}

result<std::uint64_t> sqlite_catalogue::planned_left() {
    return look([&] { return static_cast<std::uint64_t>(db_->number(planned_count).value_or(0)); });
}

result<void> sqlite_catalogue::record_part(blob_key blob, const staged_part& part) {
    return change([&] {
        if (part.bytes != part.blocks.size() * std::uint64_t{formats::block_size})
            return db_->fail(catalogue_errc::misuse, "a part that is not whole blocks");
        db_->change(upsert_part, blob.value, part.bytes, part.path, part.validator,
                    formats::encode_block_map(part.blocks));
    });
}

result<void> sqlite_catalogue::forget_part(blob_key blob) {
    return change([&] { db_->change(delete_part, blob.value); });
}

result<bool> sqlite_catalogue::record_audit(blob_key blob, const formats::sha256_digest& sha256, source_check check,
                                            std::uint64_t downloaded) {
    return change([&] {
        add_downloaded(downloaded);
        const auto audit = find_blob(blob.value);
        // Dropped meanwhile, or to be fetched for itself meanwhile since there is nothing left to compare with.
        if (!audit || !audit->audit_of || !audit->leader) return true;
        const auto leader = find_blob(*audit->audit_of);
        const bool known = leader && leader->sha256.has_value();
        const bool comparable = leader && check != source_check::mismatch && leader->state != blob_state::failed;
        if (!comparable || (known && leader->sha256 != sha256)) {
            db_->change(stop_comparing, blob.value);
            return false;
        }
        db_->change(set_file_checked, *audit->leader, static_cast<int>(check));
        if (known) {
            take_over(blob.value, leader->id, leader->on_drive());
        } else {
            db_->change(audit_waits, blob.value, sha256);
        }
        return true;
    });
}

bool sqlite_catalogue::contradicted(std::int64_t blob) {
    return db_->number(contradicting, blob).has_value();
}

result<bool> sqlite_catalogue::announcement_contradicted(blob_key blob) {
    return look([&] { return contradicted(blob.value); });
}

result<std::uint64_t> sqlite_catalogue::distrust_twins() {
    return change([&] {
        std::uint64_t sum = 0;
        std::vector<std::pair<std::int64_t, std::int64_t>> files;
        for (std::int64_t after = 0;; after = files.back().first) {
            files.clear();
            {
                statement s = db_->run_ready(trusting_files, after);
                while (s.step()) files.emplace_back(s.integer(0), s.integer(1));
            }
            if (files.empty()) return sum;
            for (const auto& [file, item] : files) give_own_blob(file, item);
            sum += files.size();
        }
    });
}

// What has failed is only named by it: flushed with the change after it, since three thousand refused links would cost
// as many flushes. A crash before that leaves the item planned.
result<bool> sqlite_catalogue::record_failed(const failed_item& failed) {
    return change_unflushed([&] {
        add_downloaded(failed.downloaded);
        const std::int64_t file = failed.file.value;
        std::int64_t item = 0, blob = 0;
        bool to_be_fetched = false, leads = false;
        {
            statement s = db_->run_ready(file_and_blob, file);
            if (!s.step()) return false;
            item = s.integer(0);
            blob = s.integer(1);
            leads = s.optional_integer(2) == file;
            const auto state = static_cast<blob_state>(s.choice(3, 0, static_cast<int>(blob_state::failed)));
            to_be_fetched = state == blob_state::planned || state == blob_state::failed;
        }
        db_->change(fail_item, item, file, word_of(failed.reason), failed.detail,
                    failed.listed ? std::optional<std::int64_t>(run_) : std::nullopt);
        db_->change(stop_linking, file);
        if (leads && to_be_fetched) elect_leader(blob);
        return db_->number(blob_is_planned, blob).has_value();
    });
}

}  // namespace decamp::catalogue
