#include <array>
#include <fstream>
#include <iterator>

#include "fixture.hpp"

namespace decamp::catalogue {
namespace {

std::string bytes_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

failure why(const std::string& path, std::span<const migration> steps = migrations()) {
    auto opened = open_checked(path, {}, steps);
    return opened ? failure() : opened.error();
}

using opening = fixture;

TEST_F(opening, sets_what_durability_rests_on) {
    connection& db = catalogue_->raw();
    const std::pair<const char*, std::string> expected[] = {
        {"journal_mode", "wal"},
        {"locking_mode", "exclusive"},
        {"synchronous", "2"},
        {"mmap_size", "0"},
        {"temp_store", "2"},
        {"trusted_schema", "0"},
        {"cell_size_check", "1"},
        {"wal_autocheckpoint", "4000"},
        {"user_version", std::to_string(schema_version)},
        {"application_id", std::to_string(application_id)},
    };
    for (const auto& [name, value] : expected) EXPECT_EQ(db.answer(std::string("PRAGMA ") + name), value) << name;
    EXPECT_FALSE(std::filesystem::exists(path_ + "-shm"));
}

TEST_F(opening, keeps_others_out) {
    EXPECT_EQ(why(path_).code, catalogue_errc::locked);
    catalogue_.reset();
    EXPECT_FALSE(why(path_).code);
}

TEST_F(opening, tells_whose_file_it_is) {
    const std::string other = folder_.file("other.sqlite");
    {
        auto db = must(connection::open(other, {}));
        db->execute("CREATE TABLE t(x)");
    }
    const std::string before = bytes_of(other);
    EXPECT_EQ(why(other).code, catalogue_errc::not_ours);
    EXPECT_EQ(bytes_of(other), before);
}

TEST_F(opening, follows_no_link) {
    const std::string outside = folder_.file("outside.sqlite");
    write(outside, "");
    const std::string nothing = folder_.file("nothing.sqlite");
    for (const auto& target : {outside, nothing}) {
        const std::string link = folder_.file("link.sqlite");
        std::filesystem::create_symlink(target, link);
        EXPECT_EQ(why(link).code, catalogue_errc::io) << target;
        std::filesystem::remove(link);
    }
    EXPECT_EQ(bytes_of(outside), "");
    EXPECT_FALSE(std::filesystem::exists(nothing));
}

TEST_F(opening, leaves_a_newer_version_alone) {
    catalogue_->raw().execute("PRAGMA user_version = " + std::to_string(schema_version + 1));
    catalogue_.reset();
    const std::string before = bytes_of(path_);
    EXPECT_EQ(why(path_).code, catalogue_errc::newer_version);
    EXPECT_EQ(bytes_of(path_), before);
}

TEST_F(opening, refuses_what_is_no_catalogue) {
    const std::string whole = [&] {
        store(plan("a", 1), 1);
        catalogue_.reset();
        return bytes_of(path_);
    }();
    std::string text(8192, 'x'), cut = whole.substr(0, whole.size() / 2), holed = whole;
    holed.replace(4096, 4096, std::string(4096, '\x5a'));
    const std::string path = folder_.file("hostile.sqlite");
    for (const std::string& bytes : {text, cut, holed}) {
        write(path, bytes);
        EXPECT_EQ(why(path).code, catalogue_errc::damaged) << bytes.size();
    }
}

TEST_F(opening, refuses_tables_that_are_not_its_own) {
    const std::array changes = {
        "CREATE TRIGGER t AFTER INSERT ON item BEGIN DELETE FROM item; END",
        "CREATE VIEW v AS SELECT * FROM item",
        "CREATE TABLE more(x)",
        "DROP INDEX file_ready",
        "ALTER TABLE item ADD COLUMN more TEXT",
    };
    catalogue_.reset();
    const std::string whole = bytes_of(path_);
    for (const char* change : changes) {
        write(path_, whole);
        {
            auto db = must(connection::open(path_, {}));
            ASSERT_TRUE(db->execute(change)) << change;
        }
        EXPECT_EQ(why(path_).code, catalogue_errc::damaged) << change;
    }
}

TEST_F(opening, says_that_it_cannot_open) {
    EXPECT_EQ(why(folder_.file("missing/catalogue.sqlite")).code, catalogue_errc::io);
    EXPECT_EQ(why(folder_.file("")).code, catalogue_errc::io);
    EXPECT_EQ(classify(why(path_)), error_class::run);
}

constexpr char adds_a_column[] = "ALTER TABLE item ADD COLUMN colour TEXT; UPDATE item SET colour = 'red'";
constexpr char fails_halfway[] = "ALTER TABLE item ADD COLUMN colour TEXT; INSERT INTO nowhere VALUES(1)";

TEST_F(opening, brings_an_older_version_up) {
    plan("a", 1);
    catalogue_.reset();
    const std::array steps{migrations()[0], migrations()[1], migrations()[2],
                           migrations()[3], migrations()[4], migration{6, adds_a_column}};
    {
        auto db = must(open_checked(path_, {}, steps));
        EXPECT_EQ(db->answer("PRAGMA user_version"), "6");
        EXPECT_EQ(db->answer("SELECT colour FROM item"), "red");
    }
    EXPECT_FALSE(why(path_, steps).code);                         // and again, with nothing to do
    EXPECT_EQ(why(path_).code, catalogue_errc::newer_version);    // for a decamp that knows no version 6
    EXPECT_FALSE(why(folder_.file("fresh.sqlite"), steps).code);  // a fresh one goes through all versions
}

TEST_F(opening, takes_over_a_catalogue_of_version_1) {
    const std::string old = folder_.file("old.sqlite");
    {
        auto db = must(open_checked(old, {}, migrations().first(1)));
        ASSERT_TRUE(db->execute("INSERT INTO run(started_ms, walked) VALUES(1, 1)"));
        ASSERT_TRUE(
            db->execute("INSERT INTO item(seen, tallied, state, fingerprint, source_id, home, bucket, name) "
                        "VALUES(1, 1, 0, 7, 'x', '1', '', 'x.jpg')"));
    }
    catalogue_ = open_at(old);
    EXPECT_EQ(must(catalogue_->find_item({"x"}))->fingerprint, 7u);
    listed_item again = item_named("x", 1);
    again.locator = "where";
    must(catalogue_->put_item(again, item_state::wanted));
    EXPECT_EQ(catalogue_->raw().answer("SELECT locator FROM item"), "where");
}

TEST_F(opening, stays_at_its_version_when_a_step_fails) {
    plan("a", 1);
    catalogue_.reset();
    const std::array steps{migrations()[0], migrations()[1], migrations()[2],
                           migrations()[3], migrations()[4], migration{6, fails_halfway}};
    EXPECT_EQ(why(path_, steps).code, catalogue_errc::misuse);
    catalogue_ = open_at(path_);
    EXPECT_EQ(planned_ids(), std::vector<std::string>{"a"});
}

TEST_F(opening, a_page_that_was_overwritten_is_found_after_a_run_cut_short) {
    must(catalogue_->begin());
    for (unsigned i = 0; i < 400; ++i) plan("item-" + std::to_string(i), i);
    must(catalogue_->commit());
    catalogue_.reset();
    std::string bytes = bytes_of(path_);
    for (std::size_t page = 30; page < 40; ++page) bytes.replace(page * 4096 + 8, 1000, std::string(1000, '\xff'));
    write(path_, bytes);
    EXPECT_EQ(why(path_).code, catalogue_errc::damaged);
}

// --- transactions

TEST_F(opening, what_was_committed_survives_a_kill_and_nothing_else_does) {
    const planned a = plan("a", 1);
    must(catalogue_->begin());
    plan("b", 2);
    auto killed = open_copy("killed.sqlite");
    EXPECT_TRUE(must(killed->find_item({"a"})));
    EXPECT_FALSE(must(killed->find_item({"b"})));
    must(catalogue_->commit());
    killed = open_copy("later.sqlite");
    EXPECT_TRUE(must(killed->find_item({"b"})));
    EXPECT_TRUE(broken_rules(killed->raw()).empty());
    EXPECT_EQ(must(killed->find_item({"a"}))->file, a.file);
}

TEST_F(opening, a_group_is_written_whole_or_not_at_all) {
    const planned a = plan("a", 1);
    must(catalogue_->begin());
    plan("b", 2);
    EXPECT_EQ(catalogue_->record_stored({a.blob}, 1).error().code, catalogue_errc::misuse);  // not checked
    EXPECT_EQ(catalogue_->put_item(item_named("c", 3), item_state::wanted).error().code, catalogue_errc::misuse);
    EXPECT_EQ(catalogue_->commit().error().code, catalogue_errc::misuse);
    EXPECT_EQ(planned_ids(), std::vector<std::string>{"a"});
    plan("b", 2);  // and all is well again
    EXPECT_EQ(planned_ids(), (std::vector<std::string>{"a", "b"}));
}

TEST_F(opening, groups_do_not_nest) {
    EXPECT_EQ(catalogue_->commit().error().code, catalogue_errc::misuse);
    must(catalogue_->begin());
    EXPECT_EQ(catalogue_->begin().error().code, catalogue_errc::misuse);
    must(catalogue_->set_fact("a", "1"));
    catalogue_->rollback();
    EXPECT_EQ(must(catalogue_->fact("a")), std::nullopt);
    must(catalogue_->set_fact("a", "2"));
    EXPECT_EQ(must(catalogue_->fact("a")), "2");
}

TEST_F(opening, a_full_drive_is_named_and_undone) {
    plan("a", 1);
    connection& db = catalogue_->raw();
    const auto pages = db.answer("PRAGMA page_count").value();
    db.execute("PRAGMA max_page_count = " + pages);
    const std::string large(100'000, 'x');
    EXPECT_EQ(catalogue_->set_fact("a", large).error().code, catalogue_errc::full);
    EXPECT_FALSE(db.in_transaction());
    must(catalogue_->begin());
    EXPECT_EQ(catalogue_->set_fact("a", large).error().code, catalogue_errc::full);
    EXPECT_EQ(catalogue_->set_fact("b", "small").error().code, catalogue_errc::full);
    EXPECT_EQ(catalogue_->commit().error().code, catalogue_errc::full);
    EXPECT_EQ(must(catalogue_->fact("b")), std::nullopt);
    db.execute("PRAGMA max_page_count = 100000");
    must(catalogue_->set_fact("a", large));
    expect_sound();
}

TEST_F(opening, an_exception_of_a_visitor_leaves_no_transaction) {
    store(plan("a", 1), 1);
    EXPECT_THROW((void)catalogue_->each_file([](const filed&) -> bool { throw 1; }), int);
    plan("b", 2);
    expect_sound();
}

TEST_F(opening, runs_are_numbered_over_restarts) {
    EXPECT_EQ(must(catalogue_->begin_run(5)), 2);
    reopen();
    EXPECT_EQ(must(catalogue_->begin_run(6)), 3);
    must(catalogue_->begin());
    EXPECT_EQ(must(catalogue_->begin_run(7)), 4);
    catalogue_->rollback();
    must(catalogue_->put_item(item_named("a", 1), item_state::wanted));
    EXPECT_EQ(catalogue_->raw().answer("SELECT seen FROM item"), "3");
}

TEST_F(opening, facts_of_its_own_are_not_to_be_set) {
    EXPECT_EQ(catalogue_->set_fact(".downloaded", "1").error().code, catalogue_errc::misuse);
    must(catalogue_->set_fact("scope", ""));
    reopen();
    EXPECT_EQ(must(catalogue_->fact("scope")), "");
}

TEST(classification, of_result_codes) {
    EXPECT_EQ(classify_sqlite(SQLITE_IOERR_WRITE, ENOSPC), catalogue_errc::full);
    EXPECT_EQ(classify_sqlite(SQLITE_IOERR_WRITE, EIO), catalogue_errc::io);
    EXPECT_EQ(classify_sqlite(SQLITE_IOERR_FSYNC, EIO), catalogue_errc::io);
    EXPECT_EQ(classify_sqlite(SQLITE_CORRUPT_INDEX, 0), catalogue_errc::damaged);
    EXPECT_EQ(classify_sqlite(SQLITE_BUSY_RECOVERY, 0), catalogue_errc::locked);
    EXPECT_EQ(classify_sqlite(SQLITE_READONLY_DBMOVED, 0), catalogue_errc::io);
    EXPECT_EQ(classify_sqlite(SQLITE_CONSTRAINT_UNIQUE, 0), catalogue_errc::misuse);
    EXPECT_THROW(classify_sqlite(SQLITE_NOMEM, 0), std::bad_alloc);
    EXPECT_EQ(classify(make_error_code(catalogue_errc::misuse)), error_class::bug);
}

}  // namespace
}  // namespace decamp::catalogue
