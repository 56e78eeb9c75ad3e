#include "engine/world/folder_flush.hpp"

#include <gtest/gtest.h>

#include "tests/sim/disk.hpp"

namespace decamp::world {
namespace {

// What a power cut leaves of a drive that is no journal's: only what was flushed.
struct drive {
    std::shared_ptr<sim::disk> disk =
        std::make_shared<sim::disk>(sim::drive_kind{.journaled = false, .links = false}, 1);
    std::unique_ptr<file_store> files = sim::make_disk_store(disk);

    void write(const std::string& path) {
        auto file = files->open(path, open_mode::create_new).value();
        EXPECT_TRUE(file->sync());
    }
};

TEST(folder_flush, a_name_is_durable_with_all_folders_above_it) {
    drive d;
    folder_flush folders(*d.files);
    ASSERT_TRUE(folders.need("data/albums/Camera"));
    d.write("data/albums/Camera/a.jpg");
    EXPECT_FALSE(d.disk->durable_bytes("data/albums/Camera/a.jpg"));
    ASSERT_TRUE(folders.flush());
    EXPECT_TRUE(d.disk->durable_bytes("data/albums/Camera/a.jpg"));
    EXPECT_TRUE(folders.empty());
}

TEST(folder_flush, folders_that_a_killed_run_made_are_not_taken_on_trust) {
    drive d;
    ASSERT_TRUE(d.files->make_folders("data/albums/Camera"));  // and killed before it flushed them
    folder_flush folders(*d.files);
    ASSERT_TRUE(folders.need("data/albums/Camera"));
    d.write("data/albums/Camera/a.jpg");
    ASSERT_TRUE(folders.flush());
    EXPECT_TRUE(d.disk->durable_bytes("data/albums/Camera/a.jpg"));
}

TEST(folder_flush, what_is_settled_is_not_flushed_again) {
    drive d;
    folder_flush folders(*d.files);
    ASSERT_TRUE(folders.need("data/albums/Camera"));
    ASSERT_TRUE(folders.flush());
    const auto before = d.disk->changes();
    ASSERT_TRUE(folders.need("data/albums/Camera"));
    ASSERT_TRUE(folders.flush());
    EXPECT_EQ(d.disk->changes(), before + 1) << "its own names alone";
}

}  // namespace
}  // namespace decamp::world
