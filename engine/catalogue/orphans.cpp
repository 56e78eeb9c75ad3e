// Files that only an old manifest knows, and members of volumes that only their list knows, until an item claims them.

#include "engine/catalogue/sqlite_catalogue.hpp"

namespace decamp::catalogue {

namespace {

const query insert_orphan_blob{
    "INSERT INTO blob(id, state, leader, damaged, size, sha256) VALUES(?1, 2, ?2, 0, ?3, ?4)"};
const query insert_orphan_file{
    "INSERT INTO file(id, blob, path_key, publication, ready, path) VALUES(?1, ?2, ?3, ?4, 0, ?5)"};
const query insert_member{
    "INSERT INTO member(volume, at, body, stored, kind, file, blob, crc32, deflated) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"};
const query delete_blobs{"DELETE FROM blob WHERE id IN (SELECT blob FROM member WHERE volume = ?1)"};
const query delete_files{"DELETE FROM file WHERE id IN (SELECT file FROM member WHERE volume = ?1) AND item IS NULL"};
const query delete_members{"DELETE FROM member WHERE volume = ?1"};
const query select_orphan{
    "SELECT b.id, f.path, b.size, b.sha256, b.blocks, f.id FROM file f CROSS JOIN blob b ON b.id = f.blob "
    "WHERE f.path_key = ?1 AND f.path = ?2 AND f.item IS NULL AND b.state IN (2, 3)"};
const query bind_file{"UPDATE file SET item = ?2, checked = ?3 WHERE id = ?1"};
const query present_file{"SELECT file FROM item WHERE id = ?1"};
const query bind_item{"UPDATE item SET file = ?2, state = 0, reason = NULL, detail = NULL WHERE id = ?1"};
// From now on other items may share these bytes by announcement.
const query announce_as_item{
    "UPDATE blob SET checked = ?3, announced_size = (SELECT iif(i.sha1 IS NULL, NULL, i.size) FROM item i WHERE i.id = "
    "?2), "
    "announced_sha1 = (SELECT iif(i.size IS NULL, NULL, i.sha1) FROM item i WHERE i.id = ?2) WHERE id = ?1"};

}  // namespace

result<void> sqlite_catalogue::add_orphan(std::string_view path, const formats::sha256_digest& sha256,
                                          std::uint64_t size) {
    return change([&] {
        if (path_is_taken(path)) return;
        const std::int64_t blob = next_blob_++;
        const std::int64_t file = next_file_++;
        db_->change(insert_orphan_blob, blob, file, size, sha256);
        db_->change(insert_orphan_file, file, blob, name_key(path), static_cast<int>(publication::own), path);
    });
}

result<void> sqlite_catalogue::add_orphan_member(std::int64_t volume, const named_member& member) {
    return change([&] {
        const volume_member& m = member.where;
        if (path_is_taken(member.path)) return;
        const bool own = m.kind == member_kind::body;
        const std::int64_t blob = own ? next_blob_++ : m.blob.value;
        const std::int64_t file = next_file_++;
        if (own) db_->change(insert_orphan_blob, blob, file, member.size, member.sha256);
        db_->change(insert_orphan_file, file, blob, name_key(member.path),
                    static_cast<int>(own ? publication::own : publication::linked), member.path);
        db_->change(insert_member, volume, m.at, m.body, m.stored, static_cast<int>(m.kind), file, blob,
                    std::int64_t{m.crc32}, m.deflated ? 1 : 0);
    });
}

result<void> sqlite_catalogue::forget_orphan_members(std::int64_t volume) {
    return change([&] {
        db_->change(delete_blobs, volume);
        db_->change(delete_files, volume);
        db_->change(delete_members, volume);
    });
}

result<std::optional<stored_blob>> sqlite_catalogue::find_orphan(std::string_view path) {
    return look([&]() -> std::optional<stored_blob> {
        auto found = stored_blobs(db_->run_ready(select_orphan, name_key(path), path));
        if (found.empty()) return std::nullopt;
        return std::move(found.front());
    });
}

result<void> sqlite_catalogue::adopt_orphan(std::int64_t item_row, std::string_view path, source_check check) {
    return change([&] {
        std::int64_t blob = 0, file = 0;
        {
            statement s = db_->run_ready(select_orphan, name_key(path), path);
            if (!s.step()) return db_->fail(catalogue_errc::misuse, "no orphan at this path");
            blob = s.integer(0);
            file = s.integer(5);
        }
        if (const auto former = db_->number(present_file, item_row)) leave_present_file(item_row, *former, false);
        db_->change(bind_file, file, item_row, static_cast<int>(check));
        if (db_->change(bind_item, item_row, file) == 0)
            return db_->fail(catalogue_errc::misuse, "an orphan of no item");
        db_->change(announce_as_item, blob, item_row, static_cast<int>(check));
    });
}

}  // namespace decamp::catalogue
