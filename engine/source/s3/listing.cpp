#include "engine/source/s3/listing.hpp"

#include <algorithm>
#include <bit>
#include <charconv>

#include "engine/source/ids.hpp"
#include "engine/source/s3/keys.hpp"
#include "engine/source/source.hpp"
#include "engine/transport/url.hpp"
#include "formats/bytes.hpp"
#include "formats/time.hpp"

namespace decamp::source::s3 {

namespace {

constexpr std::size_t cursor_limit = 3 * token_limit_bytes + 64;

failure unusable(const char* why) {
    return failure(source_errc::unusable_answer, why);
}

template <class Number>
bool read_number(std::string_view text, Number& into) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
    return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

// As services encode a list's texts: as a form's, a blank being '+'.
std::optional<std::string> decoded(std::string_view text, bool encoded) {
    if (!encoded) return std::string(text);
    std::string spaced(text);
    std::ranges::replace(spaced, '+', ' ');
    return transport::percent_decode(spaced);
}

// Without quotes and without what could not be sent back in a header.
std::string plain_etag(std::string_view text) {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
    const bool good = std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != '"'; });
    return good ? std::string(text) : std::string();
}

result<listed_item> item_of(const raw_object& object, std::string_view relative) {
    listed_item out;
    if (!object.size.empty()) {
        std::uint64_t size = 0;
        if (!read_number(object.size, size)) return unusable("a size that is none");
        out.size = size;
    }
    const auto place = place_of_path(relative);
    out.id.value = id_of_path(relative);
    out.home.value = place.home;
    out.name = place.name;
    if (const auto time = formats::parse_rfc3339(object.modified)) out.modified_ms = time->unix_ns / 1000000;
    out.locator = plain_etag(object.etag);
    return out;
}

std::uint64_t print_of(std::string_view text) {
    return formats::xxh3_64_of(formats::as_bytes(text));
}

// Where a page without keys says to go on. Ceph leaves NextMarker as it is in a list whose keys are encoded, others
// encode it too: of the two readings the lesser may repeat keys, but never skips any.
std::string marker_of(const std::string& sent, bool encoded) {
    const auto read = decoded(sent, encoded);
    return read && !read->empty() ? std::min(sent, *read) : sent;
}

// Where the next page begins; `last`: the last key of this one, empty for a page without any.
result<list_cursor> step_on(const list_cursor& asked, list_form form, std::string after, std::string_view last) {
    if (after.empty()) return unusable("there is more, and nothing says where");
    if (after == asked.after) return unusable("the list does not go on");
    const std::uint64_t print = print_of(last.empty() ? std::string_view(after) : last);
    if (asked.page > 0 && print == asked.print) return unusable("the list goes in circles");
    list_cursor next{form, asked.page + 1, asked.print, std::move(after)};
    if (std::has_single_bit(next.page)) next.print = print;
    return next;
}

}  // namespace

std::string to_text(const list_cursor& cursor) {
    return std::to_string(static_cast<int>(cursor.form)) + ':' + std::to_string(cursor.page) + ':' +
           std::to_string(cursor.print) + ':' + transport::percent_encode(cursor.after);
}

std::optional<list_cursor> parse_cursor(std::string_view text, list_form first) {
    list_cursor out;
    out.form = first;
    if (text.empty()) return out;
    if (text.size() > cursor_limit) return std::nullopt;
    std::string_view parts[4];
    for (auto& part : parts) {
        const bool last = &part == &parts[3];
        const auto end = last ? text.size() : text.find(':');
        if (end == std::string_view::npos) return std::nullopt;
        part = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (parts[0] != "1" && parts[0] != "2") return std::nullopt;
    out.form = parts[0] == "1" ? list_form::v1 : list_form::v2;
    auto after = transport::percent_decode(parts[3]);
    if (!read_number(parts[1], out.page) || !read_number(parts[2], out.print) || !after || after->empty())
        return std::nullopt;
    out.after = std::move(*after);
    return out;
}

bool is_older_form(const raw_list& list) {
    return list.token.empty() && !list.has_key_count;
}

result<item_page> read_page(const raw_list& list, const location& where, const list_cursor& asked) {
    const bool encoded = list.encoding == "url";
    if (!list.encoding.empty() && !encoded) return unusable("an unknown encoding");
    item_page out;
    out.items.reserve(list.objects.size());
    std::string last;
    for (const auto& object : list.objects) {
        const auto key = decoded(object.key, encoded);
        if (!key || key->empty()) return unusable("a key that is none");
        if (!key->starts_with(where.prefix)) return unusable("a key outside of what was asked for");
        last = *key;
        auto item = item_of(object, std::string_view(*key).substr(where.folder().size()));
        if (!item) return item.error();
        if (!is_folder_mark(*key, item->size)) out.items.push_back(std::move(*item));
    }
    if (list.truncated == "false") return out;
    if (list.truncated != "true") return unusable("not said whether there is more");

    const bool older = asked.form == list_form::v1 || is_older_form(list);
    std::string after = list.token;
    if (older) after = last.empty() ? marker_of(list.marker, encoded) : last;
    const auto next = step_on(asked, older ? list_form::v1 : list_form::v2, std::move(after), last);
    if (!next) return next.error();
    out.next = to_text(*next);
    return out;
}

}  // namespace decamp::source::s3
