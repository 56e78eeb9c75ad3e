#include "formats/safe_name.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "formats/bytes.hpp"
#include "formats/digest.hpp"
#include "formats/unicode.hpp"

namespace decamp::formats {
namespace {

constexpr std::string_view stand_in = "_";
constexpr std::size_t input_limit = 4096;  // longer names are cut before the costly steps
constexpr std::size_t suffix_limit = 32;   // bytes
constexpr std::size_t extension_utf16_limit = 16;
constexpr std::size_t extension_byte_limit = 24;

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool same_ignoring_case(std::string_view a, std::string_view lower_case) {
    return std::ranges::equal(a, lower_case, [](char x, char y) { return lower(x) == y; });
}

bool starts_ignoring_case(std::string_view text, std::string_view lower_case) {
    return text.size() >= lower_case.size() && same_ignoring_case(text.substr(0, lower_case.size()), lower_case);
}

bool all_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Characters without a picture of their own that could hide or turn around what a name says. The joiners U+200C and
// U+200D stay: emoji, Persian and Indic scripts are spelt with them.
bool is_dropped(char32_t c) noexcept {
    return c == 0x00AD || c == 0x061C || c == 0x180E || c == 0x200B || c == 0x200E || c == 0x200F ||
           (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB);
}

bool is_replaced(char32_t c) noexcept {
    if (c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029) return true;
    if (c < 0x80) return std::string_view("<>:\"/\\|?*%").find(static_cast<char>(c)) != std::string_view::npos;
    // macOS and Samba hide reserved characters in this private range and show them as such again.
    return c >= 0xF000 && c <= 0xF0FF;
}

bool is_noncharacter(char32_t c) noexcept {
    return (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
}

std::string filtered(std::string_view name) {
    std::string out;
    out.reserve(name.size());
    for (std::size_t i = 0; i < name.size();) {
        utf8_step step = decode_utf8(name, i);
        i += step.length;
        if (is_dropped(step.code_point)) continue;
        if (is_replaced(step.code_point)) {
            out += '_';
        } else {
            append_utf8(out, is_noncharacter(step.code_point) ? U'\uFFFD' : step.code_point);
        }
    }
    return out;
}

// The last character of valid UTF-8; `text` is not empty.
utf8_step last_of(std::string_view text) noexcept {
    std::size_t at = text.size() - 1;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) --at;
    return decode_utf8(text, at);
}

bool ends_with_blank(std::string_view text) noexcept {
    return !text.empty() && is_blank(last_of(text).code_point);
}

// Not the ASCII blank alone: whoever reads a manifest line with Python's strip() loses every kind.
std::string_view without_edges(std::string_view name) {
    while (!name.empty()) {
        const utf8_step first = decode_utf8(name, 0);
        if (!is_blank(first.code_point)) break;
        name.remove_prefix(first.length);
    }
    while (!name.empty()) {
        const utf8_step last = last_of(name);
        if (last.code_point != '.' && !is_blank(last.code_point)) break;
        name.remove_suffix(last.length);
    }
    return name;
}

std::string blanks_replaced(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        const utf8_step step = decode_utf8(text, i);
        i += step.length;
        append_utf8(out, is_blank(step.code_point) ? U'_' : step.code_point);
    }
    return out;
}

bool fits(std::string_view name, name_limits limits) {
    return name.size() <= limits.max_bytes && utf16_length(name) <= limits.max_utf16;
}

// `head` shortened so that `head + tail` fits.
std::string joined_within(std::string_view head, std::string_view tail, name_limits limits) {
    if (limits.max_bytes <= tail.size() || limits.max_utf16 <= utf16_length(tail))
        return std::string(head) + std::string(tail);
    std::size_t length = grapheme_prefix(head, limits.max_bytes - tail.size(), limits.max_utf16 - utf16_length(tail));
    if (length < head.size()) {
        head = head.substr(0, length);
        while (ends_with_blank(head) && last_of(head).length < head.size()) head.remove_suffix(last_of(head).length);
    }
    return std::string(head) + std::string(tail);
}

std::string shortened(std::string_view name, name_limits limits) {
    if (fits(name, limits)) return std::string(name);
    std::string_view extension = name_extension(name);
    return joined_within(name.substr(0, name.size() - extension.size()), extension, limits);
}

// Where "~1" stands in a name like "IMAGEF~1.JPG". On FAT such a name may already be the hidden short name of another
// file, which would be opened, or replaced, in its place.
std::optional<std::size_t> short_alias_tilde(std::string_view name) {
    std::size_t dot = name.find('.');
    std::string_view base = name.substr(0, dot);
    if (dot != std::string_view::npos) {
        std::string_view extension = name.substr(dot + 1);
        if (extension.size() > 3 || extension.find('.') != std::string_view::npos) return std::nullopt;
    }
    if (base.size() > 8) return std::nullopt;
    std::size_t tilde = base.rfind('~');
    if (tilde == std::string_view::npos || tilde == 0 || !all_digits(base.substr(tilde + 1))) return std::nullopt;
    return tilde;
}

// Windows takes these for devices in every folder, with any extension and with spaces before it.
bool is_device_name(std::string_view name) {
    std::string_view base = name.substr(0, name.find('.'));
    while (base.ends_with(' ')) base.remove_suffix(1);
    for (std::string_view device : {"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"}) {
        if (same_ignoring_case(base, device)) return true;
    }
    if (!starts_ignoring_case(base, "com") && !starts_ignoring_case(base, "lpt")) return false;
    std::string_view number = base.substr(3);
    return (number.size() == 1 && all_digits(number)) || number == "\u00B9" || number == "\u00B2" || number == "\u00B3";
}

bool is_foreign_name(std::string_view name) {
    static constexpr std::array<std::string_view, 33> names{".ds_store",
                                                            ".apdisk",
                                                            ".appledb",
                                                            ".appledesktop",
                                                            ".appledouble",
                                                            ".documentrevisions-v100",
                                                            ".fseventsd",
                                                            ".lsoverride",
                                                            ".metadata_never_index",
                                                            ".pkinstallsandboxmanager",
                                                            ".spotlight-v100",
                                                            ".temporaryitems",
                                                            ".trash",
                                                            ".trashes",
                                                            ".volumeicon.icns",
                                                            ".com.apple.timemachine.donotpresent",
                                                            "icon\r",
                                                            "network trash folder",
                                                            "temporary items",
                                                            "thumbs.db",
                                                            "ehthumbs.db",
                                                            "ehthumbs_vista.db",
                                                            "desktop.ini",
                                                            "$recycle.bin",
                                                            "recycler",
                                                            "recycled",
                                                            "system volume information",
                                                            "lost+found",
                                                            "lost.dir",
                                                            ".directory",
                                                            "@eadir",
                                                            "#recycle",
                                                            ".@__thumb"};
    if (std::ranges::any_of(names, [name](std::string_view n) { return same_ignoring_case(name, n); })) return true;
    if (name.starts_with("._") || name.starts_with(".fuse_hidden")) return true;
    if (starts_ignoring_case(name, ".trash-")) return all_digits(name.substr(7));
    if (starts_ignoring_case(name, "found.")) return name.size() == 9 && all_digits(name.substr(6));  // chkdsk
    return false;
}

// Names whose characters are all allowed and that still mean something to a computer.
bool is_taken(std::string_view name) {
    if (is_device_name(name) || is_foreign_name(name)) return true;
    static const std::string own_folder = fold(".decamp");
    return fold(name) == own_folder;
}

// Enough of a hostile name: its beginning, and an extension if one stands at its very end.
std::string_view bounded(std::string_view name, std::string& buffer) {
    if (name.size() <= input_limit) return name;
    auto whole = [](std::string_view text) {
        while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U) text.remove_suffix(1);
        return text.substr(0, text.empty() ? 0 : text.size() - 1);
    };
    buffer = whole(name.substr(0, input_limit - 2 * extension_byte_limit));
    std::string_view end = name.substr(name.size() - extension_byte_limit);
    std::size_t dot = end.rfind('.');
    if (dot != std::string_view::npos) buffer += end.substr(dot);
    return buffer;
}

std::string one_pass(std::string_view name, name_limits limits) {
    std::string clean = nfc(filtered(name));
    std::string_view trimmed = without_edges(clean);
    if (trimmed.empty() || fold(trimmed).empty()) return std::string(stand_in);
    std::string out = shortened(trimmed, limits);
    if (auto tilde = short_alias_tilde(out)) out[*tilde] = '_';
    if (out.starts_with("~$")) out[0] = '_';  // lock files of office programs
    if (is_taken(out)) out.insert(0, 1, '_');
    return out;
}

name_limits raised(name_limits limits) {
    return {std::max(limits.max_utf16, smallest_name_limits.max_utf16),
            std::max(limits.max_bytes, smallest_name_limits.max_bytes)};
}

}  // namespace

std::string_view name_extension(std::string_view name) noexcept {
    std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos || dot == 0 || dot + 1 == name.size()) return {};
    std::string_view extension = name.substr(dot);
    bool short_enough = extension.size() <= extension_byte_limit && utf16_length(extension) <= extension_utf16_limit;
    if (!short_enough || extension.find(' ') != std::string_view::npos) return {};
    return extension;
}

std::string safe_component(std::string_view name, name_limits limits) {
    limits = raised(limits);
    std::string buffer;
    std::string current(bounded(name, buffer));
    // Each step may uncover work for an earlier one (a cut bares a trailing dot, a dropped character lets two others
    // compose). What a pass leaves as it is, is safe, and that makes the function idempotent.
    for (int pass = 0; pass < 8; ++pass) {
        std::string next = one_pass(current, limits);
        if (next == current) return current;
        current = std::move(next);
    }
    return fmt::format("_{:016x}", xxh3_64_of(as_bytes(name)));
}

std::string with_suffix(std::string_view safe_name, std::string_view suffix, name_limits limits) {
    limits = raised(limits);
    std::string clean = nfc(filtered(suffix.substr(0, 4 * suffix_limit)));
    clean.resize(grapheme_prefix(clean, suffix_limit, suffix_limit));
    std::ranges::replace(clean, '.', '_');
    clean = blanks_replaced(clean);
    if (clean.empty()) clean = stand_in;
    std::string_view extension = name_extension(safe_name);
    std::string_view stem = safe_name.substr(0, safe_name.size() - extension.size());
    auto joined = [&](std::string_view mark) {
        return joined_within(stem, std::string(mark) + clean + std::string(extension), limits);
    };
    std::string out = joined("~");
    // Cutting the stem of a name that already ends in this suffix can give the very same name.
    if (short_alias_tilde(out) || fold(out) == fold(safe_name)) out = joined("~_");
    return safe_component(out, limits);
}

bool is_foreign_file(std::string_view path) {
    for (std::size_t start = 0; start < path.size();) {
        std::size_t end = std::min(path.find('/', start), path.size());
        if (is_foreign_name(path.substr(start, end - start))) return true;
        start = end + 1;
    }
    return false;
}

}  // namespace decamp::formats
