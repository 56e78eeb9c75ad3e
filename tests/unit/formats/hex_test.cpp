#include "formats/hex.hpp"

#include <gtest/gtest.h>

#include "formats/bytes.hpp"
#include "random_text.hpp"

namespace decamp::formats {
namespace {

TEST(hex, rfc_4648_vectors) {
    EXPECT_EQ(to_hex(as_bytes("")), "");
    EXPECT_EQ(to_hex(as_bytes("f")), "66");
    EXPECT_EQ(to_hex(as_bytes("foobar")), "666f6f626172");
    EXPECT_EQ(to_hex(as_bytes(std::string_view("\x00\xff\x80", 3))), "00ff80");
}

TEST(hex, reads_both_cases_and_nothing_else) {
    auto bytes = from_hex("00fFAa");
    ASSERT_TRUE(bytes);
    EXPECT_EQ(as_text(*bytes), std::string_view("\x00\xff\xaa", 3));
    EXPECT_TRUE(from_hex("")->empty());
    for (std::string_view bad :
         {"0", "000", "0g", "g0", " 00", "00 ", "0x00", "-1", "\xC3\xA9", "0:", "@0", "`0", "/0"}) {
        EXPECT_FALSE(from_hex(bad)) << bad;
    }
    EXPECT_FALSE(from_hex(std::string_view("0\0", 2)));
}

TEST(hex, fixed_arrays_take_exactly_their_length) {
    auto four = array_from_hex<4>("deadBEEF");
    ASSERT_TRUE(four);
    EXPECT_EQ((*four)[3], std::byte{0xEF});
    EXPECT_FALSE(array_from_hex<4>("deadbe"));
    EXPECT_FALSE(array_from_hex<4>("deadbeef00"));
    EXPECT_FALSE(array_from_hex<4>("deadbeeg"));
    EXPECT_FALSE(array_from_hex<4>("deadbeef0"));
}

TEST(hex, round_trip) {
    test::random_text random(1);
    for (int i = 0; i < test::rounds(500); ++i) {
        std::string text = random.bytes(random.below(200));
        auto back = from_hex(to_hex(as_bytes(text)));
        ASSERT_TRUE(back);
        EXPECT_EQ(as_text(*back), text);
    }
}

}  // namespace
}  // namespace decamp::formats
