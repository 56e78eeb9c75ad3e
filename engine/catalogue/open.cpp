// Opening. The order of the statements is what makes SQLite keep its promises, and every answer is read back, since
// SQLite passes over in silence what it cannot do.

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "engine/catalogue/gathering_vfs.hpp"
#include "engine/catalogue/schema.hpp"

namespace decamp::catalogue {

namespace {

// Up to this size a file is checked whole at every start; above it only after a run that was cut short.
constexpr std::int64_t always_checked_bytes = std::int64_t{64} << 20;

const query last_run_finished{"SELECT finished_ms IS NOT NULL FROM run ORDER BY id DESC LIMIT 1"};

void require_answer(connection& db, const std::string& pragma, const std::string& expected) {
    const std::string answer = db.answer("PRAGMA " + pragma).value_or("nothing");
    if (db.ok() && answer != expected) db.fail(catalogue_errc::io, "sqlite answers " + answer + " to " + pragma);
}

void require_set(connection& db, const std::string& name, std::int64_t value) {
    db.execute("PRAGMA " + name + " = " + std::to_string(value));
    require_answer(db, name, std::to_string(value));
}

void configure(connection& db, int option, int value) {
    if (sqlite3_db_config(db.raw(), option, value, nullptr) != SQLITE_OK)
        db.fail(catalogue_errc::misuse, "sqlite3_db_config " + std::to_string(option));
}

// What a hostile file could make SQLite run, switched off.
void distrust_file(connection& db) {
    configure(db, SQLITE_DBCONFIG_DEFENSIVE, 1);
    configure(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0);
    configure(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0);
    configure(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0);
    configure(db, SQLITE_DBCONFIG_DQS_DML, 0);
    configure(db, SQLITE_DBCONFIG_DQS_DDL, 0);
    require_set(db, "cell_size_check", 1);
}

void set_limits(connection& db, std::size_t cache_bytes) {
    const auto kibibytes = static_cast<std::int64_t>(std::max<std::size_t>(cache_bytes >> 10, 64));
    require_set(db, "mmap_size", 0);   // a pulled stick is an error then, not a SIGBUS
    require_set(db, "temp_store", 2);  // in memory: no statement of ours needs any worth mentioning
    require_set(db, "cache_size", -kibibytes);
}

// Every byte of the database, or of its write-ahead log, can be read from the drive now.
bool readable(connection& db, int which) {
    sqlite3_file* file = nullptr;
    if (sqlite3_file_control(db.raw(), "main", which, &file) != SQLITE_OK) return false;
    if (file == nullptr || file->pMethods == nullptr) return true;  // there is none
    sqlite3_int64 size = 0;
    if (file->pMethods->xFileSize(file, &size) != SQLITE_OK) return false;
    std::vector<std::byte> buffer(std::size_t{64} << 10);
    for (sqlite3_int64 at = 0; at < size; at += std::ssize(buffer)) {
        const int length = static_cast<int>(std::min<sqlite3_int64>(std::ssize(buffer), size - at));
        if (file->pMethods->xRead(file, buffer.data(), length, at) != SQLITE_OK) return false;
    }
    return true;
}

// SQLite's check speaks of a page that the drive did not give as of one whose content is wrong: as a row of text.
void check_pages(connection& db) {
    const auto check = [&] { return db.answer("PRAGMA quick_check(1)").value_or("nothing"); };
    const std::string first = check();
    if (!db.ok() || first == "ok") return;
    const bool all_read = readable(db, SQLITE_FCNTL_FILE_POINTER) && readable(db, SQLITE_FCNTL_JOURNAL_POINTER);
    const std::string again = all_read ? check() : "ok";
    if (!db.ok()) return;
    if (again == "ok") return db.fail(catalogue_errc::io, "a page could not be read: " + first);
    db.fail(catalogue_errc::damaged, again);
}

void check_integrity(connection& db) {
    const auto pages = db.answer_number("PRAGMA page_count").value_or(0);
    const auto page_size = db.answer_number("PRAGMA page_size").value_or(1);
    const bool small = pages <= always_checked_bytes / std::max<std::int64_t>(page_size, 1);
    if (!small && db.number(last_run_finished).value_or(0) == 1) return;
    check_pages(db);
}

}  // namespace

result<std::unique_ptr<connection>> open_checked(const std::string& path, const open_options& options,
                                                 std::span<const migration> steps) {
    const std::string layer = gathering_vfs(options.vfs);
    auto opened = connection::open(path, layer.empty() ? options.vfs : layer, options.key);
    if (!opened) return opened;
    connection& db = *opened.value();
    // First of all, or WAL would want shared memory beside the file, which not every drive has.
    require_answer(db, "locking_mode = EXCLUSIVE", "exclusive");
    distrust_file(db);
    set_limits(db, options.cache_bytes);
    // Until the file is known to be ours, closing it must not write to it either.
    configure(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1);
    identify(db, steps);
    if (db.ok()) {
        configure(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0);
        require_answer(db, "journal_mode = WAL", "wal");
        require_set(db, "synchronous", 2);
        require_set(db, "wal_autocheckpoint", 4000);
        require_set(db, "journal_size_limit", std::int64_t{16} << 20);
        db.execute("BEGIN EXCLUSIVE; COMMIT");  // from here on no other process gets in
        migrate(db, steps);
        check_schema(db, steps);
        check_integrity(db);
    }
    if (!db.ok()) {
        db.rollback();
        return db.take_failure();
    }
    return opened;
}

result<std::unique_ptr<connection>> open_to_look(const std::string& path, std::size_t cache_bytes,
                                                 const formats::secret_bytes<32>* key) {
    auto opened = connection::open_unchanging(path, key);
    if (!opened) return opened;
    connection& db = *opened.value();
    distrust_file(db);
    set_limits(db, cache_bytes);
    identify(db, migrations());
    if (db.ok() && db.answer_number("PRAGMA user_version") != schema_version)
        db.fail(catalogue_errc::io, "a catalogue of an older version");
    check_schema(db, migrations());
    if (!db.ok()) return db.take_failure();
    return opened;
}

}  // namespace decamp::catalogue
