#pragma once
// A catalogue in a folder of its own, and short ways to fill it.

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/catalogue/schema.hpp"
#include "engine/catalogue/sqlite_catalogue.hpp"

namespace decamp::catalogue {

// Removed with all that is in it.
class scratch_folder {
  public:
    scratch_folder();
    ~scratch_folder();
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;

    std::string file(const std::string& name) const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

template <class T>
T must(result<T> r) {
    if (!r) throw std::runtime_error(to_string(r.error()));
    if constexpr (!std::is_void_v<T>) return std::move(r).value();
}

// Digests that say which bytes they stand for.
template <class Digest>
Digest digest_of(unsigned content) {
    Digest d{};
    for (std::size_t i = 0; i < d.size(); ++i) d[i] = static_cast<std::byte>((content >> (8 * (i % 4))) & 0xff);
    d[4] = static_cast<std::byte>(d.size());
    return d;
}
inline formats::sha256_digest sha256_for(unsigned content) {
    return digest_of<formats::sha256_digest>(content);
}
inline formats::sha1_digest sha1_for(unsigned content) {
    return digest_of<formats::sha1_digest>(content);
}

// An item that announces the digest and size (100 + content) of its content.
listed_item item_named(const std::string& id, unsigned content);

class fixture : public testing::Test {
  protected:
    fixture();

    void reopen();
    // What a kill leaves: the files as they are now, opened anew. The catalogue before stays open beside it.
    std::unique_ptr<sqlite_catalogue> open_copy(const std::string& name);

    struct planned {
        std::int64_t row = 0;
        item_key file;
        blob_key blob;
        std::string path;
    };
    // Names an item data/albums/A/ID.jpg with a blob of its own, of `shared`, or one that audits `audited`.
    planned plan(const listed_item& item, std::optional<blob_key> shared = {}, std::optional<blob_key> audited = {});
    planned plan(const std::string& id, unsigned content) { return plan(item_named(id, content)); }

    checked_blob checked(const planned& p, unsigned content, source_check check = source_check::digest);
    catalogue::checked_outcome check(const planned& p, unsigned content, bool merge = true,
                                     source_check check = source_check::digest);
    void store(const planned& p, unsigned content);  // check and record_stored
    void publish_twins(publication how = publication::linked);
    void fail(const planned& p, exception_reason reason = exception_reason::deleted_in_cloud);

    std::vector<std::string> planned_ids();  // of next_planned, in its order
    std::vector<std::string> exceptions();   // "id reason"
    std::vector<std::string> files();        // "path how"
    void expect_sound();                     // every rule between tables holds

    scratch_folder folder_;
    std::string path_;
    std::unique_ptr<sqlite_catalogue> catalogue_;
    std::int64_t group_ = 0;
};

std::unique_ptr<sqlite_catalogue> open_at(const std::string& path);
// Names of the rules between tables that do not hold.
std::vector<std::string> broken_rules(connection& db);

}  // namespace decamp::catalogue
