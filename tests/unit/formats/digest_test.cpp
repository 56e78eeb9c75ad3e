#include "formats/digest.hpp"

#include <bit>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include "formats/bytes.hpp"
#include "formats/hex.hpp"
#include "random_text.hpp"

namespace decamp::formats {
namespace {

static_assert(!std::is_copy_constructible_v<sha256_hasher> && std::is_nothrow_move_constructible_v<sha256_hasher>);
static_assert(!std::is_copy_constructible_v<block_map_hasher> &&
              std::is_nothrow_move_constructible_v<block_map_hasher>);

struct vector_of {
    std::string message;
    std::string_view sha256, sha1, md5;
};

// FIPS 180-4 examples, RFC 3174, RFC 1321 (A.5).
const vector_of vectors[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
     "d41d8cd98f00b204e9800998ecf8427e"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "a9993e364706816aba3e25717850c26c9cd0d89d", "900150983cd24fb0d6963f7d28e17f72"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1", "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
     "8215ef0796a20bcaaae116d3876c664a"},
    {std::string(1'000'000, 'a'), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
     "34aa973cd4c4daa4f61eeb2bdbad27316534016f", "7707d6ae4e027c70eea2a935c2296f21"},
};

TEST(digest, published_vectors) {
    for (const vector_of& v : vectors) {
        EXPECT_EQ(to_hex(sha256_of(as_bytes(v.message))), v.sha256);
        EXPECT_EQ(to_hex(sha1_of(as_bytes(v.message))), v.sha1);
        EXPECT_EQ(to_hex(md5_of(as_bytes(v.message))), v.md5);
    }
}

template <class Hasher>
void pieces_equal_the_whole() {
    test::random_text random(7);
    std::string text = random.bytes(5000);
    Hasher whole;
    whole.update(as_bytes(text));
    auto expected = whole.finish();
    Hasher hasher;
    for (int round = 0; round < 20; ++round) {
        std::string_view rest = text;
        while (!rest.empty()) {
            std::size_t part = std::min<std::size_t>(random.below(300), rest.size());
            hasher.update(as_bytes(rest.substr(0, part)));
            rest.remove_prefix(part);
        }
        EXPECT_EQ(hasher.finish(), expected);  // and is as new for the next round
    }
    hasher.update(as_bytes("left over"));
    hasher.reset();
    hasher.update(as_bytes(text));
    Hasher moved = std::move(hasher);
    EXPECT_EQ(moved.finish(), expected);
}

TEST(digest, sha256_in_pieces) {
    pieces_equal_the_whole<sha256_hasher>();
}
TEST(digest, sha1_in_pieces) {
    pieces_equal_the_whole<sha1_hasher>();
}
TEST(digest, md5_in_pieces) {
    pieces_equal_the_whole<md5_hasher>();
}

// The buffer and values of xxHash's own sanity check (xsum_sanity_check.c), seed 0.
std::string xxhash_sanity_buffer(std::size_t length) {
    std::uint64_t generator = 2654435761U;
    std::string out;
    for (std::size_t i = 0; i < length; ++i) {
        out += static_cast<char>(static_cast<unsigned char>(generator >> 56));
        generator *= 11400714785074694797ULL;
    }
    return out;
}

TEST(digest, xxh3_64_published_vectors) {
    const std::pair<std::size_t, std::uint64_t> table[] = {
        {0, 0x2D06800538D394C2},    {1, 0xC44BDFF4074EECDB},   {6, 0x27B56A84CD2D7325},    {12, 0xA713DAF0DFBB77E7},
        {24, 0xA3FE70BF9D3510EB},   {48, 0x397DA259ECBA1F11},  {80, 0xBCDEFBBB2C47C90A},   {195, 0xCD94217EE362EC3A},
        {403, 0xCDEB804D65C6DEA4},  {512, 0x617E49599013CB6B}, {2048, 0xDD59E2C3A5F038E0}, {2240, 0x6E73A90539CF2948},
        {2367, 0xCB37AEB9E5D361ED},
    };
    for (auto [length, expected] : table)
        EXPECT_EQ(xxh3_64_of(as_bytes(xxhash_sanity_buffer(length))), expected) << length;
}

TEST(digest, xxh3_128_published_vectors_in_canonical_order) {
    const std::pair<std::size_t, std::string_view> table[] = {
        {0, "99aa06d3014798d86001c324468d497f"},  {1, "a6cd5e9392000f6ac44bdff4074eecdb"},
        {6, "082afe0b8162d12a3e7039bdda43cfc6"},  {12, "6e3efd8fc7802b18061a192713f69ad9"},
        {24, "0ce966e4678d37611e7044d28b1b901d"}, {48, "a002ac4e5478227ef942219aed80f67b"},
        {81, "4952f58181ab00425e8bafb9f95fb803"}, {222, "337e09641b948717f1aebd597cec6b3a"},
    };
    for (auto [length, expected] : table) {
        EXPECT_EQ(to_hex(xxh3_128_of(as_bytes(xxhash_sanity_buffer(length)))), expected) << length;
    }
}

std::vector<xxh3_128_digest> blocks_by_definition(std::string_view text) {
    std::vector<xxh3_128_digest> out;
    for (; !text.empty(); text.remove_prefix(std::min(block_size, text.size()))) {
        out.push_back(xxh3_128_of(as_bytes(text.substr(0, block_size))));
    }
    return out;
}

class block_map : public testing::TestWithParam<std::size_t> {};

TEST_P(block_map, any_cut_of_the_stream_gives_the_same_blocks) {
    test::random_text random(GetParam());
    std::string text = random.bytes(GetParam());
    auto expected = blocks_by_definition(text);
    EXPECT_EQ(expected.size(), block_count(text.size()));
    block_map_hasher hasher;
    for (std::size_t largest : {std::size_t{70'000}, std::size_t{1'500'000}, block_size + 1, 3 * block_size + 1}) {
        std::string_view rest = text;
        while (!rest.empty()) {
            std::size_t part = std::min<std::size_t>(1 + random.below(largest), rest.size());
            hasher.update(as_bytes(rest.substr(0, part)));
            rest.remove_prefix(part);
            std::size_t done = text.size() - rest.size();
            ASSERT_EQ(hasher.position(), done);
            ASSERT_EQ(hasher.completed().size(), done / block_size);
        }
        EXPECT_EQ(hasher.finish(), expected);
        EXPECT_EQ(hasher.position(), 0U);
    }
}

TEST_P(block_map, goes_on_at_a_block_boundary) {
    test::random_text random(GetParam());
    std::string text = random.bytes(GetParam());
    auto expected = blocks_by_definition(text);
    for (std::size_t known = 0; known <= text.size() / block_size; ++known) {
        block_map_hasher hasher(std::vector(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(known)));
        EXPECT_EQ(hasher.position(), known * block_size);
        hasher.update(as_bytes(text).subspan(known * block_size));
        EXPECT_EQ(hasher.finish(), expected);
    }
}

INSTANTIATE_TEST_SUITE_P(sizes, block_map,
                         testing::Values(0, 1, 240, 100'000, block_size - 1, block_size, block_size + 1, 2 * block_size,
                                         3 * block_size + 12'345));

TEST(block_map_bytes, round_trip_and_refusals) {
    std::string text(2 * block_size + 5, 'x');
    auto blocks = blocks_by_definition(text);
    auto bytes = encode_block_map(blocks);
    EXPECT_EQ(bytes.size(), 8 + 16 * blocks.size());
    EXPECT_EQ(decode_block_map(bytes), blocks);
    EXPECT_EQ(decode_block_map(encode_block_map({})), std::vector<xxh3_128_digest>{});
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        bool whole_blocks = length >= 8 && (length - 8) % 16 == 0;
        EXPECT_EQ(decode_block_map(std::span(bytes).first(length)).has_value(), whole_blocks) << length;
    }
    for (std::size_t i = 0; i < 8; ++i) {
        auto broken = bytes;
        broken[i] ^= std::byte{1};
        EXPECT_FALSE(decode_block_map(broken)) << i;
    }
}

}  // namespace
}  // namespace decamp::formats
