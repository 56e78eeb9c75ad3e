// The simulation itself: seeds that once failed, a crash at each change of a drive, and that each check can fail.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "tests/sim/seed.hpp"
#include "tests/sim/story.hpp"

namespace decamp::sim {
namespace {

std::string joined(const complaints& found) {
    std::string all;
    for (const auto& one : found) all += one + "\n";
    return all;
}

TEST(Sim, SeedsThatOnceFailed) {
    std::ifstream in(DECAMP_SOURCE_DIR "/tests/sim/seeds.txt");
    std::string line;
    int told = 0;
    while (std::getline(in, line)) {
        std::istringstream words(line);
        std::uint64_t seed = 0;
        if (!(words >> seed)) continue;
        hits seen;
        EXPECT_EQ(joined(run_seed(seed, seen)), "") << "seed " << seed;
        ++told;
    }
    EXPECT_GT(told, 0);
}

// A small gallery over a calm line: nothing goes wrong but what a test wants.
story calm_story(bool journaled) {
    story s;
    s.seed = 7;
    s.cloud.library.items = 6;
    s.cloud.library.private_items = 1;
    s.cloud.library.albums = 2;
    s.cloud.library.size_min = 1300;
    s.cloud.library.size_max = 4000;
    s.cloud.library.twins_percent = 30;
    s.cloud.library.videos_percent = 0;
    s.drive.journaled = s.drive.uncached_reads = journaled;
    s.drive.links = journaled;
    s.lives.resize(1);
    s.lives[0].seed = 11;
    return s;
}

std::uint64_t deaths(const hits& seen) {
    std::uint64_t sum = 0;
    for (const auto& [cell, count] : seen) sum += cell.first == "killed" || cell.first == "power cut" ? count : 0;
    return sum;
}

// A life that ends before the n-th change of the drive, with the power or without; then the same command again.
std::uint64_t die_at_each_change(bool journaled, bool power_cut, const volume_settings& volumes = {},
                                 bool encrypted = false) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    const std::uint64_t stride =
        volumes.kind == container::tree ? 7 : 29;  // what takes a minute otherwise, takes ten here
#else
    // What grows and seals volumes is one piece of code: every change of one kind, every fifth of the others.
    const std::uint64_t stride = volumes.kind == container::tar || volumes.kind == container::zip ? 5 : 1;
#endif
    hits seen;
    for (std::uint64_t n = 1;; n += stride) {
        story s = calm_story(journaled);
        s.lives[0].volumes = volumes;
        s.lives[0].encrypted = encrypted;
        s.lives.insert(s.lives.begin(), s.lives[0]);
        s.lives[0].dies_at = n;
        s.lives[0].power_cut = power_cut;
        s.seed = n;
        const std::uint64_t before = deaths(seen);
        const complaints found = tell(s, seen);
        EXPECT_EQ(joined(found), "") << "journaled " << journaled << ", power cut " << power_cut << ", change " << n;
        if (deaths(seen) == before || !found.empty()) return n;  // it lived to its end
    }
}

TEST(Sim, KilledAtEachChange) {
    EXPECT_GT(die_at_each_change(true, false), 100U);
    EXPECT_GT(die_at_each_change(false, false), 100U);
}

TEST(Sim, PowerCutAtEachChange) {
    EXPECT_GT(die_at_each_change(true, true), 100U);
    EXPECT_GT(die_at_each_change(false, true), 100U);
}

// Two volumes or three, and twins as entries of their own.
class SimArchives : public ::testing::TestWithParam<container> {
  public:
    static volume_settings volumes() {
        volume_settings v;
        v.kind = GetParam();
        v.volume_bytes = 9'000;
        v.twins = v.kind == container::tar   ? archived_twins::link
                  : v.kind == container::zip ? archived_twins::copy
                                             : archived_twins::list;
        return v;
    }
};

TEST_P(SimArchives, KilledAtEachChange) {
    EXPECT_GT(die_at_each_change(true, false, volumes()), 50U);
    EXPECT_GT(die_at_each_change(false, false, volumes()), 50U);
}

TEST_P(SimArchives, PowerCutAtEachChange) {
    EXPECT_GT(die_at_each_change(true, true, volumes()), 50U);
    EXPECT_GT(die_at_each_change(false, true, volumes()), 50U);
}

TEST_P(SimArchives, AWrongVolumeIsKeptAsideAndItsItemsAreFetchedAgain) {
    story s = calm_story(true);
    s.flips = true;
    s.lives[0].prove_full = true;
    s.lives[0].volumes = volumes();
    s.lives.insert(s.lives.begin(), s.lives[0]);
    hits seen;
    EXPECT_EQ(joined(tell(s, seen)), "");
    EXPECT_GT((seen[{"cells go wrong", "between runs"}]), 0U);
    EXPECT_GT((seen[{"wrong bytes kept aside", "over"}]), 0U);
}

// An export that was finished, and then its catalogue is not there any more.
story story_of_a_lost_catalogue(const volume_settings& volumes, bool journaled) {
    story s = calm_story(journaled);
    s.lives[0].volumes = volumes;
    s.lives.insert(s.lives.begin(), s.lives[0]);
    s.lives.back().lost_catalogue = true;
    return s;
}

TEST_P(SimArchives, NothingIsFetchedAgainWhereTheCatalogueIsLost) {
    for (const bool journaled : {true, false}) {
        hits seen;
        EXPECT_EQ(joined(tell(story_of_a_lost_catalogue(volumes(), journaled), seen)), "");
        EXPECT_GT((seen[{"photos in volumes whose catalogue is lost", "between runs"}]), 3U);
    }
}

// While what there is is taken up, at each change of the drive, with the power or without.
TEST_P(SimArchives, KilledWhileTheCatalogueIsMadeAnew) {
    for (const bool power_cut : {false, true}) {
        hits seen;
        std::uint64_t died = 0;
        for (std::uint64_t n = 1; n < 60; n += 3) {
            story s = story_of_a_lost_catalogue(volumes(), power_cut);
            s.lives.insert(s.lives.begin() + 1, s.lives.back());
            s.lives.back().lost_catalogue = false;
            s.lives[1].dies_at = n;
            s.lives[1].power_cut = power_cut;
            s.seed = n;
            EXPECT_EQ(joined(tell(s, seen)), "") << "power cut " << power_cut << ", change " << n;
            died = seen[{power_cut ? "power cut" : "killed", "opening"}];
        }
        EXPECT_GT(died, 5U);
    }
}

// The same command again, after a volume went wrong together with the catalogue: it leaves, and what it held comes
// anew.
TEST_P(SimArchives, AWrongVolumeThatWasTakenUpIsGivenUp) {
    story s = story_of_a_lost_catalogue(volumes(), true);
    s.flips = true;
    hits seen;
    EXPECT_EQ(joined(tell(s, seen)), "");
    EXPECT_GT((seen[{"cells go wrong", "between runs"}]), 0U);
    EXPECT_GT((seen[{"wrong bytes kept aside", "over"}]), 0U);
}

// Encrypted, each volume is there as a whole or not at all, and nothing on the drive can be read at any moment.
TEST_P(SimArchives, EncryptedAndKilledAtEachChange) {
    volume_settings v = volumes();
    v.twins = archived_twins::list;
    EXPECT_GT(die_at_each_change(true, false, v, true), 50U);
    EXPECT_GT(die_at_each_change(false, true, v, true), 50U);
}

INSTANTIATE_TEST_SUITE_P(Kinds, SimArchives, ::testing::Values(container::tar, container::tar_zst, container::zip),
                         [](const ::testing::TestParamInfo<container>& of) {
                             std::string name(word_of(of.param));
                             std::ranges::replace(name, '.', '_');
                             return name;
                         });

TEST(Sim, WrongBytesAreKeptAsideAndFetchedAgain) {
    story s = calm_story(true);
    s.flips = true;
    s.lives[0].prove_full = true;
    s.lives.insert(s.lives.begin(), s.lives[0]);
    hits seen;
    EXPECT_EQ(joined(tell(s, seen)), "");
    EXPECT_GT((seen[{"cells go wrong", "between runs"}]), 0U);
    EXPECT_GT((seen[{"wrong bytes kept aside", "over"}]), 0U);
}

// The canary, and every other check: it complains when it has reason to.
struct sown_bug {
    sown bug;
    std::string expected;
};

void PrintTo(const sown_bug& what, std::ostream* out) {
    *out << "found as \"" << what.expected << '"';
}

class Sown : public ::testing::TestWithParam<sown_bug> {};

TEST_P(Sown, IsFound) {
    hits seen;
    EXPECT_EQ(joined(tell(calm_story(true), seen)), "");
    const std::string found = joined(tell(calm_story(true), seen, GetParam().bug));
    EXPECT_NE(found.find(GetParam().expected), found.npos) << found;
}

INSTANTIATE_TEST_SUITE_P(Checks, Sown,
                         ::testing::Values(sown_bug{sown::flush_does_nothing, "bytes would not survive"},
                                           sown_bug{sown::bytes_change, "not the cloud's bytes"},
                                           sown_bug{sown::file_vanishes, "no file for"},
                                           sown_bug{sown::extra_file, "not in the manifest"},
                                           sown_bug{sown::memory_leaks, "memory was not given back"},
                                           sown_bug{sown::task_stays, "left waiting"},
                                           sown_bug{sown::fetched_again, "the second run downloads something"},
                                           sown_bug{sown::fetched_after_crash, "committed, and fetched again"},
                                           sown_bug{sown::item_forgotten, "neither stored nor named"},
                                           sown_bug{sown::other_ending, "the manifests differ"},
                                           sown_bug{sown::lies_open, "can be read in"}));

}  // namespace
}  // namespace decamp::sim
