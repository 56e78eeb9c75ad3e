#include "formats/deflate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "formats/bytes.hpp"
#include "formats/crc.hpp"
#include "random_text.hpp"

namespace decamp::formats {
namespace {

using bytes = std::vector<std::byte>;

std::string some_text(std::size_t length) {
    test::random_text random(length);
    std::string out;
    while (out.size() < length) out += "pictures " + std::to_string(random.below(10'000)) + "\n";
    out.resize(length);
    return out;
}

bytes deflated(std::string_view raw, int level = 6) {
    bytes out;
    append_deflate_piece(out, as_bytes(raw), level, true);
    return out;
}

struct inflated {
    std::string raw;
    std::size_t taken = 0;
    inflate_state state = inflate_state::needs_input;
};

// Feeds pieces of at most `in` bytes into room of at most `room`.
inflated inflate_by(std::span<const std::byte> packed, std::uint64_t limit, std::size_t in, std::size_t room) {
    inflater stream(limit);
    inflated out;
    bytes buffer(room);
    std::size_t fed = std::min(in, packed.size());
    for (;;) {
        const auto step = stream.feed(packed.subspan(out.taken, fed - out.taken), buffer);
        out.raw += as_text(std::span(buffer).first(step.given));
        out.taken += step.taken;
        out.state = step.state;
        EXPECT_EQ(stream.given(), out.raw.size());
        EXPECT_LE(stream.given(), limit);
        if (step.state == inflate_state::needs_input) {
            EXPECT_EQ(out.taken, fed);
            if (fed == packed.size()) return out;
            fed = std::min(fed + in, packed.size());
        } else if (step.state != inflate_state::needs_room) {
            return out;
        }
    }
}

inflated inflate_whole(std::span<const std::byte> packed, std::uint64_t limit) {
    return inflate_by(packed, limit, packed.size(), static_cast<std::size_t>(limit));
}

std::vector<std::string> contents() {
    test::random_text random(4);
    return {"",
            "x",
            some_text(100),
            some_text(65'535),
            some_text(65'536),
            some_text(1'000'000),
            random.bytes(1),
            random.bytes(65'535),
            random.bytes(65'536),
            random.bytes(300'000),
            std::string(2'000'000, '\0')};
}

TEST(deflate, one_piece_comes_back) {
    for (const std::string& raw : contents()) {
        for (const int level : {1, 6, 9}) {
            const bytes packed = deflated(raw, level);
            const inflated got = inflate_whole(packed, raw.size());
            EXPECT_EQ(got.state, inflate_state::ended);
            EXPECT_EQ(got.taken, packed.size());
            EXPECT_TRUE(got.raw == raw) << raw.size();
        }
    }
    EXPECT_EQ(deflated("abc", 99), deflated("abc", 9));
    EXPECT_EQ(deflated("abc", -1), deflated("abc", 1));
}

TEST(deflate, pieces_made_apart_are_one_stream_and_each_stands_alone) {
    test::random_text random(8);
    for (int round = 0; round < test::rounds(200); ++round) {
        std::string all;
        bytes joined;
        const auto count = 1 + random.below(6);
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t size = random.below(4) == 0 ? 0 : random.below(40'000);
            const std::string raw = random.below(2) == 0 ? random.bytes(size) : some_text(size);
            const bool last = i + 1 == count;
            bytes piece;
            append_deflate_piece(piece, as_bytes(raw), 6, last);
            // Alone it is the beginning of a stream, wherever it stands later.
            const inflated alone = inflate_whole(piece, raw.size());
            EXPECT_EQ(alone.state, last ? inflate_state::ended : inflate_state::needs_input);
            EXPECT_TRUE(alone.raw == raw);
            if (!last && !piece.empty()) {
                EXPECT_EQ(as_text(std::span(piece).last(4)), std::string_view("\0\0\xFF\xFF", 4))
                    << "ends with a whole byte";
            }
            all += raw;
            joined.insert(joined.end(), piece.begin(), piece.end());
        }
        const inflated got = inflate_whole(joined, all.size());
        EXPECT_EQ(got.state, inflate_state::ended);
        EXPECT_EQ(got.taken, joined.size());
        EXPECT_TRUE(got.raw == all);
    }
}

TEST(deflate, pieces_are_appended) {
    bytes out{std::byte{'b'}};
    append_deflate_piece(out, as_bytes("one "), 6, false);
    append_deflate_piece(out, {}, 6, false);
    append_deflate_piece(out, as_bytes("two"), 6, false);
    append_deflate_piece(out, {}, 6, true);
    EXPECT_EQ(out[0], std::byte{'b'});
    const inflated got = inflate_whole(std::span(out).subspan(1), 7);
    EXPECT_EQ(got.raw, "one two");
    EXPECT_EQ(got.state, inflate_state::ended);
}

TEST(inflater, however_it_is_fed) {
    const std::string raw = some_text(20'000);
    bytes packed = deflated(raw);
    const std::size_t length = packed.size();
    packed.resize(length + 5, std::byte{0xAA});  // what follows is not taken
    for (const std::size_t in : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{1000}, packed.size()}) {
        for (const std::size_t room : {std::size_t{1}, std::size_t{3}, std::size_t{4096}, raw.size(), raw.size() + 1}) {
            const inflated got = inflate_by(packed, raw.size(), in, room);
            EXPECT_EQ(got.state, inflate_state::ended);
            EXPECT_EQ(got.taken, length);
            EXPECT_TRUE(got.raw == raw);
        }
    }
}

TEST(inflater, the_limit_is_kept) {
    const std::string raw(100'000, 'x');
    const bytes packed = deflated(raw);
    for (const std::uint64_t limit : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{99'999}}) {
        for (const std::size_t room : {std::size_t{1}, std::size_t{1000}, std::size_t{200'000}}) {
            const inflated got = inflate_by(packed, limit, packed.size(), room);
            EXPECT_EQ(got.state, inflate_state::damaged) << limit;
            EXPECT_EQ(got.raw.size(), limit);
        }
    }
    EXPECT_EQ(inflate_whole(packed, 100'000).state, inflate_state::ended);
    EXPECT_EQ(inflate_by(packed, ~std::uint64_t{0}, packed.size(), 1000).state, inflate_state::ended);
    EXPECT_EQ(inflate_whole(deflated(""), 0).state, inflate_state::ended);
    EXPECT_EQ(inflate_whole(deflated("x"), 0).state, inflate_state::damaged);
}

TEST(inflater, without_room_it_asks_for_it) {
    const bytes packed = deflated("text");
    inflater stream(4);
    EXPECT_EQ(stream.feed({}, {}).state, inflate_state::needs_room) << "there is none, whatever comes";
    const auto step = stream.feed(packed, {});
    EXPECT_EQ(step.given, 0u);
    EXPECT_EQ(step.state, inflate_state::needs_room);
    bytes room(4);
    EXPECT_EQ(stream.feed(std::span(packed).subspan(step.taken), room).state, inflate_state::ended);
    EXPECT_EQ(as_text(room), "text");
    EXPECT_EQ(stream.feed(packed, room).taken, 0u) << "once ended it stays so";
    EXPECT_EQ(stream.feed(packed, room).state, inflate_state::ended);
}

TEST(inflater, damage_and_early_ends) {
    const std::string raw = some_text(3000);
    const bytes packed = deflated(raw);
    for (std::size_t cut = 0; cut < packed.size(); cut += 13)
        EXPECT_EQ(inflate_whole(std::span(packed).first(cut), raw.size()).state, inflate_state::needs_input) << cut;
    bytes bad = packed;
    bad[0] |= std::byte{6};  // a kind of block that is not
    EXPECT_EQ(inflate_whole(bad, raw.size()).state, inflate_state::damaged);
    inflater stream(10);
    bytes room(10);
    EXPECT_EQ(stream.feed(bad, room).state, inflate_state::damaged);
    EXPECT_EQ(stream.feed(packed, room).state, inflate_state::damaged) << "once damaged it stays so";
}

TEST(crc32_joined, is_the_crc_of_both) {
    const auto crc = [](std::string_view text) {
        crc32_hasher hasher;
        hasher.update(as_bytes(text));
        return hasher.finish();
    };
    test::random_text random(12);
    for (int round = 0; round < test::rounds(300); ++round) {
        const std::string first = random.bytes(random.below(500)),
                          second = random.bytes(random.below(3) * random.below(500));
        EXPECT_EQ(crc32_joined(crc(first), crc(second), second.size()), crc(first + second));
    }
    EXPECT_EQ(crc32_joined(crc("first"), 0, 0), crc("first"));
    // Lengths that cannot be tried: joining step by step must come to the same, around and beyond 32 and 63 bits.
    const auto a = crc("a"), b = crc("b"), c = crc("c");
    for (const std::uint64_t length :
         {std::uint64_t{0x7FFFFFFE}, std::uint64_t{0xFFFFFFFE}, std::uint64_t{0xFFFFFFFF}, std::uint64_t{1} << 33,
          std::uint64_t{5'000'000'000'000}, std::uint64_t{1} << 63}) {
        EXPECT_EQ(crc32_joined(crc32_joined(a, b, length), c, 1), crc32_joined(a, crc32_joined(b, c, 1), length + 1))
            << length;
        EXPECT_EQ(crc32_joined(crc32_joined(a, b, 77), c, length),
                  crc32_joined(a, crc32_joined(b, c, length), length + 77))
            << length;
    }
    // 2^32 zero bytes, by doubling.
    std::uint32_t zeros = crc(std::string(1, '\0'));
    for (unsigned power = 0; power < 32; ++power) zeros = crc32_joined(zeros, zeros, std::uint64_t{1} << power);
    EXPECT_EQ(zeros, 0xD202EF8Du) << "the period of the polynomial: as one zero byte";
}

}  // namespace
}  // namespace decamp::formats
