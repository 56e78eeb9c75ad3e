#include "engine/catalogue/connection.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <new>
#include <system_error>

namespace decamp::catalogue {

namespace {

std::vector<const query*>& registry() {
    static std::vector<const query*> list;
    return list;
}

// A block map costs 16 bytes a MiB: room for files of 16 TiB, and a bound on what a hostile file can make us allocate.
constexpr int longest_value = 256 << 20;

}  // namespace

query::query(const char* text) : text_(text), slot_(registry().size()) {
    registry().push_back(this);
}

const std::vector<const query*>& query::all() {
    return registry();
}

catalogue_errc classify_sqlite(int code, int system_errno) {
    switch (code & 0xff) {
        case SQLITE_NOMEM:
            throw std::bad_alloc();
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_FORMAT:
        case SQLITE_TOOBIG:
            return catalogue_errc::damaged;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return catalogue_errc::locked;
        case SQLITE_FULL:
            return catalogue_errc::full;
        case SQLITE_IOERR:
            if (code == SQLITE_IOERR_NOMEM) throw std::bad_alloc();
            // A sync or a truncation that finds no space is reported as an I/O error.
            return system_errno == ENOSPC || system_errno == EDQUOT ? catalogue_errc::full : catalogue_errc::io;
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
        case SQLITE_NOLFS:
        case SQLITE_PROTOCOL:
            return catalogue_errc::io;
        default:
            return catalogue_errc::misuse;
    }
}

// --- statement

statement::~statement() {
    if (stmt_ == nullptr) return;
    if (!cached_) {
        sqlite3_finalize(stmt_);
        return;
    }
    sqlite3_reset(stmt_);
    sqlite3_clear_bindings(stmt_);
    owner_->cache_[slot_].lent = false;
}

void statement::check(int code) {
    if (code != SQLITE_OK) owner_->fail(code);
}

void statement::bind(int index, std::nullopt_t) {
    if (stmt_ != nullptr) check(sqlite3_bind_null(stmt_, index));
}

void statement::bind(int index, std::int64_t value) {
    if (stmt_ != nullptr) check(sqlite3_bind_int64(stmt_, index, value));
}

void statement::bind(int index, std::uint64_t value) {
    constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    bind(index, static_cast<std::int64_t>(std::min(value, largest)));
}

void statement::bind(int index, std::string_view value) {
    // A null pointer would bind NULL.
    const char* data = value.data() == nullptr ? "" : value.data();
    if (stmt_ != nullptr) check(sqlite3_bind_text64(stmt_, index, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void statement::bind(int index, std::span<const std::byte> value) {
    const void* data = value.empty() ? static_cast<const void*>("") : value.data();
    if (stmt_ != nullptr) check(sqlite3_bind_blob64(stmt_, index, data, value.size(), SQLITE_TRANSIENT));
}

bool statement::step() {
    if (stmt_ == nullptr || !owner_->ok()) return false;
    const int code = sqlite3_step(stmt_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) owner_->fail(code);
    return false;
}

bool statement::null(int column) const {
    return sqlite3_column_type(stmt_, column) == SQLITE_NULL;
}

std::int64_t statement::integer(int column) const {
    return sqlite3_column_int64(stmt_, column);
}

std::uint64_t statement::natural(int column) const {
    const std::int64_t value = integer(column);
    if (value >= 0) return static_cast<std::uint64_t>(value);
    owner_->fail(catalogue_errc::damaged, "a negative number");
    return 0;
}

int statement::choice(int column, int first, int last) const {
    const std::int64_t value = integer(column);
    if (value >= first && value <= last) return static_cast<int>(value);
    owner_->fail(catalogue_errc::damaged, "a state that there is not");
    return first;
}

std::string statement::text(int column) const {
    const unsigned char* data = sqlite3_column_text(stmt_, column);
    if (data == nullptr) return {};
    return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(stmt_, column))};
}

std::span<const std::byte> statement::bytes(int column) const {
    const void* data = sqlite3_column_blob(stmt_, column);
    if (data == nullptr) return {};
    return {static_cast<const std::byte*>(data), static_cast<std::size_t>(sqlite3_column_bytes(stmt_, column))};
}

std::optional<std::int64_t> statement::optional_integer(int column) const {
    if (null(column)) return std::nullopt;
    return integer(column);
}

std::optional<std::uint64_t> statement::optional_natural(int column) const {
    if (null(column)) return std::nullopt;
    return natural(column);
}

void statement::read_digest(int column, std::span<std::byte> out) const {
    const auto from = bytes(column);
    if (from.size() == out.size()) {
        std::ranges::copy(from, out.begin());
    } else {
        owner_->fail(catalogue_errc::damaged, "a digest of the wrong length");
    }
}

// --- connection

result<std::unique_ptr<connection>> connection::open(const std::string& path, const std::string& vfs, file_key key) {
    return open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs, key);
}

result<std::unique_ptr<connection>> connection::open_unchanging(const std::string& path, file_key key) {
    std::string uri = "file://";
    for (const char c : path) {
        if (c == '%' || c == '?' || c == '#')
            uri += c == '%' ? "%25" : c == '?' ? "%3f" : "%23";
        else
            uri += c;
    }
    return open(uri + "?immutable=1", SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, {}, key);
}

result<std::unique_ptr<connection>> connection::open(const std::string& name, int how, const std::string& vfs,
                                                     file_key key) {
    std::unique_ptr<connection> made(new connection);
    if (key != nullptr) made->encrypting_ = std::make_unique<encrypting_vfs>(key->span(), vfs);
    const std::string& through = key != nullptr ? made->encrypting_->name() : vfs;
    // One thread at a time by contract, so no mutex of SQLite's. A link planted on the drive leads nowhere.
    const int flags = how | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW;
    const int code = sqlite3_open_v2(name.c_str(), &made->db_, flags, through.empty() ? nullptr : through.c_str());
    if (code != SQLITE_OK) {
        made->fail(code);
        return made->take_failure();
    }
    sqlite3_limit(made->db_, SQLITE_LIMIT_LENGTH, longest_value);
    sqlite3_limit(made->db_, SQLITE_LIMIT_ATTACHED, 0);
    return made;
}

connection::~connection() {
    for (const prepared& p : cache_) sqlite3_finalize(p.stmt);
    sqlite3_close_v2(db_);
}

void connection::fail(int sqlite_code) {
    if (failed_) return;
    const int system_errno = db_ != nullptr ? sqlite3_system_errno(db_) : 0;
    std::string detail = "sqlite " + std::to_string(sqlite_code);
    // The message names tables and columns, never values.
    detail += std::string(": ") + (db_ != nullptr ? sqlite3_errmsg(db_) : sqlite3_errstr(sqlite_code));
    if ((sqlite_code & 0xff) == SQLITE_IOERR && system_errno != 0)
        detail += std::string(", ") + std::generic_category().message(system_errno);
    fail(classify_sqlite(sqlite_code, system_errno), std::move(detail));
}

void connection::fail(catalogue_errc code, std::string detail) {
    if (failed_) return;
    failure_ = failure(code, std::move(detail));
    failed_ = true;
}

failure connection::take_failure() {
    failed_ = false;
    return std::exchange(failure_, failure());
}

sqlite3_stmt* connection::prepare(const char* sql, bool persistent) {
    if (!ok()) return nullptr;
    sqlite3_stmt* stmt = nullptr;
    const unsigned flags = persistent ? SQLITE_PREPARE_PERSISTENT : 0;
    const int code = sqlite3_prepare_v3(db_, sql, -1, flags, &stmt, nullptr);
    if (code != SQLITE_OK) fail(code);
    return stmt;
}

statement connection::use(const query& q) {
    if (cache_.size() <= q.slot()) cache_.resize(query::all().size());
    prepared& p = cache_[q.slot()];
    // Lent already: a visitor calls back. It gets one of its own.
    if (p.lent) return {*this, prepare(q.text(), false), false, q.slot()};
    if (p.stmt == nullptr) p.stmt = prepare(q.text(), true);
    p.lent = p.stmt != nullptr;
    return {*this, p.stmt, true, q.slot()};
}

bool connection::execute(const std::string& sql) {
    if (!ok()) return false;
    const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(code);
    return ok();
}

statement connection::once(const char* sql) {
    return {*this, prepare(sql, false), false, 0};
}

std::optional<std::string> connection::answer(const std::string& sql) {
    statement s = once(sql.c_str());
    if (!s.step()) return std::nullopt;
    std::string first = s.text(0);
    while (s.step()) continue;  // what it changes is committed by the last step, which may fail
    return first;
}

std::optional<std::int64_t> connection::answer_number(const std::string& sql) {
    statement s = once(sql.c_str());
    if (!s.step() || s.null(0)) return std::nullopt;
    return s.integer(0);
}

void connection::flush_commits(bool each) {
    const char* const sql = each ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL";
    // Also with a failure at hand: what comes after it must be flushed again.
    const int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(code);
}

void connection::rollback() {
    // SQLITE_FULL and some I/O errors have rolled back already; ROLLBACK would be an error then.
    if (in_transaction()) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace decamp::catalogue
