#include "formats/zstd_frames.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <xxhash.h>
#include <zstd.h>

#include "formats/bytes.hpp"
#include "random_text.hpp"

namespace decamp::formats {
namespace {

using bytes = std::vector<std::byte>;
constexpr std::size_t kib = 1024, block = 128 * kib;

bytes bytes_of(std::string_view text) {
    return {as_bytes(text).begin(), as_bytes(text).end()};
}

std::string some_text(std::size_t length) {
    static constexpr std::string_view words[] = {"one ", "folder ", "of ", "many ", "pictures\n", "and ", "words "};
    test::random_text random(length);
    std::string out;
    while (out.size() < length) {
        out += words[random.below(std::size(words))];
        if (random.below(5) == 0) out += std::to_string(random.below(100'000));
    }
    out.resize(length);
    return out;
}

bytes compressed(std::string_view raw, int level = 3) {
    zstd_compressor compressor(level);
    bytes out;
    compressor.append_frame(out, as_bytes(raw));
    return out;
}

bytes stored(std::string_view raw) {
    bytes out;
    append_stored_frame(out, as_bytes(raw));
    return out;
}

std::optional<std::string> decompressed(std::span<const std::byte> packed, std::size_t raw) {
    zstd_decompressor decompressor;
    bytes out(raw);
    if (!decompressor.frame(packed, out)) return std::nullopt;
    return std::string(as_text(out));
}

// By the library's streaming decoder, as programs use it, with no more memory than a small one has; none: an error, or
// an end within a frame.
std::optional<std::string> streamed(std::span<const std::byte> packed) {
    ZSTD_DCtx* const context = ZSTD_createDCtx();
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 23);  // 8 MiB: what RFC 8878 wants of every decoder
    std::string out, piece(100'000, '\0');
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    std::size_t left = 0;
    for (;;) {
        ZSTD_outBuffer to{piece.data(), piece.size(), 0};
        left = ZSTD_decompressStream(context, &to, &in);
        out.append(piece, 0, to.pos);
        if (ZSTD_isError(left) != 0 || (in.pos == in.size && to.pos < to.size)) break;
    }
    ZSTD_freeDCtx(context);
    if (left != 0) return std::nullopt;
    return out;
}

std::vector<std::string> contents() {
    test::random_text random(3);
    std::vector<std::string> out{"", "x", std::string(block, '\0')};
    for (const std::size_t size : {block - 1, block, block + 1, 2 * block, kib * kib, 9 * kib * kib + 1}) {
        out.push_back(some_text(size));
        if (size <= kib * kib) out.push_back(random.bytes(size));
    }
    return out;
}

TEST(zstd_frames, every_content_comes_back_by_ours_and_by_a_streaming_decoder) {
    for (const std::string& raw : contents()) {
        for (const auto& packed : {compressed(raw, 1), compressed(raw, 3), stored(raw)}) {
            EXPECT_EQ(decompressed(packed, raw.size()), raw) << raw.size();
            EXPECT_EQ(streamed(packed), raw) << raw.size();
            EXPECT_LE(packed.size(), frame_bound(raw.size()));
            EXPECT_EQ(ZSTD_getFrameContentSize(packed.data(), packed.size()), raw.size());
            // The checksum ends the frame.
            const auto sum = static_cast<std::uint32_t>(XXH64(raw.data(), raw.size(), 0));
            for (unsigned i = 0; i < 4; ++i)
                EXPECT_EQ(std::to_integer<unsigned>(packed[packed.size() - 4 + i]), sum >> 8 * i & 0xFF);
        }
    }
}

TEST(zstd_frames, levels) {
    const std::string raw = some_text(300'000);
    EXPECT_EQ(decompressed(compressed(raw, 19), raw.size()), raw);
    EXPECT_LT(compressed(raw, 19).size(), compressed(raw, 1).size());
    EXPECT_EQ(compressed(raw, 100), compressed(raw, 19));
    EXPECT_EQ(compressed(raw, -100), compressed(raw, 1));
    EXPECT_EQ(compressed(raw, 7), compressed(raw, 7)) << "the same bytes again";
}

TEST(zstd_frames, a_stored_frame_byte_by_byte) {
    EXPECT_EQ(stored(""), bytes_of({"\x28\xB5\x2F\xFD\x84\x38\0\0\0\0\x01\0\0\x99\xE9\xD8\x51", 17}));
    EXPECT_EQ(stored(std::string(3 * block, 'x')).size(), 10 + 3 * (block + 3) + 4);
    EXPECT_EQ(stored(std::string(3 * block + 1, 'x')).size(), 10 + 3 * (block + 3) + 4 + 4);
}

TEST(zstd_frames, frames_are_appended_and_a_compressor_is_used_again) {
    zstd_compressor compressor(3);
    bytes out = bytes_of("before");
    compressor.append_frame(out, as_bytes("one"));
    append_stored_frame(out, as_bytes("two"));
    zstd_compressor moved = std::move(compressor);
    moved.append_frame(out, as_bytes("three"));
    EXPECT_EQ(as_text(out).substr(0, 6), "before");
    EXPECT_EQ(streamed(std::span(out).subspan(6)), "onetwothree");
}

TEST(zstd_frames, what_is_not_exactly_one_whole_frame_is_refused) {
    zstd_decompressor one;  // and stays usable
    for (const std::string& raw : {some_text(5000), std::string(), std::string("x"), some_text(block + 7)}) {
        for (const auto& packed : {compressed(raw), stored(raw)}) {
            const auto taken = [&](const bytes& from, std::size_t size) {
                bytes out(size);
                return one.frame(from, out);
            };
            EXPECT_TRUE(taken(packed, raw.size()));
            EXPECT_FALSE(taken(packed, raw.size() + 1));
            EXPECT_FALSE(!raw.empty() && taken(packed, raw.size() - 1));
            for (std::size_t cut = 0; cut < packed.size(); cut += cut < 20 ? 1 : packed.size() / 20 + 1)
                EXPECT_FALSE(
                    taken(bytes(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(cut)), raw.size()));
            bytes longer = packed;
            longer.push_back(std::byte{0});
            EXPECT_FALSE(taken(longer, raw.size()));
            bytes twice = packed;
            twice.insert(twice.end(), packed.begin(), packed.end());
            EXPECT_FALSE(taken(twice, 2 * raw.size()));
            const std::string table = seek_table({});
            bytes with_table = packed;
            with_table.insert(with_table.end(), as_bytes(table).begin(), as_bytes(table).end());
            EXPECT_FALSE(taken(with_table, raw.size()));
            EXPECT_TRUE(taken(packed, raw.size()));
        }
    }
    EXPECT_EQ(decompressed(bytes_of(seek_table({})), 0), std::nullopt) << "a skippable frame has no content";
    EXPECT_EQ(decompressed({}, 0), std::nullopt);
}

TEST(zstd_frames, a_damaged_bit_never_gives_other_content) {
    const std::string raw = some_text(700);
    for (const bool is_stored : {false, true}) {
        const auto packed = is_stored ? stored(raw) : compressed(raw);
        std::size_t unnoticed = 0;
        for (std::size_t bit = 0; bit < packed.size() * 8; ++bit) {
            bytes damaged = packed;
            damaged[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
            const auto got = decompressed(damaged, raw.size());
            if (!got) continue;
            EXPECT_EQ(*got, raw) << bit;
            ++unnoticed;
        }
        // Of a stored frame only the window (5 bits of exponent, 3 of mantissa) and the unused bit of the descriptor.
        EXPECT_TRUE(!is_stored || unnoticed <= 9) << unnoticed;
    }
}

TEST(zstd_frames, too_much_for_one_frame_is_a_bug) {
    zstd_compressor compressor(1);
    bytes out;
    const std::byte one{};
    const std::span<const std::byte> huge(&one, frame_limit + 1);  // is not looked at
    EXPECT_THROW(compressor.append_frame(out, huge), std::length_error);
    EXPECT_THROW(append_stored_frame(out, huge), std::length_error);
    EXPECT_TRUE(out.empty());
    EXPECT_LT(frame_bound(frame_limit), std::size_t{1} << 32);
}

// --- the table
// ----------------------------------------------------------------------------------------------------------

std::optional<std::uint64_t> length_told(const bytes& table) {
    return seek_table_bytes(std::span<const std::byte>(table).last<seek_footer_bytes>());
}

TEST(seek_table, byte_by_byte) {
    EXPECT_EQ(seek_table({}), std::string("\x5E\x2A\x4D\x18\x09\0\0\0\0\0\0\0\0\xB1\xEA\x92\x8F", 17));
    const seek_entry one[] = {{.packed = 0x01020304, .raw = 0xFFFFFFFF}};
    EXPECT_EQ(
        seek_table(one),
        std::string("\x5E\x2A\x4D\x18\x11\0\0\0\x04\x03\x02\x01\xFF\xFF\xFF\xFF\x01\0\0\0\0\xB1\xEA\x92\x8F", 25));
}

TEST(seek_table, comes_back) {
    test::random_text random(5);
    for (const unsigned count : {0U, 1U, 2U, 100'000U}) {
        std::vector<seek_entry> frames(count);
        for (auto& frame : frames)
            frame = {static_cast<std::uint32_t>(random.below(1ULL << 32)),
                     static_cast<std::uint32_t>(random.below(1ULL << 32))};
        const bytes table = bytes_of(seek_table(frames));
        EXPECT_EQ(length_told(table), table.size());
        EXPECT_EQ(parse_seek_table(table), frames);
    }
}

TEST(seek_table, is_passed_over_by_decoders) {
    bytes file = compressed("one");
    const seek_entry frames[] = {{static_cast<std::uint32_t>(file.size()), 3}};
    const bytes table = bytes_of(seek_table(frames));
    file.insert(file.end(), table.begin(), table.end());
    EXPECT_EQ(streamed(file), "one");
}

// With the descriptor, count and entries given, and the length that fits them.
bytes foreign(unsigned descriptor, std::uint32_t count, std::size_t entries_bytes) {
    std::string out = "\x5E\x2A\x4D\x18";
    const auto number = [&](std::size_t value) {
        for (unsigned i = 0; i < 4; ++i) out += static_cast<char>(value >> 8 * i & 0xFF);
    };
    number(entries_bytes + 9);
    for (std::size_t i = 0; i < entries_bytes; ++i) out += static_cast<char>(i);
    number(count);
    out += static_cast<char>(descriptor);
    out += "\xB1\xEA\x92\x8F";
    return bytes_of(out);
}

TEST(seek_table, with_checksums) {
    for (const unsigned descriptor : {0x80U, 0x83U}) {
        const bytes table = foreign(descriptor, 2, 24);
        EXPECT_EQ(length_told(table), table.size());
        const std::vector<seek_entry> expected{{0x03020100, 0x07060504}, {0x0F0E0D0C, 0x13121110}};
        EXPECT_EQ(parse_seek_table(table), expected);
    }
}

TEST(seek_table, malformed_ones_are_refused) {
    const std::pair<const char*, bytes> table[] = {
        {"nothing", {}},
        {"one entry less than told", foreign(0, 3, 16)},
        {"one entry more than told", foreign(0, 1, 16)},
        {"entries without the checksums told", foreign(0x80, 3, 24)},
        {"a reserved bit", foreign(0x04, 1, 8)},
        {"another reserved bit", foreign(0x40, 1, 8)},
        {"more frames than there may be", foreign(0, 0x8000001, 8)},
        {"a count whose product overflows 32 bits", foreign(0, 0x20000000, 0)},
    };
    for (const auto& [what, bad] : table) EXPECT_EQ(parse_seek_table(bad), std::nullopt) << what;
    EXPECT_EQ(length_told(foreign(0, 0x8000001, 0)), std::nullopt);
    EXPECT_EQ(length_told(foreign(0, 0x8000000, 0)), 0x40000011u);
    EXPECT_EQ(length_told(foreign(0x80, 0x8000000, 0)), 0x60000011u);
    EXPECT_EQ(length_told(foreign(0x20, 1, 8)), std::nullopt);

    const seek_entry frames[] = {{10, 20}, {30, 40}};
    const bytes good = bytes_of(seek_table(frames));
    for (std::size_t i = 0; i < good.size(); ++i) {
        bytes bad = good;
        bad[i] ^= std::byte{0x10};
        const bool within_entries = i >= 8 && i < 24;
        EXPECT_EQ(parse_seek_table(bad).has_value(), within_entries) << i;
        EXPECT_EQ(parse_seek_table(std::span(good).first(i)), std::nullopt) << i;
    }
}

TEST(zstd_version, is_a_version) {
    EXPECT_TRUE(zstd_version().starts_with("1."));
}

}  // namespace
}  // namespace decamp::formats
