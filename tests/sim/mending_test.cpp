// A volume is mended while the drive dies at each change it makes, with and without a power cut: what is on the drive
// afterwards always suffices to mend it.

#include "engine/store/volumes/mending.hpp"

#include <gtest/gtest.h>

#include "engine/store/volumes/parity_writer.hpp"
#include "formats/bytes.hpp"
#include "tests/sim/disk.hpp"

namespace decamp::sim {
namespace {

constexpr std::size_t volume_bytes = 60'001;
constexpr std::uint64_t memory = std::uint64_t{1} << 20;
const std::string name = "volume-0001.tar";
const std::string path = "data/volumes/" + name;

std::string noise(std::uint64_t seed) {
    dice d(seed);
    std::string text(volume_bytes, '\0');
    for (char& c : text) c = static_cast<char>(d.next());
    return text;
}

void put(world::file_store& files, const std::string& to, const std::string& bytes) {
    auto file = files.open(to, world::open_mode::read_write);
    if (!file) file = files.open(to, world::open_mode::create_new);
    ASSERT_TRUE(file);
    ASSERT_TRUE(file.value()->write_at(0, formats::as_bytes(bytes)));
    ASSERT_TRUE(file.value()->truncate(bytes.size()));
    ASSERT_TRUE(file.value()->sync());
}

struct scene {
    explicit scene(bool journaled, std::uint64_t seed)
        : drive(std::make_shared<disk>(drive_kind{.journaled = journaled, .links = journaled}, seed)),
          whole(noise(seed)),
          what{path, formats::sha256_of(formats::as_bytes(whole)), 1} {
        auto files = make_disk_store(drive);
        EXPECT_TRUE(files->make_folders("data/volumes"));
        put(*files, path, whole);
        store::parity_writer writer(*files, memory, [] { return true; });
        writer.begin(name, formats::plan_par2(volume_bytes, 200));
        writer.update(formats::as_bytes(whole));
        EXPECT_EQ(writer.finish(0).value().files.size(), 2u);
        std::string hurt = whole;
        hurt[5] = static_cast<char>(~hurt[5]);
        hurt[volume_bytes - 1] = static_cast<char>(~hurt[volume_bytes - 1]);
        put(*files, path, hurt);
        for (const char* folder : {"data/volumes", "data", ""}) EXPECT_TRUE(files->sync_folder(folder));
        EXPECT_TRUE(files->sync_all());
    }

    result<store::mend_end> mend() {
        auto files = make_disk_store(drive);
        return store::mend_volume(*files, what, memory, [] { return true; });
    }

    std::shared_ptr<disk> drive;
    std::string whole;
    store::lost_volume what;
};

void die_everywhere(bool journaled, bool power_cut, std::uint64_t seed) {
    for (std::uint64_t at = 1; at < 200; ++at) {
        scene s(journaled, 1000 * seed + at);
        s.drive->dies_at = s.drive->changes() + at;
        const auto first = s.mend();
        const bool died = s.drive->dead();
        ASSERT_EQ(first.has_value(), !died) << "change " << at;
        s.drive->dies_at.reset();
        s.drive->restart(power_cut);
        // What was called mended stays so, whatever happens.
        if (!died && power_cut) ASSERT_EQ(s.drive->durable_bytes(path), s.whole) << "change " << at;
        if (died) ASSERT_EQ(s.mend().value(), store::mend_end::mended) << "change " << at;
        const auto there = s.drive->find(path);
        ASSERT_TRUE(there) << "change " << at;
        ASSERT_EQ((*there)->bytes, s.whole) << "change " << at;
        if (!died) return;
    }
    FAIL() << "it never came to its end";
}

TEST(Mending, KilledAtEachChange) {
    die_everywhere(true, false, 1);
    die_everywhere(false, false, 1);
}

TEST(Mending, PowerCutAtEachChange) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        die_everywhere(true, true, seed);
        die_everywhere(false, true, seed);
    }
}

}  // namespace
}  // namespace decamp::sim
