#include "engine/source/folder/folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "engine/source/ids.hpp"
#include "tests/unit/world/temporary_folder.hpp"

namespace decamp::source::folder {
namespace {

using decamp::testing::put;
using decamp::testing::temporary_folder;
using kind = source_failure::kind;

struct Folder : ::testing::Test {
    temporary_folder here;
    std::unique_ptr<blocking_source> from = open();

    std::unique_ptr<blocking_source> open() { return open_folder("folder:" + here.path().string()).value(); }
    std::vector<source_gap> gaps;  // of the last walk
    std::vector<source_item> all() {
        std::vector<source_item> items;
        gaps.clear();
        std::string cursor;
        do {
            source_page page = from->next_page(cursor, {});
            items.insert(items.end(), page.items.begin(), page.items.end());
            gaps.insert(gaps.end(), page.gaps.begin(), page.gaps.end());
            cursor = page.next;
        } while (!cursor.empty());
        return items;
    }
    source_item the(const std::string& path) {
        for (const source_item& item : all())
            if (item.path == path) return item;
        throw std::logic_error("not listed: " + path);
    }
    std::string read(const source_item& item, std::uint64_t offset = 0) {
        opened_item opened = from->open(item, offset, {});
        std::string text;
        std::array<char, 3> some{};
        while (const std::size_t got = opened.stream->read(reinterpret_cast<std::byte*>(some.data()), some.size()))
            text.append(some.data(), got);
        return text;
    }
    kind failure_of(const source_item& item) {
        try {
            (void)from->open(item, 0, {});
        } catch (const source_failure& why) {
            return why.why();
        }
        throw std::logic_error("it opened");
    }
};

TEST(FolderSource, RefusesWhatIsNone) {
    const temporary_folder here;
    put(here / "file", "x");
    const std::pair<std::string, folder_errc> table[] = {
        {"folder:", folder_errc::no_path},
        {"folder", folder_errc::no_path},
        {"folder:" + here.path().string() + "/missing", folder_errc::not_a_folder},
        {"folder:" + here.path().string() + "/file", folder_errc::not_a_folder},
    };
    for (const auto& [source, code] : table) {
        const auto opened = open_folder(source);
        ASSERT_FALSE(opened) << source;
        EXPECT_EQ(opened.error().code, code) << source;
    }
    EXPECT_EQ(path_of("folder:" + here.path().string() + "/."), std::filesystem::canonical(here.path()).string());
    for (const char* none : {"folder:", "s3://b", "folder:/not/there/at/all"}) EXPECT_EQ(path_of(none), "") << none;
}

TEST_F(Folder, ListsAndGives) {
    put(here / "a.txt", "12345");
    put(here / "b/c.txt", "");
    put(here / "b/d/e.txt", "0123456789");
    put(here / std::string("odd\xff"), "bytes");
    std::set<std::string> paths;
    for (const source_item& item : all()) paths.insert(item.path);
    EXPECT_EQ(paths, (std::set<std::string>{"a.txt", "b/c.txt", "b/d/e.txt", "odd\xff"}));
    EXPECT_EQ(the("a.txt").size, 5u);
    EXPECT_EQ(the("a.txt").id, "a.txt");
    EXPECT_EQ(the("odd\xff").id, "bytes:odd%FF");
    EXPECT_TRUE(the("a.txt").modified_ms);
    EXPECT_EQ(read(the("b/d/e.txt")), "0123456789");
    EXPECT_EQ(read(the("b/c.txt")), "");
    EXPECT_EQ(read(the("odd\xff")), "bytes");
    EXPECT_EQ(read(the("b/d/e.txt"), 4), "456789");
    EXPECT_EQ(read(the("b/d/e.txt"), 10), "");
    EXPECT_EQ(from->open(the("b/d/e.txt"), 11, {}).begins_at, 0u) << "there is nothing";
    EXPECT_EQ(from->open(the("a.txt"), 2, {}).total, 5u);
}

TEST_F(Folder, ComesInPagesAndBeginsAnewWhereOneFailed) {
    for (int i = 0; i < 1500; ++i) put(here / ("f" + std::to_string(i)), "");
    const source_page first = from->next_page("", {});
    EXPECT_EQ(first.items.size(), 1000u);
    ASSERT_FALSE(first.next.empty());
    const source_page second = from->next_page(first.next, {});
    EXPECT_EQ(second.items.size(), 500u);
    EXPECT_TRUE(second.next.empty());
    std::set<std::string> ids;
    for (const auto* page : {&first, &second})
        for (const source_item& item : page->items) ids.insert(item.id);
    EXPECT_EQ(ids.size(), 1500u);
    // Asked for again, the page may hold what was listed before; nothing is left out.
    ids.clear();
    source_page again = from->next_page(first.next, {});
    for (const source_item& item : again.items) ids.insert(item.id);
    while (!again.next.empty()) {
        again = from->next_page(again.next, {});
        for (const source_item& item : again.items) ids.insert(item.id);
    }
    EXPECT_EQ(ids.size(), 1500u);
}

TEST_F(Folder, LinksPipesAndWhatLiesOutsideAreNamedAndNotRead) {
    const temporary_folder outside;
    put(outside / "secret", "secret");
    ASSERT_EQ(::symlink((outside / "secret").c_str(), (here / "link").c_str()), 0);
    ASSERT_EQ(::symlink(outside.path().c_str(), (here / "away").c_str()), 0);
    ASSERT_EQ(::mkfifo((here / "pipe").c_str(), 0600), 0);
    for (const char* name : {"link", "away", "pipe"}) {
        EXPECT_EQ(the(name).size, std::nullopt) << name;
        EXPECT_EQ(failure_of(the(name)), kind::refused) << name;
    }
    EXPECT_EQ(all().size(), 3u) << "what is behind a link is not listed";
    const std::string climbing = "../" + outside.path().filename().string() + "/secret";
    source_item item;
    for (const std::string& id : {climbing, std::string("away/secret"), std::string("/etc/hostname")}) {
        item.id = id;
        EXPECT_NE(failure_of(item), kind::try_again) << id;
    }
    item.id = "bytes:x";
    EXPECT_EQ(failure_of(item), kind::gone) << "no id of ours";
}

TEST_F(Folder, WhatChangedSinceItWasListedIsNamed) {
    put(here / "f", "12345");
    put(here / "becomes a folder", "");
    const source_item listed = the("f"), other = the("becomes a folder");
    put(here / "f", "123456");
    EXPECT_EQ(failure_of(listed), kind::changed);
    EXPECT_EQ(read(the("f")), "123456") << "as it is listed now";
    const std::string version = from->open(the("f"), 0, {}).version;
    std::filesystem::last_write_time(here / "f",
                                     std::filesystem::file_time_type::clock::now() + std::chrono::seconds(9));
    EXPECT_NE(from->open(the("f"), 0, {}).version, version);
    std::filesystem::remove(here / "f");
    EXPECT_EQ(failure_of(listed), kind::gone);
    std::filesystem::remove(here / "becomes a folder");
    std::filesystem::create_directory(here / "becomes a folder");
    EXPECT_EQ(failure_of(other), kind::refused);
}

TEST_F(Folder, FoldersThatCannotBeListedAreNamed) {
    std::string path;
    for (int depth = 0; depth < 140; ++depth) path += (depth == 0 ? "d" : "/d");
    put(here / (path + "/deep"), "x");
    put(here / "near", "x");
    const auto items = all();
    ASSERT_EQ(items.size(), 1u);
    EXPECT_EQ(items[0].path, "near");
    ASSERT_EQ(gaps.size(), 1u);
    EXPECT_EQ(gaps[0].path, path.substr(0, gaps[0].path.size()));
    EXPECT_EQ(gaps[0].why, "it lies too deep");
    std::filesystem::create_directory(here / "closed");
    ASSERT_EQ(::chmod((here / "closed").c_str(), 0), 0);
    if (::geteuid() != 0) {  // root reads everything
        (void)all();
        EXPECT_EQ(gaps.size(), 2u);
    }
    ASSERT_EQ(::chmod((here / "closed").c_str(), 0700), 0);
    // What an older version kept in the catalogue.
    source_item old;
    old.id = "closed/";
    EXPECT_EQ(failure_of(old), kind::not_listed);
}

TEST_F(Folder, AStopEndsTheWalk) {
    put(here / "f", "x");
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THROW((void)from->next_page("", stop.get_token()), source_failure);
}

}  // namespace
}  // namespace decamp::source::folder
