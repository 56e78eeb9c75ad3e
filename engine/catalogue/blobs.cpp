// What becomes of blobs and of the files that share them; used by all concerns, within their transactions.

#include "engine/catalogue/sqlite_catalogue.hpp"
#include "formats/bytes.hpp"
#include "formats/unicode.hpp"

namespace decamp::catalogue {

namespace {

const query select_blob{
    "SELECT state, leader, audit_of, damaged, checked, sha256, former_sha256, announced_sha1 IS NOT NULL FROM blob "
    "WHERE id = ?1"};
const query willing_member{
    "SELECT f.id FROM file f INDEXED BY file_of_blob CROSS JOIN item i ON i.id = f.item "
    "WHERE f.blob = ?1 AND i.file = f.id AND i.state <> 2 ORDER BY f.id LIMIT 1"};
const query willing_leader{
    "SELECT f.id FROM blob b CROSS JOIN file f ON f.id = b.leader CROSS JOIN item i ON i.id = f.item "
    "WHERE b.id = ?1 AND f.blob = b.id AND i.file = f.id AND i.state <> 2"};
const query first_member{"SELECT id FROM file INDEXED BY file_of_blob WHERE blob = ?1 ORDER BY id LIMIT 1"};
const query set_leader{"UPDATE blob SET leader = ?2, state = ?3 WHERE id = ?1"};
const query delete_blob{"DELETE FROM blob WHERE id = ?1"};
const query delete_part{"DELETE FROM part WHERE blob = ?1"};
const query delete_file{"DELETE FROM file WHERE id = ?1"};
const query blob_of_file{"SELECT blob, publication FROM file WHERE id = ?1"};
const query no_present_file{"UPDATE item SET file = NULL WHERE id = ?1"};

// A former version of its item cannot be fetched: with its bytes it is lost, and named (see lost_rows).
const query insert_own_blob{
    "INSERT INTO blob(id, state, leader, damaged, announced_size, announced_sha1) "
    "SELECT ?1, iif(state = 2 OR file IS NOT ?2, 4, 0), ?2, iif(file IS NOT ?2, 1, 0), iif(sha1 IS NULL, NULL, size), "
    "iif(size IS NULL, NULL, sha1) "
    "FROM item WHERE id = ?3"};
const query move_file{
    "UPDATE file SET blob = ?2, publication = 0, ready = 0, checked = NULL, sampled = 0 WHERE id = ?1"};

const query forget_bytes{
    "UPDATE blob SET state = 0, damaged = ?2, group_number = NULL, proven_ms = NULL, proven_method = NULL, checked = "
    "NULL, "
    "size = NULL, former_sha256 = coalesce(sha256, former_sha256), sha256 = NULL, sha1 = NULL, staging = NULL, "
    "blocks = NULL WHERE id = ?1"};
const query unpublish_members{"UPDATE file SET publication = 0, ready = 0 WHERE blob = ?1"};
const query former_names{
    "SELECT f.id FROM file f INDEXED BY file_of_blob CROSS JOIN item i ON i.id = f.item "
    "WHERE f.blob = ?1 AND i.file IS NOT f.id ORDER BY f.id LIMIT 256"};

const query free_some_audits{
    "UPDATE blob SET audit_of = NULL, sha256 = NULL, size = NULL, checked = NULL, state = iif(state = 1, 0, state) "
    "WHERE id IN (SELECT id FROM blob INDEXED BY blob_audit WHERE audit_of = ?1 LIMIT 256)"};
const query waiting_audits{
    "SELECT id, sha256 FROM blob INDEXED BY blob_audit WHERE audit_of = ?1 AND state = 1 LIMIT 256"};
const query free_audit{
    "UPDATE blob SET audit_of = NULL, sha256 = NULL, size = NULL, checked = NULL, state = 0 WHERE id = ?1"};

const query forgive_members{
    "UPDATE item SET state = 0, reason = NULL, detail = NULL WHERE +state = 2 "
    "AND id IN (SELECT f.item FROM file f INDEXED BY file_of_blob WHERE f.blob = ?1) "
    "AND EXISTS (SELECT 1 FROM file g WHERE g.id = item.file AND g.blob = ?1)"};
const query move_members{"UPDATE file SET blob = ?2, ready = iif(?3 AND publication = 0, 1, 0) WHERE blob = ?1"};
const query move_audits{
    "UPDATE blob SET audit_of = ?2 "
    "WHERE id IN (SELECT id FROM blob INDEXED BY blob_audit WHERE audit_of = ?1 LIMIT 256)"};
const query announcement_of{"SELECT announced_sha1, announced_size FROM blob WHERE id = ?1"};
const query take_announcement{
    "UPDATE blob SET announced_sha1 = ?2, announced_size = ?3 WHERE id = ?1 AND announced_sha1 IS NULL AND checked IS "
    "NOT 3"};

const query key_taken{"SELECT 1 FROM file WHERE path_key = ?1"};

}  // namespace

std::int64_t name_key(std::string_view name) {
    return static_cast<std::int64_t>(formats::xxh3_64_of(formats::as_bytes(formats::fold(name))));
}

bool sqlite_catalogue::path_is_taken(std::string_view path) {
    return db_->number(key_taken, name_key(path)).has_value();
}

std::optional<sqlite_catalogue::blob_row> sqlite_catalogue::find_blob(std::int64_t id) {
    statement s = db_->run_ready(select_blob, id);
    if (!s.step()) return std::nullopt;
    blob_row row;
    row.id = id;
    row.state = static_cast<blob_state>(s.choice(0, 0, static_cast<int>(blob_state::failed)));
    row.leader = s.optional_integer(1);
    row.audit_of = s.optional_integer(2);
    row.damaged = s.integer(3);
    row.checked = s.optional_integer(4);
    row.sha256 = s.optional_digest<formats::sha256_digest>(5);
    row.former_sha256 = s.optional_digest<formats::sha256_digest>(6);
    row.announced = s.integer(7) != 0;
    return row;
}

// For a blob that is to be fetched. The lowest member that has not failed leads; without one the blob has failed;
// without any member it goes.
void sqlite_catalogue::elect_leader(std::int64_t blob) {
    if (const auto willing = db_->number(willing_member, blob)) {
        db_->change(set_leader, blob, *willing, static_cast<int>(blob_state::planned));
    } else if (const auto first = db_->number(first_member, blob)) {
        db_->change(set_leader, blob, *first, static_cast<int>(blob_state::failed));
        free_audits(blob);
    } else if (db_->ok()) {
        remove_blob(blob);
    }
}

void sqlite_catalogue::remove_blob(std::int64_t blob) {
    free_audits(blob);
    db_->change(delete_part, blob);
    db_->change(delete_blob, blob);
}

// Its name is free again. Not for a file whose bytes are staged whole or on the drive under its own name.
void sqlite_catalogue::drop_file(std::int64_t file, const blob_row& row) {
    db_->change(delete_file, file);
    if (row.leader == file && row.to_be_fetched()) {
        // What a waiting audit has learnt, it has learnt of this file.
        if (row.audit_of && row.state == blob_state::checked) db_->change(free_audit, row.id);
        elect_leader(row.id);
    }
}

// A file that was never on the drive goes. One that was stays there, but only as a `kept` one is it still the item's.
void sqlite_catalogue::leave_present_file(std::int64_t item, std::int64_t file, bool kept) {
    std::int64_t blob_id = 0;
    bool published = false;
    {
        statement s = db_->run_ready(blob_of_file, file);
        if (!s.step()) return;
        blob_id = s.integer(0);
        published = s.integer(1) != 0;
    }
    const auto row = find_blob(blob_id);
    if (!row) return;
    const bool droppable = !published && (row->to_be_fetched() || row->leader != file);
    if (kept && !droppable) return;
    db_->change(no_present_file, item);
    if (droppable) drop_file(file, *row);
}

void sqlite_catalogue::give_own_blob(std::int64_t file, std::int64_t item) {
    const std::int64_t id = next_blob_++;
    db_->change(insert_own_blob, id, file, item);
    db_->change(move_file, file, id);
}

void sqlite_catalogue::plan_blob_again(const blob_row& row, std::int64_t damaged) {
    db_->change(forget_bytes, row.id, damaged);
    db_->change(unpublish_members, row.id);
    // What was never on the drive and its item no longer is, cannot be fetched any more. What was, stays to be named.
    while (damaged == 0) {
        std::vector<std::int64_t> former;
        {
            statement s = db_->run_ready(former_names, row.id);
            while (s.step()) former.push_back(s.integer(0));
        }
        if (former.empty()) break;
        for (const std::int64_t file : former) db_->change(delete_file, file);
    }
    // Which name leads does not change from run to run.
    if (const auto present = db_->number(willing_leader, row.id))
        db_->change(set_leader, row.id, *present, static_cast<int>(blob_state::planned));
    else
        elect_leader(row.id);
}

// Nothing to compare with any more: they are fetched for themselves.
void sqlite_catalogue::free_audits(std::int64_t leader) {
    while (db_->change(free_some_audits, leader) > 0) continue;
}

// Compares the audits that waited for this blob's digest. True when one differs: it is planned to be fetched for
// itself.
bool sqlite_catalogue::settle_audits(std::int64_t leader, bool on_drive, const formats::sha256_digest& sha256) {
    bool differs = false;
    for (;;) {
        std::vector<std::pair<std::int64_t, std::optional<formats::sha256_digest>>> audits;
        {
            statement s = db_->run_ready(waiting_audits, leader);
            while (s.step()) audits.emplace_back(s.integer(0), s.optional_digest<formats::sha256_digest>(1));
        }
        if (audits.empty() || !db_->ok()) return differs;
        for (const auto& [audit, digest] : audits) {
            if (digest == sha256) {
                take_over(audit, leader, on_drive);
            } else {
                db_->change(free_audit, audit);
                differs = true;
            }
        }
    }
}

void sqlite_catalogue::forgive(std::int64_t blob) {
    db_->change(forgive_members, blob);
}

// All members of `from` are members of `to`, and `from` goes.
void sqlite_catalogue::take_over(std::int64_t from, std::int64_t to, bool on_drive) {
    if (on_drive) forgive(from);
    db_->change(move_members, from, to, on_drive ? 1 : 0);
    while (db_->change(move_audits, from, to) > 0) continue;
    std::optional<formats::sha1_digest> sha1;
    std::optional<std::int64_t> size;
    {
        statement s = db_->run_ready(announcement_of, from);
        if (s.step()) {
            sha1 = s.optional_digest<formats::sha1_digest>(0);
            size = s.optional_integer(1);
        }
    }
    if (sha1 && size) db_->change(take_announcement, to, *sha1, *size);
    db_->change(delete_part, from);
    db_->change(delete_blob, from);
}

}  // namespace decamp::catalogue
