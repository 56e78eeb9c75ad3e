#pragma once
// The tables and how older ones become them. Inner to this folder.

#include <memory>
#include <span>
#include <string>

#include "engine/catalogue/connection.hpp"

namespace decamp::catalogue {

// "dcmp": says in the file's header that it is a catalogue of decamp (SQLite: PRAGMA application_id).
inline constexpr int application_id = 0x64636d70;

// Brings a catalogue of version `to - 1` to version `to`. Never changed once released; a new version adds one.
struct migration {
    int to;
    const char* sql;
};

// From nothing (version 0) to schema_version, ascending without gaps.
std::span<const migration> migrations();

// Whose file it is: fails with not_ours, newer_version or damaged, and writes nothing.
void identify(connection& db, std::span<const migration> steps);

// Runs what is missing, each migration in one transaction with its version number.
void migrate(connection& db, std::span<const migration> steps);

// Fails with damaged unless the file's schema is, word for word, what `steps` make. So no trigger, view, collation or
// generated column of a stranger is ever run.
void check_schema(connection& db, std::span<const migration> steps);

// Opens and does everything that comes before the first query: pragmas, whose file it is, schema, integrity.
result<std::unique_ptr<connection>> open_checked(const std::string& path, const open_options& options,
                                                 std::span<const migration> steps);

// To look into only: nothing is changed, made or locked. Fails where it is not of this very version; its integrity is
// not checked.
result<std::unique_ptr<connection>> open_to_look(const std::string& path, std::size_t cache_bytes,
                                                 const formats::secret_bytes<32>* key);

}  // namespace decamp::catalogue
