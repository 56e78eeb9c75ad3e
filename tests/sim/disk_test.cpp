// The simulated drive keeps what it must and loses what it may.

#include <gtest/gtest.h>

#include <set>

#include "formats/bytes.hpp"
#include "tests/sim/disk.hpp"

namespace decamp::sim {
namespace {

constexpr std::string_view old_bytes = "old", new_bytes = "new";

struct drive {
    explicit drive(drive_kind kind, std::uint64_t seed = 1)
        : disk(std::make_shared<sim::disk>(kind, seed)), files(make_disk_store(disk)) {}
    std::unique_ptr<world::file> make(const std::string& path, std::string_view bytes) {
        auto file = files->open(path, world::open_mode::create_new).value();
        EXPECT_TRUE(file->write_at(0, formats::as_bytes(bytes)));
        return file;
    }
    std::string read(const std::string& path, world::open_mode how = world::open_mode::read) {
        auto file = files->open(path, how);
        if (!file) return "<none>";
        std::string text(4096, '\0');
        text.resize(file.value()->read_at(0, std::as_writable_bytes(std::span(text))).value());
        return text;
    }
    std::shared_ptr<sim::disk> disk;
    std::unique_ptr<world::file_store> files;
};

TEST(SimDisk, KeepsWhatWasFlushed) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        drive d({.journaled = seed % 2 == 0}, seed);
        ASSERT_TRUE(d.make("a", old_bytes)->sync());
        ASSERT_TRUE(d.files->sync_folder(""));
        d.disk->restart(true);
        EXPECT_EQ(d.read("a"), old_bytes);
    }
}

TEST(SimDisk, MayKeepOrLoseWhatWasNot) {
    std::set<std::string> seen;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        drive d({.journaled = seed % 2 == 0}, seed);
        const auto file = d.make("a", old_bytes);
        ASSERT_TRUE(file->sync());
        ASSERT_TRUE(d.files->sync_folder(""));
        ASSERT_TRUE(file->write_at(0, formats::as_bytes(new_bytes)));
        ASSERT_TRUE(d.files->rename("a", "b"));
        d.disk->restart(true);
        seen.insert("a:" + d.read("a") + " b:" + d.read("b"));
    }
    EXPECT_EQ(seen, (std::set<std::string>{"a:old b:<none>", "a:new b:<none>", "a:<none> b:old", "a:<none> b:new"}));
}

TEST(SimDisk, AKilledProgramLosesNothing) {
    drive d({});
    d.make("a", old_bytes);
    d.disk->restart(false);
    EXPECT_EQ(d.read("a"), old_bytes);
}

TEST(SimDisk, WrongCellsAreSeenPastTheCacheAndAfterAPowerCut) {
    drive d({});
    ASSERT_TRUE(d.make("a", old_bytes)->sync());
    ASSERT_TRUE(d.files->sync_folder(""));
    ASSERT_TRUE(d.disk->flip("a", 1));
    EXPECT_EQ(d.read("a"), old_bytes);
    EXPECT_NE(d.read("a", world::open_mode::read_uncached), old_bytes);
    d.disk->restart(true);
    EXPECT_NE(d.read("a"), old_bytes);
}

TEST(SimDisk, AFakeStickWrapsAround) {
    drive d({.journaled = true, .true_capacity = 8 * disk::block});
    const std::string block(disk::block, 'x');
    ASSERT_TRUE(d.make("first", block)->sync());
    for (int i = 0; i < 8; ++i) ASSERT_TRUE(d.make("more" + std::to_string(i), std::string(disk::block, 'y'))->sync());
    EXPECT_EQ(d.read("first").substr(0, 1), "x");
    EXPECT_EQ(d.read("first", world::open_mode::read_uncached).substr(0, 1), "y");
}

TEST(SimDisk, FailsAsToldAndDiesAsTold) {
    drive d({.capacity = 8192});
    d.disk->faults = {{drive_op::rename, 2, 1, world::file_errc::io}};
    const auto file = d.make("a", old_bytes);
    ASSERT_TRUE(d.files->rename("a", "b"));
    EXPECT_EQ(d.files->rename("b", "c").error().code, world::file_errc::io);
    ASSERT_TRUE(d.files->rename("b", "c"));
    EXPECT_EQ(file->write_at(8190, formats::as_bytes(old_bytes)).error().code, world::file_errc::no_space);
    d.disk->dies_at = d.disk->changes() + 2;
    ASSERT_TRUE(d.files->rename("c", "d"));
    EXPECT_EQ(d.files->rename("d", "e").error().code, world::file_errc::device_gone);
    EXPECT_EQ(d.files->info("d").error().code, world::file_errc::device_gone);
    d.disk->restart(false);
    EXPECT_EQ(d.read("d"), old_bytes);
}

}  // namespace
}  // namespace decamp::sim
