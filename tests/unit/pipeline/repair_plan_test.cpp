#include "engine/pipeline/repair_plan.hpp"

#include <gtest/gtest.h>

#include "engine/pipeline/repairing.hpp"

namespace decamp::pipeline {
namespace {

using verify::fault;

TEST(RepairPlan, SortsWhatWasFoundByHowItIsMended) {
    repair_plan plan;
    for (const char* path :
         {"data/volumes/volume-0001.tar.zst", "data/volumes/volume-0002.zip", "data/volumes/volume-0001.sha256",
          "data/volumes/volume-0001.tar.zst.par2", "data/volumes/volume-0002.zip.vol000+07.par2",
          "data/albums/Camera/a.jpg", "data/files/volume-0001.tar", "data/volumes/notes.txt",
          "data/volumes/volume-x.tar", "lists/albums/Camera.jsonl", "certificate.json", "manifest-sha256.txt"})
        plan.add({fault::missing, path, {}, {}});
    plan.add({fault::bad_line, "manifest-sha256.txt", "7", {}});
    EXPECT_EQ(plan.volumes.size(), 2u);
    EXPECT_EQ(plan.inner_lists.size(), 1u);
    EXPECT_EQ(plan.parity.size(), 2u);
    EXPECT_EQ(plan.files.size(), 4u);
    EXPECT_EQ(plan.closing.size(), 4u);
    EXPECT_EQ(plan.left(), 13u);
    EXPECT_EQ(plan.to_fetch(), 7u);
}

TEST(RepairPlan, SortsEncryptedOnesAlike) {
    repair_plan plan;
    for (const char* path :
         {"data/volumes/volume-0003.tar.zst.age", "data/volumes/volume-0003.sha256.age",
          "data/volumes/volume-0003.tar.zst.age.par2", "certificate.json.age", "lists/contents.jsonl.age"})
        plan.add({fault::missing, path, {}, {}});
    EXPECT_EQ(plan.volumes.size(), 1u);
    EXPECT_EQ(plan.inner_lists.size(), 1u);
    EXPECT_EQ(plan.parity.size(), 1u);
    EXPECT_EQ(plan.closing.size(), 2u);
    EXPECT_EQ(plan.files.size(), 0u);
}

TEST(RepairPlan, HasAnEnd) {
    repair_plan plan;
    for (std::size_t i = 0; i < most_damage + 5; ++i) plan.add({fault::missing, "data/files/a", {}, {}});
    EXPECT_EQ(plan.files.size(), most_damage);
    EXPECT_EQ(plan.beyond, 5u);
    EXPECT_EQ(plan.left(), most_damage + 5);
}

TEST(RepairPlan, ReadsNumbersOutOfNames) {
    EXPECT_EQ(volume_number("data/volumes/volume-0012.tar.zst"), 12);
    EXPECT_EQ(volume_number("volume-123456789.sha256"), 123456789);
    for (const char* none :
         {"volume-.tar", "volume-1234567890.tar", "volume--1.tar", "volume-0001", "volume-1x.tar", "a.tar", ""})
        EXPECT_EQ(volume_number(none), 0) << none;
    EXPECT_EQ(recovery_count("volume-0001.tar.vol000+12.par2"), 12u);
    EXPECT_EQ(recovery_count("volume-0001.tar.zst.age.vol000+2000.par2"), 2000u);
    for (const char* none : {"volume-0001.tar.par2", "volume-0001.tar", "volume-0001.tar.vol000+.par2", ""})
        EXPECT_FALSE(recovery_count(none)) << none;
}

TEST(RepairPlan, CutsRecoveryDataAsItWasCut) {
    for (const std::uint64_t bytes : {1ULL, 4096ULL, 700'001ULL, 5'000'000'000ULL}) {
        for (const unsigned percent : {1u, 5u, 100u}) {
            const auto made = formats::plan_par2(bytes, percent * 10);
            EXPECT_EQ(parity_layout(bytes, made.recovery_count), made) << bytes << " " << percent;
        }
    }
    EXPECT_FALSE(parity_layout(100, 0));
    EXPECT_FALSE(parity_layout(0, 3));
    EXPECT_FALSE(parity_layout(100'000, 70'000));
}

TEST(RepairState, IsReadAsItWasNoted) {
    for (const repair_state& state :
         {repair_state{0, true}, repair_state{17, false}, repair_state{18446744073709551615ULL, true}})
        EXPECT_EQ(parse_repair(repair_text(state)), state);
    for (const char* text : {"x", "", "12 more", "-3", "99999999999999999999"})
        EXPECT_FALSE(parse_repair(text).certified) << text;
}

}  // namespace
}  // namespace decamp::pipeline
