// Transactions, facts and runs.

#include <charconv>

#include "engine/catalogue/schema.hpp"
#include "engine/catalogue/sqlite_catalogue.hpp"

namespace decamp::catalogue {

namespace {

const query select_fact{"SELECT value FROM fact WHERE name = ?1"};
const query upsert_fact{
    "INSERT INTO fact(name, value) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET value = excluded.value"};
const query last_run{"SELECT id FROM run ORDER BY id DESC LIMIT 1"};
const query last_file{"SELECT id FROM file ORDER BY id DESC LIMIT 1"};
const query last_blob{"SELECT id FROM blob ORDER BY id DESC LIMIT 1"};
const query insert_run{"INSERT INTO run(started_ms, walked) VALUES(?1, 0)"};
const query update_walked{"UPDATE run SET walked = 1 WHERE id = ?1"};
const query update_finished{"UPDATE run SET exit_code = ?2, finished_ms = ?3 WHERE id = ?1"};

const query forget_folders{"DELETE FROM folder_found"};
const query failed_items{
    "SELECT id, file FROM item INDEXED BY item_failed WHERE state = 2 AND id > ?1 ORDER BY id LIMIT 256"};
const query forgive_item{"UPDATE item SET state = 0, reason = NULL, detail = NULL WHERE id = ?1"};
const query forgive_twin{
    "UPDATE file SET ready = 1 WHERE id = ?1 AND publication = 0 AND EXISTS("
    "SELECT 1 FROM blob b WHERE b.id = file.blob AND b.state IN (2, 3) AND b.leader <> file.id)"};
const query planned_of_file{
    "SELECT f.blob FROM file f CROSS JOIN blob b ON b.id = f.blob WHERE f.id = ?1 AND b.state = 0"};
const query failed_blobs{
    "SELECT id FROM blob INDEXED BY blob_failed WHERE state = 4 AND id > ?1 ORDER BY id LIMIT 256"};
const query forgive_damage{"UPDATE blob SET damaged = min(damaged, 1) WHERE id = ?1"};

const query any_item_held{
    "SELECT 1 FROM blob b NOT INDEXED CROSS JOIN file f INDEXED BY file_of_blob ON f.blob = b.id "
    "WHERE (b.state IN (1, 2, 3) OR b.damaged > 0 OR b.former_sha256 IS NOT NULL) AND f.item IS NOT NULL LIMIT 1"};
const query forget_parts{"DELETE FROM part"};
const query forget_files{"DELETE FROM file NOT INDEXED WHERE item IS NOT NULL"};
const query forget_blobs{
    "DELETE FROM blob NOT INDEXED WHERE NOT EXISTS(SELECT 1 FROM file f INDEXED BY file_of_blob WHERE f.blob = "
    "blob.id)"};
const query forget_memberships{"DELETE FROM membership"};
const query forget_all_items{"DELETE FROM item"};
const query forget_collections{"DELETE FROM collection"};
const query forget_tallies{"DELETE FROM tally"};
const query forget_differences{"DELETE FROM difference"};
const query forget_walks{"UPDATE run SET walked = 0"};

// Facts of the catalogue's own; not to be had through fact().
constexpr char own_mark = '.';
constexpr std::string_view downloaded_fact = ".downloaded";
constexpr std::string_view flushes_fact = ".flushes";

}  // namespace

result<std::unique_ptr<catalogue>> catalogue::open(const std::string& path, const open_options& options) {
    auto db = open_checked(path, options, migrations());
    if (!db) return db.error();
    auto made = std::make_unique<sqlite_catalogue>(std::move(db.value()));
    if (auto r = made->ready(); !r) return r.error();
    return made;
}

sqlite_catalogue::sqlite_catalogue(std::unique_ptr<connection> db) : db_(std::move(db)) {}

result<void> sqlite_catalogue::ready() {
    return look([&] {
        run_ = db_->number(last_run).value_or(0);
        next_file_ = db_->number(last_file).value_or(0) + 1;
        next_blob_ = db_->number(last_blob).value_or(0) + 1;
    });
}

result<bool> sqlite_catalogue::holds_items() {
    return look([&] { return db_->number(any_item_held).has_value(); });
}

result<void> sqlite_catalogue::forget_items() {
    return change([&] {
        if (db_->number(any_item_held))
            return db_->fail(catalogue_errc::misuse, "items that are stored are to be forgotten");
        for (const query* forget :
             {&forget_parts, &forget_files, &forget_blobs, &forget_memberships, &forget_all_items, &forget_collections,
              &forget_tallies, &forget_differences, &forget_folders, &forget_walks})
            db_->change(*forget);
    });
}

result<void> sqlite_catalogue::begin() {
    if (grouped_) return failure(catalogue_errc::misuse, "begin() within a group");
    db_->begin();
    if (!db_->ok()) return db_->take_failure();
    grouped_ = true;
    return {};
}

result<void> sqlite_catalogue::commit() {
    if (!grouped_) return failure(catalogue_errc::misuse, "commit() without begin()");
    db_->commit();
    if (!db_->ok()) {
        failure why = db_->error();
        rollback();
        return why;
    }
    grouped_ = false;
    return {};
}

void sqlite_catalogue::rollback() {
    if (!grouped_) return;
    grouped_ = false;
    db_->rollback();
    (void)db_->take_failure();
    // A run begun within the group has not begun.
    (void)look([&] { run_ = db_->number(last_run).value_or(0); });
}

result<std::optional<std::string>> sqlite_catalogue::fact(std::string_view name) {
    return look([&]() -> std::optional<std::string> {
        statement s = db_->run_ready(select_fact, name);
        if (!s.step()) return std::nullopt;
        return s.text(0);
    });
}

result<void> sqlite_catalogue::set_fact(std::string_view name, std::string_view value) {
    return change([&] {
        if (name.starts_with(own_mark)) return db_->fail(catalogue_errc::misuse, "a fact of the catalogue's own");
        put_fact(name, value);
    });
}

void sqlite_catalogue::put_fact(std::string_view name, std::string_view value) {
    db_->change(upsert_fact, name, value);
}

std::uint64_t sqlite_catalogue::sum_in_fact(std::string_view name) {
    statement s = db_->run_ready(select_fact, name);
    if (!s.step()) return 0;
    const std::string text = s.text(0);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) db_->fail(catalogue_errc::damaged, "a sum");
    return value;
}

std::uint64_t sqlite_catalogue::downloaded() {
    return sum_in_fact(downloaded_fact);
}

void sqlite_catalogue::add_downloaded(std::uint64_t bytes) {
    if (bytes != 0) put_fact(downloaded_fact, std::to_string(downloaded() + bytes));
}

void sqlite_catalogue::count_flush() {
    put_fact(flushes_fact, std::to_string(sum_in_fact(flushes_fact) + 1));
}

result<std::int64_t> sqlite_catalogue::begin_run(std::int64_t now_ms) {
    const std::int64_t before = run_;
    auto begun = change([&] {
        db_->change(insert_run, now_ms);
        db_->change(forget_folders);
        run_ = db_->last_id();
        try_failed_again();
        return run_;
    });
    if (!begun) run_ = before;
    return begun;
}

// By the page, so that a run after one in which a million items failed needs no more memory than another.
void sqlite_catalogue::try_failed_again() {
    std::vector<std::pair<std::int64_t, std::optional<std::int64_t>>> items;
    for (std::int64_t after = 0;; after = items.back().first) {
        items.clear();
        {
            statement s = db_->run_ready(failed_items, after);
            while (s.step()) items.emplace_back(s.integer(0), s.optional_integer(1));
        }
        if (items.empty()) break;
        for (const auto& [item, file] : items) {
            db_->change(forgive_item, item);
            if (!file) continue;
            db_->change(forgive_twin, *file);
            // The first in canonical order leads again.
            if (const auto planned = db_->number(planned_of_file, *file)) elect_leader(*planned);
        }
    }
    std::vector<std::int64_t> blobs;
    for (std::int64_t after = 0;; after = blobs.back()) {
        blobs.clear();
        {
            statement s = db_->run_ready(failed_blobs, after);
            while (s.step()) blobs.push_back(s.integer(0));
        }
        if (blobs.empty()) break;
        for (const std::int64_t id : blobs) {
            db_->change(forgive_damage, id);
            elect_leader(id);
        }
    }
}

result<void> sqlite_catalogue::record_walked() {
    return change([&] { db_->change(update_walked, run_); });
}

result<void> sqlite_catalogue::finish_run(int exit_code, std::int64_t now_ms) {
    return change([&] { db_->change(update_finished, run_, exit_code, now_ms); });
}

}  // namespace decamp::catalogue
