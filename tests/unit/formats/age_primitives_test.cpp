#include "formats/age_primitives.hpp"

#include <stdexcept>

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "formats/bytes.hpp"
#include "formats/hex.hpp"

namespace decamp::formats::detail {
namespace {

key_bytes key_of(std::string_view hex) {
    return key_bytes(array_from_hex<32>(hex).value());
}
std::string hex_of(const key_bytes& key) {
    return to_hex(key.span());
}

constexpr std::string_view alice = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
constexpr std::string_view bob = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb";

TEST(age_primitives, x25519_of_rfc_7748) {  // section 6.1
    const auto alice_public = x25519_public(key_of(alice));
    const auto bob_public = x25519_public(key_of(bob));
    EXPECT_EQ(to_hex(alice_public), "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    EXPECT_EQ(to_hex(bob_public), "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    const std::string_view shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
    EXPECT_EQ(hex_of(x25519(key_of(alice), bob_public).value()), shared);
    EXPECT_EQ(hex_of(x25519(key_of(bob), alice_public).value()), shared);
}

// RFC 7748, section 6.1: the check for zeros. The points of order 1, 2, 4 and 8, and such values beyond the field.
TEST(age_primitives, x25519_refuses_points_that_hide_nothing) {
    for (const std::string_view point : {"0000000000000000000000000000000000000000000000000000000000000000",
                                         "0100000000000000000000000000000000000000000000000000000000000000",
                                         "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                                         "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                                         "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                         "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                         "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
        EXPECT_FALSE(x25519(key_of(alice), array_from_hex<32>(point).value()).has_value()) << point;
    }
    EXPECT_EQ(ERR_peek_error(), 0U) << "left for a connection to stumble over";
}

TEST(age_primitives, hkdf_of_rfc_5869) {  // appendix A, the first 32 bytes of cases 1 and 3
    const std::vector<std::byte> secret(22, std::byte{0x0b});
    const auto salt = from_hex("000102030405060708090a0b0c").value();
    EXPECT_EQ(hex_of(hkdf_sha256(secret, salt, "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9")),
              "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
    EXPECT_EQ(hex_of(hkdf_sha256(secret, {}, "")), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
    EXPECT_EQ(hex_of(hkdf_sha256(secret, std::vector<std::byte>(32), "")), hex_of(hkdf_sha256(secret, {}, "")));
}

TEST(age_primitives, hmac_of_rfc_4231) {  // section 4.3
    EXPECT_EQ(to_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(age_primitives, scrypt_of_rfc_7914) {  // section 12, the first 32 bytes
    EXPECT_EQ(hex_of(scrypt("pleaseletmein", as_bytes("SodiumChloride"), 14)),
              "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2");
    EXPECT_THROW(static_cast<void>(scrypt("", as_bytes("salt"), 14)), std::logic_error);
    EXPECT_THROW(static_cast<void>(scrypt("x", as_bytes("salt"), 0)), std::logic_error);
    EXPECT_THROW(static_cast<void>(scrypt("x", as_bytes("salt"), 41)), std::logic_error);
}

TEST(age_primitives, bytes_are_compared) {
    EXPECT_TRUE(same_bytes(as_bytes("abc"), as_bytes("abc")));
    EXPECT_FALSE(same_bytes(as_bytes("abc"), as_bytes("abd")));
    EXPECT_FALSE(same_bytes(as_bytes("abc"), as_bytes("ab")));
}

// RFC 8439 has vectors with associated data alone; that others agree is shown on files of `age`.
TEST(age_primitives, what_was_sealed_opens_and_nothing_else) {
    const key_bytes key = key_of(alice);
    chacha20_poly1305 sealing(key, chacha20_poly1305::direction::sealing);
    chacha20_poly1305 opening(key, chacha20_poly1305::direction::opening);
    const aead_nonce nonce{std::byte{7}};
    for (const std::string_view text :
         {"", "x", "sixteen bytes ..", "a longer text than one block of sixty-four bytes, by quite a few"}) {
        std::vector<std::byte> sealed(text.size() + aead_tag_bytes), plain(text.size());
        sealing.seal(nonce, as_bytes(text), sealed);
        EXPECT_TRUE(opening.open(nonce, sealed, plain));
        EXPECT_EQ(as_text(plain), text);
        EXPECT_FALSE(opening.open({}, sealed, plain));
        for (std::byte& b : sealed) {
            b ^= std::byte{0x10};
            std::ranges::fill(plain, std::byte{0xFF});
            EXPECT_FALSE(opening.open(nonce, sealed, plain));
            for (const std::byte left : plain) EXPECT_EQ(left, std::byte{});
            b ^= std::byte{0x10};
        }
        EXPECT_TRUE(opening.open(nonce, sealed, plain)) << "a forgery leaves the opener as it was";
    }
    EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(age_primitives, misuse_of_the_cipher_is_a_bug) {
    const key_bytes key = key_of(alice);
    chacha20_poly1305 sealing(key, chacha20_poly1305::direction::sealing);
    chacha20_poly1305 opening(key, chacha20_poly1305::direction::opening);
    std::vector<std::byte> sealed(20), plain(4);
    EXPECT_THROW(opening.seal({}, plain, sealed), std::logic_error);
    EXPECT_THROW(static_cast<void>(sealing.open({}, sealed, plain)), std::logic_error);
    sealed.pop_back();
    EXPECT_THROW(sealing.seal({}, plain, sealed), std::logic_error);
    EXPECT_THROW(static_cast<void>(opening.open({}, sealed, plain)), std::logic_error);
}

}  // namespace
}  // namespace decamp::formats::detail
