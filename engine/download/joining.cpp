#include "engine/download/joining.hpp"

#include <utility>

#include "engine/transport/cookie_jar.hpp"

namespace decamp::download {

namespace {

constexpr std::size_t longest_tag = 256, longest_date = 64;
// So far apart two clocks of one server are not taken to be (RFC 9110, section 8.8.2.2; RFC 7232 named the minute).
constexpr std::int64_t strong_after_s = 60;

bool is_strong_tag(std::string_view tag) {
    return tag.size() >= 2 && tag.front() == '"' && tag.back() == '"';
}

std::string_view opaque(std::string_view tag) {
    if (tag.starts_with("W/") || tag.starts_with("w/")) tag.remove_prefix(2);
    return tag;
}

bool is_strong_date(const transport::response_head& head) {
    const auto modified = transport::parse_cookie_date(head.header("Last-Modified"));
    const auto now = transport::parse_cookie_date(head.header("Date"));
    return modified && now && *now - *modified >= strong_after_s;
}

}  // namespace

std::string file_version::strong() const {
    if (!tag.empty()) return is_strong_tag(tag) ? tag : std::string();
    return modified_is_strong ? modified : std::string();
}

file_version version_of(const transport::response_head& head) {
    file_version out;
    const std::string_view tag = head.header("ETag"), modified = head.header("Last-Modified");
    if (tag.size() <= longest_tag) out.tag = tag;
    if (modified.size() > longest_date) return out;
    out.modified = modified;
    out.modified_is_strong = is_strong_date(head);
    return out;
}

std::string recorded(const file_version& version) {
    return version.tag.empty() ? version.modified : version.tag;
}

file_version version_recorded(std::string text) {
    file_version out;
    // Whether a date was strong is not kept.
    (opaque(text).starts_with('"') ? out.tag : out.modified) = std::move(text);
    return out;
}

same_version compare(const file_version& before, const file_version& now) {
    if (!before.tag.empty() && !now.tag.empty()) {
        if (opaque(before.tag) != opaque(now.tag)) return same_version::no;
        return is_strong_tag(before.tag) && is_strong_tag(now.tag) ? same_version::yes : same_version::unknown;
    }
    if (before.modified.empty() || now.modified.empty()) return same_version::unknown;
    if (before.modified != now.modified) return same_version::no;
    // A tag that is not repeated is not made good by a date.
    return before.tag.empty() && before.modified_is_strong ? same_version::yes : same_version::unknown;
}

std::uint64_t next_range(const bytes_here& here, const file_version& version) {
    const bool provable = here.digest || (here.repeats && !version.strong().empty());
    if (!provable) return here.readable && here.count > here.overlap ? here.count - here.overlap : 0;
    // Where it may be that nothing follows, the range reaches back by a byte: to ask behind the end is an error.
    const bool open = !here.total || here.count >= *here.total;
    return here.count - (open && here.count > 0 ? 1 : 0);
}

}  // namespace decamp::download
