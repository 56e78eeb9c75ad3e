// What the certificate, the manifest and the lists are made of. Scans at the end of a run; memory does not grow with
// them.

#include "engine/catalogue/sqlite_catalogue.hpp"
#include "engine/model/layout.hpp"

namespace decamp::catalogue {

namespace {

const query twice_counted{
    "SELECT count(*) FROM membership m CROSS JOIN item i ON i.id = m.item "
    "WHERE m.collection = ?1 AND m.tallied = ?2 AND i.tallied = ?2"};
const query tally_rows{
    "SELECT bucket, count FROM tally WHERE collection = ?1 AND run = ?2 AND count > 0 ORDER BY bucket"};
const query upsert_difference{
    "INSERT INTO difference(run, collection, day, announced, listed) VALUES(?1, ?2, ?3, ?4, ?5) "
    "ON CONFLICT(run, collection, day) DO UPDATE SET announced = excluded.announced, listed = excluded.listed"};
const query difference_rows{
    "SELECT collection, day, announced, listed FROM difference WHERE run = ?1 ORDER BY collection, day"};
// Another item whose bytes contradict its announcement too, and are the same although it announces others.
const query same_elsewhere{
    "SELECT 1 FROM item i CROSS JOIN file f ON f.id = i.file CROSS JOIN blob b ON b.id = f.blob "
    "CROSS JOIN blob o INDEXED BY blob_sha256 ON o.sha256 = b.sha256 CROSS JOIN file g INDEXED BY file_of_blob ON "
    "g.blob = o.id "
    "CROSS JOIN item j ON j.id = g.item WHERE i.id = ?1 AND o.audit_of IS NULL AND b.sha256 IS NOT NULL AND j.id <> "
    "i.id "
    "AND j.file = g.id AND g.checked = 3 AND (j.sha1 IS NOT i.sha1 OR j.size IS NOT i.size) LIMIT 1"};
const query gap_count{"SELECT count(*) FROM gap NOT INDEXED WHERE run = ?1"};
const query gap_rows{
    "SELECT id, name, collection, reason, detail FROM gap NOT INDEXED WHERE run = ?1 ORDER BY id, reason"};
const query unchecked_rows{
    "SELECT i.source_id, i.name, i.home FROM item i NOT INDEXED CROSS JOIN file f ON f.id = i.file "
    "CROSS JOIN blob b ON b.id = f.blob WHERE i.seen = ?1 AND i.state <> 1 AND f.checked = ?2 AND f.publication <> 0 "
    "AND b.state IN (2, 3) ORDER BY i.id"};
const query run_walked{"SELECT walked FROM run WHERE id = ?1"};

const query standing_rows{
    "SELECT i.seen, i.state, f.publication, f.checked, b.state, i.source_id, i.name, i.home, i.reason, i.detail, "
    "i.size, f.sampled, i.id, i.unsteady "
    "FROM item i NOT INDEXED LEFT JOIN file f ON f.id = i.file LEFT JOIN blob b ON b.id = f.blob ORDER BY i.id"};
// An earlier version of an item, or a file of an old manifest that no item has claimed, that was damaged on the drive:
// nothing is left to fetch it by.
const query lost_rows{
    "SELECT f.path, i.source_id, i.name, i.home FROM blob b INDEXED BY blob_failed CROSS JOIN file f ON f.id = "
    "b.leader "
    "LEFT JOIN item i ON i.id = f.item WHERE b.state = 4 AND b.damaged > 0 AND (i.id IS NULL OR i.file IS NOT f.id) "
    "ORDER BY b.id"};

// Sums by total(), which is a floating-point number: sizes are hostile, and sum() fails where they overflow. Exact to
// 2^53.
const query listed_bytes{
    "SELECT total(coalesce(i.size, b.size)) FROM item i NOT INDEXED LEFT JOIN file f ON f.id = i.file "
    "LEFT JOIN blob b ON b.id = f.blob WHERE i.seen = ?1 AND i.state <> 1"};
const query stored_bytes{"SELECT total(size) FROM blob NOT INDEXED WHERE state IN (2, 3)"};
const query twin_bytes{
    "SELECT total(b.size) FROM file f NOT INDEXED CROSS JOIN blob b ON b.id = f.blob "
    "WHERE f.publication IN (2, 3) AND b.state IN (2, 3)"};

const query collection_rows{"SELECT id, source_id, name, announced, folder, seen FROM collection ORDER BY id"};
const query member_counts{
    "SELECT count(*), total(f.publication <> 0 AND b.state IN (2, 3)) FROM membership m CROSS JOIN item i ON i.id = "
    "m.item "
    "LEFT JOIN file f ON f.id = i.file LEFT JOIN blob b ON b.id = f.blob WHERE m.collection = ?1 AND m.seen = ?2"};
// Of the volume that holds the bytes under the file's name, or, where it has none of its own, under its leader's.
#define DECAMP_VOLUME_NAME                                                                                      \
    "(SELECT iif(v.state = 0, 'o', 's') || v.name FROM member p INDEXED BY member_file CROSS JOIN volume v ON " \
    "v.number = p.volume "                                                                                      \
    "WHERE p.file = iif(f.publication = 3, b.leader, f.id) ORDER BY p.volume DESC LIMIT 1)"
const query member_rows{
    "SELECT " DECAMP_LISTED_COLUMNS ", f.publication, b.state, f.path, lf.path, b.sha256, " DECAMP_VOLUME_NAME
    " FROM membership m CROSS JOIN item i ON i.id = m.item LEFT JOIN file f ON f.id = i.file "
    "LEFT JOIN blob b ON b.id = f.blob LEFT JOIN file lf ON lf.id = b.leader WHERE m.collection = ?1 ORDER BY m.item"};
const query item_rows{"SELECT " DECAMP_LISTED_COLUMNS
                      ", f.publication, b.state, f.path, lf.path, b.sha256, " DECAMP_VOLUME_NAME
                      " FROM item i NOT INDEXED LEFT JOIN file f ON f.id = i.file LEFT JOIN blob b ON b.id = f.blob "
                      "LEFT JOIN file lf ON lf.id = b.leader WHERE ?1 = 0 ORDER BY i.id"};
const query file_rows{
    "SELECT f.path, b.sha256, b.size, f.publication FROM file f NOT INDEXED CROSS JOIN blob b ON b.id = f.blob "
    "WHERE f.publication IN (1, 2) AND b.state IN (2, 3) ORDER BY f.id"};

const query volume_files{
    "SELECT name, sha256, bytes, list_sha256, list_bytes, number FROM volume NOT INDEXED WHERE state IN (1, 2) ORDER "
    "BY number"};
const query parity_files{"SELECT name, sha256, bytes FROM parity WHERE volume = ?1 ORDER BY name"};
const query any_volume{"SELECT 1 FROM volume NOT INDEXED LIMIT 1"};

constexpr std::size_t most_counted = 10'000;  // collections whose figures are held, where a tree may have a million

constexpr int last_blob_state = static_cast<int>(blob_state::failed);
constexpr int last_publication = static_cast<int>(publication::listed);

bool on_drive(int blob) {
    return blob == static_cast<int>(blob_state::stored) || blob == static_cast<int>(blob_state::proven);
}

// How one item stands, from a row of standing_rows.
struct standing {
    standing(const statement& row, std::int64_t run)
        : seen(row.integer(0) == run), state(static_cast<item_state>(row.choice(1, 0, 2))) {
        unsteady = row.integer(13) == run;
        stands_for_folder = row.null(10) && row.text(5).ends_with('/');
        if (row.null(4)) return;
        const int blob = row.choice(4, 0, last_blob_state);
        stored = row.integer(2) != 0 && on_drive(blob);
        sampled = row.integer(11) != 0;
        proven = stored && blob == static_cast<int>(blob_state::proven);
        fetched = !row.null(3);
        agreed = fetched && row.integer(3) == static_cast<int>(source_check::digest);
        mismatch = fetched && row.integer(3) == static_cast<int>(source_check::mismatch);
        unchecked = fetched && row.integer(3) == static_cast<int>(source_check::none);
        unbounded = fetched && row.integer(3) == static_cast<int>(source_check::unbounded);
    }

    // What a whole walk did not list is not at the source, and was named by the run that listed it last.
    bool exception(bool walked) const {
        if (state == item_state::excluded) return false;
        if (!seen && !stored && (walked || stands_for_folder)) return false;
        if (state == item_state::failed || !stored) return true;
        return (mismatch || unbounded) && seen;
    }

    bool seen;
    item_state state;
    bool stored = false, proven = false, sampled = false;
    bool stands_for_folder = false, unsteady = false;
    bool fetched = false, agreed = false, mismatch = false, unbounded = false, unchecked = false;
};

certificate_exception named(connection& db, const statement& row, const standing& how) {
    certificate_exception e{row.text(5), row.text(6), row.text(7), {}, {}};
    if (how.state == item_state::failed) {
        e.reason = row.text(8);
        e.detail = row.text(9);
    } else if (how.stored && how.unbounded) {
        e.reason = word_of(exception_reason::length_unknown);
        e.detail = "the bytes are kept under the item's name";
    } else if (how.stored) {
        const bool alike = db.number(same_elsewhere, row.integer(12)).has_value();
        // A list that announced other things within one run contradicts itself, not the bytes.
        e.reason = word_of(alike          ? exception_reason::same_bytes
                           : how.unsteady ? exception_reason::list_unsteady
                                          : exception_reason::digest_mismatch);
        e.detail = "the bytes are kept below data/unproven";
    } else {
        e.reason = word_of(exception_reason::not_downloaded);
    }
    return e;
}

std::uint64_t as_bytes(std::int64_t total) {
    return total < 0 ? 0 : static_cast<std::uint64_t>(total);
}

}  // namespace

result<std::vector<bucket_count>> sqlite_catalogue::tallied(std::int64_t collection_row) {
    return look([&] {
        std::vector<bucket_count> counts;
        statement s = db_->run_ready(tally_rows, collection_row, run_);
        while (s.step()) counts.push_back({s.text(0), s.natural(1)});
        return counts;
    });
}

result<std::uint64_t> sqlite_catalogue::tallied_twice(std::int64_t collection_row) {
    return look(
        [&] { return static_cast<std::uint64_t>(db_->number(twice_counted, collection_row, run_).value_or(0)); });
}

result<void> sqlite_catalogue::add_difference(const certificate_difference& d) {
    return change([&] { db_->change(upsert_difference, run_, d.collection, d.day, d.announced, d.listed); });
}

result<certificate_counts> sqlite_catalogue::counts() {
    return look([&] {
        certificate_counts sum;
        const bool walked = db_->number(run_walked, run_).value_or(0) != 0;
        statement rows = db_->run_ready(standing_rows);
        while (rows.step()) {
            const standing how(rows, run_);
            if (how.exception(walked)) ++sum.exceptions;
            if (!how.seen) continue;
            ++sum.listed;
            if (how.state == item_state::excluded) {
                ++sum.excluded;
            } else if (how.stored) {
                ++sum.stored;
                sum.checked_by_source_digest += how.agreed ? 1 : 0;
                sum.twins_on_announcement += how.fetched ? 0 : 1;
                sum.twins_sampled += !how.fetched && how.sampled ? 1 : 0;
                sum.unchecked += how.unchecked ? 1 : 0;
                sum.read_back += how.proven ? 1 : 0;
            }
        }
        statement lost = db_->run_ready(lost_rows);
        while (lost.step()) ++sum.exceptions;
        const auto gaps = static_cast<std::uint64_t>(db_->number(gap_count, run_).value_or(0));
        sum.listed += gaps;
        sum.exceptions += gaps;
        if (sum.exceptions == 0 && db_->ok()) no_exception_at_ = sqlite3_total_changes64(db_->raw());
        return sum;
    });
}

result<certificate_bytes> sqlite_catalogue::bytes() {
    return look([&] {
        certificate_bytes sum;
        sum.listed = as_bytes(db_->number(listed_bytes, run_).value_or(0));
        sum.stored_unique = as_bytes(db_->number(stored_bytes).value_or(0));
        sum.downloaded = downloaded();
        sum.saved_by_dedup = as_bytes(db_->number(twin_bytes).value_or(0));
        return sum;
    });
}

result<void> sqlite_catalogue::each_collection(
    const std::function<bool(const certificate_collection&, std::int64_t row, const std::string& folder)>& visit,
    bool gone_too) {
    return look([&] {
        statement s = db_->run_ready(collection_rows);
        while (s.step()) {
            const std::int64_t row = s.integer(0);
            const counted_members members = count_members(row);
            certificate_collection c{s.text(1), s.text(2), {}, members.listed, members.stored};
            const bool seen = s.integer(5) == run_;
            if (seen) c.announced = s.optional_natural(3);
            if (!seen && c.listed == 0 && !gone_too) continue;
            if (!db_->ok() || !visit(c, row, s.text(4))) break;
        }
    });
}

// Counting walks over every member's item, file and blob, album by album, which with a small cache means reading the
// catalogue many times over. The lists and both certificates want the same figures, and nothing changes between them.
sqlite_catalogue::counted_members sqlite_catalogue::count_members(std::int64_t collection_row) {
    const auto changes = sqlite3_total_changes64(db_->raw());
    if (changes != counted_at_) counted_.clear();
    counted_at_ = changes;
    const auto known = counted_.find(collection_row);
    if (known != counted_.end()) return known->second;
    counted_members sum;
    {
        statement members = db_->run_ready(member_counts, collection_row, run_);
        if (members.step()) sum = {members.natural(0), as_bytes(members.integer(1))};
    }
    if (db_->ok() && counted_.size() < most_counted) counted_.emplace(collection_row, sum);
    return sum;
}

result<void> sqlite_catalogue::each_difference(const std::function<bool(const certificate_difference&)>& visit) {
    return look([&] {
        statement s = db_->run_ready(difference_rows, run_);
        while (s.step()) {
            if (!visit({s.text(0), s.text(1), s.natural(2), s.natural(3)})) break;
        }
    });
}

result<void> sqlite_catalogue::each_exception(const std::function<bool(const certificate_exception&)>& visit) {
    // Asked for by each closing file; most exports have none.
    if (no_exception_at_ == sqlite3_total_changes64(db_->raw())) return {};
    return look([&] {
        const bool walked = db_->number(run_walked, run_).value_or(0) != 0;
        statement rows = db_->run_ready(standing_rows);
        while (rows.step()) {
            const standing how(rows, run_);
            if (db_->ok() && how.exception(walked) && !visit(named(*db_, rows, how))) return;
        }
        statement lost = db_->run_ready(lost_rows);
        while (lost.step()) {
            if (!visit({lost.text(1), lost.text(2), lost.text(3),
                        std::string(word_of(exception_reason::read_back_differs)), lost.text(0)}))
                return;
        }
        each_gap(visit);
    });
}

void sqlite_catalogue::each_gap(const std::function<bool(const certificate_exception&)>& visit) {
    statement s = db_->run_ready(gap_rows, run_);
    while (s.step()) {
        if (!db_->ok() || !visit({s.text(0), s.text(1), s.text(2), s.text(3), s.text(4)})) return;
    }
}

result<void> sqlite_catalogue::each_unchecked(const std::function<bool(const certificate_exception&)>& visit) {
    return look([&] {
        statement s = db_->run_ready(unchecked_rows, run_, static_cast<int>(source_check::none));
        while (s.step()) {
            if (!db_->ok() || !visit({s.text(0), s.text(1), s.text(2), "unchecked", {}})) return;
        }
    });
}

result<void> sqlite_catalogue::each_file(const std::function<bool(const filed&)>& visit) {
    return look([&] {
        if (db_->number(any_volume)) return each_volume_file(visit);
        statement s = db_->run_ready(file_rows);
        while (s.step()) {
            filed file{s.text(0), s.digest<formats::sha256_digest>(1), s.natural(2), publication::own};
            file.how = static_cast<publication>(s.choice(3, 0, last_publication));
            if (!db_->ok() || !visit(file)) break;
        }
    });
}

void sqlite_catalogue::each_volume_file(const std::function<bool(const filed&)>& visit) {
    statement s = db_->run_ready(volume_files);
    while (s.step()) {
        const std::string path = layout::below(layout::volumes_folder, s.text(0));
        if (!visit({path, s.digest<formats::sha256_digest>(1), s.natural(2), publication::own})) return;
        if (!s.null(3)) {
            const filed list{layout::list_beside(path), s.digest<formats::sha256_digest>(3), s.natural(4),
                             publication::own};
            if (!visit(list)) return;
        }
        statement parity = db_->run_ready(parity_files, s.integer(5));
        while (parity.step()) {
            const std::string beside = layout::below(layout::volumes_folder, parity.text(0));
            if (!visit({beside, parity.digest<formats::sha256_digest>(1), parity.natural(2), publication::own})) return;
        }
    }
}

result<void> sqlite_catalogue::each_member(std::int64_t collection_row,
                                           const std::function<bool(const listed_member&)>& visit) {
    return look([&] {
        constexpr int after = listed_columns;
        statement s = db_->run_ready(collection_row == 0 ? item_rows : member_rows, collection_row);
        while (s.step()) {
            listed_member member{read_listed(s, 0), {}, {}, {}};
            const auto how = static_cast<publication>(s.choice(after, 0, last_publication));
            if (how != publication::none && on_drive(s.choice(after + 1, 0, last_blob_state))) {
                member.path = s.text(how == publication::listed ? after + 3 : after + 2);
                member.sha256 = s.optional_digest<formats::sha256_digest>(after + 4);
                if (!s.null(after + 5)) {  // with its state in front
                    const std::string volume = s.text(after + 5);
                    member.sealed = volume.starts_with('s');
                    member.volume = volume.substr(1);
                }
            }
            if (!db_->ok() || !visit(member)) break;
        }
    });
}

}  // namespace decamp::catalogue
