#include "engine/catalogue/schema.hpp"

#include <array>
#include <map>
#include <new>
#include <stdexcept>
#include <utility>

namespace decamp::catalogue {

namespace {

// Small columns first, so that a scan need not walk the overflow pages of what may be long.
// Indexes with WHERE are the work queues: they hold only what is still to be done.
constexpr char version_1[] = R"sql(
CREATE TABLE fact(name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE run(
    id INTEGER PRIMARY KEY,
    started_ms INTEGER NOT NULL,
    finished_ms INTEGER,            -- NULL: under way, or cut short
    exit_code INTEGER,
    walked INTEGER NOT NULL         -- 1: the source's whole list was seen
) STRICT;

CREATE TABLE collection(
    id INTEGER PRIMARY KEY,
    seen INTEGER NOT NULL,          -- run that listed it last
    outside INTEGER NOT NULL,       -- its items are not in the view over everything
    announced INTEGER,              -- the source's own count
    folder_key INTEGER NOT NULL UNIQUE,
    source_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    folder TEXT NOT NULL
) STRICT;

CREATE TABLE item(
    id INTEGER PRIMARY KEY,
    seen INTEGER NOT NULL,          -- run that listed it last
    tallied INTEGER NOT NULL,       -- run that counted it last in the view over everything
    tallied_bucket TEXT,            -- and under which bucket
    state INTEGER NOT NULL,         -- item_state
    file INTEGER,                   -- its present file
    fingerprint INTEGER NOT NULL,   -- listed_fingerprint, bit for bit
    size INTEGER,
    taken_ms INTEGER,
    modified_ms INTEGER,
    sha1 BLOB,
    sha256 BLOB,
    md5 BLOB,
    source_id TEXT NOT NULL UNIQUE,
    home TEXT NOT NULL,             -- source_id of a collection
    bucket TEXT NOT NULL,
    name TEXT NOT NULL,
    reason TEXT,
    detail TEXT
) STRICT;
CREATE INDEX item_failed ON item(state) WHERE state = 2;

CREATE TABLE membership(
    collection INTEGER NOT NULL,
    item INTEGER NOT NULL,
    seen INTEGER NOT NULL,          -- run that listed it last
    tallied INTEGER NOT NULL,       -- run that counted it last
    tallied_bucket TEXT,            -- and under which bucket
    PRIMARY KEY(collection, item)
) STRICT, WITHOUT ROWID;

CREATE TABLE tally(
    collection INTEGER NOT NULL,    -- 0: everything
    bucket TEXT NOT NULL,
    run INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY(collection, bucket)
) STRICT, WITHOUT ROWID;

CREATE TABLE difference(
    run INTEGER NOT NULL,
    collection TEXT NOT NULL,       -- source_id; empty: everything
    day TEXT NOT NULL,
    announced INTEGER NOT NULL,
    listed INTEGER NOT NULL,
    PRIMARY KEY(run, collection, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE file(
    id INTEGER PRIMARY KEY,         -- ascends in canonical order
    item INTEGER,                   -- NULL: adopted from an old manifest, not bound yet
    blob INTEGER NOT NULL,
    path_key INTEGER NOT NULL UNIQUE,  -- XXH3-64 of the folded path, bit for bit
    publication INTEGER NOT NULL,
    ready INTEGER NOT NULL,         -- 1: its blob is stored under another name, its own is still to be given
    checked INTEGER,                -- source_check of its own fetch; NULL: never fetched, an announcement is trusted
    path TEXT NOT NULL
) STRICT;
CREATE INDEX file_of_blob ON file(blob);
CREATE INDEX file_ready ON file(ready) WHERE ready = 1;

CREATE TABLE blob(
    id INTEGER PRIMARY KEY,
    state INTEGER NOT NULL,         -- blob_state
    leader INTEGER,                 -- file
    audit_of INTEGER,               -- blob to compare with; state 1 then: compared as soon as that one is known
    damaged INTEGER NOT NULL,       -- times read back wrong
    group_number INTEGER,
    proven_ms INTEGER,
    proven_method INTEGER,
    checked INTEGER,                -- source_check
    size INTEGER,
    announced_size INTEGER,
    announced_sha1 BLOB,
    sha256 BLOB,
    sha1 BLOB,
    former_sha256 BLOB,             -- what was stored before it was planned again
    staging TEXT,
    blocks BLOB
) STRICT;
CREATE INDEX blob_planned ON blob(leader) WHERE state = 0;
CREATE INDEX blob_checked ON blob(state) WHERE state = 1;
CREATE INDEX blob_unproven ON blob(state) WHERE state = 2;
CREATE INDEX blob_failed ON blob(state) WHERE state = 4;
CREATE INDEX blob_audit ON blob(audit_of) WHERE audit_of IS NOT NULL;
CREATE INDEX blob_announced ON blob(announced_sha1, announced_size) WHERE announced_sha1 IS NOT NULL AND audit_of IS NULL;
CREATE INDEX blob_sha256 ON blob(sha256) WHERE sha256 IS NOT NULL AND audit_of IS NULL;
CREATE INDEX blob_group ON blob(group_number) WHERE group_number IS NOT NULL;
CREATE INDEX blob_staging ON blob(staging) WHERE staging IS NOT NULL;

CREATE TABLE part(
    blob INTEGER PRIMARY KEY,
    bytes INTEGER NOT NULL,
    path TEXT NOT NULL,
    validator TEXT NOT NULL,
    blocks BLOB NOT NULL
) STRICT;
CREATE INDEX part_path ON part(path);
)sql";

// Sources beside Xiaomi Cloud: what leads from an item to its bytes, and the folders a walk has found.
constexpr char version_2[] = R"sql(
ALTER TABLE item ADD COLUMN locator TEXT NOT NULL DEFAULT '';
ALTER TABLE blob ADD COLUMN time_ms INTEGER;  -- of its leader, by the list or else by the answer

CREATE TABLE folder_found(          -- of this run, in the order in which they were found
    number INTEGER PRIMARY KEY,
    folder TEXT NOT NULL UNIQUE
) STRICT;
)sql";

// Archive volumes, and what lies where in them.
constexpr char version_3[] = R"sql(
CREATE TABLE volume(
    number INTEGER PRIMARY KEY,
    state INTEGER NOT NULL,         -- volume_state
    bytes INTEGER NOT NULL,         -- of its file, as far as committed
    raw INTEGER NOT NULL,           -- before compression
    prefix BLOB NOT NULL,           -- XXH3-128 of the committed bytes
    sha256 BLOB,                    -- once sealed
    list_bytes INTEGER,
    list_sha256 BLOB,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE member(
    volume INTEGER NOT NULL,
    at INTEGER NOT NULL,            -- of its header, before compression
    body INTEGER NOT NULL,          -- of its bytes
    stored INTEGER NOT NULL,        -- how many
    kind INTEGER NOT NULL,          -- member_kind
    file INTEGER NOT NULL,          -- whose name it bears
    blob INTEGER NOT NULL,
    crc32 INTEGER NOT NULL,
    deflated INTEGER NOT NULL,
    PRIMARY KEY(volume, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_file ON member(file);

CREATE TABLE frame(                 -- of the volume that is open
    number INTEGER PRIMARY KEY,
    packed INTEGER NOT NULL,
    raw INTEGER NOT NULL
) STRICT;
)sql";

// Recovery data beside volumes. The key's columns come first: SQLite 3.40 checks those of other tables without rowid
// wrongly.
constexpr char version_4[] = R"sql(
CREATE TABLE parity(
    volume INTEGER NOT NULL,
    name TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    PRIMARY KEY(volume, name)
) STRICT, WITHOUT ROWID;
)sql";

// What no item stands for, how a name was spelled, and which twins were sampled.
constexpr char version_5[] = R"sql(
ALTER TABLE item ADD COLUMN raw INTEGER;                       -- XXH3-64 of the name as it was first spelled
ALTER TABLE item ADD COLUMN unsteady INTEGER NOT NULL DEFAULT 0;  -- last run in which two of its rows announced different things
ALTER TABLE file ADD COLUMN sampled INTEGER NOT NULL DEFAULT 0;  -- 1: bytes of its own were compared with its blob's
ALTER TABLE file ADD COLUMN rechecked INTEGER NOT NULL DEFAULT 0;  -- run that fetched it again since it contradicts its announcement
ALTER TABLE file ADD COLUMN former INTEGER;                    -- the item's file before it

CREATE TABLE gap(                   -- exceptions of this run that no item stands for
    id TEXT NOT NULL,
    reason TEXT NOT NULL,
    run INTEGER NOT NULL,
    name TEXT NOT NULL,
    collection TEXT NOT NULL,       -- source_id; empty: everything
    detail TEXT NOT NULL,
    PRIMARY KEY(id, reason)
) STRICT, WITHOUT ROWID;
)sql";

constexpr std::array all_migrations{migration{1, version_1}, migration{2, version_2}, migration{3, version_3},
                                    migration{4, version_4}, migration{5, version_5}};
static_assert(all_migrations.back().to == schema_version);

using schema_texts = std::map<std::string, std::string>;

schema_texts schema_of(connection& db) {
    schema_texts texts;
    // A hostile file may hold any number of entries; ours are few.
    constexpr std::size_t most_entries = 200;
    statement s = db.once("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT GLOB 'sqlite_stat*'");
    while (s.step()) {
        if (texts.size() > most_entries) {
            db.fail(catalogue_errc::damaged, "too many tables");
            break;
        }
        texts.emplace(s.text(0) + ' ' + s.text(1) + ' ' + s.text(2), s.text(3));
    }
    return texts;
}

}  // namespace

std::span<const migration> migrations() {
    return all_migrations;
}

void identify(connection& db, std::span<const migration> steps) {
    const auto owner = db.answer_number("PRAGMA application_id").value_or(-1);
    const auto version = db.answer_number("PRAGMA user_version").value_or(-1);
    const auto tables = db.answer_number("SELECT count(*) FROM (SELECT 1 FROM sqlite_schema LIMIT 1)").value_or(-1);
    if (!db.ok()) return;
    if (owner == 0 && version == 0 && tables == 0) return;  // empty: to be made
    if (owner != application_id) return db.fail(catalogue_errc::not_ours, "a database of another program");
    if (version < 1) return db.fail(catalogue_errc::damaged, "no version");
    if (version > steps.back().to) {
        db.fail(catalogue_errc::newer_version, "its version is " + std::to_string(version) + ", the newest known is " +
                                                   std::to_string(steps.back().to));
    }
}

void migrate(connection& db, std::span<const migration> steps) {
    const auto version = db.answer_number("PRAGMA user_version").value_or(0);
    for (const migration& step : steps) {
        if (step.to <= version || !db.ok()) continue;
        db.begin();
        db.execute(step.sql);
        db.execute("PRAGMA user_version = " + std::to_string(step.to));
        db.execute("PRAGMA application_id = " + std::to_string(application_id));
        db.commit();
        if (!db.ok()) db.rollback();
    }
}

// What these steps make of an empty database.
static schema_texts expected_schema(std::span<const migration> steps) {
    auto model = connection::open(":memory:", {});
    if (!model) throw std::bad_alloc();  // the one thing that can be missing
    connection& expected = *model.value();
    migrate(expected, steps);
    schema_texts right = schema_of(expected);
    if (!expected.ok()) throw std::logic_error("the catalogue's own schema: " + to_string(expected.take_failure()));
    return right;
}

void check_schema(connection& db, std::span<const migration> steps) {
    if (!db.ok()) return;
    static const schema_texts usual = expected_schema(migrations());  // making the model takes longer than all the rest
    const bool all = steps.data() == migrations().data() && steps.size() == migrations().size();
    const schema_texts right = all ? usual : expected_schema(steps);
    if (schema_of(db) != right) db.fail(catalogue_errc::damaged, "its tables are not those of a catalogue");
}

}  // namespace decamp::catalogue
