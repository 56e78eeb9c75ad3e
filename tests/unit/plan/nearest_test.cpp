#include "engine/plan/nearest.hpp"

#include <gtest/gtest.h>

namespace decamp::plan {
namespace {

TEST(EditDistance, Table) {
    EXPECT_EQ(edit_distance("", ""), 0u);
    EXPECT_EQ(edit_distance("", "abc"), 3u);
    EXPECT_EQ(edit_distance("camera", "Camera"), 0u);
    EXPECT_EQ(edit_distance("Camra", "Camera"), 1u);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
    EXPECT_EQ(edit_distance(std::string(100'000, 'a'), std::string(100'000, 'b')), longest_compared);
}

std::string nearest(const std::vector<std::string>& asked, const std::vector<std::string>& albums,
                    const std::vector<std::string>& files = {}) {
    nearest_name of(asked);
    for (const auto& name : albums) of.album(name);
    for (const auto& name : files) of.file(name);
    return of.best();
}

TEST(NearestName, Table) {
    const std::vector<std::string> albums{"Screenshots", "Camera", "Trip to Rome", "\u76F8\u673A"};
    EXPECT_EQ(nearest({"Camra/*"}, albums), "Camera");
    EXPECT_EQ(nearest({"camera"}, albums), "Camera");  // capitals count in patterns
    EXPECT_EQ(nearest({"Trip/**"}, albums), "Trip to Rome");
    EXPECT_EQ(nearest({"Screenshot*/**"}, albums), "Screenshots");
    EXPECT_EQ(nearest({"\u76F8\u518C/*"}, albums), "\u76F8\u673A");
    EXPECT_EQ(nearest({"zzzzzzzz"}, albums), "");
    EXPECT_EQ(nearest({"*"}, albums), "");
    EXPECT_EQ(nearest({}, albums), "");
    EXPECT_EQ(nearest({"Camra"}, {}), "");
    EXPECT_EQ(nearest({"2024/Holday/*"}, {"2024", "2024/Holiday"}), "2024/Holiday");
}

TEST(NearestName, WhereTheAlbumIsRightItIsTheFile) {
    EXPECT_EQ(nearest({"Camera/IMG_0001.jpg"}, {"Camera", "Other"}, {"IMG_0001.jpeg", "VID_1.mp4"}), "IMG_0001.jpeg");
    EXPECT_EQ(nearest({"IMG_1.jpg"}, {"Camera"}, {"IMG_1.JPG", "VID_1.mp4"}), "IMG_1.JPG");
}

}  // namespace
}  // namespace decamp::plan
