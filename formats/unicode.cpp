#include "formats/unicode.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>
#include <stdexcept>
#include <vector>

#include <utf8proc.h>

namespace decamp::formats {
namespace {

bool is_ascii(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

constexpr char32_t replacement = 0xFFFD;
constexpr char32_t combining_dot_above = 0x0307;

std::uint8_t byte_at(std::string_view text, std::size_t i) noexcept {
    return static_cast<std::uint8_t>(text[i]);
}

int combining_class(char32_t c) noexcept {
    return utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->combining_class;
}

using code_points = std::vector<utf8proc_int32_t>;

code_points decoded(std::string_view text) {
    code_points out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        utf8_step step = decode_utf8(text, i);
        out.push_back(static_cast<utf8proc_int32_t>(step.code_point));
        i += step.length;
    }
    return out;
}

std::string encoded(const code_points& text) {
    std::string out;
    out.reserve(text.size() * 2);
    for (utf8proc_int32_t c : text) append_utf8(out, static_cast<char32_t>(c));
    return out;
}

code_points sorted_into_canonical_order(code_points text) {
    // utf8proc sorts by bubbling, quadratic in a run of marks; a stable sort of each run is the same order, and quick.
    for (std::size_t i = 0; i < text.size();) {
        std::size_t end = i;
        while (end < text.size() && combining_class(static_cast<char32_t>(text[end])) != 0) ++end;
        if (end - i > 1) {
            auto at = [&text](std::size_t n) { return text.begin() + static_cast<std::ptrdiff_t>(n); };
            std::stable_sort(at(i), at(end), [](utf8proc_int32_t a, utf8proc_int32_t b) {
                return combining_class(static_cast<char32_t>(a)) < combining_class(static_cast<char32_t>(b));
            });
        }
        i = std::max(end, i + 1);
    }
    return text;
}

code_points decomposed(const code_points& text, int options) {
    code_points out;
    out.reserve(text.size());
    for (utf8proc_int32_t c : text) {
        utf8proc_int32_t buffer[32];  // the longest decomposition with folding has 18 code points
        int last_boundclass = 0;
        utf8proc_ssize_t n =
            utf8proc_decompose_char(c, buffer, 32, static_cast<utf8proc_option_t>(options), &last_boundclass);
        if (n < 0 || n > 32) throw std::logic_error("utf8proc: decomposition");
        out.insert(out.end(), buffer, buffer + n);
    }
    return sorted_into_canonical_order(std::move(out));
}

// One round of folding over decomposed text. Two names that a file system folds by simple upper case (NTFS, exFAT) or
// by full case folding (APFS, ext4) meet after it.
code_points folded_once(const code_points& text) {
    code_points mapped;
    mapped.reserve(text.size());
    bool after_i = false;
    for (utf8proc_int32_t c : text) {
        if (c == 0x0131) c = 'i';  // dotless i: its simple upper case is I
        if (combining_class(static_cast<char32_t>(c)) == 0) {
            after_i = c == 'i' || c == 'I';
        } else if (after_i && static_cast<char32_t>(c) == combining_dot_above) {
            continue;  // dotted capital I folds to i and a dot, or to i, depending on whom one asks
        }
        mapped.push_back(utf8proc_toupper(c));
    }
    return decomposed(mapped, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
}

}  // namespace

utf8_step decode_utf8(std::string_view text, std::size_t offset) noexcept {
    std::uint8_t lead = byte_at(text, offset);
    if (lead < 0x80) return {lead, 1, true};
    // The allowed range of the second byte depends on the first (Unicode table 3-7); that keeps out overlong forms,
    // surrogates and what lies beyond U+10FFFF.
    std::size_t length = 0;
    std::uint8_t low = 0x80;
    std::uint8_t high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        length = 3;
        if (lead == 0xE0) low = 0xA0;
        if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4;
        if (lead == 0xF0) low = 0x90;
        if (lead == 0xF4) high = 0x8F;
    } else {
        return {replacement, 1, false};
    }
    char32_t code_point = lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if (offset + i >= text.size()) return {replacement, i, false};
        std::uint8_t next = byte_at(text, offset + i);
        if (next < low || next > high) return {replacement, i, false};
        code_point = (code_point << 6) | (next & 0x3FU);
        low = 0x80;
        high = 0xBF;
    }
    return {code_point, length, true};
}

void append_utf8(std::string& out, char32_t c) {
    if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = replacement;
    auto put = [&out](char32_t unit) { out.push_back(static_cast<char>(static_cast<unsigned char>(unit))); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0 | (c >> 6));
        put(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        put(0xE0 | (c >> 12));
        put(0x80 | ((c >> 6) & 0x3F));
        put(0x80 | (c & 0x3F));
    } else {
        put(0xF0 | (c >> 18));
        put(0x80 | ((c >> 12) & 0x3F));
        put(0x80 | ((c >> 6) & 0x3F));
        put(0x80 | (c & 0x3F));
    }
}

bool is_valid_utf8(std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size();) {
        utf8_step step = decode_utf8(text, i);
        if (!step.valid) return false;
        i += step.length;
    }
    return true;
}

std::string to_valid_utf8(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        utf8_step step = decode_utf8(text, i);
        append_utf8(out, step.code_point);
        i += step.length;
    }
    return out;
}

bool is_blank(char32_t c) noexcept {
    if (c <= 0x20) return c == 0x20 || (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x1F);
    return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
           c == 0x202F || c == 0x205F || c == 0x3000;
}

std::string nfc(std::string_view text) {
    if (is_ascii(text)) return std::string(text);
    code_points points = decomposed(decoded(text), UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);
    utf8proc_ssize_t length =
        utf8proc_normalize_utf32(points.data(), static_cast<utf8proc_ssize_t>(points.size()),
                                 static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    if (length < 0) throw std::logic_error("utf8proc: composition");
    points.resize(static_cast<std::size_t>(length));
    return encoded(points);
}

std::string nfd(std::string_view text) {
    if (is_ascii(text)) return std::string(text);
    return encoded(decomposed(decoded(text), UTF8PROC_STABLE | UTF8PROC_DECOMPOSE));
}

std::string hfs_form(std::string_view text) {
    if (is_ascii(text)) return std::string(text);
    code_points out;
    for (utf8proc_int32_t c : decoded(text)) {
        const bool left =
            (c >= 0x2000 && c <= 0x2FFF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FAFF);
        const code_points parts = left ? code_points{c} : decomposed({c}, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);
        out.insert(out.end(), parts.begin(), parts.end());
    }
    return encoded(sorted_into_canonical_order(std::move(out)));
}

std::string fold(std::string_view text) {
    if (is_ascii(text)) {
        std::string lower(text);
        for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
        return lower;
    }
    // Decomposing first is D145: the iota subscript is a mark before folding and a letter after.
    code_points points = decomposed(decoded(text), UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);
    for (int round = 0; round < 4; ++round) {
        code_points next = folded_once(points);
        if (next == points) break;
        points = std::move(next);
    }
    return encoded(points);
}

std::size_t utf16_length(std::string_view text) noexcept {
    std::size_t units = 0;
    for (std::size_t i = 0; i < text.size();) {
        utf8_step step = decode_utf8(text, i);
        units += step.code_point >= 0x10000 ? 2 : 1;
        i += step.length;
    }
    return units;
}

std::size_t grapheme_prefix(std::string_view text, std::size_t max_bytes, std::size_t max_utf16) {
    std::size_t boundary = 0;    // last cluster boundary that fits
    std::size_t last_whole = 0;  // last code point boundary that fits
    std::size_t units = 0;
    utf8proc_int32_t state = 0;
    char32_t previous = 0;
    std::size_t i = 0;
    while (i < text.size()) {
        utf8_step step = decode_utf8(text, i);
        if (i != 0 && utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(previous),
                                                       static_cast<utf8proc_int32_t>(step.code_point), &state)) {
            boundary = i;
        }
        units += step.code_point >= 0x10000 ? 2 : 1;
        if (i + step.length > max_bytes || units > max_utf16) return boundary != 0 ? boundary : last_whole;
        i += step.length;
        last_whole = i;
        previous = step.code_point;
    }
    return i;
}

}  // namespace decamp::formats
