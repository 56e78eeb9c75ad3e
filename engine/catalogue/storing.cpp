// From checked to stored, and the names of twins.

#include "engine/catalogue/sqlite_catalogue.hpp"
#include "engine/model/layout.hpp"
#include "formats/bytes.hpp"
#include "formats/hex.hpp"
#include "formats/safe_name.hpp"

namespace decamp::catalogue {

namespace {

const query leader_path{"SELECT f.path FROM blob b CROSS JOIN file f ON f.id = b.leader WHERE b.id = ?1"};
const query leader_item{"SELECT i.source_id, i.name FROM file f CROSS JOIN item i ON i.id = f.item WHERE f.id = ?1"};
const query move_path{"UPDATE file SET path = ?2, path_key = ?3 WHERE id = ?1"};
const query set_file_checked{"UPDATE file SET checked = ?2 WHERE id = ?1"};
const query delete_part{"DELETE FROM part WHERE blob = ?1"};
const query set_checked{
    "UPDATE blob SET state = 1, checked = ?2, size = ?3, sha256 = ?4, sha1 = ?5, former_sha256 = NULL, staging = ?6, "
    "blocks = ?7, time_ms = ?8 WHERE id = ?1"};
// Members beside the leader; whether they are of this blob since they announce what its leader does (1), or because
// their own fetch, or that of one they trust, once gave the same bytes (0).
const query other_members{
    "SELECT f.id, f.item, f.checked IS NULL AND i.file IS f.id AND i.sha1 = li.sha1 AND i.size = li.size "
    "FROM file lf CROSS JOIN item li ON li.id = lf.item CROSS JOIN file f INDEXED BY file_of_blob ON f.blob = ?1 "
    "CROSS JOIN item i ON i.id = f.item WHERE lf.id = ?2 AND f.id > ?3 AND f.id <> ?2 ORDER BY f.id LIMIT 256"};
const query insert_like_leader{
    "INSERT INTO blob(id, state, damaged, announced_size, announced_sha1) "
    "SELECT ?1, 0, 0, i.size, i.sha1 FROM file f CROSS JOIN item i ON i.id = f.item WHERE f.id = ?2"};
const query announce_as_leader{
    "UPDATE blob SET announced_sha1 = (SELECT iif(i.size IS NULL, NULL, i.sha1) FROM file f CROSS JOIN item i ON i.id "
    "= f.item "
    "WHERE f.id = ?2), announced_size = (SELECT iif(i.sha1 IS NULL, NULL, i.size) FROM file f CROSS JOIN item i "
    "ON i.id = f.item WHERE f.id = ?2) WHERE id = ?1"};
const query move_to_blob{"UPDATE file SET blob = ?2, publication = 0, ready = 0 WHERE id = ?1"};
const query same_bytes{
    "SELECT id, state FROM blob INDEXED BY blob_sha256 WHERE sha256 = ?1 AND audit_of IS NULL AND id <> ?2 AND size = "
    "?3 "
    "AND state IN (1, 2, 3) ORDER BY id LIMIT 1"};
// A file of the same item that holds the same bytes, which contradicted the announcement before, or were of unknown
// length.
const query contradicted_before{
    "SELECT o.id, o.item, o.checked FROM file f CROSS JOIN file o ON o.id = f.former CROSS JOIN blob b ON b.id = "
    "o.blob "
    "WHERE f.id = ?1 AND o.item = f.item AND o.checked IN (3, 4) AND o.publication <> 0 AND b.sha256 = ?2 AND b.state "
    "IN (2, 3)"};
const query set_present{"UPDATE item SET file = ?2 WHERE id = ?1"};
const query remove_file{"DELETE FROM file WHERE id = ?1"};
const query unsampled_page{
    "SELECT f.id, b.id, lf.path, b.size, b.sha256, " DECAMP_LISTED_COLUMNS
    " FROM file f INDEXED BY file_ready CROSS JOIN blob b ON b.id = f.blob CROSS JOIN file lf ON lf.id = b.leader "
    "CROSS JOIN item i ON i.id = f.item WHERE f.ready = 1 AND f.sampled = 0 AND f.checked IS NULL AND i.file = f.id "
    "AND f.id > ?1 ORDER BY f.id LIMIT ?2"};
const query set_sampled{"UPDATE file SET sampled = 1 WHERE id = ?1"};
const query twin_item{
    "SELECT f.item FROM file f CROSS JOIN blob b ON b.id = f.blob WHERE f.id = ?1 AND f.ready = 1 AND b.leader <> "
    "f.id"};
const query forget_announcement{"UPDATE blob SET announced_sha1 = NULL, announced_size = NULL WHERE id = ?1"};

const query set_stored{
    "UPDATE blob SET state = 2, group_number = ?2, staging = NULL WHERE id = ?1 AND state = 1 AND audit_of IS NULL "
    "AND leader IS NOT NULL"};
const query publish_members{
    "UPDATE file SET publication = iif(id = (SELECT leader FROM blob WHERE id = ?1), 1, 0), "
    "ready = iif(id = (SELECT leader FROM blob WHERE id = ?1), 0, 1) WHERE blob = ?1 AND publication = 0"};

const query unsettled_page{
    "SELECT b.id, f.path, b.size, b.sha256, b.staging, coalesce(i.taken_ms, i.modified_ms, b.time_ms), b.blocks "
    "FROM blob b INDEXED BY blob_checked CROSS JOIN file f ON f.id = b.leader LEFT JOIN item i ON i.id = f.item "
    "WHERE b.state = 1 AND b.id > ?1 AND b.audit_of IS NULL ORDER BY b.id LIMIT ?2"};
const query staging_known{"SELECT 1 FROM blob INDEXED BY blob_staging WHERE staging = ?1"};
const query part_known{"SELECT 1 FROM part INDEXED BY part_path WHERE path = ?1"};

#define DECAMP_TWIN_COLUMNS                                                                                           \
    "f.id, f.path, b.id, lf.path, b.size, b.sha256, coalesce((SELECT coalesce(i.taken_ms, i.modified_ms) "            \
    "FROM file m INDEXED BY file_of_blob CROSS JOIN item i ON i.id = m.item WHERE m.blob = b.id ORDER BY m.id LIMIT " \
    "1), "                                                                                                            \
    "b.time_ms), coalesce(o.taken_ms, o.modified_ms, b.time_ms) "
const query twin_page{
    "SELECT " DECAMP_TWIN_COLUMNS
    "FROM file f INDEXED BY file_ready CROSS JOIN blob b ON b.id = f.blob CROSS JOIN file lf ON lf.id = b.leader "
    "LEFT JOIN item o ON o.id = f.item "
    "WHERE f.ready = 1 AND f.id > ?1 ORDER BY f.id LIMIT ?2"};
const query link_page{
    "SELECT " DECAMP_TWIN_COLUMNS
    "FROM file f NOT INDEXED CROSS JOIN blob b ON b.id = f.blob CROSS JOIN file lf ON lf.id = b.leader "
    "LEFT JOIN item o ON o.id = f.item "
    "WHERE f.id > ?1 AND f.publication = 2 AND b.state IN (2, 3) AND f.id IS NOT b.leader ORDER BY f.id LIMIT ?2"};
const query set_unlinked{
    "UPDATE file SET publication = 0, ready = 1 WHERE id = ?1 AND publication = 2 "
    "AND EXISTS(SELECT 1 FROM blob b WHERE b.id = file.blob AND b.state IN (2, 3) AND b.leader IS NOT file.id)"};
const query set_published{"UPDATE file SET publication = ?2, ready = 0 WHERE id = ?1 AND ready = 1"};

// As much of the 200 UTF-16 units from DEST on as the folder leaves.
const formats::name_limits unproven_limits{200 - layout::unproven_folder.size() - 1, 255};

}  // namespace

result<std::vector<catalogue::checked_outcome>> sqlite_catalogue::record_checked(const std::vector<checked_blob>& group,
                                                                                 bool merge, bool packed) {
    auto check_all = [&] {
        std::vector<checked_outcome> outcomes;
        outcomes.reserve(group.size());
        std::uint64_t bytes = 0;
        for (const checked_blob& checked : group) {
            bytes += checked.downloaded;
            outcomes.push_back(check_one(checked, merge, packed));
        }
        add_downloaded(bytes);
        if (group.empty()) count_flush();
        return outcomes;
    };
    return packed ? change_unflushed(check_all) : change(check_all);
}

catalogue::checked_outcome sqlite_catalogue::check_one(const checked_blob& checked, bool merge, bool packed) {
    checked_outcome outcome{checked.item.blob, false, checked.item.path, false};
    auto row = find_blob(checked.item.blob.value);
    // Dropped meanwhile, or led by another file now: what was fetched for one item is not held to be another's.
    if (!row || row->leader != checked.item.key.value) {
        outcome.duplicate = true;
        return outcome;
    }
    const blob_digests& digests = checked.digests;
    const bool fits = digests.blocks.empty() || digests.blocks.size() == formats::block_count(digests.size);
    if (row->audit_of || row->on_drive() || !fits) {
        db_->fail(catalogue_errc::misuse, "a blob that is not planned, or a block map that does not fit");
        return outcome;
    }
    if (row->state == blob_state::failed) forgive(row->id);
    if (same_contradiction(*row, checked)) {
        outcome.duplicate = true;
        return outcome;
    }
    part_with_members(*row, checked);
    if (checked.check == source_check::mismatch) move_to_unproven(*row->leader);
    db_->change(set_file_checked, *row->leader, static_cast<int>(checked.check));
    if (!packed) db_->change(delete_part, row->id);
    std::optional<std::vector<std::byte>> blocks;
    if (!digests.blocks.empty()) blocks = formats::encode_block_map(digests.blocks);
    db_->change(set_checked, row->id, static_cast<int>(checked.check), digests.size, digests.sha256, digests.sha1,
                checked.staging_path, blocks, checked.item.listed.file_time_ms());
    // Otherwise it has the path it was planned with.
    if (checked.check == source_check::mismatch) {
        statement s = db_->run_ready(leader_path, row->id);
        if (s.step()) outcome.path = s.text(0);
    }
    const bool announced =
        row->announced || row->former_sha256 || checked.check == source_check::mismatch;  // or may be by now
    outcome.contradicted = announced && contradicted(row->id);
    outcome.contradicted = settle_audits(row->id, false, digests.sha256) || outcome.contradicted;
    outcome.duplicate = merge && merge_one(*row, checked);
    return outcome;
}

// Members whose bytes cannot be told from these any more are fetched again, without the leader: all of them when the
// leader did not agree with its announcement, and those that were here for the sake of former bytes when these are
// others.
void sqlite_catalogue::part_with_members(const blob_row& row, const checked_blob& checked) {
    struct member {
        std::int64_t file, item;
        bool announced_alike;
    };
    const bool mismatch = checked.check == source_check::mismatch;
    const bool other_bytes = row.former_sha256 && *row.former_sha256 != checked.digests.sha256;
    if (!mismatch && !other_bytes) return;
    if (mismatch) free_audits(row.id);
    std::int64_t shared = 0;
    std::vector<member> members;
    for (std::int64_t after = 0;; after = members.back().file) {
        members.clear();
        {
            statement s = db_->run_ready(other_members, row.id, *row.leader, after);
            while (s.step()) members.push_back({s.integer(0), s.integer(1), s.integer(2) != 0});
        }
        if (members.empty()) break;
        for (const auto& [file, item, announced_alike] : members) {
            if (!announced_alike) {
                give_own_blob(file, item);
            } else if (mismatch) {  // they stay twins: one of them is enough
                if (shared == 0) db_->change(insert_like_leader, shared = next_blob_++, *row.leader);
                db_->change(move_to_blob, file, shared);
            }
        }
    }
    if (shared != 0) elect_leader(shared);
    db_->change(announce_as_leader, row.id, *row.leader);
}

// The item was fetched again since its bytes contradict its announcement, or nothing said how long it is, and the same
// bytes came: they are kept already, and the file that was made for others goes. What says now how long it is, counts.
bool sqlite_catalogue::same_contradiction(const blob_row& row, const checked_blob& checked) {
    std::int64_t kept = 0, item = 0;
    bool contradicted = false;
    {
        statement s = db_->run_ready(contradicted_before, *row.leader, checked.digests.sha256);
        if (!s.step()) return false;
        kept = s.integer(0);
        item = s.integer(1);
        contradicted = s.integer(2) == static_cast<int>(source_check::mismatch);
    }
    // Right after all: they go where the item belongs, and what lies below data/unproven stays there.
    if (contradicted != (checked.check == source_check::mismatch)) return false;
    db_->change(set_file_checked, kept, static_cast<int>(checked.check));
    db_->change(set_present, item, kept);
    db_->change(remove_file, *row.leader);
    elect_leader(row.id);  // other members, if there are any
    return true;
}

bool sqlite_catalogue::merge_one(const blob_row& row, const checked_blob& checked) {
    std::int64_t other = 0;
    bool on_drive = false;
    {
        statement s = db_->run_ready(same_bytes, checked.digests.sha256, row.id, checked.digests.size);
        if (!s.step()) return false;
        other = s.integer(0);
        on_drive = s.integer(1) != static_cast<int>(blob_state::checked);
    }
    // An announcement that these bytes do not agree with is not handed on with them.
    if (checked.check == source_check::mismatch) db_->change(forget_announcement, row.id);
    take_over(row.id, other, on_drive);
    settle_audits(other, on_drive, checked.digests.sha256);
    return true;
}

// Always with the item's id, so that the name does not depend on which of two such files arrives first.
void sqlite_catalogue::move_to_unproven(std::int64_t file) {
    std::string id, name;
    {
        statement s = db_->run_ready(leader_item, file);
        if (s.step()) {
            id = s.text(0);
            name = formats::safe_component(s.text(1), unproven_limits);
        }
    }
    // Of a long id only a part goes into the name; two that agree in it are told apart by a hash of the whole.
    const std::string hash = std::to_string(formats::xxh3_64_of(formats::as_bytes(id)));
    std::string path;
    for (int attempt = 0; db_->ok(); ++attempt) {
        const std::string suffix = attempt == 0 ? id : attempt == 1 ? hash : hash + "-" + std::to_string(attempt);
        path = layout::below(layout::unproven_folder, formats::with_suffix(name, suffix, unproven_limits));
        if (!path_is_taken(path)) break;
    }
    db_->change(move_path, file, path, name_key(path));
}

void sqlite_catalogue::store_one(std::int64_t blob, std::int64_t group_number) {
    if (db_->change(set_stored, blob, group_number) == 0)
        return db_->fail(catalogue_errc::misuse, "a blob is stored that was not checked");
    const int members = db_->change(publish_members, blob);
    if (members > 1) forgive(blob);
}

result<void> sqlite_catalogue::record_stored(const std::vector<blob_key>& group, std::int64_t group_number) {
    return change([&] {
        for (const blob_key& key : group) store_one(key.value, group_number);
    });
}

result<std::vector<catalogue::unsettled>> sqlite_catalogue::next_unsettled(blob_key after, std::size_t limit) {
    return look([&] {
        std::vector<unsettled> page;
        std::size_t blocks = 0;
        statement s = db_->run_ready(unsettled_page, after.value, std::uint64_t{limit});
        while (blocks < page_blocks && s.step()) {
            unsettled& u = page.emplace_back();
            u.blob.blob.value = s.integer(0);
            u.blob.path = s.text(1);
            u.blob.size = s.natural(2);
            u.blob.sha256 = s.digest<formats::sha256_digest>(3);
            u.staging_path = s.text(4);
            u.time_ms = s.optional_integer(5);
            u.blob.blocks = read_blocks(*db_, s, 6, u.blob.size);
            blocks += u.blob.blocks.size();
        }
        return page;
    });
}

result<void> sqlite_catalogue::plan_again(blob_key blob) {
    return change([&] {
        const auto row = find_blob(blob.value);
        if (row && !row->audit_of) plan_blob_again(*row, row->damaged);
    });
}

result<bool> sqlite_catalogue::knows_staging(std::string_view staging_path) {
    return look([&] {
        return db_->number(staging_known, staging_path).has_value() ||
               db_->number(part_known, staging_path).has_value();
    });
}

std::vector<twin_file> sqlite_catalogue::twins_of(statement rows) {
    std::vector<twin_file> page;
    while (rows.step()) {
        twin_file& twin = page.emplace_back();
        twin.file.value = rows.integer(0);
        twin.path = rows.text(1);
        twin.leader.blob.value = rows.integer(2);
        twin.leader.path = rows.text(3);
        twin.leader.size = rows.natural(4);
        twin.leader.sha256 = rows.digest<formats::sha256_digest>(5);
        twin.has_time = !rows.null(6);
        if (twin.has_time) twin.time_ms = rows.integer(6);
        twin.own_time_ms = rows.optional_integer(7);
    }
    return page;
}

result<std::vector<twin_file>> sqlite_catalogue::next_unpublished_twins(item_key after, std::size_t limit) {
    return look([&] { return twins_of(db_->run_ready(twin_page, after.value, std::uint64_t{limit})); });
}

result<std::vector<twin_file>> sqlite_catalogue::next_links(item_key after, std::size_t limit) {
    return look([&] { return twins_of(db_->run_ready(link_page, after.value, std::uint64_t{limit})); });
}

result<void> sqlite_catalogue::record_unlinked(const std::vector<item_key>& files) {
    return change([&] {
        for (const item_key& file : files) db_->change(set_unlinked, file.value);
    });
}

result<std::vector<announced_twin>> sqlite_catalogue::next_unsampled(item_key after, std::size_t limit) {
    return look([&] {
        std::vector<announced_twin> page;
        statement s = db_->run_ready(unsampled_page, after.value, std::uint64_t{limit});
        while (s.step()) {
            announced_twin& twin = page.emplace_back();
            twin.file.value = s.integer(0);
            twin.leader.blob.value = s.integer(1);
            twin.leader.path = s.text(2);
            twin.leader.size = s.natural(3);
            twin.leader.sha256 = s.digest<formats::sha256_digest>(4);
            twin.listed = read_listed(s, 5);
        }
        return page;
    });
}

result<void> sqlite_catalogue::record_sampled(const std::vector<item_key>& files) {
    return change([&] {
        for (const item_key& file : files) db_->change(set_sampled, file.value);
    });
}

result<void> sqlite_catalogue::fetch_for_itself(const std::vector<item_key>& files) {
    return change([&] {
        for (const item_key& file : files) {
            if (const auto item = db_->number(twin_item, file.value)) give_own_blob(file.value, *item);
        }
    });
}

void sqlite_catalogue::publish_one(std::int64_t file, publication how) {
    db_->change(set_published, file, static_cast<int>(how));
}

result<void> sqlite_catalogue::record_published(const std::vector<std::pair<item_key, publication>>& files) {
    return change([&] {
        for (const auto& [file, how] : files) publish_one(file.value, how);
    });
}

}  // namespace decamp::catalogue
