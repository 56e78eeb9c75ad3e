#include "engine/pipeline/drive_advice.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "tests/unit/world/temporary_folder.hpp"

namespace decamp::pipeline {
namespace {

constexpr std::uint64_t kib = 1024, mib = 1024 * kib, gib = 1024 * mib;
constexpr std::uint64_t any = std::numeric_limits<std::uint64_t>::max();
constexpr auto each = world::flush_rule::each_file;
constexpr auto group = world::flush_rule::one_syncfs;

struct kind_of_drive {
    const char* name;
    world::flush_rule flush;
    std::uint64_t cluster, largest_file;
    std::uint64_t bytes_per_s;
    std::int64_t file_ns;
};

constexpr kind_of_drive stick{"exFAT stick", each, 128 * kib, any, 12'000'000, 20'000'000};
constexpr kind_of_drive small_stick{"FAT32 stick", each, 16 * kib, 0xFFFF'FFFF, 8'000'000, 30'000'000};
constexpr kind_of_drive ssd{"ext4 SSD", group, 4 * kib, any, 500'000'000, 60'000};
constexpr kind_of_drive exfat_ssd{"exFAT SSD", each, 32 * kib, any, 400'000'000, 300'000};
constexpr kind_of_drive disk{"ext4 disk", group, 4 * kib, any, 120'000'000, 400'000};
constexpr kind_of_drive unknown_stick{"exFAT, not measured", each, 128 * kib, any, 0, 0};
constexpr kind_of_drive unknown_disk{"ext4, not measured", group, 4 * kib, any, 0, 0};
constexpr kind_of_drive unknown_fuse{"FUSE with small clusters, not measured", each, 4 * kib, any, 0, 0};

drive_view view_of(const kind_of_drive& k, std::optional<crowd> items) {
    drive_view v;
    v.drive.flush = k.flush;
    v.drive.cluster = k.cluster;
    v.drive.largest_file = k.largest_file;
    v.rates = {k.bytes_per_s, k.file_ns};
    v.items = items;
    return v;
}

crowd of(std::uint64_t files, std::uint64_t average) {
    return {files, files * average, true};
}

TEST(DriveAdvice, Table) {
    struct row {
        kind_of_drive drive;
        std::optional<crowd> items;
        container suits;
    };
    const row rows[] = {
        {stick, std::nullopt, container::zip},
        {small_stick, std::nullopt, container::zip},
        {ssd, std::nullopt, container::tree},
        {exfat_ssd, std::nullopt, container::tree},
        {disk, std::nullopt, container::tree},
        {unknown_stick, std::nullopt, container::zip},
        {unknown_disk, std::nullopt, container::tree},
        {unknown_fuse, std::nullopt, container::tree},
        // Notes: a cluster each.
        {stick, of(20'000, 8 * kib), container::zip},
        {exfat_ssd, of(20'000, 8 * kib), container::zip},
        {ssd, of(20'000, 8 * kib), container::tree},
        {unknown_stick, of(20'000, 8 * kib), container::zip},
        // Photos: what a file costs by itself is small beside its bytes.
        {stick, of(20'000, 3 * mib), container::tree},
        {disk, of(20'000, 3 * mib), container::tree},
        // Videos would be written twice.
        {stick, of(2'000, 300 * mib), container::tree},
        {unknown_stick, of(2'000, 300 * mib), container::tree},
        // A few files are nothing to pack.
        {stick, of(40, 8 * kib), container::tree},
        {unknown_stick, of(40, 8 * kib), container::tree},
        {stick, of(0, 0), container::zip},  // as if nothing were known
    };
    for (const row& r : rows) {
        SCOPED_TRACE(std::string(r.drive.name) + ", " + (r.items ? std::to_string(r.items->files) : "unknown"));
        EXPECT_EQ(advise(view_of(r.drive, r.items)).suits, r.suits);
    }
}

TEST(DriveAdvice, CostsAreThoseOfTheRatesAndClusters) {
    const auto a = advise(view_of(stick, of(1000, 28 * kib)));
    EXPECT_TRUE(a.measured);
    EXPECT_FALSE(a.assumed);
    EXPECT_EQ(a.loose.lost, 1000 * 100 * kib);
    EXPECT_NEAR(a.loose.seconds, 1000 * 28.0 * 1024 / 12e6 + 20, 0.01);
    EXPECT_LT(a.packed.lost, mib);
    EXPECT_LT(a.packed.seconds, 3);
    // Half a cluster, where files are larger than one.
    EXPECT_EQ(advise(view_of(stick, of(10, mib))).loose.lost, 10 * 64 * kib);
    const auto unmeasured = advise(view_of(unknown_stick, of(10, mib)));
    EXPECT_FALSE(unmeasured.measured);
    EXPECT_EQ(unmeasured.loose.seconds, 0);
}

TEST(DriveAdvice, AnExampleStandsForWhatIsNotKnown) {
    const auto a = advise(view_of(stick, std::nullopt));
    EXPECT_TRUE(a.assumed);
    EXPECT_EQ(a.items, (crowd{10'000, 10'000 * 256 * kib, true}));
}

TEST(DriveAdvice, AVolumeIsNoLargerThanTheDriveTakes) {
    auto view = view_of(small_stick, std::nullopt);
    view.volume_bytes = 16 * gib;
    EXPECT_EQ(advise(view).volume_bytes, 0xFFFF'FFFFU);
    view.volume_bytes = gib;
    EXPECT_EQ(advise(view).volume_bytes, gib);
    EXPECT_EQ(advise(view_of(stick, std::nullopt)).volume_bytes, 4 * gib);
}

TEST(DriveAdvice, LooksAtTheDriveAndAtTheFolderAndLeavesNothing) {
    const testing::temporary_folder from, to;
    std::ofstream(from / "a") << std::string(100, 'a');
    std::ofstream(from / "b") << std::string(300, 'b');
    const auto store = world::open_posix_store(to / "", true).value();
    const auto clock = world::make_system_clock();
    const looked found = look_at_drive(*store, *clock, "folder:" + (from / ""), std::nullopt);
    EXPECT_EQ(found.view.items, (crowd{2, 400, true}));
    EXPECT_GT(found.view.rates.bytes_per_s, 0U);
    EXPECT_GT(found.view.rates.file_ns, 0);
    EXPECT_FALSE(store->info(".decamp/probe").value());
    EXPECT_FALSE(look_at_drive(*store, *clock, "links:none", std::nullopt).view.items);
    EXPECT_FALSE(look_at_drive(*store, *clock, "folder:/no/such/folder", std::nullopt).view.items);
}

struct listener final : observer {
    std::vector<std::string> said, events;
    void on_message(const std::string& m) override { said.push_back(m); }
    void on_event(const event& e) override { events.push_back(e.json_line); }
    bool wants_events() const override { return true; }
};

TEST(DriveAdvice, IsSaidAndIsAnEvent) {
    listener hears;
    runtime::reporter report(hears, language::en, [] { return std::string("-"); });
    looked found{view_of(stick, of(20'000, 8 * kib)), {}};
    found.view.drive.file_system = "exfat";
    found.advice = advise(found.view);
    tell(found, report);
    ASSERT_EQ(hears.said.size(), 3U);
    EXPECT_EQ(hears.said[0],
              "This drive: exfat, clusters of 128 KiB, without hard links, files of any size. Measured just now: it "
              "writes 12.0 MB a "
              "second, and a small file takes 20 ms.");
    EXPECT_NE(hears.said[1].find(
                  "Writing 20000 files of 8.2 KB on average (as the folder holds now) takes about 6 min 54 s as single "
                  "files and loses 2.5 GB to clusters"),
              std::string::npos)
        << hears.said[1];
    EXPECT_NE(hears.said[2].find("--format zip"), std::string::npos);
    ASSERT_EQ(hears.events.size(), 1U);
    EXPECT_NE(hears.events[0].find(R"("suits":"zip")"), std::string::npos);
    found.view = view_of(unknown_disk, std::nullopt);
    found.advice = advise(found.view);
    tell(found, report);
    EXPECT_NE(hears.said[3].find("could not be measured"), std::string::npos);
    EXPECT_NE(hears.said[4].find("not known yet"), std::string::npos);
}

}  // namespace
}  // namespace decamp::pipeline
