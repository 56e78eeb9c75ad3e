// Listing and planning.

#include "engine/catalogue/sqlite_catalogue.hpp"
#include "formats/bytes.hpp"

namespace decamp::catalogue {

namespace {

const query select_collection{"SELECT id, folder FROM collection WHERE source_id = ?1"};
const query folder_taken{"SELECT 1 FROM collection WHERE folder_key = ?1"};
const query insert_collection{
    "INSERT INTO collection(seen, outside, announced, folder_key, source_id, name, folder) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"};
const query update_collection{"UPDATE collection SET seen = ?2, outside = ?3, announced = ?4, name = ?5 WHERE id = ?1"};

const query select_known{
    "SELECT i.id, i.fingerprint, i.state, i.file, f.publication, i.seen, i.raw, i.home, i.size, "
    "i.sha1, i.sha256, i.md5, i.modified_ms, f.checked, f.rechecked FROM item i LEFT JOIN file f ON f.id = i.file "
    "WHERE i.source_id = ?1"};
const query select_item{"SELECT id, fingerprint, state, file FROM item WHERE source_id = ?1"};
const query insert_item{
    "INSERT INTO item(seen, tallied, state, fingerprint, size, taken_ms, modified_ms, sha1, sha256, md5, source_id, "
    "home, "
    "bucket, name, locator, raw) VALUES(?1, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, iif(?16, ?15, "
    "?15))"};
const query insert_gap{
    "INSERT INTO gap(id, reason, run, name, collection, detail) VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(id, reason) "
    "DO UPDATE SET run = excluded.run, name = excluded.name, collection = excluded.collection, detail = "
    "excluded.detail"};
const query count_items{"SELECT count(*) FROM item"};
const query update_item{
    "UPDATE item SET seen = ?1, state = ?2, fingerprint = ?3, size = ?4, taken_ms = ?5, modified_ms = ?6, sha1 = ?7, "
    "sha256 = ?8, md5 = ?9, home = ?11, bucket = ?12, name = ?13, locator = ?14, "
    "unsteady = iif(seen = ?1 AND fingerprint <> ?3, ?1, unsteady), raw = iif(seen = ?1 OR ?16, coalesce(raw, ?15), "
    "?15), reason = iif(?2 = 2, reason, NULL), "
    "detail = iif(?2 = 2, detail, NULL) WHERE source_id = ?10"};

const query everything_tallied{"SELECT tallied, tallied_bucket FROM item WHERE id = ?1"};
const query tally_everything{"UPDATE item SET tallied = ?2, tallied_bucket = ?3 WHERE id = ?1"};
const query member_tallied{"SELECT tallied, tallied_bucket FROM membership WHERE collection = ?1 AND item = ?2"};
const query tally_member{
    "INSERT INTO membership(collection, item, seen, tallied, tallied_bucket) VALUES(?1, ?2, ?3, ?3, ?4) "
    "ON CONFLICT(collection, item) DO UPDATE SET seen = excluded.seen, tallied = excluded.tallied, "
    "tallied_bucket = excluded.tallied_bucket"};
const query uncount_in_tally{"UPDATE tally SET count = count - 1 WHERE collection = ?1 AND bucket = ?2 AND run = ?3"};
const query count_in_tally{
    "INSERT INTO tally(collection, bucket, run, count) VALUES(?1, ?2, ?3, 1) ON CONFLICT(collection, bucket) "
    "DO UPDATE SET count = iif(run = excluded.run, count + 1, 1), run = excluded.run"};
const query upsert_member{
    "INSERT INTO membership(collection, item, seen, tallied) VALUES(?1, ?2, ?3, 0) ON CONFLICT(collection, item) "
    "DO UPDATE SET seen = excluded.seen WHERE seen <> excluded.seen"};

const query insert_folder{"INSERT INTO folder_found(folder) VALUES(?1) ON CONFLICT(folder) DO NOTHING"};
const query next_folder{"SELECT number, folder FROM folder_found WHERE number > ?1 ORDER BY number LIMIT 1"};

const query select_announced{
    "SELECT id FROM blob INDEXED BY blob_announced WHERE announced_sha1 = ?1 AND announced_size = ?2 "
    "AND audit_of IS NULL AND checked IS NOT 3 ORDER BY id LIMIT 1"};
const query insert_blob{
    "INSERT INTO blob(id, state, leader, audit_of, damaged, announced_size, announced_sha1) VALUES(?1, 0, ?2, ?3, 0, "
    "?4, ?5)"};
const query insert_file{
    "INSERT INTO file(id, item, blob, path_key, publication, ready, path) VALUES(?1, ?2, ?3, ?4, 0, ?5, ?6)"};
const query present_file{"SELECT file FROM item WHERE id = ?1"};
std::optional<std::int64_t> bits(std::optional<std::uint64_t> value) {
    return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
}

const query note_rechecked{"UPDATE file SET rechecked = ?2 WHERE id = ?1"};
const query note_former{"UPDATE file SET former = ?2 WHERE id = ?1"};
const query set_present_file{"UPDATE item SET file = ?2 WHERE id = ?1"};
const query give_leader{"UPDATE blob SET leader = ?2, state = iif(state = 4, 0, state) WHERE id = ?1"};

}  // namespace

result<std::optional<known_collection>> sqlite_catalogue::find_collection(const collection_id& id) {
    return look([&]() -> std::optional<known_collection> {
        statement s = db_->run_ready(select_collection, id.value);
        if (!s.step()) return std::nullopt;
        return known_collection{s.integer(0), s.text(1)};
    });
}

result<bool> sqlite_catalogue::collection_folder_taken(std::string_view folder) {
    return look([&] { return db_->number(folder_taken, name_key(folder)).has_value(); });
}

result<std::int64_t> sqlite_catalogue::add_collection(const collection& c, std::string_view folder) {
    return change([&] {
        db_->change(insert_collection, run_, c.outside_everything ? 1 : 0, c.announced, name_key(folder), c.id.value,
                    c.name, folder);
        return db_->last_id();
    });
}

result<void> sqlite_catalogue::saw_collection(std::int64_t row, const collection& c) {
    return change(
        [&] { db_->change(update_collection, row, run_, c.outside_everything ? 1 : 0, c.announced, c.name); });
}

result<std::optional<known_item>> sqlite_catalogue::find_item(const item_id& id) {
    return look([&]() -> std::optional<known_item> {
        statement s = db_->run_ready(select_known, id.value);
        if (!s.step()) return std::nullopt;
        known_item known;
        known.row = s.integer(0);
        known.fingerprint = static_cast<std::uint64_t>(s.integer(1));
        known.state = static_cast<item_state>(s.choice(2, 0, static_cast<int>(item_state::failed)));
        if (!s.null(3)) known.file = item_key{s.integer(3)};
        known.stored = s.integer(4) != 0;
        known.seen = s.integer(5) == run_;
        if (!s.null(6)) known.raw = static_cast<std::uint64_t>(s.integer(6));
        known.before.home.value = s.text(7);
        known.before.size = s.optional_natural(8);
        known.before.sha1 = s.optional_digest<formats::sha1_digest>(9);
        known.before.sha256 = s.optional_digest<formats::sha256_digest>(10);
        known.before.md5 = s.optional_digest<formats::md5_digest>(11);
        known.before.modified_ms = s.optional_integer(12);
        const bool doubtful = !s.null(13) && (s.integer(13) == static_cast<int>(source_check::mismatch) ||
                                              s.integer(13) == static_cast<int>(source_check::unbounded));
        // Once a run, and only what an earlier one stored: its first row of this run says that it is still wanted.
        known.contradicts = doubtful && known.stored && !known.seen && s.integer(14) != run_;
        return known;
    });
}

std::optional<std::uint64_t> raw_name_hash(const listed_item& item) {
    if (item.raw_name.empty()) return std::nullopt;
    return formats::xxh3_64_of(formats::as_bytes(item.raw_name));
}

result<std::int64_t> sqlite_catalogue::put_item(const listed_item& item, item_state state) {
    return change([&]() -> std::int64_t {
        if (state == item_state::failed) {
            db_->fail(catalogue_errc::misuse, "an item fails by record_failed()");
            return 0;
        }
        const auto fingerprint = static_cast<std::int64_t>(listed_fingerprint(item));
        std::optional<std::int64_t> row, file;
        bool changed = false, had_failed = false;
        {
            statement s = db_->run_ready(select_item, item.id.value);
            if (s.step()) {
                row = s.integer(0);
                changed = s.integer(1) != fingerprint;
                had_failed =
                    s.choice(2, 0, static_cast<int>(item_state::failed)) == static_cast<int>(item_state::failed);
                file = s.optional_integer(3);
            }
        }
        const bool excluded = state == item_state::excluded;
        if (had_failed && !changed && !excluded) state = item_state::failed;
        if (row && file && (changed || excluded)) leave_present_file(*row, *file, !changed);
        db_->change(row ? update_item : insert_item, run_, static_cast<int>(state), fingerprint, item.size,
                    item.taken_ms, item.modified_ms, item.sha1, item.sha256, item.md5, item.id.value, item.home.value,
                    item.bucket, item.name, item.locator, bits(raw_name_hash(item)), item.other_id.empty() ? 0 : 1);
        return row ? *row : db_->last_id();
    });
}

result<void> sqlite_catalogue::record_gap(const list_gap& gap) {
    return change([&] {
        db_->change(insert_gap, gap.id, word_of(gap.reason), run_, gap.name, gap.collection.value, gap.detail);
    });
}

result<std::uint64_t> sqlite_catalogue::items_known() {
    return look([&] { return static_cast<std::uint64_t>(db_->number(count_items).value_or(0)); });
}

result<bool> sqlite_catalogue::tally(std::int64_t collection_row, std::int64_t item_row, std::string_view bucket) {
    return change([&] {
        bool counted = false;
        {
            statement s = collection_row == 0 ? db_->run_ready(everything_tallied, item_row)
                                              : db_->run_ready(member_tallied, collection_row, item_row);
            counted = s.step() && s.integer(0) == run_;
            // Listed alone, a day says surely what a wider range had only suggested.
            const std::string before = counted ? std::string(s.text(1)) : std::string();
            if (counted && before == bucket) return false;
            if (counted) db_->change(uncount_in_tally, collection_row, before, run_);
        }
        if (collection_row == 0)
            db_->change(tally_everything, item_row, run_, bucket);
        else
            db_->change(tally_member, collection_row, item_row, run_, bucket);
        db_->change(count_in_tally, collection_row, bucket, run_);
        return !counted;
    });
}

result<void> sqlite_catalogue::add_membership(std::int64_t collection_row, std::int64_t item_row) {
    return change([&] { db_->change(upsert_member, collection_row, item_row, run_); });
}

result<void> sqlite_catalogue::add_folders(const std::vector<std::string>& folders) {
    return change([&] {
        for (const std::string& folder : folders) db_->change(insert_folder, folder);
    });
}

result<std::optional<catalogue::found_folder>> sqlite_catalogue::folder_after(std::uint64_t number) {
    return look([&]() -> std::optional<found_folder> {
        statement s = db_->run_ready(next_folder, number);
        if (!s.step()) return std::nullopt;
        return found_folder{s.natural(0), s.text(1)};
    });
}

result<bool> sqlite_catalogue::path_taken(std::string_view path) {
    return look([&] { return path_is_taken(path); });
}

result<std::optional<blob_key>> sqlite_catalogue::find_announced(const formats::sha1_digest& sha1, std::uint64_t size) {
    return look([&]() -> std::optional<blob_key> {
        const auto id = db_->number(select_announced, sha1, size);
        if (!id) return std::nullopt;
        return blob_key{*id};
    });
}

item_key sqlite_catalogue::insert_present_file(std::int64_t item_row, std::string_view path, std::int64_t blob,
                                               bool ready) {
    const item_key key{next_file_++};
    db_->change(insert_file, key.value, item_row, blob, name_key(path), ready ? 1 : 0, path);
    if (db_->change(set_present_file, item_row, key.value) == 0) db_->fail(catalogue_errc::misuse, "a file of no item");
    return key;
}

result<item_key> sqlite_catalogue::add_file(std::int64_t item_row, std::string_view path, blob_key blob) {
    return change([&]() -> item_key {
        if (const auto former = db_->number(present_file, item_row)) leave_present_file(item_row, *former, false);
        const auto row = find_blob(blob.value);
        if (!row) {
            db_->fail(catalogue_errc::misuse, "a file of no blob");
            return {};
        }
        const item_key key = insert_present_file(item_row, path, blob.value, row->on_drive());
        // What failed with all its members is tried again with the new one.
        if (!row->leader || row->state == blob_state::failed) db_->change(give_leader, blob.value, key.value);
        return key;
    });
}

result<catalogue::own_file> sqlite_catalogue::add_own_file(std::int64_t item_row, std::string_view path,
                                                           const listed_item& item, std::optional<blob_key> audit_of) {
    return change([&]() -> own_file {
        std::optional<std::int64_t> compared;
        if (audit_of) {
            const auto row = find_blob(audit_of->value);
            if (db_->ok() && (!row || row->audit_of)) db_->fail(catalogue_errc::misuse, "an audit of no blob");
            // A blob that has failed, or did not agree with its announcement, is nothing to compare with.
            const bool comparable = row && row->state != blob_state::failed && row->checked != 3;
            if (comparable) compared = audit_of->value;
        }
        const bool announced = item.sha1 && item.size;
        const blob_key blob{next_blob_++};
        db_->change(insert_blob, blob.value, next_file_, compared, announced ? item.size : std::nullopt,
                    announced ? item.sha1 : std::nullopt);
        // Only now: with the item's former file may go the blob that this one is to be compared with.
        const auto former = db_->number(present_file, item_row);
        if (former) {
            db_->change(note_rechecked, *former, run_);
            leave_present_file(item_row, *former, false);
        }
        const item_key file = insert_present_file(item_row, path, blob.value, false);
        if (former) db_->change(note_former, file.value, *former);
        return {file, blob};
    });
}

}  // namespace decamp::catalogue
