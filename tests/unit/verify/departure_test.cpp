// What is noted in the catalogue before wrong bytes leave the tree.

#include "engine/verify/departure.hpp"

#include <gtest/gtest.h>

namespace decamp::verify {
namespace {

TEST(Departure, IsReadAsItWasNoted) {
    const std::vector<departure> names{
        {"data/albums/Camera/a b.jpg", 12}, {"data/albums/7/照片.jpg", 0}, {"data/x", 1}};
    EXPECT_EQ(parse_departures(departures_text(names)), names);
    EXPECT_TRUE(parse_departures("").empty());
}

TEST(Departure, LinesThatAreNoneAreLeftOut) {
    for (const char* line :
         {"\n", "12\n", "12 \n", "x data/a\n", "-3 data/a\n", "99999999999999999999 data/a\n", " data/a\n"})
        EXPECT_TRUE(parse_departures(line).empty()) << line;
    EXPECT_EQ(parse_departures("x\n5 data/a").size(), 1U);
}

}  // namespace
}  // namespace decamp::verify
