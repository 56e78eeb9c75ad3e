#include "engine/source/recent_links.hpp"

#include <gtest/gtest.h>

#include <string>

namespace decamp::source {
namespace {

TEST(RecentLinks, ForgetsTheOldest) {
    recent_links recent;
    EXPECT_FALSE(recent.again("a", 1));
    EXPECT_TRUE(recent.again("a", 1));
    EXPECT_FALSE(recent.again("a", 2));
    for (std::size_t i = 0; i <= recent_links::limit; ++i) recent.again(std::to_string(i), 2);
    EXPECT_FALSE(recent.again("a", 2));
}

}  // namespace
}  // namespace decamp::source
