#pragma once
// One SQLite connection with its prepared statements. Inner to this folder.
//
// Errors stick: the first failure is kept, and from then on every statement answers "no row" and changes nothing, so
// that a function of many statements looks once, at its end. transaction code clears it.

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/catalogue/catalogue.hpp"
#include "engine/catalogue/encrypting_vfs.hpp"
#include "formats/digest.hpp"

namespace decamp::catalogue {

// An SQL text, made at namespace scope beside the function that runs it. It is prepared once a connection, and a test
// asks SQLite to explain every one of them.
class query {
  public:
    explicit query(const char* text);
    query(const query&) = delete;
    query& operator=(const query&) = delete;

    const char* text() const { return text_; }
    std::size_t slot() const { return slot_; }
    static const std::vector<const query*>& all();

  private:
    const char* text_;
    std::size_t slot_;
};

class connection;

// A prepared statement on loan; its destructor resets it and gives it back.
class statement {
  public:
    statement(connection& owner, sqlite3_stmt* stmt, bool cached, std::size_t slot)
        : owner_(&owner), stmt_(stmt), slot_(slot), cached_(cached) {}
    statement(statement&& other) noexcept
        : owner_(other.owner_),
          stmt_(std::exchange(other.stmt_, nullptr)),
          slot_(other.slot_),
          cached_(other.cached_) {}
    statement& operator=(statement&&) = delete;
    ~statement();

    // Values are copied by SQLite. Unsigned numbers above INT64_MAX are stored as INT64_MAX.
    void bind(int index, std::nullopt_t);
    void bind(int index, std::int64_t value);
    void bind(int index, std::uint64_t value);
    void bind(int index, int value) { bind(index, std::int64_t{value}); }
    void bind(int index, std::string_view value);
    void bind(int index, const std::string& value) { bind(index, std::string_view(value)); }
    void bind(int index, const char* value) { bind(index, std::string_view(value)); }
    void bind(int index, std::span<const std::byte> value);
    void bind(int index, const std::vector<std::byte>& value) { bind(index, std::span<const std::byte>(value)); }
    template <std::size_t N>
    void bind(int index, const std::array<std::byte, N>& value) {
        bind(index, std::span<const std::byte>(value));
    }
    template <class T>
    void bind(int index, const std::optional<T>& value) {
        if (value) {
            bind(index, *value);
        } else {
            bind(index, std::nullopt);
        }
    }

    bool step();  // true: a row stands ready
    // Columns of the row; values of a damaged file that cannot be what they should be are a failure (damaged).
    bool null(int column) const;
    std::int64_t integer(int column) const;
    std::uint64_t natural(int column) const;            // 0 or more, else damaged
    int choice(int column, int first, int last) const;  // an enum's number, else damaged and `first`
    std::string text(int column) const;
    std::span<const std::byte> bytes(int column) const;  // valid until the next step
    std::optional<std::int64_t> optional_integer(int column) const;
    std::optional<std::uint64_t> optional_natural(int column) const;
    template <class Digest>
    Digest digest(int column) const {
        Digest out{};
        read_digest(column, out);
        return out;
    }
    template <class Digest>
    std::optional<Digest> optional_digest(int column) const {
        if (null(column)) return std::nullopt;
        return digest<Digest>(column);
    }

  private:
    void read_digest(int column, std::span<std::byte> out) const;
    void check(int code);

    connection* owner_;
    sqlite3_stmt* stmt_;  // null: preparing failed
    std::size_t slot_;
    bool cached_;
};

class connection {
  public:
    // Opens only; open.cpp sets it up. `path` is UTF-8.
    // `key`: of an encrypted file; not kept.
    using file_key = const formats::secret_bytes<32>*;
    static result<std::unique_ptr<connection>> open(const std::string& path, const std::string& vfs,
                                                    file_key key = nullptr);
    // To look into only, and as if nobody could change it: no lock is taken and no file is made.
    static result<std::unique_ptr<connection>> open_unchanging(const std::string& path, file_key key = nullptr);
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    bool ok() const { return !failed_; }
    const failure& error() const { return failure_; }
    void fail(int sqlite_code);
    void fail(catalogue_errc code, std::string detail);
    failure take_failure();  // and is ok again

    template <class... Values>
    statement run_ready(const query& q, const Values&... values) {
        statement s = use(q);
        int index = 0;
        (s.bind(++index, values), ...);
        return s;
    }
    // Runs it to its end; the number of rows changed.
    template <class... Values>
    int change(const query& q, const Values&... values) {
        statement s = run_ready(q, values...);
        while (s.step()) continue;
        return ok() ? sqlite3_changes(db_) : 0;
    }
    // First column of the first row.
    template <class... Values>
    std::optional<std::int64_t> number(const query& q, const Values&... values) {
        statement s = run_ready(q, values...);
        if (!s.step() || s.null(0)) return std::nullopt;
        return s.integer(0);
    }

    // For set-up: not prepared in advance, several statements allowed.
    bool execute(const std::string& sql);
    statement once(const char* sql);                            // prepared for this use only
    std::optional<std::string> answer(const std::string& sql);  // first column of the first row, as text
    std::optional<std::int64_t> answer_number(const std::string& sql);

    bool in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }
    void begin() { execute("BEGIN IMMEDIATE"); }
    void commit() { execute("COMMIT"); }
    void rollback();  // also when SQLite has rolled back by itself; never fails
    // Whether commits from here on are flushed to the drive; outside of a transaction. They are, where nobody says
    // otherwise.
    void flush_commits(bool each);

    sqlite3* raw() { return db_; }
    std::int64_t last_id() const { return sqlite3_last_insert_rowid(db_); }

  private:
    friend class statement;
    static result<std::unique_ptr<connection>> open(const std::string& name, int flags, const std::string& vfs,
                                                    file_key key);
    struct prepared {
        sqlite3_stmt* stmt = nullptr;
        bool lent = false;
    };

    connection() = default;
    statement use(const query& q);
    sqlite3_stmt* prepare(const char* sql, bool persistent);

    std::unique_ptr<encrypting_vfs> encrypting_;  // outlives the file
    sqlite3* db_ = nullptr;
    std::vector<prepared> cache_;
    failure failure_;
    bool failed_ = false;
};

// What a result code of SQLite means to a caller. Throws std::bad_alloc for SQLITE_NOMEM.
catalogue_errc classify_sqlite(int code, int system_errno);

}  // namespace decamp::catalogue
