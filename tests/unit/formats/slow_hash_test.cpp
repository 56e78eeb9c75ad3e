#include "formats/slow_hash.hpp"

#include <gtest/gtest.h>

#include <array>
#include <stdexcept>

#include "formats/bytes.hpp"
#include "formats/hex.hpp"

namespace decamp::formats {
namespace {

// RFC 7914, section 11, has these of PBKDF2-HMAC-SHA-256.
TEST(pbkdf2_sha256, published_vectors) {
    std::array<std::byte, 64> out{};
    pbkdf2_sha256("passwd", as_bytes(std::string_view("salt")), 1, out);
    EXPECT_EQ(to_hex(out),
              "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
              "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
    pbkdf2_sha256("Password", as_bytes(std::string_view("NaCl")), 80000, out);
    EXPECT_EQ(to_hex(out),
              "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
              "a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d");
}

TEST(pbkdf2_sha256, no_rounds_are_refused) {
    std::array<std::byte, 2> out{};
    EXPECT_THROW(pbkdf2_sha256("x", {}, 0, out), std::runtime_error);
}

}  // namespace
}  // namespace decamp::formats
