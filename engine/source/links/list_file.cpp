#include "engine/source/links/list_file.hpp"

#include <algorithm>
#include <charconv>
#include <span>
#include <utility>
#include <vector>

#include "engine/source/links/links.hpp"
#include "engine/source/source.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::source::links {

namespace {

constexpr std::size_t read_at_once = std::size_t{64} << 10;
// A page ends here, be it empty: comments, and lines without an end, are passed over in many short calls.
constexpr std::uint64_t page_bytes = std::uint64_t{8} << 20;
constexpr std::uint64_t entry_bytes = std::uint64_t{1}
                                      << 20;  // read to look one entry up; a Metalink's has digests of pieces
constexpr std::uint64_t window_bytes = std::uint64_t{1} << 20;
constexpr std::size_t slice_bytes = 4096;  // of short lines, a longer one would make many entries at once
constexpr std::uint64_t largest_offset = std::uint64_t{1} << 60;
constexpr std::string_view line_unit = "line", file_unit = "file", metalink_mark = "m:";

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// Reads a file from a place on, piece by piece.
class pieces {
  public:
    pieces(const world::user_file& file, std::uint64_t offset) : file_(file), offset_(offset), buffer_(read_at_once) {}
    // Empty: the end.
    result<std::string_view> next() {
        const auto got = file_.read_at(offset_, std::as_writable_bytes(std::span(buffer_)));
        if (!got) return failure(links_errc::unreadable, got.error().detail);
        offset_ += got.value();
        return std::string_view(buffer_.data(), got.value());
    }
    std::uint64_t offset() const { return offset_; }

  private:
    const world::user_file& file_;
    std::uint64_t offset_;
    std::vector<char> buffer_;
};

listed_item as_item(const reading& what, std::string_view unit, std::uint64_t count, std::string locator,
                    named_hosts& hosts) {
    std::optional<listed_item> item;
    if (const auto* good = std::get_if<entry>(&what)) {
        item = item_of(*good);
        hosts.named(good->target.host);
    }
    if (!item) item = bad_item(unit, count);
    item->locator = std::move(locator);
    return std::move(*item);
}

bool has_id(const entry& what, std::string_view id) {
    const auto item = item_of(what);
    return item && (item->id.value == id || item->other_id == id);
}

// What was found where an item is said to come from. `unit` and `count`: where that is.
result<entry> same_entry(reading found, const listed_item& of, std::string_view unit, std::uint64_t count) {
    const std::string where = std::string(unit) + " " + std::to_string(count);
    const bool was_bad = bad_item_number(unit, of.id.value).has_value();
    if (const auto* wrong = std::get_if<fault>(&found)) {
        if (was_bad) return failure(source_errc::refused, where + ": " + std::string(to_string(*wrong)));
        return failure(source_errc::link_expired, "the list has changed");
    }
    auto& good = std::get<entry>(found);
    if (was_bad && !item_of(good))
        return failure(source_errc::refused, where + ": " + std::string(to_string(fault::too_deep)));
    if (was_bad) return failure(source_errc::gone, where + " of the list has changed");
    if (!has_id(good, of.id.value)) return failure(source_errc::link_expired, "the list has changed");
    return std::move(good);
}

std::optional<found_entry> with_id(std::vector<found_entry> among, std::string_view id) {
    const auto found = std::ranges::find_if(among, [&](const found_entry& one) {
        const auto* good = std::get_if<entry>(&one.what);
        return good != nullptr && has_id(*good, id);
    });
    return found == among.end() ? std::nullopt : std::optional(std::move(*found));
}

entry settle(found_entry found, std::int64_t was, moved& by) {
    by.shift = static_cast<std::int64_t>(found.at.offset) - was;
    return std::get<entry>(std::move(found.what));
}

}  // namespace

static bool holds_an_entry(std::string_view beginning, bool whole) {
    if (!whole) {
        const auto end = beginning.rfind('\n');
        // A first line longer than a line of a list can be; a comment may be as long as it likes.
        if (end == beginning.npos) return beginning[beginning.find_first_not_of(" \t\r\xef\xbb\xbf")] == '#';
        beginning = beginning.substr(0, end + 1);
    }
    text_list list({}, items_a_page);
    if (list.feed(beginning)) (void)list.finish();
    const auto& found = list.found();
    return found.empty() ||
           std::ranges::any_of(found, [](const found_entry& one) { return std::holds_alternative<entry>(one.what); });
}

result<list_form> form_of(std::string_view beginning, bool whole) {
    const std::string_view all = beginning;
    if (beginning.starts_with("\xff\xfe") || beginning.starts_with("\xfe\xff"))
        return failure(links_errc::not_a_list, "UTF-16, and not UTF-8");
    if (beginning.find('\0') != std::string_view::npos) return failure(links_errc::not_a_list, "not text");
    if (beginning.starts_with("\xef\xbb\xbf")) beginning.remove_prefix(3);
    const std::size_t first = beginning.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return list_form::text;
    if (beginning[first] == '[') return failure(links_errc::not_a_list, "a JSON array, and not an object a line");
    if (beginning[first] != '<') {
        if (holds_an_entry(all, whole)) return list_form::text;
        return failure(links_errc::not_a_list, "none of its first lines is a link");
    }
    metalink document;
    const bool good = document.feed(beginning);
    if (!document.head().empty()) return list_form::metalink;
    return failure(links_errc::not_a_list, good ? std::string("no Metalink document (RFC 5854)") : document.why());
}

result<open_list> open_list_file(const std::string& path) {
    auto file = world::open_user_file(path);
    if (!file) {
        const auto& code = file.error().code;
        if (code == world::file_errc::not_found) return failure(links_errc::not_found, path);
        if (code == world::file_errc::is_a_folder) return failure(links_errc::is_a_folder, path);
        if (code == world::file_errc::io) return failure(links_errc::read_once, file.error().detail);
        return failure(links_errc::unreadable, file.error().detail);
    }
    pieces from(*file.value(), 0);
    const auto beginning = from.next();
    if (!beginning) return beginning.error();
    const auto form = form_of(beginning.value(), beginning.value().size() < read_at_once);
    if (!form) return failure(form.error().code, path + ": " + form.error().detail);
    return open_list{std::move(file.value()), form.value()};
}

result<text_page> read_text_page(const world::user_file& file, std::string_view cursor, named_hosts& hosts) {
    const auto begin = cursor.empty() ? list_position() : read_position(cursor);
    if (!begin) return failure(source_errc::unusable_answer, "not a place in the list");
    text_list list(*begin, items_a_page);
    pieces from(file, begin->offset);
    bool more = true;
    while (more && from.offset() - begin->offset < page_bytes) {
        const auto piece = from.next();
        if (!piece) return piece.error();
        if (piece.value().empty()) {
            more = !list.finish();
            break;
        }
        if (!list.feed(piece.value())) break;
    }
    text_page out;
    out.left_out = list.left_out();
    out.items.items.reserve(list.found().size());
    for (const found_entry& one : list.found())
        out.items.items.push_back(as_item(one.what, line_unit, one.at.line, std::to_string(one.at.offset), hosts));
    if (more) out.items.next = to_text(list.next());
    return out;
}

result<entry> find_in_text(const world::user_file& file, const listed_item& of) {
    const auto offset = number(of.locator);
    if (!offset) return failure(source_errc::link_expired, "the list was not read yet");
    const auto line = bad_item_number(line_unit, of.id.value);
    // An entry that was good is known by its first line; what was wrong with another may stand in its options.
    text_list list({*offset, line.value_or(1), false}, 1);
    pieces from(file, *offset);
    for (bool more = true; more && from.offset() - *offset < entry_bytes;) {
        const auto piece = from.next();
        if (!piece) return piece.error();
        more = piece.value().empty() ? (list.finish(), false) : list.feed(piece.value());
    }
    if (list.found().empty() || list.found().front().at.offset != *offset)
        return failure(source_errc::link_expired, "the list has changed");
    const found_entry& one = list.found().front();
    return same_entry(one.what, of, line_unit, one.fault_line);
}

result<entry> find_moved(const world::user_file& file, const listed_item& of, moved& by) {
    const failure expired(source_errc::link_expired, "the list has changed");
    const auto listed = number(of.locator);
    if (!listed || *listed > largest_offset || bad_item_number(line_unit, of.id.value)) return expired;
    const auto was = static_cast<std::int64_t>(*listed);
    const auto centre = static_cast<std::uint64_t>(std::max<std::int64_t>(was + by.shift, 0));
    listed_item there = of;
    there.locator = std::to_string(centre);
    if (auto found = find_in_text(file, there)) return found;
    if (by.patience == 0) return expired;
    --by.patience;
    const std::uint64_t begin = centre - std::min(centre, window_bytes);
    text_list list({begin, 1, begin != 0}, window_bytes);
    pieces from(file, begin);
    for (bool more = true; more;) {
        const auto piece = from.next();
        if (!piece) return piece.error();
        more = !piece.value().empty() && from.offset() < centre + window_bytes;
        for (std::string_view rest = piece.value(); !rest.empty();
             rest.remove_prefix(std::min(rest.size(), slice_bytes))) {
            (void)list.feed(rest.substr(0, slice_bytes));
            if (auto found = with_id(list.take(), of.id.value)) return settle(std::move(*found), was, by);
        }
    }
    (void)list.finish();
    if (auto found = with_id(list.take(), of.id.value)) return settle(std::move(*found), was, by);
    return expired;
}

std::string metalink_cursor(std::uint64_t given) {
    return std::string(metalink_mark) + std::to_string(given);
}

std::optional<std::uint64_t> read_metalink_cursor(std::string_view text) {
    return text.starts_with(metalink_mark) ? number(text.substr(metalink_mark.size())) : std::nullopt;
}

result<entry> find_in_metalink(const world::user_file& file, const listed_item& of) {
    const auto offset = read_metalink_cursor(of.locator);
    if (!offset) return failure(source_errc::link_expired, "the list was not read yet");
    metalink whole;
    pieces beginning(file, 0);
    const auto first = beginning.next();
    if (!first) return first.error();
    (void)whole.feed(first.value());
    metalink document;
    if (whole.head().empty() || !document.feed(whole.head()))
        return failure(source_errc::link_expired, "the list has changed");
    pieces from(file, *offset);
    while (document.found().empty() && from.offset() - *offset < entry_bytes) {
        const auto piece = from.next();
        if (!piece) return piece.error();
        if (piece.value().empty()) (void)document.finish();  // Expat may have kept the last tag back
        if (piece.value().empty() || !document.feed(piece.value())) break;
    }
    // Where the first file found begins elsewhere, the offset was within another one.
    if (document.found().empty() || document.found().front().offset != whole.head().size())
        return failure(source_errc::link_expired, "the list has changed");
    const auto count = bad_item_number(file_unit, of.id.value);
    return same_entry(std::move(document.found().front().what), of, file_unit, count.value_or(0));
}

result<void> metalink_walk::read_on(const world::user_file& file, std::size_t wanted) {
    pieces from(file, offset_);
    const std::uint64_t begin = offset_;
    while (!ended_ && document_.found().size() < wanted && offset_ - begin < page_bytes) {
        const auto piece = from.next();
        if (!piece) return piece.error();
        offset_ = from.offset();
        ended_ = piece.value().empty();
        const bool good = ended_ ? document_.finish() : document_.feed(piece.value());
        if (good) continue;
        broken_ = document_.why();
        ended_ = true;
    }
    if (document_.found().empty() && !broken_.empty()) return failure(links_errc::broken, broken_);
    return {};
}

result<item_page> metalink_walk::page(const world::user_file& file, named_hosts& hosts) {
    if (auto read = read_on(file, items_a_page); !read) return read.error();
    item_page out;
    auto& found = document_.found();
    while (!found.empty() && out.items.size() < items_a_page) {
        const found_file& one = found.front();
        out.items.push_back(as_item(one.what, file_unit, one.number, metalink_cursor(one.offset), hosts));
        found.pop_front();
        ++given_;
    }
    if (!ended_ || !found.empty() || !broken_.empty()) out.next = metalink_cursor(given_);
    return out;
}

result<void> metalink_walk::skip_to(const world::user_file& file, std::uint64_t given) {
    while (given_ < given) {
        if (auto read = read_on(file, 1); !read) return read;
        auto& found = document_.found();
        if (found.empty() && ended_) return failure(source_errc::unusable_answer, "not a place in the list");
        for (; !found.empty() && given_ < given; ++given_) found.pop_front();
    }
    return {};
}

}  // namespace decamp::source::links
