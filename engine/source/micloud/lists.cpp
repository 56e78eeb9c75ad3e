// The lists: albums, counts by day, and what each day holds.

#include <utility>

#include "engine/source/micloud/micloud_source.hpp"

namespace decamp::source::micloud {

namespace {

constexpr std::int64_t generic_failure = 10001;  // says nothing about the region
constexpr std::string_view full_path = "/gallery/album/full";

collection private_collection() {
    collection album;
    album.id.value = private_album;
    album.name = album_name(album.id, {});
    album.outside_everything = true;
    return album;
}

list_gap private_gap(std::string detail) {
    const collection album = private_collection();
    return {album.id.value, album.name, album.id, exception_reason::album_not_listed, std::move(detail)};
}

bool is_undated(const scope& where) {
    return where.first_bucket.empty() && where.last_bucket.empty();
}

// Asked for in a way that is not liked, as far as anybody can tell.
bool is_refusal(const result<call_answer>& got) {
    if (got) return got->said == verdict::final;
    const auto& why = got.error();
    return why.code == source_errc::refused || why.code == source_errc::not_found ||
           (why.code == source_errc::server_error && why.detail.starts_with("HTTP 4"));
}

}  // namespace

std::optional<complaint> complaint_of(const result<call_answer>& got) {
    if (!got) {
        const auto& code = got.error().code;
        const bool ended = code == source_errc::not_found || code == source_errc::cut_by_redirect;
        return complaint{got.error(), ended};
    }
    const auto code = got->parser->wrapped().code;
    const std::string detail = code ? "code " + std::to_string(*code) : std::string("no code");
    switch (got->said) {
        case verdict::ok:
            return std::nullopt;
        case verdict::gone:
            return complaint{failure(source_errc::not_found, detail), false};
        case verdict::final:
            return complaint{failure(source_errc::server_error, detail), code != generic_failure};
        case verdict::session:
        case verdict::error:
            return complaint{failure(source_errc::server_error, detail), false};
    }
    return std::nullopt;
}

task<result<call_answer>> micloud_source::albums_page(std::uint64_t number) {
    const parser_factory make = [] { return std::make_unique<album_list_parser>(album_page_size); };
    api_call what = albums_call(client_.now_ms(), number);
    co_return co_await client_.call(std::move(what), make);
}

task<result<call_answer>> micloud_source::timeline(collection_id of) {
    const parser_factory make = [] { return std::make_unique<timeline_parser>(); };
    api_call what = timeline_call(client_.now_ms(), of);
    co_return co_await client_.call(std::move(what), make);
}

// Dates are optional, says every client. Where a list without them is refused, it is asked for from the first day to
// the last.
task<result<call_answer>> micloud_source::gallery_page(scope where, std::uint64_t number, std::uint64_t size) {
    const parser_factory make = [size] { return std::make_unique<gallery_parser>(size); };
    api_call what = gallery_call(client_.now_ms(), where, number, size);
    auto got = co_await client_.call(std::move(what), make);
    if (!is_undated(where) || !is_refusal(got)) co_return got;
    where.first_bucket = earliest_day;
    where.last_bucket = latest_day;
    api_call again = gallery_call(client_.now_ms(), where, number, size);
    auto dated = co_await client_.call(std::move(again), make);
    if (complaint_of(dated)) co_return got;
    co_return dated;
}

// A region whose gallery has ended answers as no client has recorded. Taken for it: the album list and the timeline
// both say 404 or 410, redirect away, or report an error for good other than the generic one. An empty gallery is a
// success with nothing in it, and never meant.
task<result<collection_page>> micloud_source::collections(std::string cursor) {
    const auto at = parse_cursor(cursor);
    if (!at || at->page > page_count_limit)
        co_return failure(source_errc::unusable_answer, "the album list has no end");
    const auto got = co_await albums_page(at->page);
    const auto wrong = complaint_of(got);
    if (wrong && wrong->ended && at->page == 0) {
        collection_id everything;
        const auto witness = co_await timeline(std::move(everything));
        const auto second = complaint_of(witness);
        if (second && second->ended) co_return failure(source_errc::region_ended, wrong->why.detail);
    }
    if (wrong && !at->beyond) co_return wrong->why;

    collection_page out;
    page_outcome step;
    step.next = *at;
    step.ended = true;
    if (!wrong) {
        const auto& answer = read_as<album_list_parser>(*got);
        std::vector<std::string_view> ids;
        ids.reserve(answer.albums.size());
        for (const auto& album : answer.albums) ids.push_back(album.id.value);
        step = after_page(*at, {print_of(ids), ids.size(), album_page_size, answer.last_page(), answer.says_more()});
        if (step.fresh) out.collections = answer.albums;
    }
    for (auto& album : out.collections) {
        album.name = album_name(album.id, album.name);
        album.outside_everything = album.id.value == private_album;
        if (album.outside_everything) step.next.flag = true;
    }
    if (!step.ended) {
        out.next = to_text(step.next);
        co_return out;
    }
    if (!step.next.flag) {
        const auto added = co_await add_private_album(out);
        if (!added) co_return added.error();
    }
    co_return out;
}

// It is asked for where the list does not name it. Where that is refused, nobody knows what it holds: that is a gap.
task<result<void>> micloud_source::add_private_album(collection_page& to) {
    scope where;
    where.collection.value = private_album;
    const auto got = co_await gallery_page(where, 0, 1);
    const auto wrong = complaint_of(got);
    if (wrong) {
        const error_class what = classify(wrong->why);
        const bool final_word = got && got->said != verdict::error;
        const bool refused = final_word || what == error_class::item || wrong->why.code == source_errc::not_found;
        if (!refused) co_return wrong->why;
        to.gaps.push_back(private_gap(to_string(wrong->why)));
        co_return result<void>();
    }
    const auto& answer = read_as<gallery_parser>(*got);
    if (!answer.items.empty()) to.collections.push_back(private_collection());
    if (!answer.items.empty() || answer.last_page() || !answer.says_more()) co_return result<void>();
    // An empty page that is not the last: the counts decide.
    const auto counts = co_await timeline(where.collection);
    const auto uncounted = complaint_of(counts);
    if (uncounted)
        to.gaps.push_back(private_gap("an empty page that is not the last"));
    else if (!read_as<timeline_parser>(*counts).days().empty())
        to.collections.push_back(private_collection());
    co_return result<void>();
}

task<result<std::optional<std::vector<bucket_count>>>> micloud_source::announced(collection_id of) {
    const auto got = co_await timeline(of);
    const auto wrong = complaint_of(got);
    if (wrong && wrong->ended && of.everything()) {
        const auto witness = co_await albums_page(0);
        const auto second = complaint_of(witness);
        if (second && second->ended) co_return failure(source_errc::region_ended, wrong->why.detail);
    }
    if (wrong) co_return wrong->why;
    std::optional<std::vector<bucket_count>> out = read_as<timeline_parser>(*got).days();
    co_return out;
}

task<result<item_page>> micloud_source::page(scope where, std::string cursor) {
    item_page out;
    // A bucket that is no day: nothing can be asked for it, and its count will be named as a gap.
    if (!can_be_asked(where)) co_return out;
    const auto at = parse_cursor(cursor);
    if (!at || at->page > page_count_limit) co_return failure(source_errc::unusable_answer, "the list has no end");
    auto got = co_await gallery_page(where, at->page, gallery_page_size);
    const auto wrong = complaint_of(got);
    if (wrong && at->beyond) co_return out;
    if (wrong) co_return wrong->why;

    auto& answer = static_cast<gallery_parser&>(*got->parser);
    std::vector<std::string_view> ids;
    ids.reserve(answer.items.size());
    for (const auto& item : answer.items) ids.push_back(item.listed.id.value);
    const page_outcome step =
        after_page(*at, {print_of(ids), ids.size(), gallery_page_size, answer.last_page(), answer.says_more()});
    if (step.fresh) out.items = as_listed(std::move(answer.items), where);
    if (!step.ended) out.next = to_text(step.next);
    co_return out;
}

// One client knows of it: all albums in one answer, with items and bytes. Whatever is wrong with it, there is none.
task<result<std::optional<other_count>>> micloud_source::counted_otherwise() {
    const parser_factory make = [] { return std::make_unique<full_list_parser>(); };
    api_call what = full_list_call(client_.now_ms());
    const auto got = co_await client_.call(std::move(what), make);
    std::optional<other_count> none;
    if (!got || got->said != verdict::ok) co_return none;
    const auto& answer = read_as<full_list_parser>(*got);
    if (!answer.counted()) co_return none;
    other_count out;
    out.by = full_path;
    out.items = answer.items;
    out.bytes = answer.bytes;
    for (const collection& album : answer.albums) {
        collection named{album.id, album_name(album.id, album.name), std::nullopt, album.id.value == private_album};
        out.collections.push_back(std::move(named));
    }
    std::optional<other_count> some = std::move(out);
    co_return some;
}

task<result<std::optional<std::uint64_t>>> micloud_source::bytes_held() {
    const parser_factory make = [] { return std::make_unique<quota_parser>(); };
    api_call what = quota_call(client_.now_ms());
    const auto got = co_await client_.call(std::move(what), make);
    const auto wrong = complaint_of(got);
    if (wrong) co_return wrong->why;
    co_return read_as<quota_parser>(*got).gallery_bytes;
}

}  // namespace decamp::source::micloud
