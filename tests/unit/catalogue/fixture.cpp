#include "fixture.hpp"

#include <atomic>
#include <random>

namespace decamp::catalogue {

scratch_folder::scratch_folder() {
    static std::atomic<unsigned> count{0};
    const auto name = "decamp-catalogue-" + std::to_string(std::random_device{}()) + "-" + std::to_string(++count);
    path_ = std::filesystem::temp_directory_path() / name;
    std::filesystem::create_directory(path_);
}

scratch_folder::~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::unique_ptr<sqlite_catalogue> open_at(const std::string& path) {
    auto opened = std::make_unique<sqlite_catalogue>(must(open_checked(path, {}, migrations())));
    must(opened->ready());
    return opened;
}

listed_item item_named(const std::string& id, unsigned content) {
    listed_item item;
    item.id.value = id;
    item.home.value = "1";
    item.name = id + ".jpg";
    item.size = 100 + content;
    item.sha1 = sha1_for(content);
    item.bucket = "20240501";
    return item;
}

fixture::fixture() : path_(folder_.file("catalogue.sqlite")), catalogue_(open_at(path_)) {
    must(catalogue_->begin_run(1));
}

void fixture::reopen() {
    catalogue_.reset();
    catalogue_ = open_at(path_);
}

std::unique_ptr<sqlite_catalogue> fixture::open_copy(const std::string& name) {
    const std::string copy = folder_.file(name);
    for (const char* part : {"", "-wal"}) {
        if (std::filesystem::exists(path_ + part)) std::filesystem::copy_file(path_ + part, copy + part);
    }
    return open_at(copy);
}

fixture::planned fixture::plan(const listed_item& item, std::optional<blob_key> shared,
                               std::optional<blob_key> audited) {
    planned p;
    p.row = must(catalogue_->put_item(item, item_state::wanted));
    p.path = "data/albums/A/" + item.name;
    if (shared) {
        p.blob = *shared;
        p.file = must(catalogue_->add_file(p.row, p.path, p.blob));
    } else {
        const auto own = must(catalogue_->add_own_file(p.row, p.path, item, audited));
        p.blob = own.blob;
        p.file = own.file;
    }
    return p;
}

checked_blob fixture::checked(const planned& p, unsigned content, source_check check) {
    checked_blob c;
    c.item.key = p.file;
    c.item.blob = p.blob;
    c.item.path = p.path;
    c.staging_path = ".decamp/staging/" + std::to_string(p.blob.value) + ".1";
    c.digests.size = 100 + content;
    c.digests.sha256 = sha256_for(content);
    c.digests.sha1 = sha1_for(content);
    c.check = check;
    c.downloaded = c.digests.size;
    return c;
}

catalogue::checked_outcome fixture::check(const planned& p, unsigned content, bool merge, source_check check) {
    return must(catalogue_->record_checked({checked(p, content, check)}, merge)).at(0);
}

void fixture::store(const planned& p, unsigned content) {
    if (!check(p, content).duplicate) must(catalogue_->record_stored({p.blob}, ++group_));
}

void fixture::publish_twins(publication how) {
    item_key after{};
    for (;;) {
        const auto page = must(catalogue_->next_unpublished_twins(after, 2));
        if (page.empty()) return;
        std::vector<std::pair<item_key, publication>> done;
        for (const twin_file& twin : page) done.emplace_back(twin.file, how);
        must(catalogue_->record_published(done));
        after = page.back().file;
    }
}

void fixture::fail(const planned& p, exception_reason reason) {
    must(catalogue_->record_failed({p.file, reason, "because", 0}));
}

std::vector<std::string> fixture::planned_ids() {
    std::vector<std::string> ids;
    item_key after{};
    for (;;) {
        const auto page = must(catalogue_->next_planned(after, 2));
        if (page.empty()) return ids;
        for (const planned_item& item : page) ids.push_back(item.listed.id.value);
        after = page.back().key;
    }
}

std::vector<std::string> fixture::exceptions() {
    std::vector<std::string> all;
    must(catalogue_->each_exception([&](const certificate_exception& e) {
        all.push_back(e.id + " " + e.reason);
        return true;
    }));
    return all;
}

std::vector<std::string> fixture::files() {
    std::vector<std::string> all;
    must(catalogue_->each_file([&](const filed& f) {
        all.push_back(f.path + (f.how == publication::own ? " own" : " linked"));
        return true;
    }));
    return all;
}

void fixture::expect_sound() {
    EXPECT_EQ(broken_rules(catalogue_->raw()), std::vector<std::string>());
}

std::vector<std::string> broken_rules(connection& db) {
    // Each finds the rows that break its rule.
    static constexpr std::pair<const char*, const char*> rules[] = {
        {"a file has its blob", "SELECT 1 FROM file f WHERE NOT EXISTS(SELECT 1 FROM blob b WHERE b.id = f.blob)"},
        {"a blob's leader is one of its members",
         "SELECT 1 FROM blob b LEFT JOIN file f ON f.id = b.leader WHERE b.leader IS NOT NULL AND f.blob IS NOT b.id"},
        {"a blob with members has a leader",
         "SELECT 1 FROM file f JOIN blob b ON b.id = f.blob WHERE b.leader IS NULL"},
        {"the leader of a planned blob has not failed and is its item's present file",
         "SELECT 1 FROM blob b JOIN file f ON f.id = b.leader JOIN item i ON i.id = f.item "
         "WHERE b.state = 0 AND (i.state = 2 OR i.file IS NOT f.id)"},
        {"a present file belongs to its item",
         "SELECT 1 FROM item i LEFT JOIN file f ON f.id = i.file WHERE i.file IS NOT NULL AND f.item IS NOT i.id"},
        {"only files of blobs on the drive are published",
         "SELECT 1 FROM file f JOIN blob b ON b.id = f.blob WHERE f.publication <> 0 AND b.state NOT IN (2, 3)"},
        {"the leader of a blob on the drive is published under its own name",
         "SELECT 1 FROM blob b JOIN file f ON f.id = b.leader WHERE b.state IN (2, 3) AND f.publication <> 1"},
        {"ready: unpublished, no leader, its blob on the drive",
         "SELECT 1 FROM file f JOIN blob b ON b.id = f.blob "
         "WHERE f.ready = 1 AND (f.publication <> 0 OR b.leader = f.id OR b.state NOT IN (2, 3))"},
        {"an unpublished member of a blob on the drive is ready, or its item has failed",
         "SELECT 1 FROM file f JOIN blob b ON b.id = f.blob JOIN item i ON i.id = f.item "
         "WHERE b.state IN (2, 3) AND f.publication = 0 AND f.ready = 0 AND i.state <> 2"},
        {"digests are known from checked on, and only then",
         "SELECT 1 FROM blob WHERE (state IN (1, 2, 3)) <> (sha256 IS NOT NULL)"},
        {"an audit compares with a blob that is none",
         "SELECT 1 FROM blob a LEFT JOIN blob b ON b.id = a.audit_of "
         "WHERE a.audit_of IS NOT NULL AND (b.id IS NULL OR b.audit_of IS NOT NULL)"},
        {"an audit waits only for a digest that is not known",
         "SELECT 1 FROM blob a JOIN blob b ON b.id = a.audit_of WHERE a.state = 1 AND b.sha256 IS NOT NULL"},
        {"an audit is never stored", "SELECT 1 FROM blob WHERE audit_of IS NOT NULL AND state IN (2, 3)"},
        {"nothing is compared with what has failed or not agreed",
         "SELECT 1 FROM blob a JOIN blob b ON b.id = a.audit_of WHERE b.state = 4 OR b.checked = 3"},
        {"a part belongs to a blob that is to be fetched",
         "SELECT 1 FROM part p LEFT JOIN blob b ON b.id = p.blob WHERE b.state IS NULL OR b.state NOT IN (0, 4)"},
        {"only a checked blob is staged", "SELECT 1 FROM blob WHERE staging IS NOT NULL AND state <> 1"},
        {"a reason stands beside failed items only", "SELECT 1 FROM item WHERE (state = 2) <> (reason IS NOT NULL)"},
        {"indexes and tables agree", "SELECT 1 FROM pragma_integrity_check WHERE integrity_check <> 'ok'"},
    };
    std::vector<std::string> broken;
    for (const auto& [rule, sql] : rules) {
        if (db.answer(sql)) broken.emplace_back(rule);
        if (!db.ok()) broken.push_back(std::string(rule) + ": " + to_string(db.take_failure()));
    }
    return broken;
}

}  // namespace decamp::catalogue
