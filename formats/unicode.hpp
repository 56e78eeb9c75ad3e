#pragma once
// UTF-8 and what file systems make of it. Input may be any bytes; output is always valid UTF-8 (RFC 3629).

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace decamp::formats {

// One decoded step: the code point (U+FFFD where the bytes are bad) and how many bytes it took (at least 1).
struct utf8_step {
    char32_t code_point;
    std::size_t length;
    bool valid;
};

// The step at `offset`; offset < text.size(). Bad bytes are cut into maximal subparts (Unicode 3.9, U+FFFD practice).
[[nodiscard]] utf8_step decode_utf8(std::string_view text, std::size_t offset) noexcept;
// Appends a code point; surrogates and values beyond U+10FFFF become U+FFFD.
void append_utf8(std::string& out, char32_t code_point);

[[nodiscard]] bool is_valid_utf8(std::string_view text) noexcept;
[[nodiscard]] std::string to_valid_utf8(std::string_view text);

// White_Space of Unicode 15 (PropList.txt), and what Python's str.isspace() takes for it beside that.
[[nodiscard]] bool is_blank(char32_t c) noexcept;

// Normalization Form C (UAX 15) of to_valid_utf8(text).
[[nodiscard]] std::string nfc(std::string_view text);

// Normalization Form D of to_valid_utf8(text), and the form in which HFS+ keeps names: that form but for what it leaves
// as it is, U+2000 to U+2FFF, U+F900 to U+FAFF and U+2F800 to U+2FAFF (Apple, TN1150, "Unicode Subtleties").
[[nodiscard]] std::string nfd(std::string_view text);
[[nodiscard]] std::string hfs_form(std::string_view text);

// A key: names that any of exFAT, NTFS, APFS, HFS+ or a case-folding ext4 would take for one another have equal keys.
// It is canonical caseless match (Unicode 3.13, D145) made coarser: simple upper case maps are folded in, the Turkish
// dotted and dotless i are one, and invisible (default ignorable) characters do not count. Some names the drive could
// keep apart have equal keys too; that only costs a suffix. The key is not for people and not stable across versions.
[[nodiscard]] std::string fold(std::string_view text);

// Length in UTF-16 code units, as exFAT and NTFS count; a bad byte sequence counts as U+FFFD does.
[[nodiscard]] std::size_t utf16_length(std::string_view text) noexcept;

// Longest prefix of valid UTF-8 text within both limits that ends between grapheme clusters (UAX 29); when not even the
// first cluster fits, between code points. Returns its length in bytes.
[[nodiscard]] std::size_t grapheme_prefix(std::string_view text, std::size_t max_bytes, std::size_t max_utf16);

}  // namespace decamp::formats
