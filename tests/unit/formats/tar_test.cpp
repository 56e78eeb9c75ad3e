#include "formats/tar.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <map>
#include <string>
#include <string_view>

#include "formats/unicode.hpp"
#include "random_text.hpp"

namespace decamp::formats {
namespace {

constexpr std::uint64_t eight_gib = std::uint64_t{8} << 30;

std::string text_at(std::string_view block, std::size_t at, std::size_t length) {
    const auto field = block.substr(at, length);
    return std::string(field.substr(0, field.find('\0')));
}

std::uint64_t octal_at(std::string_view block, std::size_t at, std::size_t length) {
    std::uint64_t value = 0;
    for (const char c : text_at(block, at, length)) {
        EXPECT_TRUE(c >= '0' && c <= '7') << c;
        value = value * 8 + static_cast<std::uint64_t>(c - '0');
    }
    return value;
}

// What a reader that knows the format makes of a header, and what one makes of it that does not know pax.
struct seen {
    std::map<std::string, std::string> records;
    std::string extended_name, name, prefix, link;
    std::uint64_t size = 0, mtime = 0;
    char type = 0;

    std::string ustar_path() const { return prefix.empty() ? name : prefix + "/" + name; }
    std::string path() const { return records.contains("path") ? records.at("path") : ustar_path(); }
    std::string link_to() const { return records.contains("linkpath") ? records.at("linkpath") : link; }
};

seen read_block(std::string_view block) {
    seen out;
    unsigned sum = 0;
    for (std::size_t i = 0; i < tar_block; ++i) sum += i >= 148 && i < 156 ? 32U : static_cast<unsigned char>(block[i]);
    EXPECT_EQ(octal_at(block, 148, 8), sum);
    EXPECT_EQ(block.substr(148 + 6, 2), std::string_view("\0 ", 2));
    EXPECT_EQ(block.substr(257, 8), std::string_view("ustar\00000", 8));
    EXPECT_EQ(text_at(block, 100, 8), "0000644");
    EXPECT_EQ(text_at(block, 108, 8), "0000000");
    EXPECT_EQ(text_at(block, 116, 8), "0000000");
    EXPECT_EQ(block.substr(265, 64), std::string(64, '\0')) << "nobody's name";
    EXPECT_EQ(block.substr(500, 12), std::string(12, '\0'));
    out.name = text_at(block, 0, 100);
    out.size = octal_at(block, 124, 12);
    out.mtime = octal_at(block, 136, 12);
    out.type = block[156];
    out.link = text_at(block, 157, 100);
    out.prefix = text_at(block, 345, 155);
    return out;
}

std::map<std::string, std::string> read_records(std::string_view text) {
    std::map<std::string, std::string> out;
    while (!text.empty()) {
        const auto length = static_cast<std::size_t>(std::strtoull(std::string(text).c_str(), nullptr, 10));
        if (length < 5 || length > text.size() || text[length - 1] != '\n') {
            ADD_FAILURE() << "a record that does not end";
            return out;
        }
        const auto record = text.substr(0, length - 1);
        const auto space = record.find(' '), equals = record.find('=');
        EXPECT_TRUE(out.emplace(record.substr(space + 1, equals - space - 1), record.substr(equals + 1)).second);
        text.remove_prefix(length);
    }
    return out;
}

seen read(const tar_entry& entry) {
    const std::string header = tar_header(entry);
    EXPECT_EQ(header, tar_header(entry));
    EXPECT_EQ(header.size() % tar_block, 0u);
    std::string_view rest = header;
    seen extended = read_block(rest.substr(0, tar_block));
    if (extended.type != 'x') {
        EXPECT_EQ(rest.size(), tar_block);
        return extended;
    }
    rest.remove_prefix(tar_block);
    const auto bytes = static_cast<std::size_t>(extended.size);
    const auto padding = static_cast<std::size_t>(tar_padding(bytes));
    EXPECT_EQ(rest.size(), bytes + padding + tar_block);
    EXPECT_EQ(rest.substr(bytes, padding), std::string(padding, '\0'));
    seen out = read_block(rest.substr(bytes + padding));
    out.records = read_records(rest.substr(0, bytes));
    EXPECT_FALSE(out.records.empty());
    out.extended_name = extended.name;
    EXPECT_TRUE(out.extended_name.starts_with("PaxHeaders/") && extended.prefix.empty());
    return out;
}

TEST(tar, a_plain_entry_is_one_block) {
    const seen got = read({.path = "a/b.txt", .size = 5, .modified_ns = 1'700'000'000'000'000'000, .link_to = {}});
    EXPECT_TRUE(got.records.empty());
    EXPECT_EQ(got.path(), "a/b.txt");
    EXPECT_EQ(got.size, 5u);
    EXPECT_EQ(got.mtime, 1'700'000'000u);
    EXPECT_EQ(got.type, '0');
}

TEST(tar, padding) {
    static_assert(tar_padding(0) == 0 && tar_padding(1) == 511 && tar_padding(511) == 1 && tar_padding(512) == 0);
    static_assert(tar_padding(513) == 511 && tar_padding(std::numeric_limits<std::uint64_t>::max()) == 1);
}

TEST(tar, times) {
    constexpr std::int64_t second = 1'000'000'000, octal = 8'589'934'591;
    struct row {
        std::int64_t ns;
        std::uint64_t mtime;
        const char* record;  // none where empty
    };
    const row table[] = {
        {0, 0, ""},
        {second, 1, ""},
        {1, 0, "0.000000001"},
        {-1, 0, "-0.000000001"},
        {second / 2, 0, "0.5"},
        {-second / 2, 0, "-0.5"},
        {-second, 0, "-1"},
        {-3 * second / 2, 0, "-1.5"},
        {1'700'000'000'123'456'789, 1'700'000'000, "1700000000.123456789"},
        {1'700'000'000'120'000'000, 1'700'000'000, "1700000000.12"},
        {octal * second, octal, ""},
        {octal * second + 1, octal, "8589934591.000000001"},
        {(octal + 1) * second, octal, "8589934592"},
        {std::numeric_limits<std::int64_t>::max(), octal, "9223372036.854775807"},
        {std::numeric_limits<std::int64_t>::min(), 0, "-9223372036.854775808"},
    };
    for (const auto& [ns, mtime, record] : table) {
        const seen got = read({.path = "x", .size = 0, .modified_ns = ns, .link_to = {}});
        EXPECT_EQ(got.mtime, mtime) << ns;
        EXPECT_EQ(got.records.contains("mtime") ? got.records.at("mtime") : "", record) << ns;
        EXPECT_EQ(got.records.size(), *record != 0 ? 1u : 0u) << ns;
    }
    EXPECT_EQ(read({.path = "x", .size = 0, .modified_ns = {}, .link_to = {}}).mtime, 0u);
}

TEST(tar, sizes) {
    for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0xFFFFFFFF}, eight_gib - 1}) {
        const seen got = read({.path = "x", .size = size, .modified_ns = {}, .link_to = {}});
        EXPECT_TRUE(got.records.empty()) << size;
        EXPECT_EQ(got.size, size);
    }
    for (const std::uint64_t size : {eight_gib, eight_gib + 1, std::numeric_limits<std::uint64_t>::max()}) {
        const seen got = read({.path = "x", .size = size, .modified_ns = {}, .link_to = {}});
        EXPECT_EQ(got.records, (std::map<std::string, std::string>{{"size", std::to_string(size)}}));
        EXPECT_EQ(got.size, eight_gib - 1);
    }
}

TEST(tar, links_have_no_body) {
    const seen got = read({.path = "b", .size = eight_gib, .modified_ns = 0, .link_to = "a"});
    EXPECT_TRUE(got.records.empty());
    EXPECT_EQ(got.type, '1');
    EXPECT_EQ(got.size, 0u);
    EXPECT_EQ(got.link, "a");
    for (const std::string& target :
         {std::string(101, 'l'), std::string("\u00E9"), std::string("d/") + std::string(99, 'l')}) {
        const seen far = read({.path = "b", .size = 0, .modified_ns = 0, .link_to = target});
        EXPECT_EQ(far.records, (std::map<std::string, std::string>{{"linkpath", target}}));
        EXPECT_LE(far.link.size(), 100u);
    }
    EXPECT_TRUE(read({.path = "b", .size = 0, .modified_ns = 0, .link_to = std::string(100, 'l')}).records.empty());
}

TEST(tar, names_that_fit_and_that_do_not) {
    const auto n = [](std::size_t count) { return std::string(count, 'n'); };
    struct row {
        std::string path;
        bool fits;
        std::size_t prefix;
    };
    const row table[] = {
        {n(1), true, 0},
        {n(100), true, 0},
        {n(101), false, 0},
        {n(50) + "/" + n(49), true, 0},
        {n(50) + "/" + n(50), true, 50},
        {n(1) + "/" + n(100), true, 1},
        {n(1) + "/" + n(101), false, 0},
        {n(155) + "/" + n(100), true, 155},
        {n(155) + "/" + n(101), false, 0},
        {n(156) + "/" + n(100), false, 0},
        {n(156) + "/" + n(1), false, 0},
        {n(60) + "/" + n(60) + "/" + n(60), true, 121},
        {n(100) + "/" + n(54) + "/" + n(99), true, 155},
        {n(100) + "/" + n(55) + "/" + n(99), false, 0},
        {"\u00E9", false, 0},
        {"d/\u00E9/" + n(99), false, 2 + 2},
    };
    for (const auto& [path, fits, prefix] : table) {
        const seen got = read({.path = path, .size = 0, .modified_ns = {}, .link_to = {}});
        EXPECT_EQ(got.records.contains("path"), !fits) << path;
        EXPECT_EQ(got.path(), path);
        EXPECT_EQ(got.prefix.size(), prefix) << path;
        EXPECT_TRUE(!fits || got.ustar_path() == path);
    }
}

TEST(tar, records_count_their_own_length) {
    // Around every number of digits: "9 path=\n" has no content yet, 99/100 and 999/1000 are where the length grows
    // itself.
    for (std::size_t length = 1; length < 1100; ++length) {
        const std::string path = "\u00E9" + std::string(length, 'x');
        EXPECT_EQ(read({.path = path, .size = 0, .modified_ns = {}, .link_to = {}}).path(), path);
    }
    const std::string path(100'000, 'x');
    EXPECT_EQ(read({.path = path, .size = 0, .modified_ns = {}, .link_to = {}}).path(), path);
}

TEST(tar, the_extended_header_has_a_safe_name) {
    const auto name = [](const std::string& path) {
        return read({.path = path, .size = 0, .modified_ns = 1, .link_to = {}}).extended_name;
    };
    EXPECT_EQ(name("photo.jpg"), "PaxHeaders/photo.jpg");
    EXPECT_EQ(name("d/e/f-1.txt"), "PaxHeaders/f-1.txt");
    EXPECT_EQ(name("d/.."), "PaxHeaders/_");
    EXPECT_EQ(name("d/."), "PaxHeaders/_");
    EXPECT_EQ(name("a b\nc\\d"), "PaxHeaders/a_b_c_d");
    EXPECT_EQ(name("\u00E9"), "PaxHeaders/__");
    EXPECT_EQ(name(std::string(300, 'x')), "PaxHeaders/" + std::string(89, 'x'));
}

TEST(tar, any_entry_can_be_read_again) {
    test::random_text random(7);
    for (int round = 0; round < test::rounds(5000); ++round) {
        tar_entry entry;
        do entry.path = to_valid_utf8(random.any());
        while (entry.path.empty() || entry.path.find('\0') != std::string::npos);
        if (random.below(3) == 0) entry.link_to = "d/" + entry.path;
        entry.size = random.below(2) == 0 ? random.below(100'000) : random.below(2 * eight_gib);
        if (random.below(4) != 0)
            entry.modified_ns = static_cast<std::int64_t>(random.below(std::numeric_limits<std::uint64_t>::max()));
        const seen got = read(entry);
        EXPECT_EQ(got.path(), entry.path);
        EXPECT_EQ(got.link_to(), entry.link_to);
        const std::uint64_t size = entry.link_to.empty() ? entry.size : 0;
        EXPECT_EQ(got.records.contains("size") ? std::stoull(got.records.at("size")) : got.size, size);
        EXPECT_TRUE(is_valid_utf8(got.name)) << "nothing is cut within a character";
        EXPECT_TRUE(got.name.empty() || got.name.back() != '/' || entry.path.back() == '/');
    }
}

}  // namespace
}  // namespace decamp::formats
