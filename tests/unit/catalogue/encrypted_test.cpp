// A catalogue nobody can read without its key, with everything that a plain one withstands.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/catalogue/reading.hpp"
#include "fixture.hpp"

namespace decamp::catalogue {
namespace {

constexpr std::string_view planted = "a name nobody may see";

std::string bytes_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

formats::secret_bytes<32> key_of(unsigned char last) {
    formats::secret_bytes<32> key;
    key.span()[31] = static_cast<std::byte>(last);
    return key;
}

class encrypted : public testing::Test {
  protected:
    result<std::unique_ptr<catalogue>> opened(const formats::secret_bytes<32>* with) {
        open_options options;
        options.key = with;
        return catalogue::open(path_, options);
    }
    void fill(catalogue& into, int from, int to) {
        for (int i = from; i < to; ++i)
            must(into.set_fact(std::string(planted) + std::to_string(i), std::string(200, 'v')));
    }
    bool shows_something() const {
        for (const char* tail : {"", "-wal", "-journal"}) {
            const std::string bytes = bytes_of(path_ + tail);
            for (const std::string_view secret :
                 {planted, std::string_view("CREATE TABLE"), std::string_view("vvvvvvvvvvvvvvvv"),
                  std::string_view("SQLite format"),
                  std::string_view(std::string_view("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24))}) {
                if (bytes.find(secret) != std::string::npos) return true;
            }
        }
        return false;
    }

    scratch_folder folder_;
    std::string path_ = folder_.file("catalogue.sqlite");
    formats::secret_bytes<32> key_ = key_of(1);
};

TEST_F(encrypted, comes_back_with_its_key_and_shows_nothing) {
    {
        auto made = must(opened(&key_));
        fill(*made, 0, 2000);
        EXPECT_GT(std::filesystem::file_size(path_ + "-wal"), 0u);
        EXPECT_FALSE(shows_something()) << "while it is open";
    }
    EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
    EXPECT_GT(std::filesystem::file_size(path_), 400'000u);
    EXPECT_FALSE(shows_something());
    auto again = must(opened(&key_));
    EXPECT_EQ(must(again->fact(std::string(planted) + "1999")), std::string(200, 'v'));
}

TEST_F(encrypted, is_no_catalogue_without_its_key) {
    must(opened(&key_));
    const auto other = key_of(2);
    EXPECT_EQ(opened(&other).error().code, catalogue_errc::damaged);
    EXPECT_EQ(opened(nullptr).error().code, catalogue_errc::damaged);
    EXPECT_TRUE(opened(&key_)) << "neither has changed it";
}

// What a kill leaves: the file and its log, taken while it was open.
TEST_F(encrypted, comes_back_after_a_kill_at_any_byte_of_its_log) {
    auto made = must(opened(&key_));
    fill(*made, 0, 3);
    const std::string file = bytes_of(path_), log = bytes_of(path_ + "-wal");
    made.reset();
    int whole = 0;
    for (std::size_t cut = 0; cut <= log.size(); cut += 5003) {
        const std::string copy = folder_.file("copy" + std::to_string(cut));
        std::ofstream(copy, std::ios::binary) << file;
        std::ofstream(copy + "-wal", std::ios::binary) << log.substr(0, cut);
        open_options options;
        options.key = &key_;
        auto again = catalogue::open(copy, options);
        ASSERT_TRUE(again) << cut << " " << again.error().detail;
        whole += must(again.value()->fact(std::string(planted) + "0")) ? 1 : 0;
    }
    EXPECT_GT(whole, 0) << "no cut left the first fact";
}

// Killed after its first page, before it had its log.
TEST_F(encrypted, is_begun_again_where_it_was_never_finished) {
    {
        encrypting_vfs vfs(key_.span(), {});
        auto db = must(connection::open(path_, vfs.name()));
        ASSERT_TRUE(db->execute("PRAGMA user_version = 1; PRAGMA user_version = 0"));
    }
    EXPECT_EQ(std::filesystem::file_size(path_), 4096u);
    EXPECT_TRUE(opened(&key_));
}

TEST_F(encrypted, can_be_looked_into) {
    must(opened(&key_));
    EXPECT_TRUE(reading::open(path_, std::size_t{1} << 20, &key_));
    EXPECT_FALSE(reading::open(path_));
}

TEST_F(encrypted, refuses_writes_whose_shape_it_does_not_know) {
    encrypting_vfs vfs(key_.span(), {});
    auto db = must(connection::open(path_, vfs.name()));
    db->execute("CREATE TABLE t(x)");  // by a rollback journal: pages of 4096
    EXPECT_TRUE(db->ok()) << "the file was empty: the journal held no page";
    db->execute("INSERT INTO t VALUES(zeroblob(10000))");
    EXPECT_EQ(db->take_failure().code, catalogue_errc::io) << "a page would have lain open in the journal";
}

}  // namespace
}  // namespace decamp::catalogue
