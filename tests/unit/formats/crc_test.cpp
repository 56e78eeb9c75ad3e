#include "formats/crc.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "formats/bytes.hpp"
#include "random_text.hpp"

namespace decamp::formats {
namespace {

template <class Hasher>
auto crc(std::string_view text) {
    Hasher hasher;
    hasher.update(as_bytes(text));
    return hasher.finish();
}

// The catalogue's check values, RFC 3720 B.4 (32 bytes of zeros, of ones), and the NVM Express specification's
// examples.
TEST(crc, published_values) {
    EXPECT_EQ(crc<crc32_hasher>("123456789"), 0xcbf43926u);
    EXPECT_EQ(crc<crc32c_hasher>("123456789"), 0xe3069283u);
    EXPECT_EQ(crc<crc64nvme_hasher>("123456789"), 0xae8b14860a799888u);
    EXPECT_EQ(crc<crc32c_hasher>(std::string(32, '\0')), 0x8a9136aau);
    EXPECT_EQ(crc<crc32c_hasher>(std::string(32, '\xff')), 0x62a8ab43u);
    EXPECT_EQ(crc<crc64nvme_hasher>(std::string(4096, '\0')), 0x6482d367eb22b64eu);
    EXPECT_EQ(crc<crc64nvme_hasher>(std::string(4096, '\xff')), 0xc0ddba7302eca3acu);
    for (const auto nothing :
         {std::uint64_t{crc<crc32_hasher>("")}, std::uint64_t{crc<crc32c_hasher>("")}, crc<crc64nvme_hasher>("")})
        EXPECT_EQ(nothing, 0u);
}

// A mirror image bit by bit, that shares no table with what is tested.
std::uint64_t slow(std::uint64_t reversed_polynomial, std::uint64_t ones, std::string_view text) {
    std::uint64_t value = ones;
    for (const char c : text) {
        value ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ ((value & 1) != 0 ? reversed_polynomial : 0);
    }
    return value ^ ones;
}

TEST(crc, agrees_with_a_slow_one_whatever_the_pieces) {
    test::random_text random(11);
    for (int round = 0; round < 30; ++round) {
        const std::string text = random.bytes(random.below(3000));
        crc32_hasher a;
        crc32c_hasher b;
        crc64nvme_hasher c;
        std::string_view rest = text;
        while (!rest.empty()) {
            const auto part = std::min<std::size_t>(random.below(400), rest.size());
            a.update(as_bytes(rest.substr(0, part)));
            b.update(as_bytes(rest.substr(0, part)));
            c.update(as_bytes(rest.substr(0, part)));
            rest.remove_prefix(part);
        }
        EXPECT_EQ(a.finish(), slow(0xedb88320, 0xffffffff, text));
        EXPECT_EQ(b.finish(), slow(0x82f63b78, 0xffffffff, text));
        EXPECT_EQ(c.finish(), slow(0x9a6c9329ac4bc9b5, 0xffffffffffffffff, text));
        EXPECT_EQ(a.finish(), 0u) << "as new after finish";
    }
}

}  // namespace
}  // namespace decamp::formats
