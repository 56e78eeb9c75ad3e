#include "engine/source/s3/list_end.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "engine/source/source.hpp"
#include "formats/bytes.hpp"
#include "formats/digest.hpp"

namespace decamp::source::s3 {

namespace {

using more = page_end::more;

// Services answer with a page without rows where all it went over was deleted; not so many times.
constexpr std::uint64_t most_empties = 500;
constexpr std::uint64_t most_keys = std::uint64_t{1} << 53;  // of a count: sums of such do not wrap

failure unusable(const char* why) {
    return failure(source_errc::unusable_answer, why);
}

list_gap of_the_list(const std::string& id, std::string detail) {
    return {id, id, {"/"}, exception_reason::list_unsteady, std::move(detail)};
}

// KeyCount is of the page; there are services where it is of all that is left, or of the whole bucket: then each page
// says what the first one did.
std::uint64_t promise_of(const list_cursor& asked, const page_end& page) {
    const std::uint64_t count = std::min(page.key_count.value_or(0), most_keys);
    if (count <= page.rows || count == asked.counted) return 0;
    return page.truncated == more::yes ? count : asked.listed + count - (page.rows - page.new_rows);
}

list_cursor counted_on(const list_cursor& asked, const page_end& page) {
    list_cursor next = asked;
    if (asked.page == 0 && page.key_count.value_or(0) > page.rows) next.counted = *page.key_count;
    next.promised = std::max(next.promised, promise_of(asked, page));
    next.listed += page.new_rows;
    next.empties = page.rows == 0 ? asked.empties + 1 : 0;
    if (!page.last.empty()) next.last = page.last;
    next.closing = false;
    ++next.page;
    return next;
}

list_step ended(const list_cursor& at) {
    list_step out;
    if (at.listed < at.promised)
        out.gap =
            of_the_list("(count)", std::to_string(at.promised) + " counted, " + std::to_string(at.listed) + " listed");
    return out;
}

// True when this page was met before.
bool in_circles(const list_cursor& asked, const page_end& page, list_cursor& next) {
    const std::uint64_t print = page.rows > 0 ? page.print : formats::xxh3_64_of(formats::as_bytes(next.after));
    if (asked.page > 0 && print == asked.print) return true;
    if (std::has_single_bit(next.page)) next.print = print;
    return false;
}

result<list_step> by_key(const list_cursor& asked, const page_end& page, list_cursor next) {
    list_step out;
    const bool older = asked.form == list_form::v1 || (page.older && asked.after.empty());
    next.form = older ? list_form::v1 : list_form::v2;
    next.by_key = !older;
    next.after = page.rows == 0 && older && !page.marker.empty() ? page.marker : next.last;
    if (!page.sure.empty() && page.sure != asked.after) next.after = page.sure;
    if (next.after.empty()) return unusable("there is more, and nothing says where");
    if (asked.asks_behind_a_key() && next.after == asked.after) return unusable("the list does not go on");
    if (!asked.asks_behind_a_key()) {
        next.print = 0;  // from here on its pages are met in another way
        next.keys_only = true;
    } else if (in_circles(asked, page, next)) {
        return unusable("the list goes in circles");
    }
    if (!page.ascending) out.gap = of_the_list("(order)", "its keys do not ascend");
    out.next = std::move(next);
    return out;
}

result<list_step> by_token(const list_cursor& asked, const page_end& page, list_cursor next) {
    list_step out;
    next.form = list_form::v2;
    next.by_key = false;
    next.after = page.token;
    if (in_circles(asked, page, next)) {
        if (auto turned = behind_last_key(next)) {
            out.next = std::move(turned);
            return out;
        }
        return unusable("the list goes in circles");
    }
    out.next = std::move(next);
    return out;
}

// One more list, which must be empty. What it holds all the same is taken.
list_step closed(const list_cursor& asked, const page_end& page, list_cursor next) {
    const bool nowhere =
        next.last.empty() || (asked.asks_behind_a_key() && (page.new_rows == 0 || next.last == asked.after));
    if (nowhere || (asked.asks_behind_a_key() && in_circles(asked, page, next))) return ended(next);
    const bool older = asked.form == list_form::v1 || (page.older && asked.after.empty());
    next.form = older ? list_form::v1 : list_form::v2;
    next.by_key = !older;
    next.after = next.last;
    next.closing = true;
    next.keys_only = next.keys_only || !page.token.empty();  // one that leads nowhere
    list_step out;
    out.next = std::move(next);
    return out;
}

}  // namespace

result<list_step> step_on(const list_cursor& asked, const page_end& page) {
    list_cursor next = counted_on(asked, page);
    if (next.empties > most_empties) return unusable("pages without keys, one behind another");
    const bool behind_key = asked.asks_behind_a_key();
    if (asked.closing && page.rows > 0 && page.new_rows == 0) return ended(next);
    const bool usable = !page.token.empty() && !asked.keys_only && (behind_key || page.token != asked.after);
    // A page without rows that says it is the last is believed, whatever token stands beside it; the first of all is
    // not.
    const bool token_counts = page.rows > 0 || page.truncated == more::yes || asked.after.empty();
    if (usable && token_counts) return by_token(asked, page, std::move(next));
    if (page.truncated == more::yes) return by_key(asked, page, std::move(next));
    if (page.truncated == more::unsaid) {
        const bool proven = behind_key && page.rows == 0;
        if (!proven && (behind_key ? page.new_rows == 0 : next.last.empty()))
            return unusable("not said whether there is more");
    }
    return closed(asked, page, std::move(next));
}

}  // namespace decamp::source::s3
