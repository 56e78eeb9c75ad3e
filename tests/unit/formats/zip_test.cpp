#include "formats/zip.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "formats/bytes.hpp"
#include "formats/deflate.hpp"
#include "formats/time.hpp"
#include "random_text.hpp"

namespace decamp::formats {
namespace {

using namespace std::string_literals;

constexpr std::uint64_t max32 = 0xFFFFFFFF, max64 = std::numeric_limits<std::uint64_t>::max();
constexpr std::int64_t second = 1'000'000'000;

std::uint64_t number(std::string_view text, std::size_t at, std::size_t bytes) {
    std::uint64_t out = 0;
    for (std::size_t i = bytes; i > 0; --i) out = out << 8 | static_cast<unsigned char>(text.at(at + i - 1));
    return out;
}

zip_entry entry_of(std::string path, std::uint64_t size) {
    zip_entry out;
    out.path = std::move(path);
    out.size = out.packed_size = size;
    return out;
}

std::optional<zip_local> parsed(std::string_view header) {
    return parse_zip_local_header(as_bytes(header));
}

// The extra fields behind the name, by their ids; the content's place and length are at the ends of the test's own
// reading.
std::vector<std::pair<unsigned, std::string>> extras(std::string_view extra) {
    std::vector<std::pair<unsigned, std::string>> out;
    while (!extra.empty()) {
        const auto length = static_cast<std::size_t>(number(extra, 2, 2));
        out.emplace_back(static_cast<unsigned>(number(extra, 0, 2)), extra.substr(4, length));
        extra.remove_prefix(4 + length);
    }
    return out;
}

TEST(zip_local_header, byte_by_byte) {
    zip_entry entry = entry_of("a/b", 7);
    entry.packed_size = 5;
    entry.crc32 = 0x12345678;
    entry.method = zip_method::deflated;
    entry.modified_ns = 1'700'000'001 * second + 5;  // 2023-11-14 22:13:21 UTC
    EXPECT_EQ(zip_local_header(entry),
              "PK\x03\x04\x14\0\0\x08\x08\0\xAA\xB1\x6E\x57\x78\x56\x34\x12\x05\0\0\0\x07\0\0\0\x03\0\x09\0"s +
                  "a/bUT\x05\0\x01\x01\xF1\x53\x65"s);
    entry.wide = true;
    EXPECT_EQ(
        zip_local_header(entry),
        "PK\x03\x04\x2D\0\0\x08\x08\0\xAA\xB1\x6E\x57\x78\x56\x34\x12\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x03\0\x1D\0"s +
            "a/b\x01\0\x10\0\x07\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0UT\x05\0\x01\x01\xF1\x53\x65"s);
}

TEST(zip_local_header, length_depends_on_path_and_wide_alone) {
    test::random_text random(6);
    for (const bool wide : {false, true}) {
        const std::string path = "\u7167\u7247/1.jpg";
        zip_entry first = entry_of(path, 0);
        first.wide = wide;
        const std::size_t length = zip_local_header(first).size();
        for (int round = 0; round < 500; ++round) {
            zip_entry later = first;
            later.size = random.below(wide ? max64 : max32);
            later.packed_size = random.below(wide ? max64 : max32);
            later.crc32 = static_cast<std::uint32_t>(random.below(max32));
            later.header_offset = random.below(max64);
            later.method = zip_method::deflated;
            if (random.below(3) != 0) later.modified_ns = static_cast<std::int64_t>(random.below(max64));
            const std::string header = zip_local_header(later);
            ASSERT_EQ(header.size(), length);
            EXPECT_EQ(parsed(header),
                      (zip_local{later.method, later.packed_size, later.size, later.crc32, length, path}));
            EXPECT_EQ(parsed(header + "what follows"), parsed(header));
        }
    }
}

TEST(zip_local_header, times) {
    struct row {
        const char* text;
        const char* dos;  // as the DOS fields say it; compared as text
        bool extended;
    };
    const row table[] = {
        {"1677-09-22T00:00:00Z", "1980-01-01T00:00:00Z", false},
        {"1901-12-13T20:45:51Z", "1980-01-01T00:00:00Z", false},
        {"1901-12-13T20:45:52Z", "1980-01-01T00:00:00Z", false},
        {"1969-12-31T23:59:59.5Z", "1980-01-01T00:00:00Z", false},
        {"1970-01-01T00:00:00Z", "1980-01-01T00:00:00Z", true},
        {"1979-12-31T23:59:59Z", "1980-01-01T00:00:00Z", true},
        {"1980-01-01T00:00:02Z", "1980-01-01T00:00:02Z", true},
        {"2000-02-29T23:59:59.9Z", "2000-02-29T23:59:58Z", true},
        {"2024-12-31T12:34:57Z", "2024-12-31T12:34:56Z", true},
        {"2038-01-19T03:14:07.9Z", "2038-01-19T03:14:06Z", true},
        {"2038-01-19T03:14:08Z", "2038-01-19T03:14:08Z", false},
        {"2107-12-31T23:59:59Z", "2107-12-31T23:59:58Z", false},
        {"2108-01-01T00:00:00Z", "2107-12-31T23:59:58Z", false},
        {"2262-04-11T00:00:00Z", "2107-12-31T23:59:58Z", false},
        {nullptr, "1980-01-01T00:00:00Z", false},
    };
    for (const auto& [text, dos, extended] : table) {
        zip_entry entry = entry_of("x", 0);
        if (text != nullptr) entry.modified_ns = parse_rfc3339(text).value().unix_ns;
        for (const bool in_directory : {false, true}) {
            const std::string out = in_directory ? zip_directory_entry(entry) : zip_local_header(entry);
            const std::size_t at = in_directory ? 12 : 10, fixed = in_directory ? 46 : 30;
            const auto time = number(out, at, 2), date = number(out, at + 2, 2);
            const std::int64_t days =
                days_from_civil({static_cast<std::int64_t>(date >> 9) + 1980, static_cast<unsigned>(date >> 5 & 15),
                                 static_cast<unsigned>(date & 31)});
            const auto of_day =
                static_cast<std::int64_t>((time >> 11) * 3600 + (time >> 5 & 63) * 60 + (time & 31) * 2);
            // 2107 is within what int64 nanoseconds hold.
            EXPECT_EQ(format_rfc3339((days * 86'400 + of_day) * second), dos) << dos;
            const auto extra = extras(std::string_view(out).substr(fixed + 1));
            ASSERT_EQ(extra.size(), 1u);
            EXPECT_EQ(extra[0].first, 0x5455u);
            ASSERT_EQ(extra[0].second.size(), 5u);
            EXPECT_EQ(extra[0].second[0], extended ? 1 : 0);
            const auto stamp = static_cast<std::int32_t>(number(extra[0].second, 1, 4));
            const std::int64_t ns = entry.modified_ns.value_or(0);
            EXPECT_EQ(stamp, extended ? ns / second - (ns % second < 0 ? 1 : 0) : 0);
        }
    }
}

TEST(zip_directory_entry, byte_by_byte) {
    zip_entry entry = entry_of("a", 3);
    entry.crc32 = 0x01020304;
    entry.header_offset = 0x100;
    EXPECT_EQ(
        zip_directory_entry(entry),
        "PK\x01\x02\x3F\x03\x14\0\0\x08\0\0\0\0\x21\0\x04\x03\x02\x01\x03\0\0\0\x03\0\0\0\x01\0\x09\0\0\0\0\0\0\0\0\0\xA4\x81\0\x01\0\0"s +
            "aUT\x05\0\0\0\0\0\0"s);
}

TEST(zip_directory_entry, wide_fields_only_where_needed) {
    struct row {
        std::uint64_t size, packed, offset;
    };
    const row table[] = {{0, 0, 0},        {max32 - 1, max32 - 1, max32 - 1}, {max32, 1, 1}, {1, max32, 1},
                         {1, 1, max32},    {max32 + 1, max32 + 2, max32 + 3}, {1, 1, max64}, {max32, 5, max32},
                         {max64, max64, 0}};
    for (const auto& [size, packed, offset] : table) {
        for (const bool wide : {true, false}) {
            if (!wide && (size >= max32 || packed >= max32)) continue;
            zip_entry entry = entry_of("name", size);
            entry.packed_size = packed;
            entry.header_offset = offset;
            entry.wide = wide;
            const std::string out = zip_directory_entry(entry);
            std::string expected;
            const auto field = [&](std::size_t at, std::uint64_t value) {
                EXPECT_EQ(number(out, at, 4), std::min(value, max32));
                if (value < max32) return;
                for (unsigned i = 0; i < 8; ++i) expected += static_cast<char>(value >> 8 * i & 0xFF);
            };
            field(24, size);
            field(20, packed);
            field(42, offset);
            const auto extra = extras(std::string_view(out).substr(46 + 4));
            ASSERT_EQ(extra.size(), expected.empty() ? 1u : 2u);
            if (!expected.empty()) {
                EXPECT_EQ(extra[0], std::pair(1U, expected));
            }
            EXPECT_EQ(number(out, 6, 2), wide || !expected.empty() ? 45u : 20u);
        }
    }
}

TEST(zip_end, wide_where_needed) {
    EXPECT_EQ(zip_end(0, 0, 0), "PK\x05\x06"s + std::string(18, '\0'));
    EXPECT_EQ(zip_end(0x01020304, 0x05060708, 0x0A0B),
              "PK\x05\x06\0\0\0\0\x0B\x0A\x0B\x0A\x08\x07\x06\x05\x04\x03\x02\x01\0\0"s);
    struct row {
        std::uint64_t offset, bytes, entries;
        bool wide;
    };
    const row table[] = {{max32 - 1, 0, 0xFFFE, false},
                         {max32, 0, 1, true},
                         {1, max32, 1, true},
                         {1, 1, 0xFFFF, true},
                         {max32 - 1, max32 - 1, 0xFFFE, false},
                         {std::uint64_t{1} << 40, std::uint64_t{1} << 33, 10'000'000, true}};
    for (const auto& [offset, bytes, entries, wide] : table) {
        const std::string out = zip_end(offset, bytes, entries);
        ASSERT_EQ(out.size(), wide ? 56u + 20u + 22u : 22u);
        const std::string_view end = std::string_view(out).substr(out.size() - 22);
        EXPECT_EQ(number(end, 0, 4), 0x06054B50u);
        EXPECT_EQ(number(end, 8, 2), std::min<std::uint64_t>(entries, 0xFFFF));
        EXPECT_EQ(number(end, 10, 2), std::min<std::uint64_t>(entries, 0xFFFF));
        EXPECT_EQ(number(end, 12, 4), std::min(bytes, max32));
        EXPECT_EQ(number(end, 16, 4), std::min(offset, max32));
        if (!wide) continue;
        EXPECT_EQ(out.substr(0, 24), "PK\x06\x06\x2C\0\0\0\0\0\0\0\x3F\x03\x2D\0\0\0\0\0\0\0\0\0"s);
        EXPECT_EQ(number(out, 24, 8), entries);
        EXPECT_EQ(number(out, 32, 8), entries);
        EXPECT_EQ(number(out, 40, 8), bytes);
        EXPECT_EQ(number(out, 48, 8), offset);
        EXPECT_EQ(number(out, 56, 4), 0x07064B50u);
        EXPECT_EQ(number(out, 60, 4), 0u);
        EXPECT_EQ(number(out, 64, 8), offset + bytes);
        EXPECT_EQ(number(out, 72, 4), 1u);
    }
}

TEST(zip, what_cannot_be_written_is_a_bug) {
    EXPECT_NO_THROW(std::ignore = zip_local_header(entry_of(std::string(0xFFFF, 'x'), max32 - 1)));
    EXPECT_THROW(std::ignore = zip_local_header(entry_of(std::string(0x10000, 'x'), 0)), std::length_error);
    EXPECT_THROW(std::ignore = zip_local_header(entry_of("x", max32)), std::length_error);
    EXPECT_THROW(std::ignore = zip_directory_entry(entry_of("x", max32)), std::length_error);
}

TEST(parse_zip_local_header, the_longest_and_cut_ones) {
    zip_entry entry = entry_of(std::string(0xFFFF, 'x'), 5);
    entry.wide = true;
    const std::string longest = zip_local_header(entry);
    EXPECT_LE(longest.size(), zip_local_header_limit);
    EXPECT_EQ(parsed(longest).value().name, entry.path);
    entry.path = "ab";
    const std::string header = zip_local_header(entry);
    for (std::size_t cut = 0; cut < header.size(); ++cut)
        EXPECT_EQ(parsed(std::string_view(header).substr(0, cut)), std::nullopt) << cut;
}

// A header with these extra fields, of a stored member.
std::string with_extra(std::uint32_t packed, std::uint32_t size, const std::string& extra) {
    std::string out = "PK\x03\x04\x2D\0\0\0\x08\0\0\0\0\0\0\0\0\0"s;
    for (const std::uint32_t value : {packed, size})
        for (unsigned i = 0; i < 4; ++i) out += static_cast<char>(value >> 8 * i & 0xFF);
    out += "\x01\0"s;
    out += static_cast<char>(extra.size());
    out += '\0';
    return out + 'n' + extra;
}

TEST(parse_zip_local_header, extra_fields) {
    const std::string eight = "\x08\0\0\0\x01\0\0\0"s, nine = "\x09\0\0\0\x01\0\0\0"s, other = "XX\x03\0abc"s;
    constexpr std::uint64_t large = std::uint64_t{1} << 32;
    EXPECT_EQ(parsed(with_extra(5, 6, "")).value().size, 6u);
    EXPECT_EQ(parsed(with_extra(5, 6, other + other)).value().packed_size, 5u);
    const auto both = parsed(with_extra(0xFFFFFFFF, 0xFFFFFFFF, other + "\x01\0\x10\0"s + nine + eight + other));
    EXPECT_EQ(both.value().size, large + 9);
    EXPECT_EQ(both.value().packed_size, large + 8);
    EXPECT_EQ(parsed(with_extra(0xFFFFFFFF, 7, "\x01\0\x08\0"s + eight)).value().packed_size, large + 8);
    EXPECT_EQ(parsed(with_extra(7, 0xFFFFFFFF, "\x01\0\x08\0"s + eight)).value().size, large + 8);
    EXPECT_EQ(parsed(with_extra(5, 6, "\x01\0\x10\0"s + nine + eight)).value().size, 6u)
        << "the field counts where it is not full";

    for (const std::string& bad : {""s, other, "\x01\0\x08\0"s + eight, "\x01\0\0\0"s})
        EXPECT_EQ(parsed(with_extra(0xFFFFFFFF, 0xFFFFFFFF, bad)), std::nullopt);
    for (const std::string& bad : {"X"s, "XXn"s, "XX\x01\0"s, "XX\x04\0abc"s, other + "\0"s, "XX\xFF\xFF"s,
                                   "\x01\0\x08\0"s + eight + "\x01\0\x08\0"s + eight})
        EXPECT_EQ(parsed(with_extra(5, 6, bad)), std::nullopt);
}

TEST(parse_zip_local_header, what_is_refused) {
    zip_entry entry = entry_of("name", 10);
    entry.packed_size = 8;
    entry.method = zip_method::deflated;
    const std::string good = zip_local_header(entry);
    ASSERT_TRUE(parsed(good));
    const auto changed = [&](std::size_t at, int value) {
        std::string out = good;
        out[at] = static_cast<char>(value);
        return parsed(out);
    };
    for (std::size_t i = 0; i < 4; ++i) EXPECT_FALSE(changed(i, 'x')) << "magic";
    EXPECT_FALSE(changed(6, 1)) << "encrypted";
    EXPECT_FALSE(changed(6, 8)) << "sizes behind the member";
    EXPECT_FALSE(changed(6, 0x40)) << "strong encryption";
    EXPECT_FALSE(changed(7, 0x20)) << "masked";
    EXPECT_TRUE(changed(6, 6)) << "how hard it was compressed";
    EXPECT_TRUE(changed(7, 0)) << "not UTF-8";
    EXPECT_FALSE(changed(8, 12)) << "bzip2";
    EXPECT_FALSE(changed(9, 1)) << "an unknown method";
    EXPECT_FALSE(changed(8, 0)) << "stored, but smaller";
}

}  // namespace
}  // namespace decamp::formats
