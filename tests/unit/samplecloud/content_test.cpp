#include "tools/samplecloud/content.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "formats/digest.hpp"
#include "tools/samplecloud/hash.hpp"

namespace decamp::samplecloud {
namespace {

std::string whole(const content& bytes) {
    std::string out(static_cast<std::size_t>(bytes.size()), '\0');
    bytes.fill(0, out.data(), out.size());
    return out;
}

content_recipe recipe_of(content_kind kind, std::uint64_t size, std::uint64_t key) {
    return {kind, size, key, 1'517'312'290'908};
}

unsigned at(const std::string& bytes, std::size_t place) {
    return static_cast<unsigned char>(bytes.at(place));
}
unsigned be16(const std::string& bytes, std::size_t place) {
    return at(bytes, place) << 8 | at(bytes, place + 1);
}
std::uint64_t be32(const std::string& bytes, std::size_t place) {
    return std::uint64_t{be16(bytes, place)} << 16 | be16(bytes, place + 2);
}

struct segment {
    unsigned marker;
    std::size_t begin;   ///< of what follows the length
    std::size_t length;  ///< of that
};

/// Walks the markers of a JPEG up to and with SOS, as T.81 annex B has them.
std::vector<segment> segments_of(const std::string& bytes) {
    std::vector<segment> out;
    EXPECT_EQ(be16(bytes, 0), 0xffd8U);
    for (std::size_t place = 2; place < bytes.size();) {
        EXPECT_EQ(at(bytes, place), 0xffU) << "no marker at " << place;
        if (at(bytes, place) != 0xff) return out;
        while (at(bytes, place) == 0xff) ++place;  // fill bytes are allowed
        const unsigned marker = at(bytes, place);
        const std::size_t length = be16(bytes, place + 1);
        EXPECT_GE(length, 2U);
        out.push_back({marker, place + 3, length - 2});
        place += 1 + length;
        if (marker == 0xda) return out;
    }
    return out;
}

const segment& find(const std::vector<segment>& all, unsigned marker) {
    const auto place = std::find_if(all.begin(), all.end(), [&](const segment& s) { return s.marker == marker; });
    EXPECT_NE(place, all.end()) << std::hex << marker;
    return *place;
}

/// Decodes the scan with tables and sampling read from the file, and answers the blocks found: a baseline decoder for
/// blocks that have a DC level only.
int blocks_in_scan(const std::string& bytes, const std::vector<segment>& all) {
    std::vector<std::pair<std::string, unsigned>> dc;
    for (const segment& table : all) {
        if (table.marker != 0xc4 || at(bytes, table.begin) >> 4 != 0) continue;
        unsigned code = 0;
        std::size_t value = table.begin + 17;
        for (unsigned length = 1; length <= 16; ++length) {
            for (unsigned i = 0; i < at(bytes, table.begin + length); ++i) {
                std::string bits;
                for (unsigned b = length; b-- > 0;) bits.push_back((code >> b & 1U) != 0 ? '1' : '0');
                dc.emplace_back(bits, at(bytes, value++));
                ++code;
            }
            code <<= 1;
        }
    }
    const segment& scan = all.back();
    std::string bits;
    std::size_t place = scan.begin + scan.length;
    for (; !(at(bytes, place) == 0xff && at(bytes, place + 1) != 0); ++place) {
        for (int b = 7; b >= 0; --b) bits.push_back((at(bytes, place) >> b & 1U) != 0 ? '1' : '0');
        if (at(bytes, place) == 0xff) ++place;
    }
    EXPECT_EQ(at(bytes, place + 1), 0xd9U) << "the scan ends with EOI";
    int blocks = 0;
    for (std::size_t bit = 0; bit < bits.size();) {  // what pads the last byte is no code
        const auto code = std::find_if(dc.begin(), dc.end(),
                                       [&](const auto& c) { return bits.compare(bit, c.first.size(), c.first) == 0; });
        if (code == dc.end()) break;
        bit += code->first.size() + code->second;
        if (bit >= bits.size() || bits[bit] != '0') break;  // the only AC code
        ++bit;
        ++blocks;
    }
    return blocks;
}

class jpeg_sizes : public testing::TestWithParam<std::uint64_t> {};

TEST_P(jpeg_sizes, is_a_whole_baseline_picture_with_exif) {
    for (std::uint64_t key : {1ULL, 77ULL, 0xfeedfacecafebeefULL}) {
        const std::string bytes = whole(content(recipe_of(content_kind::jpeg, GetParam(), mix64(key))));
        ASSERT_EQ(bytes.size(), std::max(GetParam(), least_jpeg_bytes));
        const auto all = segments_of(bytes);
        const segment& frame = find(all, 0xc0);
        const unsigned height = be16(bytes, frame.begin + 1);
        const unsigned width = be16(bytes, frame.begin + 3);
        EXPECT_EQ(at(bytes, frame.begin + 5), 3U) << "components";
        EXPECT_EQ(blocks_in_scan(bytes, all), static_cast<int>(height / 8 * (width / 8) * 3));
        EXPECT_EQ(bytes.substr(bytes.size() - 2), "\xff\xd9");
        const segment& exif = find(all, 0xe1);
        const std::string tags = bytes.substr(exif.begin, exif.length);
        EXPECT_TRUE(tags.starts_with(std::string("Exif\0\0II*\0", 10)));
        EXPECT_NE(tags.find("2018:01:30 11:38:10"), std::string::npos) << "DateTimeOriginal";
        EXPECT_NE(tags.find("Xiaomi"), std::string::npos);
    }
}

// Every way the filler can end: none, too short for a segment (1 to 3 bytes), a shortest one, and across 65537.
INSTANTIATE_TEST_SUITE_P(filler, jpeg_sizes,
                         testing::Values(0, least_jpeg_bytes, least_jpeg_bytes + 1, 4096, 66'000, 66'536, 66'537,
                                         66'538, 66'539, 66'540, 66'541, 66'542, 66'543, 66'544, 66'545, 131'500,
                                         300'000));

TEST(content, every_length_of_the_last_segment_is_legal) {
    // The fixed parts differ by a few bytes from key to key: a run of sizes meets each remainder.
    for (std::uint64_t size = 66'300; size < 66'900; ++size) {
        const std::string bytes = whole(content(recipe_of(content_kind::jpeg, size, mix64(5))));
        const auto all = segments_of(bytes);
        ASSERT_EQ(all.back().marker, 0xdaU) << size;
    }
}

TEST(content, any_range_equals_that_part_of_the_whole) {
    std::mt19937 random(7);
    for (const content_kind kind : {content_kind::jpeg, content_kind::live_photo, content_kind::video}) {
        const content bytes(recipe_of(kind, 250'001, mix64(9)));
        const std::string all = whole(bytes);
        for (int i = 0; i < 500; ++i) {
            const std::size_t from = random() % all.size();
            const std::size_t count = std::min<std::size_t>(random() % (i % 2 == 0 ? 20 : 90'000), all.size() - from);
            std::string piece(count, '?');
            bytes.fill(from, piece.data(), count);
            ASSERT_EQ(piece, all.substr(from, count)) << from << "+" << count;
        }
    }
}

TEST(content, sha1_is_that_of_the_bytes) {
    for (const std::uint64_t size : {0ULL, 5'000ULL, 100'000ULL}) {
        const content bytes(recipe_of(size == 0 ? content_kind::empty : content_kind::jpeg, size, mix64(3)));
        const std::string all = whole(bytes);
        std::string expected;
        for (const auto byte : formats::sha1_of(std::as_bytes(std::span(all)))) {
            constexpr const char* digits = "0123456789abcdef";
            expected.push_back(digits[static_cast<unsigned>(byte) >> 4]);
            expected.push_back(digits[static_cast<unsigned>(byte) & 15]);
        }
        EXPECT_EQ(hex(sha1_of(bytes)), expected);
    }
}

TEST(content, no_block_repeats_within_or_between_items) {
    std::set<std::string> seen;
    std::size_t blocks = 0;
    for (std::uint64_t key = 1; key <= 8; ++key) {
        const std::string all = whole(content(recipe_of(content_kind::jpeg, 200'000, mix64(key))));
        for (std::size_t place = 4096; place + 512 <= all.size() - 1024; place += 512) {
            seen.insert(all.substr(place, 512));
            ++blocks;
        }
    }
    EXPECT_EQ(seen.size(), blocks);
}

TEST(content, a_clip_is_a_chain_of_boxes) {
    for (const std::uint64_t size : {least_video_bytes, std::uint64_t{70'000}}) {
        const std::string bytes = whole(content(recipe_of(content_kind::video, size, mix64(4))));
        std::vector<std::string> names;
        std::size_t place = 0;
        while (place < bytes.size()) {
            names.push_back(bytes.substr(place + 4, 4));
            place += be32(bytes, place);
        }
        EXPECT_EQ(place, bytes.size());
        EXPECT_EQ(names, (std::vector<std::string>{"ftyp", "moov", "mdat"}));
    }
}

TEST(content, a_clip_beyond_four_gib_says_its_length_in_64_bits) {
    const content bytes(recipe_of(content_kind::video, 5'000'000'000, mix64(4)));
    std::string head(200, '\0');
    bytes.fill(0, head.data(), head.size());
    EXPECT_EQ(be32(head, 140), 1U);
    EXPECT_EQ(head.substr(144, 4), "mdat");
    EXPECT_EQ(be32(head, 148) << 32 | be32(head, 152), 5'000'000'000ULL - 140);
    std::string tail(100, '\0');
    bytes.fill(5'000'000'000 - 100, tail.data(), tail.size());
    EXPECT_NE(tail, std::string(100, '\0'));
}

TEST(content, a_live_photo_says_where_its_clip_begins) {
    const std::string bytes = whole(content(recipe_of(content_kind::live_photo, 90'000, mix64(6))));
    const std::string mark = "MicroVideoOffset=\"";
    const std::size_t place = bytes.find(mark);
    ASSERT_NE(place, std::string::npos);
    const std::size_t clip = std::stoul(bytes.substr(place + mark.size()));
    EXPECT_EQ(bytes.substr(bytes.size() - clip + 4, 4), "ftyp");
    EXPECT_EQ(bytes.substr(bytes.size() - clip - 2, 2), "\xff\xd9");
}

TEST(content, equal_recipes_are_equal_and_keys_tell_apart) {
    const auto a = recipe_of(content_kind::jpeg, 9'000, mix64(1));
    const auto b = recipe_of(content_kind::jpeg, 9'000, mix64(2));
    EXPECT_EQ(whole(content(a)), whole(content(a)));
    EXPECT_NE(whole(content(a)), whole(content(b)));
}

}  // namespace
}  // namespace decamp::samplecloud
