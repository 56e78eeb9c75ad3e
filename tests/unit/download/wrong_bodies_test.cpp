#include "engine/download/wrong_bodies.hpp"

#include <gtest/gtest.h>

#include "formats/bytes.hpp"

namespace decamp::download {
namespace {

formats::sha256_digest body(std::string_view text) {
    return formats::sha256_of(formats::as_bytes(text));
}

planned_item item(std::int64_t blob, std::uint64_t size) {
    planned_item out;
    out.blob = {blob};
    out.listed.size = size;
    return out;
}

TEST(wrong_bodies, two_items_that_are_announced_otherwise) {
    wrong_bodies bodies;
    EXPECT_FALSE(bodies.add(body("page"), item(1, 100)));
    EXPECT_FALSE(bodies.add(body("page"), item(1, 100))) << "the same item again";
    EXPECT_FALSE(bodies.add(body("other"), item(2, 200)));
    EXPECT_TRUE(bodies.add(body("page"), item(2, 200)));
    EXPECT_TRUE(bodies.add(body("page"), item(1, 100))) << "also of the one it came for first";
    EXPECT_FALSE(bodies.add(body("other"), item(2, 200)));
}

TEST(wrong_bodies, copies_that_are_announced_alike_may_be_wrong_alike) {
    wrong_bodies bodies;
    EXPECT_FALSE(bodies.add(body("photo"), item(1, 100)));
    EXPECT_FALSE(bodies.add(body("photo"), item(2, 100)));
    planned_item by_digest = item(3, 100);
    by_digest.listed.sha1 = formats::sha1_of(formats::as_bytes("x"));
    EXPECT_TRUE(bodies.add(body("photo"), by_digest));
}

TEST(wrong_bodies, the_oldest_are_forgotten) {
    wrong_bodies bodies(3);
    for (int i = 0; i < 4; ++i) EXPECT_FALSE(bodies.add(body(std::to_string(i)), item(i, 1)));
    EXPECT_FALSE(bodies.add(body("0"), item(9, 9)));
    EXPECT_TRUE(bodies.add(body("3"), item(9, 9)));
}

}  // namespace
}  // namespace decamp::download
