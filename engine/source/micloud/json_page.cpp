#include "engine/source/micloud/json_page.hpp"

#include <algorithm>
#include <charconv>

#include "engine/source/source.hpp"
#include "formats/hex.hpp"

namespace decamp::source::micloud {

namespace {

constexpr std::size_t number_room = 24;
constexpr std::size_t bucket_limit = 32;
constexpr std::size_t full_list_limit = 100'000;

template <class Integer>
std::optional<Integer> whole(std::string_view text) {
    Integer value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// An id goes into requests and onto the drive: printable, no spaces, not too long.
bool is_id(std::string_view text) {
    return !text.empty() && text.size() <= id_limit &&
           std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
}

std::size_t limit_of_page(std::size_t page_size) {
    return std::min<std::size_t>(4 * page_size, 2000);
}

// Counts are hostile: a sum that would wrap stays at the largest number.
std::uint64_t sum(std::uint64_t a, std::uint64_t b) {
    return b > ~a ? ~std::uint64_t{0} : a + b;
}

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

verdict judge(const envelope& what) {
    if (what.code == code_session) return verdict::session;
    // One that contradicts itself is no success, and no word on any item.
    if (what.code && what.ok && (*what.code == 0) != *what.ok) return verdict::error;
    if (what.code == code_gone) return verdict::gone;
    if (what.code ? *what.code == 0 : what.ok.value_or(false)) return verdict::ok;
    return what.retriable.value_or(true) ? verdict::error : verdict::final;
}

result<verdict> answer_parser::finish() {
    const bool whole_document = reader_.finish();
    // A limit of ours that was hit says more than "refused".
    if (!whole_document && reader_.fault() == json_fault::refused && !flaw().empty())
        return failure(source_errc::unusable_answer, std::string(flaw()));
    if (!whole_document) return failure(source_errc::unusable_answer, std::string(to_string(reader_.fault())));
    if (old_code_ && (!envelope_.code || *envelope_.code == 0)) envelope_.code = old_code_;
    if (!envelope_.code && !envelope_.ok)
        return failure(source_errc::unusable_answer, "neither a code nor a result in it");
    const verdict out = judge(envelope_);
    if (out == verdict::ok && !flaw().empty()) return failure(source_errc::unusable_answer, std::string(flaw()));
    return out;
}

result<verdict> answer_parser::finish_bare() {
    if (!envelope_.code && !old_code_ && !envelope_.ok) envelope_.ok = true;
    return finish();
}

bool answer_parser::on_begin(const json_path& at, json_kind kind) {
    if (at.depth() == 0 && kind != json_kind::object) return false;
    if (at.is({"data"})) reset();
    return begin(at, kind);
}

std::size_t answer_parser::wanted(const json_path& at) {
    return at.is({"code"}) || at.is({"R"}) || at.is({"result"}) || at.is({"retriable"}) ? number_room : room(at);
}

bool answer_parser::envelope_value(const json_path& at, std::string_view text) {
    if (at.is({"code"}))
        envelope_.code = whole<std::int64_t>(text).value_or(-1);
    else if (at.is({"R"}))
        old_code_ = whole<std::int64_t>(text).value_or(-1);
    else if (at.is({"result"}))
        envelope_.ok = text == "ok";
    else if (at.is({"retriable"}))
        envelope_.retriable = text != "false";
    else
        return false;
    return true;
}

bool answer_parser::on_text(const json_path& at, std::string_view text) {
    return envelope_value(at, text) || value(at, text);
}

bool answer_parser::on_number(const json_path& at, std::string_view text) {
    return envelope_value(at, text) || value(at, text);
}

bool answer_parser::on_bool(const json_path& at, bool value) {
    if (at.is({"retriable"})) {
        envelope_.retriable = value;
        return true;
    }
    return boolean(at, value);
}

void list_parser::reset() {
    clear_items();
    items_ = 0;
    seen_ = last_page_ = says_more_ = false;
    flaw_ = {};
}

std::string_view list_parser::flaw() const {
    if (!flaw_.empty()) return flaw_;
    // A list left out can mean an empty one, but then the page says that it is the last.
    return seen_ || last_page_ ? std::string_view() : "no list in it";
}

std::size_t list_parser::room(const json_path& at) {
    if (is_item(at) || is_list(at)) return 1;
    return is_field(at) ? field_room(at.key()) : 0;
}

bool list_parser::value(const json_path& at, std::string_view text) {
    if (is_list(at)) return fail("the list is none");
    if (is_item(at)) return fail("an entry that is no object");
    return !is_field(at) || field(at.key(), text);
}

bool list_parser::begin(const json_path& at, json_kind kind) {
    if (is_list(at)) {
        if (kind != json_kind::array) return fail("the list is none");
        clear_items();
        items_ = 0;
        seen_ = true;
    } else if (is_item(at)) {
        if (kind != json_kind::object) return fail("an entry that is no object");
        if (++items_ > item_limit_) return fail("more entries than were asked for");
        begin_item();
    }
    return true;
}

bool list_parser::end(const json_path& at, json_kind) {
    return !is_item(at) || end_item();
}

bool list_parser::boolean(const json_path& at, bool value) {
    if (at.is({"data", "isLastPage"})) {
        last_page_ = value;
        says_more_ = !value;
    }
    if (is_list(at)) return fail("the list is none");
    return !is_item(at) || fail("an entry that is no object");
}

bool list_parser::null(const json_path& at) {
    if (is_list(at)) {
        clear_items();
        seen_ = true;
    }
    return !is_item(at) || fail("an entry that is no object");
}

album_list_parser::album_list_parser(std::size_t page_size, std::size_t byte_limit)
    : list_parser("albums", limit_of_page(page_size), byte_limit) {}

std::size_t album_list_parser::field_room(std::string_view key) {
    if (key == "albumId") return id_limit + 1;
    if (key == "name") return name_limit;
    return key == "mediaCount" ? number_room : 0;
}

bool album_list_parser::field(std::string_view key, std::string_view text) {
    auto& album = albums.back();
    if (key == "albumId") {
        album.id.value = text;
    } else if (key == "name") {
        album.name = is_blank(text) ? std::string() : std::string(text);
    } else if (key == "mediaCount") {
        album.announced = whole<std::uint64_t>(text);
    }
    return true;
}

bool album_list_parser::end_item() {
    return is_id(albums.back().id.value) || fail("an album without a usable id");
}

full_list_parser::full_list_parser(std::size_t byte_limit) : list_parser("albums", full_list_limit, byte_limit) {}

void full_list_parser::clear_items() {
    albums.clear();
    items = bytes = 0;
    counted_ = 0;
    bytes_.reset();
}

std::size_t full_list_parser::field_room(std::string_view key) {
    if (key == "albumId") return id_limit + 1;
    if (key == "name") return name_limit;
    return key == "mediaCount" || key == "totalImageCount" || key == "totalSize" ? number_room : 0;
}

bool full_list_parser::field(std::string_view key, std::string_view text) {
    auto& album = albums.back();
    if (key == "albumId")
        album.id.value = text;
    else if (key == "name")
        album.name = is_blank(text) ? std::string() : std::string(text);
    else if (key == "totalSize")
        bytes_ = whole<std::uint64_t>(text);
    else if (key == "totalImageCount" || !album.announced)
        album.announced = whole<std::uint64_t>(text);
    return true;
}

bool full_list_parser::end_item() {
    if (!is_id(albums.back().id.value)) return fail("an album without a usable id");
    if (albums.back().announced) ++counted_;
    items = sum(items, albums.back().announced.value_or(0));
    bytes = sum(bytes, bytes_.value_or(0));
    bytes_.reset();
    return true;
}

gallery_parser::gallery_parser(std::size_t page_size, std::size_t byte_limit)
    : list_parser("galleries", limit_of_page(page_size), byte_limit) {}

std::size_t gallery_parser::field_room(std::string_view key) {
    if (key == "id" || key == "groupId") return id_limit + 1;
    if (key == "fileName") return name_limit;
    if (key == "sha1") return 2 * std::tuple_size_v<formats::sha1_digest> + 1;
    const bool number =
        key == "size" || key == "dateTaken" || key == "dateModified" || key == "sortTime" || key == "createTime";
    return number ? number_room : 0;
}

bool gallery_parser::field(std::string_view key, std::string_view text) {
    auto& item = items.back();
    auto& listed = item.listed;
    if (key == "id") {
        listed.id.value = text;
    } else if (key == "groupId") {
        listed.home.value = is_id(text) ? std::string(text) : std::string();
    } else if (key == "fileName") {
        listed.name = text;
    } else if (key == "sha1") {
        listed.sha1 = formats::array_from_hex<std::tuple_size_v<formats::sha1_digest>>(text);
    } else if (key == "size") {
        listed.size = whole<std::uint64_t>(text);
    } else if (key == "dateTaken") {
        listed.taken_ms = whole<std::int64_t>(text);
    } else if (key == "dateModified") {
        listed.modified_ms = whole<std::int64_t>(text);
    } else if (key == "sortTime") {
        item.sort_ms = whole<std::int64_t>(text);
    } else if (key == "createTime") {
        item.created_ms = whole<std::int64_t>(text);
    }
    return true;
}

bool gallery_parser::end_item() {
    return is_id(items.back().listed.id.value) || fail("an item without a usable id");
}

void timeline_parser::reset() {
    days_.clear();
    seen_ = false;
    flaw_ = {};
}

std::string_view timeline_parser::flaw() const {
    if (!flaw_.empty()) return flaw_;
    return seen_ ? std::string_view() : "no counts in it";
}

std::size_t timeline_parser::room(const json_path& at) {
    return at.is({"data", "dayCount", at.key()}) ? number_room : 0;
}

bool timeline_parser::begin(const json_path& at, json_kind kind) {
    if (!at.is({"data", "dayCount"})) return true;
    days_.clear();
    seen_ = kind == json_kind::object;
    if (!seen_) flaw_ = "the counts are none";
    return seen_;
}

bool timeline_parser::null(const json_path& at) {
    if (at.is({"data", "dayCount"})) {
        days_.clear();
        seen_ = true;
    }
    return true;
}

bool timeline_parser::value(const json_path& at, std::string_view text) {
    if (!at.is({"data", "dayCount", at.key()})) return true;
    const auto count = whole<std::uint64_t>(text);
    if (!count) flaw_ = "a count that is none";
    if (at.key().empty() || at.key().size() > bucket_limit || !is_id(at.key())) flaw_ = "a day that is none";
    if (days_.size() >= day_limit) flaw_ = "more days than there are";
    if (!flaw_.empty()) return false;
    days_.push_back({std::string(at.key()), *count});
    return true;
}

std::vector<bucket_count> timeline_parser::days() const {
    std::vector<bucket_count> out;
    auto sorted = days_;
    std::ranges::stable_sort(sorted, {}, &bucket_count::bucket);
    for (auto& day : sorted) {
        if (!out.empty() && out.back().bucket == day.bucket) out.pop_back();  // the last counts
        out.push_back(std::move(day));
    }
    return out;
}

std::size_t quota_parser::room(const json_path& at) {
    return at.is({"data", "usedDetail", "GalleryImage", "size"}) ? number_room : 0;
}

bool quota_parser::value(const json_path& at, std::string_view text) {
    if (room(at) != 0) gallery_bytes = whole<std::uint64_t>(text);
    return true;
}

void storage_parser::reset() {
    url.clear();
    meta.clear();
}

std::size_t storage_parser::room(const json_path& at) {
    if (at.is({"data", "url"}) || at.is({"url"}) || at.is({"data", "storage", "jsonpUrl"})) return url_text_limit + 1;
    return at.is({"data", "meta"}) || at.is({"meta"}) ? meta_limit + 1 : 0;
}

bool storage_parser::value(const json_path& at, std::string_view text) {
    if (at.key() == "meta" && room(at) != 0) {
        if (text.size() > meta_limit) return false;
        meta = text;
    } else if (room(at) != 0) {
        if (text.size() > url_text_limit) return false;
        url = text;
    }
    return true;
}

bool one_text_parser::value(const json_path& at, std::string_view value) {
    if (!at.is({"data", key_})) return true;
    if (value.size() > limit_) return false;
    text = value;
    return true;
}

}  // namespace decamp::source::micloud
