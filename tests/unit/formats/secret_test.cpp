#include "formats/secret.hpp"

#include <new>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include "formats/bytes.hpp"
#include "formats/hex.hpp"

namespace decamp::formats {
namespace {

static_assert(!std::is_copy_constructible_v<secret_bytes<4>> && std::is_nothrow_move_constructible_v<secret_bytes<4>>);
static_assert(!std::is_copy_constructible_v<secret_text> && std::is_nothrow_move_constructible_v<secret_text>);

std::string hex(const secret_bytes<4>& secret) {
    return to_hex(secret.span());
}

TEST(secret, leaves_nothing_where_it_was) {
    secret_bytes<4> one(as_bytes("abcd").first<4>());
    secret_bytes<4> two(std::move(one));
    EXPECT_EQ(hex(one), "00000000");  // NOLINT(bugprone-use-after-move): what this test is about
    EXPECT_EQ(hex(two), "61626364");
    one = std::move(two);
    EXPECT_EQ(hex(one), "61626364");
    EXPECT_EQ(hex(two), "00000000");  // NOLINT(bugprone-use-after-move)
}

TEST(secret, leaves_nothing_when_it_ends) {
    alignas(secret_bytes<4>) unsigned char place[sizeof(secret_bytes<4>)];
    auto* secret = new (place) secret_bytes<4>(as_bytes("abcd").first<4>());
    EXPECT_EQ(place[0], 'a');
    secret->~secret_bytes<4>();
    const volatile unsigned char* left = place;
    for (std::size_t i = 0; i < sizeof(place); ++i) EXPECT_EQ(left[i], 0) << i;
}

TEST(secret, text) {
    secret_text one("open sesame");
    EXPECT_EQ(one.view(), "open sesame");
    secret_text two(std::move(one));
    EXPECT_EQ(one.view(), "");  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(two.view(), "open sesame");
    one = secret_text("another");
    one = std::move(two);
    EXPECT_EQ(one.view(), "open sesame");
    EXPECT_EQ(two.view(), "");  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(secret_text().view(), "");
    EXPECT_EQ(secret_text("").view(), "");
}

}  // namespace
}  // namespace decamp::formats
