// What is on the drive, to be read back, and what reading it back has shown.

#include "engine/catalogue/sqlite_catalogue.hpp"

namespace decamp::catalogue {

namespace {

#define DECAMP_STORED_COLUMNS "b.id, f.path, b.size, b.sha256, b.blocks"

const query unproven_page{"SELECT " DECAMP_STORED_COLUMNS
                          " FROM blob b INDEXED BY blob_unproven CROSS JOIN file f ON f.id = b.leader "
                          "WHERE b.state = 2 AND b.id > ?1 ORDER BY b.id LIMIT ?2"};
const query stored_page{"SELECT " DECAMP_STORED_COLUMNS
                        " FROM blob b NOT INDEXED CROSS JOIN file f ON f.id = b.leader "
                        "WHERE b.id > ?1 AND b.state IN (2, 3) ORDER BY b.id LIMIT ?2"};
const query group_page{"SELECT " DECAMP_STORED_COLUMNS
                       " FROM blob b INDEXED BY blob_group CROSS JOIN file f ON f.id = b.leader "
                       "WHERE b.group_number = ?1 AND b.id > ?2 AND b.state IN (2, 3) ORDER BY b.id LIMIT ?3"};
const query newest_group{
    "SELECT group_number FROM blob INDEXED BY blob_group WHERE group_number IS NOT NULL ORDER BY group_number DESC "
    "LIMIT 1"};
const query unproven_count{"SELECT count(*) FROM blob INDEXED BY blob_unproven WHERE state = 2"};
const query set_proven{
    "UPDATE blob SET state = 3, damaged = 0, proven_method = ?2, proven_ms = ?3 WHERE id = ?1 AND state IN (2, 3)"};
const query linked_page{
    "SELECT f.id, f.path FROM file f INDEXED BY file_of_blob CROSS JOIN blob b ON b.id = f.blob "
    "WHERE f.blob = ?1 AND f.id > ?2 AND f.publication = 2 AND f.id IS NOT b.leader ORDER BY f.id LIMIT ?3"};
const query unpublished_page{
    "SELECT id, path FROM file WHERE id > ?1 AND publication = 0 AND item IS NOT NULL ORDER BY id LIMIT ?2"};
const query fail_members{
    "UPDATE item SET state = 2, reason = 'read_back_differs', detail = ?2 WHERE state = 0 "
    "AND id IN (SELECT f.item FROM file f INDEXED BY file_of_blob WHERE f.blob = ?1) "
    "AND EXISTS (SELECT 1 FROM file g WHERE g.id = item.file AND g.blob = ?1)"};
const query blob_is_planned{"SELECT 1 FROM blob WHERE id = ?1 AND state = 0"};
const query summary{
    "SELECT total(proven_method = 0), total(proven_method = 1), min(proven_ms) FROM blob NOT INDEXED WHERE state = 3"};

}  // namespace

std::vector<stored_blob> sqlite_catalogue::stored_blobs(statement rows) {
    std::vector<stored_blob> page;
    std::size_t blocks = 0;
    while (blocks < page_blocks && rows.step()) {
        stored_blob& stored = page.emplace_back();
        stored.blob.value = rows.integer(0);
        stored.path = rows.text(1);
        stored.size = rows.natural(2);
        stored.sha256 = rows.digest<formats::sha256_digest>(3);
        stored.blocks = read_blocks(*db_, rows, 4, stored.size);
        blocks += stored.blocks.size();
    }
    return page;
}

result<std::vector<stored_blob>> sqlite_catalogue::next_unproven(blob_key after, std::size_t limit) {
    return look([&] { return stored_blobs(db_->run_ready(unproven_page, after.value, std::uint64_t{limit})); });
}

result<std::vector<stored_blob>> sqlite_catalogue::next_stored(blob_key after, std::size_t limit) {
    return look([&] { return stored_blobs(db_->run_ready(stored_page, after.value, std::uint64_t{limit})); });
}

result<std::vector<stored_blob>> sqlite_catalogue::of_group(std::int64_t group_number, blob_key after,
                                                            std::size_t limit) {
    return look(
        [&] { return stored_blobs(db_->run_ready(group_page, group_number, after.value, std::uint64_t{limit})); });
}

result<std::int64_t> sqlite_catalogue::last_group() {
    return look([&] { return db_->number(newest_group).value_or(0); });
}

result<std::uint64_t> sqlite_catalogue::unproven_left() {
    return look([&] { return static_cast<std::uint64_t>(db_->number(unproven_count).value_or(0)); });
}

result<void> sqlite_catalogue::record_proven(const std::vector<proven_blob>& group) {
    return change([&] {
        for (const proven_blob& proven : group)
            db_->change(set_proven, proven.blob.value, static_cast<int>(proven.method), proven.when_ms);
    });
}

result<std::vector<linked_file>> sqlite_catalogue::next_unpublished(item_key after, std::size_t limit) {
    return look([&] {
        std::vector<linked_file> page;
        statement s = db_->run_ready(unpublished_page, after.value, std::uint64_t{limit});
        while (s.step()) page.push_back({item_key{s.integer(0)}, s.text(1)});
        return page;
    });
}

result<std::vector<linked_file>> sqlite_catalogue::next_linked(blob_key blob, item_key after, std::size_t limit) {
    return look([&] {
        std::vector<linked_file> page;
        statement s = db_->run_ready(linked_page, blob.value, after.value, std::uint64_t{limit});
        while (s.step()) page.push_back({item_key{s.integer(0)}, s.text(1)});
        return page;
    });
}

void sqlite_catalogue::damage_one(const blob_row& row, std::string_view detail) {
    // Before the election, so that a blob whose members have all failed has failed.
    if (row.damaged > 0) db_->change(fail_members, row.id, detail);
    plan_blob_again(row, row.damaged + 1);
}

result<bool> sqlite_catalogue::record_damaged(const damaged_blob& damaged) {
    return change([&] {
        const auto row = find_blob(damaged.blob.value);
        if (!row) return false;
        if (row->on_drive()) damage_one(*row, damaged.detail);
        return db_->number(blob_is_planned, damaged.blob.value).has_value();
    });
}

result<catalogue::read_back_summary> sqlite_catalogue::read_back() {
    return look([&] {
        read_back_summary sum;
        statement s = db_->run_ready(summary);
        if (!s.step()) return sum;
        sum.any_medium = s.integer(0) > 0;
        sum.any_cache = s.integer(1) > 0;
        sum.oldest_ms = s.optional_integer(2);
        return sum;
    });
}

}  // namespace decamp::catalogue
