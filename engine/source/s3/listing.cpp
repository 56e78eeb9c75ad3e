#include "engine/source/s3/listing.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>
#include <vector>

#include "engine/source/ids.hpp"
#include "engine/source/s3/keys.hpp"
#include "engine/source/s3/list_end.hpp"
#include "engine/transport/url.hpp"
#include "formats/bytes.hpp"
#include "formats/digest.hpp"
#include "formats/time.hpp"

namespace decamp::source::s3 {

namespace {

failure unusable(const char* why) {
    return failure(source_errc::unusable_answer, why);
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

listed_item item_of(const raw_object& object, std::string_view relative) {
    listed_item out;
    std::uint64_t size = 0;
    const char* const end = object.size.data() + object.size.size();
    const auto [stop, error] = std::from_chars(object.size.data(), end, size);
    if (!object.size.empty() && error == std::errc() && stop == end) out.size = size;
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

std::uint64_t row_print(const raw_object& object) {
    return print_of(object.size + '\n' + object.modified + '\n' + object.etag);
}

// Where a page without keys says to go on. Ceph leaves NextMarker as it is in a list whose keys are encoded, others
// encode it too: of the two readings the lesser may repeat keys, but never skips any.
std::string marker_of(const std::string& sent, bool encoded) {
    const auto read = decoded(sent, encoded);
    return read && !read->empty() ? std::min(sent, *read) : sent;
}

page_end::more more_of(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (text == "true" || text == "1") return page_end::more::yes;
    return text == "false" || text == "0" ? page_end::more::no : page_end::more::unsaid;
}

// Reads the rows of one page.
class page_reader {
  public:
    page_reader(const raw_list& list, const location& where, const list_cursor& asked, spelling& spelled)
        : list_(list), where_(where), asked_(asked), spelled_(spelled), encoded_(list.encoding == "url") {}

    result<item_page> read() {
        out_.items.reserve(list_.objects.size());
        end_.rows = list_.objects.size() + list_.prefixes.size();
        for (const auto& object : list_.objects) row(object);
        for (const auto& prefix : list_.prefixes) rolled_up(prefix);
        if (outside_ > 0) gap(first_outside_, std::to_string(outside_) + " keys outside of what was asked for");
        end_.truncated = more_of(list_.truncated);
        end_.token = list_.token;
        end_.marker = marker_of(list_.marker, encoded_);
        end_.older = is_older_form(list_);
        end_.key_count = list_.key_count;
        // Behind a text with U+FFFD in it other keys may lie than behind the key it stands for.
        end_.last = last_;
        end_.sure = encoded_ ? last_ : std::string(sure_part(last_));
        auto step = step_on(asked_, end_);
        if (!step) return step.error();
        if (step->gap) out_.gaps.push_back(std::move(*step->gap));
        if (step->next) out_.next = to_text(*step->next);
        return std::move(out_);
    }

  private:
    void row(const raw_object& object) {
        end_.print = print_of(std::to_string(end_.print) + object.key + '\n' + object.etag + object.size);
        const auto key = object.flaw == nullptr ? decoded(object.key, encoded_) : std::nullopt;
        if (!key || key->empty()) {
            ++end_.new_rows;
            const std::string shown = object.key.empty() ? "behind " + last_ : object.key;
            return gap(shown, object.flaw != nullptr ? object.flaw : "a key that is none");
        }
        const bool behind = !asked_.asks_behind_a_key() || *key > asked_.after;
        end_.new_rows += behind ? 1 : 0;
        end_.ascending = end_.ascending && last_ <= *key;
        last_ = *key;
        if (!key->starts_with(where_.prefix)) {
            if (outside_++ == 0) first_outside_ = *key;
            return;
        }
        take(object, *key);
    }

    void take(const raw_object& object, const std::string& key) {
        listed_item item = item_of(object, std::string_view(key).substr(where_.folder().size()));
        if (is_folder_mark(key, item.size)) return;
        const std::uint64_t number = ordinal(object, key);
        if (number == 0) return;
        if (number == 1) return out_.items.push_back(std::move(item));
        out_.gaps.push_back({item.id.value + " (" + std::to_string(number) + ")",
                             item.name,
                             item.home,
                             exception_reason::key_not_spelled,
                             {}});
    }

    std::uint64_t ordinal(const raw_object& object, const std::string& key) {
        if (!encoded_ && holds_replacement(key))
            return spelled_.ordinal(key, row_print(object), asked_.asks_behind_a_key());
        return here_.ordinal(key, row_print(object), true);
    }

    // What lies below a common prefix is in no row, unless rows of this page are below it.
    void rolled_up(const std::string& prefix) {
        const auto key = decoded(prefix, encoded_);
        const bool shown = key && std::ranges::any_of(out_.items, [&](const listed_item& item) {
                               return (std::string(where_.folder()) + item.id.value).starts_with(*key);
                           });
        if (key && asked_.asks_behind_a_key() && *key <= asked_.after) return;
        ++end_.new_rows;
        if (key && *key > last_) last_ = *key;
        if (!shown) gap(key.value_or(prefix), "a common prefix that was not asked for");
    }

    void gap(const std::string& key, std::string detail) {
        const std::string shown = id_of_path(key);
        out_.gaps.push_back({shown, shown, {"/"}, exception_reason::entry_not_read, std::move(detail)});
    }

    const raw_list& list_;
    const location& where_;
    const list_cursor& asked_;
    spelling& spelled_;
    spelling here_;  // of this page alone
    bool encoded_;
    item_page out_;
    page_end end_;
    std::string last_, first_outside_;
    std::uint64_t outside_ = 0;
};

bool same_listing(const listed_item& one, const listed_item& other) {
    return one.locator == other.locator && one.size == other.size && one.modified_ms == other.modified_ms;
}

}  // namespace

bool is_older_form(const raw_list& list) {
    return list.token.empty() && !list.has_key_count;
}

result<item_page> read_page(const raw_list& list, const location& where, const list_cursor& asked, spelling& spelled) {
    if (!list.encoding.empty() && list.encoding != "url") return unusable("an unknown encoding");
    return page_reader(list, where, asked, spelled).read();
}

std::optional<second_look> look_among(const raw_list& list, const location& where, std::string_view key,
                                      const listed_item& of) {
    std::optional<second_look> out;
    for (const auto& object : list.objects) {
        const auto found = object.flaw == nullptr ? decoded(object.key, list.encoding == "url") : std::nullopt;
        if (!found || *found != key) continue;
        listed_item now = item_of(object, key.substr(where.folder().size()));
        out.emplace();
        if (same_listing(now, of)) return out;
        out->found = second_look::finding::other;
        out->now = std::move(now);
    }
    return out;
}

result<second_look> look_for(const raw_list& list, const location& where, std::string_view key, const listed_item& of) {
    const bool encoded = list.encoding == "url";
    if (!list.encoding.empty() && !encoded) return unusable("an unknown encoding");
    std::string last;
    bool in_order = true;
    for (const auto& object : list.objects) {
        auto found = object.flaw == nullptr ? decoded(object.key, encoded) : std::nullopt;
        if (!found || !found->starts_with(key)) return unusable("a list of one key that holds others");
        in_order = in_order && last <= *found;
        last = std::move(*found);
    }
    if (auto among = look_among(list, where, key, of)) return std::move(*among);
    // The key itself would be the first of all that begin with it.
    const bool cut = more_of(list.truncated) != page_end::more::no || !list.token.empty();
    if ((cut && (list.objects.empty() || !in_order)) || !list.prefixes.empty())
        return unusable("a list of one key that is not whole");
    second_look out;
    out.found = second_look::finding::missing;
    return out;
}

}  // namespace decamp::source::s3
