#include "engine/pipeline/format_choice.hpp"

#include <gtest/gtest.h>

#include "engine/pipeline/destination.hpp"
#include "engine/verify/parity_keeper.hpp"
#include "tests/unit/world/temporary_folder.hpp"

namespace decamp::pipeline {
namespace {

class FormatChoice : public ::testing::Test {
  protected:
    FormatChoice() : where_(catalogue::catalogue::open(folder_ / "catalogue.sqlite", {}).value()) {}
    result<volume_settings> agree(const format_wishes& wishes) {
        const auto look = [this] {
            ++looks_;
            return suited_;
        };
        return agree_on_format(*where_, look, wishes);
    }

    testing::temporary_folder folder_;
    container suited_ = container::zip;
    int looks_ = 0;
    std::unique_ptr<catalogue::catalogue> where_;
};

TEST_F(FormatChoice, IsMadeOnceAndKept) {
    format_wishes archives;
    archives.kind = container::tar_zst;
    archives.volume_bytes = 5'000'000;
    archives.level = 7;
    archives.twins = archived_twins::copy;
    archives.recovery_percent = 5;
    const volume_settings begun = agree(archives).value();
    EXPECT_EQ(begun, (volume_settings{container::tar_zst, 5'000'000, 7, archived_twins::copy, 5}));
    EXPECT_EQ(agree({}).value(), begun);
    EXPECT_EQ(agree(archives).value(), begun);
    format_wishes automatic;
    automatic.kind = container::tree;
    automatic.automatic = true;
    EXPECT_EQ(agree(automatic).value(), begun);
}

TEST_F(FormatChoice, AnotherOneIsRefusedWithWhatItWasBegunWith) {
    format_wishes zip;
    zip.kind = container::zip;
    agree(zip).value();
    format_wishes other;
    other.kind = container::tar;
    EXPECT_EQ(agree(other).error().code, destination_errc::other_format);
    EXPECT_EQ(agree(other).error().detail, "--format zip");
    other = {};
    other.level = 9;
    EXPECT_EQ(agree(other).error().detail, "--level 3");
    other = {};
    other.volume_bytes = 1 << 20;
    EXPECT_EQ(agree(other).error().detail, "--volume-size 4GiB");
    other = {};
    other.twins = archived_twins::copy;
    EXPECT_EQ(agree(other).error().detail, "--twins-in-archive list");
}

TEST_F(FormatChoice, RecoveryDataIsForArchivesAndForAll) {
    format_wishes five;
    five.recovery_percent = 5;
    EXPECT_EQ(agree(five).error().code, destination_errc::recovery_of_a_tree);
    five.kind = container::tar;  // nothing was noted
    EXPECT_EQ(agree(five).value().recovery_percent, 5u);
    five.recovery_percent = 6;
    EXPECT_EQ(agree(five).error().detail, "--recovery 5%");
}

TEST_F(FormatChoice, RecoveryDataIsNotBegunLater) {
    format_wishes w;
    w.kind = container::tar;
    EXPECT_EQ(agree(w).value().recovery_percent, 0u);
    w.recovery_percent = 5;
    EXPECT_EQ(agree(w).error().code, destination_errc::begun_without_recovery);
}

TEST_F(FormatChoice, ALostCatalogueTellsThePercentageByTheNamesThatAreThere) {
    volume_row v;
    v.number = 1;
    v.name = "volume-0001.tar";
    v.bytes = 100'000'000;
    where_->add_volume(v).value();
    const auto names =
        verify::parity_names({.number = 1, .state = volume_state::sealed, .name = v.name, .bytes = v.bytes}, 12);
    where_->record_parity(1, {{names[0], 1, {}}, {names[1], 2, {}}}).value();
    EXPECT_EQ(agree({}).value().recovery_percent, 12u);
}

TEST_F(FormatChoice, ATreeTakesNoNoticeOfWhatIsForArchives) {
    agree({}).value();
    format_wishes level;
    level.level = 9;
    EXPECT_EQ(agree(level).value().kind, container::tree);
}

TEST_F(FormatChoice, WhatSuitsTheDriveIsAskedOnceAndKept) {
    format_wishes automatic;
    automatic.kind = container::tree;
    automatic.automatic = true;
    EXPECT_EQ(agree(automatic).value().kind, container::zip);
    suited_ = container::tree;
    EXPECT_EQ(agree(automatic).value().kind, container::zip);
    EXPECT_EQ(looks_, 1);
}

TEST_F(FormatChoice, AWishGoesBeforeWhatSuits) {
    format_wishes tree;
    tree.kind = container::tree;
    EXPECT_EQ(agree(tree).value().kind, container::tree);
}

TEST_F(FormatChoice, ALostCatalogueTakesTheFormOfTheVolumesThatAreThere) {
    volume_row found;
    found.number = 1;
    found.name = "volume-0001.tar.zst";
    ASSERT_TRUE(where_->add_volume(found));
    format_wishes tree;
    tree.kind = container::tree;
    EXPECT_EQ(agree(tree).error().detail, "--format tar.zst");
    EXPECT_EQ(agree({}).value().kind, container::tar_zst);
}

}  // namespace
}  // namespace decamp::pipeline
