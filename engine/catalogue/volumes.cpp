// Archive volumes: which there are, and what lies where in them.

#include <fmt/format.h>

#include "engine/catalogue/sqlite_catalogue.hpp"

namespace decamp::catalogue {

namespace {

#define DECAMP_VOLUME_COLUMNS "number, state, name, bytes, raw, prefix, sha256, list_bytes, list_sha256"

const query select_open{"SELECT " DECAMP_VOLUME_COLUMNS
                        " FROM volume NOT INDEXED WHERE state = 0 ORDER BY number LIMIT 1"};
const query last_volume{"SELECT number FROM volume NOT INDEXED ORDER BY number DESC LIMIT 1"};
const query insert_volume{"INSERT INTO volume(number, state, bytes, raw, prefix, name) VALUES(?1, 0, 0, 0, ?2, ?3)"};
const query insert_sealed{
    "INSERT INTO volume(number, state, bytes, raw, prefix, sha256, list_bytes, list_sha256, name) "
    "VALUES(?1, 1, ?2, 0, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(number) DO NOTHING"};
const query grow_volume{"UPDATE volume SET bytes = ?2, raw = ?3, prefix = ?4 WHERE number = ?1 AND state = 0"};
const query insert_frame{"INSERT INTO frame(packed, raw) VALUES(?1, ?2)"};
const query frame_rows{"SELECT packed, raw FROM frame NOT INDEXED ORDER BY number"};
const query forget_frames{"DELETE FROM frame"};
const query insert_member{
    "INSERT INTO member(volume, at, body, stored, kind, file, blob, crc32, deflated) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"};
const query delete_part{"DELETE FROM part WHERE blob = ?1"};
const query seal_volume{
    "UPDATE volume SET state = 1, bytes = ?2, raw = ?3, sha256 = ?4, list_bytes = ?5, list_sha256 = ?6 "
    "WHERE number = ?1 AND state = 0"};
const query unstored_bodies{
    "SELECT m.blob FROM member m CROSS JOIN blob b ON b.id = m.blob WHERE m.volume = ?1 AND m.kind = 0 AND b.state = 1 "
    "ORDER BY m.at"};
const query volume_page{"SELECT " DECAMP_VOLUME_COLUMNS
                        " FROM volume WHERE number > ?1 AND state <> 3 ORDER BY number LIMIT ?2"};
#define DECAMP_MEMBER_COLUMNS                                                                         \
    "m.file, m.blob, m.kind, m.at, m.body, m.stored, m.crc32, m.deflated, f.path, b.size, b.sha256, " \
    "coalesce(i.taken_ms, i.modified_ms, b.time_ms)"
constexpr int member_columns = 12;
const query member_rows{
    "SELECT " DECAMP_MEMBER_COLUMNS
    " FROM member m CROSS JOIN blob b ON b.id = m.blob "
    "CROSS JOIN file f ON f.id = m.file LEFT JOIN item i ON i.id = f.item WHERE m.volume = ?1 ORDER BY m.at"};
const query body_row{
    "SELECT " DECAMP_MEMBER_COLUMNS
    ", v.number, v.state, v.name, v.bytes, v.raw, v.prefix, v.sha256, v.list_bytes, "
    "v.list_sha256 FROM blob b CROSS JOIN member m INDEXED BY member_file ON m.file = b.leader AND m.blob = b.id "
    "CROSS JOIN file f ON f.id = m.file CROSS JOIN volume v ON v.number = m.volume LEFT JOIN item i ON i.id = f.item "
    "WHERE b.id = ?1 AND b.state IN (2, 3) AND m.kind = 0 LIMIT 1"};
const query prove_volume{"UPDATE volume SET state = 2 WHERE number = ?1 AND state IN (1, 2)"};
const query prove_bodies{
    "UPDATE blob SET state = 3, damaged = 0, proven_method = ?2, proven_ms = ?3 WHERE state IN (2, 3) "
    "AND id IN (SELECT blob FROM member WHERE volume = ?1 AND kind = 0)"};
const query give_up{"UPDATE volume SET state = 3 WHERE number = ?1"};
const query some_members{"SELECT at, kind, file, blob FROM member WHERE volume = ?1 ORDER BY at LIMIT 256"};
const query delete_member{"DELETE FROM member WHERE volume = ?1 AND at = ?2"};
const query unpublish_twin{
    "UPDATE file SET publication = 0, ready = iif(EXISTS(SELECT 1 FROM blob b WHERE b.id = file.blob AND b.state IN "
    "(2, 3)), "
    "1, 0) WHERE id = ?1 AND publication = 2"};
const query any_walk{"SELECT 1 FROM run NOT INDEXED WHERE walked = 1 LIMIT 1"};
const query forget_orphans{"DELETE FROM file WHERE id IN (SELECT file FROM member WHERE volume = ?1) AND item IS NULL"};
const query blob_is_planned{"SELECT 1 FROM blob WHERE id = ?1 AND state = 0"};

const query insert_parity{"INSERT INTO parity(volume, bytes, sha256, name) VALUES(?1, ?2, ?3, ?4)"};
const query delete_parity{"DELETE FROM parity WHERE volume = ?1"};
const query parity_rows{"SELECT name, bytes, sha256 FROM parity WHERE volume = ?1 ORDER BY name LIMIT 16"};

constexpr int last_state = static_cast<int>(volume_state::given_up);
constexpr int last_kind = static_cast<int>(member_kind::copy);

volume_row read_volume(const statement& s, int first = 0) {
    volume_row v;
    v.number = s.integer(first);
    v.state = static_cast<volume_state>(s.choice(first + 1, 0, last_state));
    v.name = s.text(first + 2);
    v.bytes = s.natural(first + 3);
    v.raw = s.natural(first + 4);
    v.prefix = s.digest<formats::xxh3_128_digest>(first + 5);
    if (!s.null(first + 6)) v.sha256 = s.digest<formats::sha256_digest>(first + 6);
    if (!s.null(first + 7)) v.list_bytes = s.natural(first + 7);
    if (!s.null(first + 8)) v.list_sha256 = s.digest<formats::sha256_digest>(first + 8);
    return v;
}

named_member read_member(const statement& s) {
    named_member m;
    m.where.file.value = s.integer(0);
    m.where.blob.value = s.integer(1);
    m.where.kind = static_cast<member_kind>(s.choice(2, 0, last_kind));
    m.where.at = s.natural(3);
    m.where.body = s.natural(4);
    m.where.stored = s.natural(5);
    m.where.crc32 = static_cast<std::uint32_t>(s.natural(6));
    m.where.deflated = s.integer(7) != 0;
    m.path = s.text(8);
    m.size = s.natural(9);
    m.sha256 = s.digest<formats::sha256_digest>(10);
    m.time_ms = s.optional_integer(11);
    return m;
}

}  // namespace

result<std::optional<volume_row>> sqlite_catalogue::open_volume() {
    return look([&]() -> std::optional<volume_row> {
        statement s = db_->run_ready(select_open);
        if (!s.step()) return std::nullopt;
        return read_volume(s);
    });
}

result<volume_row> sqlite_catalogue::begin_volume(std::string_view ending) {
    return change([&] {
        volume_row v;
        if (db_->number(select_open)) db_->fail(catalogue_errc::misuse, "two open volumes");
        v.number = db_->number(last_volume).value_or(0) + 1;
        v.name = fmt::format("volume-{:04}.{}", v.number, ending);
        v.prefix = formats::xxh3_128_of({});
        db_->change(insert_volume, v.number, v.prefix, v.name);
        db_->change(forget_frames);
        return v;
    });
}

result<void> sqlite_catalogue::record_packed(const packed_group& group, std::int64_t group_number) {
    return change([&] {
        const volume_row& head = group.head;
        if (db_->change(grow_volume, head.number, head.bytes, head.raw, head.prefix) == 0)
            return db_->fail(catalogue_errc::misuse, "a volume grew that is not open");
        for (const volume_frame& f : group.frames)
            db_->change(insert_frame, std::int64_t{f.packed}, std::int64_t{f.raw});
        for (const volume_member& m : group.members) {
            db_->change(insert_member, head.number, m.at, m.body, m.stored, static_cast<int>(m.kind), m.file.value,
                        m.blob.value, std::int64_t{m.crc32}, m.deflated ? 1 : 0);
            if (group.until_sealed) continue;
            if (m.kind == member_kind::body) {
                store_one(m.blob.value, group_number);
                db_->change(delete_part, m.blob.value);
            } else {
                publish_one(m.file.value, publication::linked);
            }
        }
    });
}

result<std::vector<volume_frame>> sqlite_catalogue::frames() {
    return look([&] {
        std::vector<volume_frame> all;
        statement s = db_->run_ready(frame_rows);
        while (s.step())
            all.push_back({static_cast<std::uint32_t>(s.natural(0)), static_cast<std::uint32_t>(s.natural(1))});
        return all;
    });
}

result<void> sqlite_catalogue::record_sealed(const volume_row& v, std::int64_t group_number) {
    return change([&] {
        std::vector<std::int64_t> waited;
        {
            statement s = db_->run_ready(unstored_bodies, v.number);
            while (s.step()) waited.push_back(s.integer(0));
        }
        for (const std::int64_t blob : waited) {
            store_one(blob, group_number);
            db_->change(delete_part, blob);
        }
        if (db_->change(seal_volume, v.number, v.bytes, v.raw, v.sha256, v.list_bytes, v.list_sha256) == 0)
            return db_->fail(catalogue_errc::misuse, "a volume was sealed that is not open");
        db_->change(forget_frames);
    });
}

result<std::vector<volume_row>> sqlite_catalogue::next_volumes(std::int64_t after, std::size_t limit) {
    return look([&] {
        std::vector<volume_row> page;
        statement s = db_->run_ready(volume_page, after, std::uint64_t{limit});
        while (s.step()) page.push_back(read_volume(s));
        return page;
    });
}

result<void> sqlite_catalogue::each_volume_member(std::int64_t number,
                                                  const std::function<bool(const named_member&)>& visit) {
    return look([&] {
        statement s = db_->run_ready(member_rows, number);
        while (s.step()) {
            const named_member m = read_member(s);
            if (!db_->ok() || !visit(m)) break;
        }
    });
}

result<std::optional<located_member>> sqlite_catalogue::find_body(blob_key blob) {
    return look([&]() -> std::optional<located_member> {
        statement s = db_->run_ready(body_row, blob.value);
        if (!s.step()) return std::nullopt;
        return located_member{read_volume(s, member_columns), read_member(s)};
    });
}

result<std::uint64_t> sqlite_catalogue::record_volume_proven(std::int64_t number, read_back_method method,
                                                             std::int64_t when_ms) {
    return change([&]() -> std::uint64_t {
        if (db_->change(prove_volume, number) == 0) return 0;  // given up meanwhile
        return static_cast<std::uint64_t>(db_->change(prove_bodies, number, static_cast<int>(method), when_ms));
    });
}

result<bool> sqlite_catalogue::record_volume_damaged(std::int64_t number, std::string_view detail) {
    return change([&] {
        struct held {
            std::int64_t at, file, blob;
            member_kind kind;
        };
        bool planned = false;
        if (!db_->number(any_walk)) db_->change(forget_orphans, number);
        for (std::vector<held> some;; some.clear()) {
            {
                statement s = db_->run_ready(some_members, number);
                while (s.step())
                    some.push_back({s.integer(0), s.integer(2), s.integer(3),
                                    static_cast<member_kind>(s.choice(1, 0, last_kind))});
            }
            if (some.empty() || !db_->ok()) break;
            for (const held& m : some) {
                db_->change(delete_member, number, m.at);
                const auto row = find_blob(m.blob);
                if (m.kind != member_kind::body)
                    db_->change(unpublish_twin, m.file);
                else if (row && row->on_drive())
                    damage_one(*row, detail);
                planned = planned || db_->number(blob_is_planned, m.blob).has_value();
            }
        }
        const auto open = db_->number(select_open);
        if (open == number) db_->change(forget_frames);
        db_->change(delete_parity, number);
        db_->change(give_up, number);
        return planned;
    });
}

result<void> sqlite_catalogue::add_volume(const volume_row& v) {
    return change([&] {
        std::optional<std::uint64_t> list_bytes;
        std::optional<formats::sha256_digest> list_sha256;
        if (v.list_bytes > 0) {
            list_bytes = v.list_bytes;
            list_sha256 = v.list_sha256;
        }
        db_->change(insert_sealed, v.number, v.bytes, formats::xxh3_128_of({}), v.sha256, list_bytes, list_sha256,
                    v.name);
    });
}

result<void> sqlite_catalogue::record_parity(std::int64_t number, const std::vector<parity_file>& files) {
    return change([&] {
        db_->change(delete_parity, number);
        for (const parity_file& f : files) db_->change(insert_parity, number, f.bytes, f.sha256, f.name);
    });
}

result<std::vector<parity_file>> sqlite_catalogue::parity_of(std::int64_t number) {
    return look([&] {
        std::vector<parity_file> files;
        statement s = db_->run_ready(parity_rows, number);
        while (s.step()) files.push_back({s.text(0), s.natural(1), s.digest<formats::sha256_digest>(2)});
        return files;
    });
}

}  // namespace decamp::catalogue
