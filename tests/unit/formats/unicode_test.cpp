#include "formats/unicode.hpp"

#include <gtest/gtest.h>
#include <utf8proc.h>

#include "random_text.hpp"

namespace decamp::formats {
namespace {

std::string utf8(std::initializer_list<char32_t> points) {
    std::string out;
    for (char32_t c : points) append_utf8(out, c);
    return out;
}

bool is_surrogate(char32_t c) {
    return c >= 0xD800 && c <= 0xDFFF;
}

TEST(utf8, every_code_point_round_trips) {
    for (char32_t c = 0; c <= 0x10FFFF; ++c) {
        std::string text = utf8({c});
        utf8_step step = decode_utf8(text, 0);
        ASSERT_TRUE(step.valid);
        ASSERT_EQ(step.length, text.size());
        ASSERT_EQ(step.code_point, is_surrogate(c) ? 0xFFFD : c);
    }
}

TEST(utf8, bad_sequences_are_cut_into_maximal_subparts) {
    const std::string r = "\uFFFD";
    const std::pair<std::string, std::string> table[] = {
        {"\x80", r},
        {"\xBF\x80", r + r},
        {"\xC0\xAF", r + r},                  // overlong /
        {"\xE0\x80\xAF", r + r + r},          // overlong /
        {"\xF0\x80\x80\xAF", r + r + r + r},  // overlong /
        {"\xC1\x81"
         "a",
         r + r + "a"},
        {"\xED\xA0\x80", r + r + r},          // surrogate
        {"\xF4\x90\x80\x80", r + r + r + r},  // beyond U+10FFFF
        {"\xF5\x80", r + r},
        {"\xFE\xFF", r + r},
        {"a\xE2\x82", "a" + r},  // cut short at the end
        {"a\xE2\x82"
         "b",
         "a" + r + "b"},
        {"\xF0\x9F\x98", r},
        {"\xF0\x9F\x98\xF0\x9F\x98\x80", r + "\U0001F600"},
        // Unicode 15, table 3-8
        {"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", r + r + r + r + r + r + r + r + "A"},
        {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", r + r + r + r + "A"},
    };
    for (const auto& [bad, repaired] : table) {
        EXPECT_FALSE(is_valid_utf8(bad)) << bad;
        EXPECT_EQ(to_valid_utf8(bad), repaired);
    }
    EXPECT_TRUE(is_valid_utf8(""));
    EXPECT_TRUE(is_valid_utf8(std::string_view("\0a", 2)));
    EXPECT_TRUE(is_valid_utf8("\u00E9\u4E2D\U0001F600"));
}

TEST(utf8, any_bytes_become_valid_and_valid_text_stays) {
    test::random_text random(3);
    for (int i = 0; i < test::rounds(5000); ++i) {
        std::string bytes = random.bytes(random.below(60));
        std::string valid = to_valid_utf8(bytes);
        EXPECT_TRUE(is_valid_utf8(valid));
        EXPECT_EQ(to_valid_utf8(valid), valid);
        EXPECT_EQ(is_valid_utf8(bytes), valid == bytes);
        EXPECT_EQ(utf16_length(bytes), utf16_length(valid));
    }
}

TEST(nfc, table) {
    const std::pair<std::string, std::string> table[] = {
        {"plain", "plain"},
        {"e\u0301", "\u00E9"},
        {"\u212B", "\u00C5"},              // Angstrom sign
        {"\u1100\u1161\u11A8", "\uAC01"},  // Hangul jamo
        {"\u0958", "\u0915\u093C"},        // composition exclusion
        {"a\u0323\u0307", "\u1EA1\u0307"},
        {"a\u0307\u0323", "\u1EA1\u0307"},  // canonical order
        {"\u304B\u3099", "\u304C"},
        {"\uF900", "\u8C48"},
        {"\U0001D15E", "\U0001D157\U0001D165"},
        {"\uFB01", "\uFB01"},  // compatibility characters stay
        {"=\u0338", "\u2260"},
        {"\xFF"
         "e\u0301",
         "\uFFFD\u00E9"},
    };
    for (const auto& [in, out] : table) EXPECT_EQ(nfc(in), out) << in;
}

TEST(nfc, idempotent_and_agrees_with_the_library_on_whole_strings) {
    test::random_text random(4);
    for (int i = 0; i < test::rounds(5000); ++i) {
        std::string text = random.hostile(random.below(40));
        std::string once = nfc(text);
        EXPECT_EQ(nfc(once), once);
        utf8proc_uint8_t* raw = nullptr;
        utf8proc_ssize_t length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                               static_cast<utf8proc_ssize_t>(text.size()), &raw,
                                               static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
        ASSERT_GE(length, 0);
        EXPECT_EQ(once, std::string_view(reinterpret_cast<const char*>(raw), static_cast<std::size_t>(length)));
        std::free(raw);
    }
}

TEST(is_blank, table) {
    for (char32_t c :
         {0x09, 0x0D, 0x1C, 0x20, 0x85, 0xA0, 0x1680, 0x2000, 0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000})
        EXPECT_TRUE(is_blank(c)) << static_cast<unsigned>(c);
    for (char32_t c : {0x00, 0x08, 0x21, 0x5F, 0x180E, 0x200B, 0x200D, 0x2060, 0xFEFF, 0x3001})
        EXPECT_FALSE(is_blank(c)) << static_cast<unsigned>(c);
}

TEST(nfd, table) {
    const std::pair<std::string, std::string> table[] = {
        {"plain.txt", "plain.txt"}, {"\u00E9t\u00E9", "e\u0301te\u0301"},
        {"\uAC00", "\u1100\u1161"}, {"\u2260", "=\u0338"},
        {"\u65E5", "\u65E5"},
    };
    for (const auto& [in, out] : table) {
        EXPECT_EQ(nfd(in), out) << in;
        EXPECT_EQ(nfc(out), in);
    }
}

TEST(hfs_form, leaves_some_as_they_are) {
    EXPECT_EQ(hfs_form("\u2260 \u00E9"), "\u2260 e\u0301");
    EXPECT_EQ(hfs_form("\uF900"), "\uF900");
    EXPECT_EQ(hfs_form("\uAC00"), "\u1100\u1161");
    EXPECT_EQ(hfs_form("plain"), "plain");
}

TEST(nfc, a_hundred_thousand_marks_do_not_take_quadratic_time) {
    std::string text = "a";
    for (int i = 0; i < 50'000; ++i) text += "\u0301\u0323";
    std::string out = nfc(text);
    EXPECT_EQ(out.substr(0, 5), "\u1EA1\u0323");  // dots below sort before acutes
    EXPECT_TRUE(out.ends_with("\u0301"));
    EXPECT_EQ(fold(text), fold(out));
}

TEST(fold, names_some_file_system_takes_for_one_another) {
    const std::pair<std::string, std::string> table[] = {
        {"IMG_0001.JPG", "img_0001.jpg"},
        {"\u00E9", "E\u0301"},
        {"Stra\u00DFe", "STRASSE"},
        {"\u1E9E", "ss"},
        {"\u03A3\u03AF\u03C3\u03C5\u03C6\u03BF\u03C2", "\u03A3\u038A\u03A3\u03A5\u03A6\u039F\u03A3"},  // final sigma
        {"\u0130stanbul", "istanbul"},
        {"\u0130stanbul", "i\u0307stanbul"},
        {"\u0130\u0323", "i\u0323"},
        {"\u0131", "I"},
        {"\u0131", "i"},
        {"\u212A", "k"},       // Kelvin
        {"\u2126", "\u03C9"},  // Ohm
        {"\u00B5", "\u03BC"},  // micro
        {"\u017F", "S"},       // long s
        {"\uFB01", "FI"},      // ligature: full case folding
        {"\u01C4", "\u01C5"},  // titlecase
        {"\u01C6", "\u01C5"},
        {"\u0345", "\u0399"},  // iota subscript
        {"\u1FB3", "\u03B1\u03B9"},
        {"\u1E9B", "\u1E61"},
        {"\u10D0", "\u1C90"},          // Georgian
        {"\uAB70", "\u13A0"},          // Cherokee
        {"\U00010400", "\U00010428"},  // Deseret
        {"\uAC00", "\u1100\u1161"},
        {"a\u200Bb", "ab"},  // HFS+ does not see it
        {"\u00ADa\uFE0F", "a"},
        {"\uFF21", "\uFF41"},  // fullwidth letters have case too
    };
    for (const auto& [a, b] : table) EXPECT_EQ(fold(a), fold(b)) << a << " " << b;
}

TEST(fold, names_every_file_system_keeps_apart_mostly_stay_apart) {
    const std::pair<std::string, std::string> table[] = {
        {"a", "b"},  {"a", "\u00E1"}, {"1", "\u00B9"}, {"\uFF21", "A"},  {"\u4E00", "\u4E01"},
        {"a ", "a"}, {"", "a"},       {"\u0430", "a"}, {"o\u0307", "o"}, {"IMG(1)", "IMG\uFF081\uFF09"},
    };
    for (const auto& [a, b] : table) EXPECT_NE(fold(a), fold(b)) << a << " " << b;
}

TEST(fold, follows_every_simple_case_pair_of_unicode) {
    for (utf8proc_int32_t c = 0; c <= 0x10FFFF; ++c) {
        if (is_surrogate(static_cast<char32_t>(c))) continue;
        auto key = [](utf8proc_int32_t p) { return fold(utf8({static_cast<char32_t>(p)})); };
        utf8proc_int32_t upper = utf8proc_toupper(c);
        utf8proc_int32_t lower = utf8proc_tolower(c);
        utf8proc_int32_t title = utf8proc_totitle(c);
        for (utf8proc_int32_t other : {upper, lower, title}) ASSERT_TRUE(other == c || key(other) == key(c)) << c;
    }
}

TEST(fold, does_not_depend_on_normal_form_and_is_stable) {
    test::random_text random(5);
    for (int i = 0; i < test::rounds(5000); ++i) {
        std::string text = random.any();
        std::string key = fold(text);
        EXPECT_TRUE(is_valid_utf8(key));
        EXPECT_EQ(fold(key), key) << text;
        EXPECT_EQ(fold(nfc(text)), key) << text;
    }
}

TEST(fold, does_not_depend_on_case_within_a_text) {
    test::random_text random(6);
    for (int i = 0; i < test::rounds(3000); ++i) {
        std::string text = nfc(random.hostile(random.below(30)));  // as names on the drive are
        std::string upper;
        std::string lower;
        for (std::size_t at = 0; at < text.size();) {
            utf8_step step = decode_utf8(text, at);
            auto c = static_cast<utf8proc_int32_t>(step.code_point);
            append_utf8(upper, static_cast<char32_t>(utf8proc_toupper(c)));
            append_utf8(lower, static_cast<char32_t>(utf8proc_tolower(c)));
            at += step.length;
        }
        EXPECT_EQ(fold(upper), fold(text)) << text;
        EXPECT_EQ(fold(lower), fold(text)) << text;
    }
}

TEST(utf16_length, counts_units) {
    EXPECT_EQ(utf16_length(""), 0U);
    EXPECT_EQ(utf16_length("abc"), 3U);
    EXPECT_EQ(utf16_length("\u00E9\u4E2D"), 2U);
    EXPECT_EQ(utf16_length("\U0001F600"), 2U);
    EXPECT_EQ(utf16_length("\xFF"
                           "a"),
              2U);
}

TEST(grapheme_prefix, cuts_between_clusters) {
    const std::string family = "\U0001F468\u200D\U0001F469\u200D\U0001F467";  // 18 bytes, 8 units
    const std::string flag = "\U0001F1E9\U0001F1EA";                          // 8 bytes, 4 units
    struct row {
        std::string text;
        std::size_t bytes, utf16, expected;
    };
    const row table[] = {
        {"abcdef", 3, 100, 3},    {"abcdef", 100, 2, 2},          {"abcdef", 6, 6, 6},       {"abcdef", 0, 6, 0},
        {"ae\u0301b", 3, 9, 1},   {"ae\u0301b", 4, 9, 4},         {"a" + family, 18, 99, 1}, {"a" + family, 19, 99, 19},
        {"a" + family, 99, 8, 1}, {"a" + flag + flag, 13, 99, 9}, {"\u4E2D\u4E2D", 5, 9, 3}, {"", 5, 5, 0},
        {family, 17, 99, 14},  // not even one cluster: between code points
        {"\r\n", 1, 1, 1},
    };
    for (const row& r : table) EXPECT_EQ(grapheme_prefix(r.text, r.bytes, r.utf16), r.expected) << r.text << r.bytes;
}

TEST(grapheme_prefix, always_fits_and_never_splits_a_code_point) {
    test::random_text random(8);
    for (int i = 0; i < test::rounds(5000); ++i) {
        std::string text = random.hostile(random.below(60));
        std::size_t bytes = random.below(100);
        std::size_t units = random.below(60);
        std::string cut = text.substr(0, grapheme_prefix(text, bytes, units));
        EXPECT_LE(cut.size(), bytes);
        EXPECT_LE(utf16_length(cut), units);
        EXPECT_TRUE(is_valid_utf8(cut));
    }
}

}  // namespace
}  // namespace decamp::formats
