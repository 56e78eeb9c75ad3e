// Recovery data beside a volume: its bytes do not depend on the memory, and a volume comes back from whatever is left
// of it.

#include "engine/store/volumes/mending.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "engine/model/volume.hpp"
#include "engine/store/volumes/parity_writer.hpp"
#include "engine/verify/parity_keeper.hpp"
#include "formats/bytes.hpp"
#include "tests/unit/world/temporary_folder.hpp"

namespace decamp::store {
namespace {

using testing::get;
using testing::put;

constexpr std::size_t volume_bytes = 700'001;
constexpr std::uint64_t much = std::uint64_t{64} << 20;
const std::string volume_name = "volume-0001.tar.zst";

std::string noise(std::size_t size, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(random());
    return text;
}

class Mending : public ::testing::Test {
  protected:
    Mending() : files_(world::open_posix_store(folder_.path().string(), true).value()), whole_(noise(volume_bytes, 1)) {
        put(volume(), whole_);
        put(folder_ / "data/volumes/volume-0001.sha256", "a list");
        what_.path = "data/volumes/" + volume_name;
        what_.sha256 = formats::sha256_of(formats::as_bytes(whole_));
        what_.number = 1;
    }

    std::string volume() const { return folder_ / ("data/volumes/" + volume_name); }
    std::string aside(const std::string& name) const { return folder_ / (".decamp/damaged/" + name); }

    std::vector<parity_file> protect(unsigned percent, std::uint64_t memory = much) {
        parity_writer writer(*files_, memory, [] { return true; });
        writer.begin(volume_name, formats::plan_par2(volume_bytes, percent * 10));
        const auto bytes = formats::as_bytes(whole_);
        for (std::size_t at = 0; at < bytes.size(); at += 10'007)
            writer.update(bytes.subspan(at, std::min<std::size_t>(10'007, bytes.size() - at)));
        auto made = writer.finish(0).value();
        EXPECT_TRUE(made.wrong.empty());
        return made.files;
    }
    mend_end mend(std::uint64_t memory = much) {
        return mend_volume(*files_, what_, memory, [] { return true; }).value();
    }
    void expect_mended(const std::string& what, std::uint64_t memory = much) {
        EXPECT_EQ(mend(memory), mend_end::mended) << what;
        EXPECT_EQ(get(volume()), whole_) << what;
        EXPECT_FALSE(std::filesystem::exists(folder_ / (".decamp/mended/" + volume_name))) << what;
    }

    testing::temporary_folder folder_;
    std::unique_ptr<world::file_store> files_;
    std::string whole_;
    lost_volume what_;
};

TEST(ParityNames, TellTheirVolume) {
    EXPECT_EQ(protected_name("volume-0001.tar.zst.par2"), "volume-0001.tar.zst");
    EXPECT_EQ(protected_name("volume-0001.tar.vol000+12.par2"), "volume-0001.tar");
    EXPECT_EQ(protected_name("volume-0001.zip.vol12+.par2"), "volume-0001.zip.vol12+");
    EXPECT_EQ(protected_name("volume-0001.zip.vol+1.par2"), "volume-0001.zip.vol+1");
    EXPECT_EQ(protected_name("volume-0001.zip"), "");
    EXPECT_EQ(protected_name("par2"), "");
    EXPECT_EQ(protected_name(".par2"), "");
    volume_row row;
    row.name = volume_name;
    row.bytes = volume_bytes;
    EXPECT_TRUE(verify::parity_names(row, 5).empty());  // it is open
    row.state = volume_state::proven;
    EXPECT_TRUE(verify::parity_names(row, 0).empty());
    EXPECT_EQ(verify::parity_names(row, 5),
              (std::vector<std::string>{volume_name + ".par2", volume_name + ".vol000+09.par2"}));
}

TEST_F(Mending, ParityIsTheSameInAnyMemory) {
    const auto much_memory = protect(20);
    ASSERT_EQ(much_memory.size(), 2u);
    const std::string index = get(folder_ / ("data/volumes/" + much_memory[0].name));
    const std::string data = get(folder_ / ("data/volumes/" + much_memory[1].name));
    EXPECT_EQ(data.size(), much_memory[1].bytes);
    EXPECT_EQ(formats::sha256_of(formats::as_bytes(data)), much_memory[1].sha256);
    // Written once more over what a run left that the catalogue knows nothing of.
    EXPECT_EQ(protect(20, 20'000), much_memory);
    EXPECT_EQ(get(folder_ / ("data/volumes/" + much_memory[0].name)), index);
    EXPECT_EQ(get(folder_ / ("data/volumes/" + much_memory[1].name)), data);
    EXPECT_TRUE(std::filesystem::is_empty(folder_ / ".decamp/volumes"));
}

TEST_F(Mending, SomebodyElsesFileIsKept) {
    put(folder_ / ("data/volumes/" + volume_name + ".par2"), "mine");
    protect(5);
    EXPECT_EQ(get(folder_ / "data/volumes/volume-0001.tar.zst~found.par2"), "mine");
    EXPECT_NE(get(folder_ / ("data/volumes/" + volume_name + ".par2")), "mine");
}

TEST_F(Mending, ADriveTooFullIsLeftAsItIs) {
    parity_writer writer(*files_, much, [] { return true; });
    writer.begin(volume_name, formats::plan_par2(volume_bytes, 50));
    writer.update(formats::as_bytes(whole_));
    const auto full = writer.finish(std::uint64_t{1} << 62);
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code, world::file_errc::no_space);
    EXPECT_FALSE(std::filesystem::exists(folder_ / ("data/volumes/" + volume_name + ".par2")));
}

TEST_F(Mending, WhateverWasDoneToIt) {
    protect(20);
    struct hurt {
        const char* what;
        std::string now;
    };
    std::string flipped = whole_, cut = whole_.substr(0, volume_bytes - 90'000), longer = whole_ + "and more",
                holed = whole_;
    flipped[0] = static_cast<char>(~flipped[0]);
    flipped[volume_bytes - 1] = static_cast<char>(~flipped[volume_bytes - 1]);
    std::memset(holed.data() + 100'000, 0, 120'000);
    for (const hurt& h : {hurt{"flipped", flipped}, hurt{"cut", cut}, hurt{"longer", longer}, hurt{"holed", holed}}) {
        for (const std::uint64_t memory : {much, std::uint64_t{60'000}}) {
            std::filesystem::remove_all(folder_ / ".decamp/damaged");
            put(volume(), h.now);
            expect_mended(h.what, memory);
            EXPECT_EQ(get(aside("volume-0001.tar~1.zst")), h.now) << h.what;
        }
    }
}

TEST_F(Mending, AllOfItIsGone) {
    protect(100);
    std::filesystem::remove(volume());
    expect_mended("removed");
    protect(100);
    put(volume(), "");
    expect_mended("emptied");
}

TEST_F(Mending, WhatWasPutAsideHelps) {
    protect(5);
    std::filesystem::remove(volume());
    EXPECT_EQ(mend(), mend_end::not_enough);
    // As a power cut leaves it between two renames.
    std::string half = whole_, other_half = whole_;
    std::memset(half.data(), 1, volume_bytes / 2);
    std::memset(other_half.data() + volume_bytes / 2, 1, volume_bytes / 2);
    put(aside("volume-0001.tar~1.zst"), half);
    EXPECT_EQ(mend(), mend_end::not_enough);
    put(aside("volume-0001.tar~1-2.zst"), other_half);
    expect_mended("two halves");
}

TEST_F(Mending, GoesOnWithWhatAKilledOneFinished) {
    std::filesystem::remove(volume());
    put(folder_ / (".decamp/mended/" + volume_name), whole_);
    expect_mended("finished before");
    std::filesystem::remove(volume());
    put(folder_ / (".decamp/mended/" + volume_name), whole_.substr(0, 1000));
    EXPECT_EQ(mend(), mend_end::no_parity);
    ASSERT_TRUE(sweep_mended(*files_));
    EXPECT_FALSE(std::filesystem::exists(folder_ / ".decamp/mended"));
    ASSERT_TRUE(sweep_mended(*files_));
}

TEST_F(Mending, DamagedRecoveryDataMendsWhatItCan) {
    const auto made = protect(20);
    const std::string path = folder_ / ("data/volumes/" + made[1].name);
    std::filesystem::remove(folder_ / ("data/volumes/" + made[0].name));
    std::string data = get(path);
    std::memset(data.data() + 5000, 0, data.size() / 2);
    put(path, data);
    std::string hurt = whole_;
    hurt[9] = static_cast<char>(~hurt[9]);
    put(volume(), hurt);
    expect_mended("with half of the recovery data");
    put(path, "nothing");
    put(volume(), hurt);
    EXPECT_EQ(mend(), mend_end::no_parity);
    EXPECT_EQ(get(volume()), hurt);
}

TEST_F(Mending, NothingIsChangedWhereItCannotBe) {
    protect(5);
    std::string hurt = whole_;
    std::memset(hurt.data(), 1, 200'000);
    put(volume(), hurt);
    EXPECT_EQ(mend(), mend_end::not_enough);
    std::memcpy(hurt.data(), whole_.data(), 190'000);
    put(volume(), hurt);
    EXPECT_EQ(mend(100), mend_end::memory);
    EXPECT_EQ(mend_volume(*files_, what_, much, [] { return false; }).value(), mend_end::stopped);
    what_.bytes = volume_bytes + 1;
    EXPECT_EQ(mend(), mend_end::no_parity);
    what_.bytes.reset();
    what_.sha256[0] ^= std::byte{1};
    EXPECT_EQ(mend(), mend_end::other_bytes);
    EXPECT_EQ(get(volume()), hurt);
    EXPECT_FALSE(std::filesystem::exists(folder_ / (".decamp/mended/" + volume_name)));
    EXPECT_FALSE(std::filesystem::exists(folder_ / ".decamp/damaged"));
}

TEST(MendingOnAFullDrive, LosesNothing) {
    const testing::mounted drive("mount -t tmpfs -o size=6m tmpfs");
    if (!drive) GTEST_SKIP() << "nothing can be mounted here";
    auto files = world::open_posix_store(drive.path(), true).value();
    const std::string whole = noise(volume_bytes, 1), path = drive.path() + "/data/volumes/" + volume_name;
    put(path, whole);
    parity_writer writer(*files, much, [] { return true; });
    writer.begin(volume_name, formats::plan_par2(volume_bytes, 100));
    writer.update(formats::as_bytes(whole));
    ASSERT_EQ(writer.finish(0).value().files.size(), 2u);
    std::string hurt = whole;
    hurt[9] = static_cast<char>(~hurt[9]);
    put(path, hurt);
    const lost_volume what{"data/volumes/" + volume_name, formats::sha256_of(formats::as_bytes(whole)), 1};
    put(drive.path() + "/data/filler", std::string(1'200'000, 'x'));
    for (int i = 0; i < 2; ++i) {  // the second time, too
        const auto end = mend_volume(*files, what, much, [] { return true; });
        ASSERT_FALSE(end);
        EXPECT_EQ(end.error().code, world::file_errc::no_space);
        EXPECT_EQ(get(path), hurt);
        EXPECT_FALSE(std::filesystem::exists(drive.path() + "/.decamp/mended/" + volume_name));
        EXPECT_FALSE(std::filesystem::exists(drive.path() + "/.decamp/damaged"));
    }
    std::filesystem::remove(drive.path() + "/data/filler");
    std::filesystem::remove_all(drive.path() + "/.decamp");
    EXPECT_EQ(mend_volume(*files, what, much, [] { return true; }).value(), mend_end::mended);
    EXPECT_EQ(get(path), whole);
}

}  // namespace
}  // namespace decamp::store
