#include "engine/catalogue/reading.hpp"

#include "engine/catalogue/schema.hpp"
#include "engine/catalogue/sqlite_catalogue.hpp"

namespace decamp::catalogue {

namespace {

const query stored_file{
    "SELECT f.path, b.size, b.sha256, coalesce(i.taken_ms, i.modified_ms, b.time_ms), f.publication, lf.path, b.id "
    "FROM file f CROSS JOIN blob b ON b.id = f.blob LEFT JOIN file lf ON lf.id = b.leader LEFT JOIN item i ON i.id = "
    "f.item "
    "WHERE f.path_key = ?1 AND b.state IN (2, 3)"};
const query path_of_item{"SELECT f.path FROM item i CROSS JOIN file f ON f.id = i.file WHERE i.source_id = ?1"};

class sqlite_reading final : public reading {
  public:
    explicit sqlite_reading(std::unique_ptr<connection> db) : all_(std::move(db)) {}

    result<std::optional<held_file>> find(std::string_view path) override {
        connection& db = all_.raw();
        held_file found;
        std::int64_t blob = 0;
        {
            statement s = db.run_ready(stored_file, name_key(path));
            if (!s.step()) return db.ok() ? result<std::optional<held_file>>(std::nullopt) : db.take_failure();
            found.path = s.text(0);
            found.size = s.natural(1);
            found.sha256 = s.digest<formats::sha256_digest>(2);
            found.time_ms = s.optional_integer(3);
            const bool own = s.integer(4) == static_cast<int>(publication::own) ||
                             s.integer(4) == static_cast<int>(publication::linked);
            found.bytes = own || s.null(5) ? found.path : s.text(5);
            blob = s.integer(6);
        }
        if (!db.ok()) return db.take_failure();
        auto body = all_.find_body(blob_key{blob});
        if (!body) return body.error();
        found.body = std::move(body.value());
        return std::optional(std::move(found));
    }

    result<std::optional<std::string>> own_path(std::string_view item) override {
        connection& db = all_.raw();
        statement s = db.run_ready(path_of_item, item);
        std::optional<std::string> path;
        if (s.step()) path = s.text(0);
        if (!db.ok()) return db.take_failure();
        return path;
    }

  private:
    sqlite_catalogue all_;
};

}  // namespace

result<std::unique_ptr<reading>> reading::open(const std::string& path, std::size_t cache_bytes,
                                               const formats::secret_bytes<32>* key) {
    auto db = open_to_look(path, cache_bytes, key);
    if (!db) return db.error();
    return std::unique_ptr<reading>(std::make_unique<sqlite_reading>(std::move(db.value())));
}

}  // namespace decamp::catalogue
