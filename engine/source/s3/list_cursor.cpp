#include "engine/source/s3/list_cursor.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "engine/source/s3/list_page.hpp"
#include "engine/transport/url.hpp"

namespace decamp::source::s3 {

namespace {

constexpr std::size_t cursor_limit = 3 * (token_limit_bytes + key_limit) + 256;

constexpr std::uint64_t flag_by_key = 1, flag_keys_only = 2, flag_closing = 4, all_flags = 7;

bool read_number(std::string_view text, std::uint64_t& into) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
    return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string to_text(const list_cursor& cursor) {
    const std::uint64_t flags = (cursor.by_key ? flag_by_key : 0) | (cursor.keys_only ? flag_keys_only : 0) |
                                (cursor.closing ? flag_closing : 0);
    std::string out;
    for (const std::uint64_t number : {static_cast<std::uint64_t>(cursor.form), cursor.page, cursor.print, flags,
                                       cursor.empties, cursor.listed, cursor.promised, cursor.counted})
        out += std::to_string(number) + ':';
    return out + transport::percent_encode(cursor.last) + ':' + transport::percent_encode(cursor.after);
}

std::optional<list_cursor> parse_cursor(std::string_view text, list_form first) {
    list_cursor out;
    out.form = first;
    if (text.empty()) return out;
    if (text.size() > cursor_limit) return std::nullopt;
    std::array<std::string_view, 10> parts;
    for (auto& part : parts) {
        const bool last = &part == &parts.back();
        const auto end = last ? text.size() : text.find(':');
        if (end == std::string_view::npos) return std::nullopt;
        part = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    std::array<std::uint64_t, 8> numbers{};
    for (std::size_t i = 0; i < numbers.size(); ++i)
        if (!read_number(parts[i], numbers[i])) return std::nullopt;
    auto last = transport::percent_decode(parts[8]), after = transport::percent_decode(parts[9]);
    const bool good =
        (numbers[0] == 1 || numbers[0] == 2) && numbers[3] <= all_flags && last && after && !after->empty();
    if (!good) return std::nullopt;
    out.form = numbers[0] == 1 ? list_form::v1 : list_form::v2;
    out.page = numbers[1];
    out.print = numbers[2];
    out.by_key = (numbers[3] & flag_by_key) != 0;
    out.keys_only = (numbers[3] & flag_keys_only) != 0;
    out.closing = (numbers[3] & flag_closing) != 0;
    out.empties = numbers[4];
    out.listed = numbers[5];
    out.promised = numbers[6];
    out.counted = numbers[7];
    out.last = std::move(*last);
    out.after = std::move(*after);
    return out;
}

std::optional<list_cursor> behind_last_key(list_cursor cursor) {
    if (cursor.last.empty()) return std::nullopt;
    cursor.after = cursor.last;
    cursor.by_key = cursor.form == list_form::v2;
    cursor.keys_only = true;
    cursor.print = 0;  // pages met before are met again
    return cursor;
}

list_cursor before_key(std::string_view key, list_form form) {
    list_cursor out;
    out.form = form;
    out.by_key = form == list_form::v2;
    out.closing = true;
    const auto is_inner = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
    while (!key.empty() && is_inner(key.back())) key.remove_suffix(1);
    const char last = key.empty() ? '\0' : key.back();
    if (!key.empty()) key.remove_suffix(1);
    out.after = key;
    // The character before it, and as much as hardly any key has behind that.
    if (last > '!' && last <= '~') out.after += std::string(1, static_cast<char>(last - 1)) + "~~~~";
    return out;
}

}  // namespace decamp::source::s3
