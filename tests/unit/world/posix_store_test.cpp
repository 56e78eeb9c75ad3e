#include "engine/world/posix_store.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "engine/world/drive_facts.hpp"
#include "tests/unit/world/temporary_folder.hpp"

namespace decamp::world {
namespace {

namespace fs = std::filesystem;
using decamp::testing::get;
using decamp::testing::put;
using decamp::testing::temporary_folder;

template <class T>
boost::system::error_code code(const result<T>& r) {
    return r ? boost::system::error_code() : r.error().code;
}
boost::system::error_code code(file_errc e) {
    return make_error_code(e);
}

std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

std::string read_all(file& f, std::size_t size) {
    std::string text(size, '\0');
    const auto got = f.read_at(0, std::as_writable_bytes(std::span(text.data(), text.size())));
    EXPECT_TRUE(got);
    text.resize(got ? *got : 0);
    return text;
}

mode_t mode_of(const std::string& path) {
    struct stat st {};
    EXPECT_EQ(::lstat(path.c_str(), &st), 0) << path;
    return st.st_mode & 07777;
}

// Both ways of opening below a folder must refuse and do the same.
class posix_store : public ::testing::TestWithParam<posix::beneath_method> {
  protected:
    void SetUp() override {
        ::umask(022);
        fs::create_directory(dest);
        store = make(dest);
        put(folder / "outside/secret", "secret");
    }
    std::unique_ptr<file_store> make(const std::string& path) {
        posix::descriptor root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        auto facts = posix::facts_of(root.get());
        EXPECT_TRUE(facts);
        return std::make_unique<posix::posix_store>(std::move(root), path, *facts, GetParam());
    }
    void write(std::string_view path, std::string_view text) {
        auto f = store->open(path, open_mode::create_new);
        ASSERT_TRUE(f) << to_string(f.error());
        ASSERT_TRUE((*f)->write_at(0, bytes(text)));
    }

    temporary_folder folder;
    std::string dest = folder / "dest";
    std::unique_ptr<file_store> store;
};

INSTANTIATE_TEST_SUITE_P(ways, posix_store,
                         ::testing::Values(posix::beneath_method::openat2, posix::beneath_method::components),
                         [](const auto& p) {
                             return p.param == posix::beneath_method::openat2 ? "openat2" : "components";
                         });

TEST_P(posix_store, a_file_holds_what_was_written) {
    ASSERT_TRUE(store->make_folders("data/a"));
    auto created = store->open("data/a/x.jpg", open_mode::create_new);
    ASSERT_TRUE(created);
    auto& f = **created;
    ASSERT_TRUE(f.write_at(3, bytes("def")));
    ASSERT_TRUE(f.write_at(0, bytes("abc")));
    EXPECT_EQ(*f.size(), 6U);
    EXPECT_EQ(read_all(f, 100), "abcdef") << "a read ends short at the end of the file";
    ASSERT_TRUE(f.truncate(4));
    ASSERT_TRUE(f.sync());
    ASSERT_TRUE(f.set_modified(1'500'000'000'123'456'789));
    EXPECT_EQ(get(dest + "/data/a/x.jpg"), "abcd");
    const auto info = store->info("data/a/x.jpg");
    ASSERT_TRUE(info && *info);
    EXPECT_EQ((*info)->size, 4U);
    EXPECT_EQ((*info)->modified_ns, 1'500'000'000'123'456'789);
    EXPECT_FALSE((*info)->folder);
    EXPECT_EQ((*info)->links, 1U);
    auto again = store->open("data/a/x.jpg", open_mode::read);
    ASSERT_TRUE(again);
    std::byte into[1];
    EXPECT_EQ(*(*again)->read_at(4, into), 0U);
    EXPECT_EQ(*(*again)->read_at(~std::uint64_t{0}, into), 0U);
    EXPECT_FALSE((*again)->write_at(0, bytes("x"))) << "opened to read";
    EXPECT_EQ(code(f.write_at(~std::uint64_t{0} - 1, bytes("xy"))), code(file_errc::too_large));
}

TEST_P(posix_store, errors_have_their_names) {
    write("file", "x");
    ASSERT_TRUE(store->make_folders("folder/in"));
    write("folder/in/file", "y");
    EXPECT_EQ(code(store->open("file", open_mode::create_new)), code(file_errc::exists));
    EXPECT_EQ(code(store->open("none", open_mode::read)), code(file_errc::not_found));
    EXPECT_EQ(code(store->open("none/file", open_mode::create_new)), code(file_errc::not_found));
    EXPECT_EQ(code(store->open("file/x", open_mode::read)), code(file_errc::not_a_folder));
    EXPECT_EQ(code(store->open("folder", open_mode::read)), code(file_errc::is_a_folder));
    EXPECT_EQ(code(store->open("folder", open_mode::read_write)), code(file_errc::is_a_folder));
    EXPECT_EQ(code(store->open("", open_mode::read)), code(file_errc::is_a_folder));
    EXPECT_EQ(code(store->open(std::string(300, 'n'), open_mode::create_new)), code(file_errc::name_refused));
    EXPECT_EQ(code(store->open(std::string_view("a\0b", 3), open_mode::create_new)), code(file_errc::name_refused));
    EXPECT_EQ(code(store->open("a//b", open_mode::read)), code(file_errc::name_refused));
    EXPECT_EQ(code(store->open("a/", open_mode::create_new)), code(file_errc::name_refused));
    EXPECT_EQ(code(store->remove("none")), code(file_errc::not_found));
    EXPECT_EQ(code(store->remove("folder")), code(file_errc::is_a_folder));
    EXPECT_EQ(code(store->remove_folder("folder")), code(file_errc::exists)) << "not empty";
    EXPECT_EQ(code(store->remove_folder("file")), code(file_errc::not_a_folder));
    EXPECT_EQ(code(store->make_folders("file/x")), code(file_errc::not_a_folder));
    EXPECT_EQ(code(store->rename("file", "folder/in/file")), code(file_errc::exists));
    EXPECT_EQ(code(store->rename("none", "other")), code(file_errc::not_found));
    EXPECT_EQ(code(store->link("file", "folder/in/file")), code(file_errc::exists));
    EXPECT_EQ(code(store->link("none", "other")), code(file_errc::not_found));
    EXPECT_EQ(code(store->sync_folder("none")), code(file_errc::not_found));
    EXPECT_EQ(code(store->set_modified("none", 0)), code(file_errc::not_found));
    EXPECT_FALSE(*store->info("none"));
    EXPECT_FALSE(*store->info("none/deeper"));
    EXPECT_FALSE(*store->info("file/deeper"));
    EXPECT_EQ(get(dest + "/folder/in/file"), "y");
}

TEST_P(posix_store, names_move_without_replacing_unless_told) {
    write("a", "A");
    write("b", "B");
    EXPECT_EQ(code(store->rename("a", "b")), code(file_errc::exists));
    ASSERT_TRUE(store->rename("a", "c"));
    EXPECT_EQ(get(dest + "/c"), "A");
    EXPECT_FALSE(fs::exists(dest + "/a"));
    ASSERT_TRUE(store->replace("c", "b"));
    EXPECT_EQ(get(dest + "/b"), "A");
    ASSERT_TRUE(store->link("b", "d"));
    EXPECT_EQ((*store->info("d"))->links, 2U);
    EXPECT_EQ((*store->info("d"))->inode, (*store->info("b"))->inode);
    ASSERT_TRUE(store->remove("b"));
    ASSERT_TRUE(store->make_folders("empty"));
    ASSERT_TRUE(store->remove_folder("empty"));
    ASSERT_TRUE(store->sync_folder(""));
    ASSERT_TRUE(store->sync_all());
}

TEST_P(posix_store, folders_are_made_once_and_named_outermost_first) {
    std::vector<std::string> made;
    ASSERT_TRUE(store->make_folders("data/albums/Camera", &made));
    EXPECT_EQ(made, (std::vector<std::string>{"data", "data/albums", "data/albums/Camera"}));
    made.clear();
    ASSERT_TRUE(store->make_folders("data/albums/Other", &made));
    EXPECT_EQ(made, (std::vector<std::string>{"data/albums/Other"}));
    made.clear();
    ASSERT_TRUE(store->make_folders("data/albums", &made));
    ASSERT_TRUE(store->make_folders("", &made));
    EXPECT_TRUE(made.empty());
}

TEST_P(posix_store, what_is_ours_alone_is_private) {
    ASSERT_TRUE(store->make_folders(".decamp/staging"));
    ASSERT_TRUE(store->make_folders("data/.decamp"));
    ASSERT_TRUE(store->make_folders(".decamp/draft"));
    ASSERT_TRUE(store->make_folders(".decamp/volumes"));
    write(".decamp/volumes/volume-0001.zip", "x");
    write(".decamp/state", "x");
    write(".decamp/staging/1.0", "x");
    write(".decamp/draft/certificate.txt", "x");
    write("data/photo", "x");
    EXPECT_EQ(mode_of(dest + "/.decamp"), 0700U);
    EXPECT_EQ(mode_of(dest + "/.decamp/staging"), 0700U);
    EXPECT_EQ(mode_of(dest + "/.decamp/state"), 0600U);
    // These are on their way out of .decamp/.
    EXPECT_EQ(mode_of(dest + "/.decamp/staging/1.0"), 0644U);
    EXPECT_EQ(mode_of(dest + "/.decamp/draft/certificate.txt"), 0644U);
    EXPECT_EQ(mode_of(dest + "/.decamp/volumes/volume-0001.zip"), 0644U);
    EXPECT_EQ(mode_of(dest + "/data/.decamp"), 0755U);
    EXPECT_EQ(mode_of(dest + "/data/photo"), 0644U);
}

TEST_P(posix_store, times_are_cut_to_what_the_drive_holds) {
    write("x", "");
    for (const std::int64_t ns : {std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, std::int64_t{-5'000'000'001}}) {
        ASSERT_TRUE(store->set_modified("x", ns));
        EXPECT_EQ((*store->info("x"))->modified_ns,
                  std::clamp(ns, store->facts().oldest_time_ns, store->facts().newest_time_ns));
    }
    ASSERT_TRUE(store->set_modified("x", std::numeric_limits<std::int64_t>::min()));
    EXPECT_GE((*store->info("x"))->modified_ns, store->facts().oldest_time_ns);
}

TEST_P(posix_store, a_walk_sees_everything_once_folders_first) {
    std::set<std::string> expected;
    for (const char* path : {"data/a/1", "data/a/2", "data/b/c/d/e/3", "x", ".decamp/lock"}) {
        put(dest + "/" + path, "12345");
        for (fs::path p = path; !p.empty(); p = p.parent_path()) expected.insert(p.string());
    }
    fs::create_directory_symlink(folder / "outside", dest + "/data/way-out");
    fs::create_symlink("nowhere", dest + "/dangling");
    expected.insert({"data/way-out", "dangling"});
    std::map<std::string, file_info> seen;
    ASSERT_TRUE(store->walk("", [&](std::string_view path, const file_info& info) {
        EXPECT_TRUE(seen.emplace(path, info).second) << path;
        const auto slash = path.rfind('/');
        if (slash != path.npos) {
            EXPECT_TRUE(seen.contains(std::string(path.substr(0, slash)))) << path;
        }
        return true;
    }));
    std::set<std::string> names;
    for (const auto& [name, info] : seen) names.insert(name);
    EXPECT_EQ(names, expected);
    EXPECT_TRUE(seen["data/way-out"].symlink);
    EXPECT_FALSE(seen["data/way-out"].folder);
    EXPECT_TRUE(seen["data/b"].folder);
    EXPECT_EQ(seen["x"].size, 5U);

    int visited = 0;
    ASSERT_TRUE(store->walk("data", [&](std::string_view path, const file_info&) {
        EXPECT_TRUE(path.starts_with("data/"));
        return ++visited < 3;
    }));
    EXPECT_EQ(visited, 3);
    EXPECT_EQ(code(store->walk("none", [](auto, auto&) { return true; })), code(file_errc::not_found));
    EXPECT_EQ(code(store->walk("x", [](auto, auto&) { return true; })), code(file_errc::not_a_folder));
}

TEST_P(posix_store, a_walk_ends_in_a_bottomless_tree) {
    std::string deep;
    for (int i = 0; i < 200; ++i) deep += "d/";
    fs::create_directories(dest + "/" + deep);
    EXPECT_EQ(code(store->walk("", [](auto, auto&) { return true; })), code(file_errc::name_refused));
}

TEST_P(posix_store, the_lock_is_for_one_store_at_a_time) {
    ASSERT_TRUE(store->lock_exclusively());
    ASSERT_TRUE(store->lock_exclusively()) << "asked twice by its holder";
    auto second = make(dest);
    EXPECT_EQ(code(second->lock_exclusively()), code(file_errc::in_use));
    store.reset();
    EXPECT_TRUE(second->lock_exclusively());
    EXPECT_EQ(mode_of(dest + "/.decamp/lock"), 0600U);
}

TEST_P(posix_store, space_is_said) {
    const auto space = store->space();
    ASSERT_TRUE(space);
    EXPECT_GT(space->total_bytes, 0U);
    EXPECT_LE(space->free_bytes, space->total_bytes);
}

// ---- no way out ----

TEST_P(posix_store, paths_that_climb_are_refused) {
    for (const char* path : {"..", "../outside/secret", "a/../../outside/secret", "/etc/passwd", "data/..", "./../x"}) {
        EXPECT_FALSE(store->open(path, open_mode::read)) << path;
        EXPECT_FALSE(store->open(path, open_mode::create_new)) << path;
        EXPECT_FALSE(store->make_folders(path)) << path;
        EXPECT_FALSE(store->remove(path)) << path;
        EXPECT_FALSE(store->info(path)) << path;
        EXPECT_FALSE(store->walk(path, [](auto, auto&) { return true; })) << path;
    }
    EXPECT_EQ(code(store->open("../outside/secret", open_mode::read)), code(file_errc::outside));
    EXPECT_EQ(code(store->open("/etc/passwd", open_mode::read)), code(file_errc::outside));
}

TEST_P(posix_store, planted_links_lead_nowhere) {
    const std::string outside = folder / "outside";
    put(dest + "/real", "real");
    fs::create_directory(dest + "/data");
    struct link {
        const char* name;
        std::string to;
    };
    for (const auto& [name, to] :
         {link{"abs", outside}, link{"rel", "../outside"}, link{"up", ".."}, link{"inner", "data"},
          link{"data/deep", "../../outside"}, link{"proc", "/proc/self/root"}, link{"root", "/"}}) {
        const std::string planted = dest + "/" + name;
        fs::create_symlink(to, planted);
        const std::string below = std::string(name) + "/secret";
        for (const auto mode :
             {open_mode::read, open_mode::read_write, open_mode::create_new, open_mode::read_uncached})
            EXPECT_EQ(code(store->open(below, mode)), code(file_errc::outside)) << below;
        EXPECT_EQ(code(store->make_folders(below)), code(file_errc::outside)) << below;
        EXPECT_EQ(code(store->make_folders(name)), code(file_errc::outside)) << name;
        EXPECT_FALSE(store->remove(below)) << below;
        EXPECT_FALSE(store->remove_folder(below)) << below;
        EXPECT_FALSE(store->rename("real", below)) << below;
        EXPECT_FALSE(store->replace("real", below)) << below;
        EXPECT_FALSE(store->link("real", below)) << below;
        EXPECT_FALSE(store->link(below, "got")) << below;
        EXPECT_FALSE(store->rename(below, "got")) << below;
        EXPECT_FALSE(store->info(below)) << below;
        EXPECT_FALSE(store->set_modified(below, 0)) << below;
        EXPECT_FALSE(store->sync_folder(name)) << name;
        EXPECT_FALSE(store->walk(name, [](auto, auto&) { return true; })) << name;
        EXPECT_TRUE((*store->info(name))->symlink) << name;
    }
    EXPECT_EQ(get(outside + "/secret"), "secret");
    EXPECT_EQ(std::distance(fs::directory_iterator(outside), {}), 1);
    EXPECT_EQ(get(dest + "/real"), "real");
}

TEST_P(posix_store, a_link_in_a_files_place_is_not_followed) {
    const std::string secret = folder / "outside/secret";
    fs::create_symlink(secret, dest + "/photo");
    for (const auto mode : {open_mode::read, open_mode::read_write, open_mode::read_uncached})
        EXPECT_EQ(code(store->open("photo", mode)), code(file_errc::outside));
    EXPECT_FALSE(store->open("photo", open_mode::create_new));
    const auto before = fs::last_write_time(secret);
    ASSERT_TRUE(store->set_modified("photo", 1'000'000'000)) << "of the link itself";
    EXPECT_EQ(fs::last_write_time(secret), before);
    put(dest + "/mine", "mine");
    EXPECT_EQ(code(store->rename("mine", "photo")), code(file_errc::exists));
    ASSERT_TRUE(store->replace("mine", "photo"));
    EXPECT_EQ(get(secret), "secret");
    EXPECT_EQ(get(dest + "/photo"), "mine");
    fs::create_symlink(secret, dest + "/again");
    ASSERT_TRUE(store->remove("again"));
    EXPECT_TRUE(fs::exists(secret));
}

TEST_P(posix_store, a_planted_pipe_does_not_hang_us) {
    ASSERT_EQ(::mkfifo((dest + "/pipe").c_str(), 0600), 0);
    for (const auto mode : {open_mode::read, open_mode::read_write, open_mode::read_uncached})
        EXPECT_EQ(code(store->open("pipe", mode)), code(file_errc::outside));
    fs::create_directory(dest + "/.decamp");
    ASSERT_EQ(::mkfifo((dest + "/.decamp/lock").c_str(), 0600), 0);
    EXPECT_EQ(code(store->lock_exclusively()), code(file_errc::outside));
}

TEST_P(posix_store, a_planted_link_in_place_of_our_folder_is_refused) {
    fs::create_directory_symlink(folder / "outside", dest + "/.decamp");
    EXPECT_EQ(code(store->lock_exclusively()), code(file_errc::outside));
    EXPECT_EQ(std::distance(fs::directory_iterator(folder / "outside"), {}), 1);
}

// Random paths of hostile pieces over a tree full of links: whatever is answered, nothing outside changes or is read.
TEST_P(posix_store, no_path_of_any_pieces_gets_out) {
    const std::string outside = folder / "outside";
    fs::create_directory(dest + "/d");
    fs::create_symlink(outside, dest + "/l");
    fs::create_symlink("../..", dest + "/d/l");
    fs::create_symlink("d", dest + "/s");
    fs::create_symlink(outside + "/secret", dest + "/f");
    const char* const pieces[] = {"..",      ".",      "",     "d", "l",    "s",     "f",
                                  "outside", "secret", "dest", "x", "\xff", "d\\..", " "};
    std::uint64_t state = 42;
    const auto random = [&](std::size_t n) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        return static_cast<std::size_t>(state >> 33) % n;
    };
    for (int round = 0; round < 4000; ++round) {
        std::string path;
        for (std::size_t i = 0, n = 1 + random(4); i < n; ++i)
            path += (i ? "/" : "") + std::string(pieces[random(std::size(pieces))]);
        switch (random(7)) {
            case 0:
                if (auto f = store->open(path, open_mode::read)) {
                    EXPECT_NE(read_all(**f, 100), "secret") << path;
                }
                break;
            case 1:
                if (auto f = store->open(path, open_mode::read_write)) (void)(*f)->write_at(0, bytes("overwritten"));
                break;
            case 2:
                if (auto f = store->open(path, open_mode::create_new)) (void)(*f)->write_at(0, bytes("new"));
                break;
            case 3:
                (void)store->make_folders(path);
                break;
            case 4:
                (void)store->replace("x", path);
                break;
            case 5:
                (void)store->rename(path, "x");
                break;
            default:
                if (path != "l" && path != "s" && path != "f" && path != "d/l") (void)store->remove(path);
                break;
        }
        ASSERT_EQ(get(outside + "/secret"), "secret") << path;
        ASSERT_EQ(std::distance(fs::directory_iterator(outside), {}), 1) << path;
        ASSERT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 2) << path;
    }
}

// ---- opening DEST ----

TEST(open_posix_store, makes_the_destination_with_its_parents) {
    temporary_folder folder;
    const std::string dest = folder / "a/b/c";
    EXPECT_EQ(code(open_posix_store(dest, false)), code(file_errc::not_found));
    EXPECT_FALSE(fs::exists(folder / "a"));
    auto store = open_posix_store(dest + "/", true);
    ASSERT_TRUE(store) << to_string(store.error());
    EXPECT_TRUE(fs::is_directory(dest));
    EXPECT_TRUE(fs::is_empty(dest)) << "trying leaves nothing behind";
    EXPECT_EQ((*store)->native_path(".decamp/catalogue.sqlite"),
              fs::canonical(dest).string() + "/.decamp/catalogue.sqlite");
    EXPECT_EQ((*store)->native_path(""), fs::canonical(dest).string());
    EXPECT_TRUE((*store)->facts().hard_links);
    ASSERT_TRUE((*store)->lock_exclusively());
    ASSERT_TRUE(open_posix_store(dest, false));
}

TEST(open_posix_store, the_destination_itself_may_be_a_link) {
    temporary_folder folder;
    fs::create_directory(folder / "real");
    fs::create_symlink("real", folder / "dest");
    auto store = open_posix_store(folder / "dest", true);
    ASSERT_TRUE(store);
    ASSERT_TRUE((*store)->make_folders("data"));
    EXPECT_TRUE(fs::is_directory(folder / "real/data"));
}

TEST(open_posix_store, a_file_is_no_destination) {
    temporary_folder folder;
    put(folder / "file", "x");
    EXPECT_EQ(code(open_posix_store(folder / "file", true)), code(file_errc::not_a_folder));
    EXPECT_EQ(code(open_posix_store(folder / "file", false)), code(file_errc::not_a_folder));
    EXPECT_EQ(code(open_posix_store(folder / "file/below", true)), code(file_errc::not_a_folder));
    EXPECT_EQ(code(open_posix_store("", true)), code(file_errc::name_refused));
    fs::create_symlink("nowhere", folder / "dangling");
    EXPECT_FALSE(open_posix_store(folder / "dangling", true));
}

TEST(open_posix_store, writes_nothing_into_a_folder_of_other_things) {
    temporary_folder folder;
    put(folder / "photos/mine.jpg", "x");
    const auto before = fs::last_write_time(folder / "photos");
    auto store = open_posix_store(folder / "photos", true);
    ASSERT_TRUE(store);
    EXPECT_EQ(fs::last_write_time(folder / "photos"), before);
    EXPECT_FALSE((*store)->facts().hard_links) << "not tried yet";
    ASSERT_TRUE((*store)->lock_exclusively());
    EXPECT_TRUE((*store)->facts().hard_links);
}

TEST(open_posix_store, leftovers_of_a_killed_try_are_removed) {
    temporary_folder folder;
    put(folder / "dest/.decamp/probe.tmp", "");
    put(folder / "dest/.decamp/probe-link.tmp", "");
    auto store = open_posix_store(folder / "dest", true);
    ASSERT_TRUE(store);
    EXPECT_TRUE((*store)->facts().hard_links);
    EXPECT_TRUE(fs::is_empty(folder / "dest/.decamp"));
}

}  // namespace
}  // namespace decamp::world
