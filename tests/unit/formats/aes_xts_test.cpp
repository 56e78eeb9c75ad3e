#include "formats/aes_xts.hpp"

#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "formats/hex.hpp"

namespace decamp::formats {

class aes_xts_by_the_book {
  public:
    static aes_xts with(std::span<const std::byte, 64> keys) { return aes_xts(keys); }
};

namespace {

std::vector<std::byte> counting(std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i);
    return bytes;
}

// IEEE 1619-2007, appendix B, vector 10.
TEST(aes_xts, is_the_standards) {
    const auto keys = from_hex(
                          "27182818284590452353602874713526624977572470936999595749669676273141592653589793238462643383"
                          "279502884197169399375105"
                          "820974944592")
                          .value();
    ASSERT_EQ(keys.size(), 64u);
    aes_xts cipher = aes_xts_by_the_book::with(std::span<const std::byte, 64>(keys));
    const auto plain = counting(512);
    std::vector<std::byte> sealed(plain.size());
    cipher.encrypt(0xff, plain, sealed);
    EXPECT_EQ(to_hex(std::span(sealed).first(32)), "1c3b3a102f770386e4836c99e370cf9bea00803f5e482357a4ae12d414a3e63b");
    cipher.decrypt(0xff, sealed, sealed);
    EXPECT_EQ(sealed, plain);
}

TEST(aes_xts, gives_back_every_length_in_place) {
    const secret_bytes<32> secret;
    aes_xts cipher(secret.span(), "test");
    for (const std::size_t size : {16u, 17u, 24u, 31u, 32u, 33u, 511u, 4096u, 65536u}) {
        auto bytes = counting(size);
        cipher.encrypt(7, bytes, bytes);
        EXPECT_NE(bytes, counting(size)) << size;
        cipher.decrypt(7, bytes, bytes);
        EXPECT_EQ(bytes, counting(size)) << size;
    }
}

TEST(aes_xts, depends_on_secret_purpose_and_unit) {
    secret_bytes<32> other;
    other.span()[31] = std::byte{1};
    const auto sealed = [](std::span<const std::byte, 32> secret, std::string_view purpose, std::uint64_t unit) {
        aes_xts cipher(secret, purpose);
        std::vector<std::byte> to(64);
        cipher.encrypt(unit, counting(64), to);
        return to;
    };
    const secret_bytes<32> zeros;
    const auto one = sealed(zeros.span(), "a", 1);
    EXPECT_EQ(one, sealed(zeros.span(), "a", 1));
    EXPECT_NE(one, sealed(zeros.span(), "a", 2));
    EXPECT_NE(one, sealed(zeros.span(), "a", std::uint64_t{1} << 56));
    EXPECT_NE(one, sealed(zeros.span(), "b", 1));
    EXPECT_NE(one, sealed(other.span(), "a", 1));
}

TEST(aes_xts, refuses_pieces_it_cannot_hide) {
    const secret_bytes<32> secret;
    aes_xts cipher(secret.span(), "test");
    std::vector<std::byte> bytes(15), longer(16);
    EXPECT_THROW(cipher.encrypt(0, bytes, bytes), std::logic_error);
    EXPECT_THROW(cipher.decrypt(0, longer, bytes), std::logic_error);
}

}  // namespace
}  // namespace decamp::formats
