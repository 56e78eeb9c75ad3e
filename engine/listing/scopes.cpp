// Pages of a collection's scopes, and what becomes of those that cannot be had.

#include <algorithm>
#include <utility>

#include "engine/listing/asking.hpp"
#include "engine/listing/prefetch.hpp"
#include "formats/bytes.hpp"
#include "formats/digest.hpp"

namespace decamp::listing {

namespace {

constexpr std::size_t scopes_ahead = 4;
constexpr unsigned hopeless = 12;  // parts that could not be listed, one after the other: no use in asking on

std::uint64_t hash_of(const item_id& id) {
    return formats::xxh3_64_of(formats::as_bytes(id.value));
}

}  // namespace

// In a source in parts, what is of more than one page may have shifted while it was walked: it is walked until two
// walks agree.
task<result<std::vector<lister::scope_walk>>> lister::walk_scopes(const walked_collection& c,
                                                                  const std::vector<scope>& scopes) {
    std::vector<scope_walk> walks(scopes.size());
    const result<void> walked = co_await walk_once(c, scopes, walks);
    if (!walked) co_return walked.error();
    for (std::size_t i = 0; in_parts_ && i < scopes.size() && !around_.stop.draining(); ++i) {
        if (!walks[i].whole || walks[i].pages < 2) continue;
        const result<void> steady = co_await walk_until_steady(c, scopes[i], walks[i]);
        if (!steady) co_return steady.error();
    }
    co_return walks;
}

task<result<void>> lister::walk_until_steady(const walked_collection& c, const scope& where, scope_walk& seen) {
    const std::vector<scope> again(1, where);
    for (unsigned walk = 1; walk < most_walks; ++walk) {
        std::vector<scope_walk> walks(1);
        const result<void> walked = co_await walk_once(c, again, walks);
        if (!walked || around_.stop.draining()) co_return walked;
        const bool same = walks.front().whole && walks.front().ids == seen.ids;
        seen = std::move(walks.front());
        if (same || !seen.whole) co_return result<void>();
    }
    std::string id = c.what.id.everything() ? std::string("everything") : c.what.id.value;
    if (!where.first_bucket.empty()) id += "/" + where.first_bucket;
    std::vector<list_gap> gaps(1, list_gap{std::move(id), album_of(c), c.what.id, exception_reason::list_unsteady, {}});
    co_return co_await record(std::move(gaps));
}

task<result<void>> lister::walk_once(const walked_collection& c, const std::vector<scope>& scopes,
                                     std::vector<scope_walk>& into) {
    const auto executor = co_await boost::asio::this_coro::executor;
    runtime::task_group fetchers(executor);
    page_getter get = [this](const scope& where, std::string cursor) { return ask_page(where, std::move(cursor)); };
    ordered_pages pages(scopes, scopes_ahead, std::move(get), fetchers);
    result<void> outcome;
    while (outcome) {
        auto page = co_await pages.next();
        if (!page || around_.stop.draining()) break;
        if (!*page) {
            if (!only_this_part(page->error())) outcome = page->error();
            into[pages.current()].why = page->error();
            continue;
        }
        const std::size_t at = page->value().scope;
        item_page& found = page->value().page;
        if (has_to_wait(c, found)) break;
        scope_walk& walk = into[at];
        walk.whole = found.next.empty();
        if (walk.whole) ++walked_whole_;
        if (!found.items.empty()) ++walk.pages;
        // A list that is not compared with any count can be of any length.
        const bool compared = in_parts_ || !scopes[at].first_bucket.empty() || !scopes[at].last_bucket.empty();
        for (const listed_item& item : found.items) {
            if (compared) walk.ids.push_back(hash_of(item.id));
        }
        outcome = co_await plan_page(c, scopes[at], std::move(found));
    }
    pages.abandon();
    co_await fetchers.join();
    for (scope_walk& walk : into) {
        std::ranges::sort(walk.ids);
        const auto repeated = std::ranges::unique(walk.ids);
        walk.ids.erase(repeated.begin(), repeated.end());
    }
    co_return outcome;
}

// Items of everything that do not say where they lie get the album in which they are listed: once those are walked.
bool lister::has_to_wait(const walked_collection& c, const item_page& page) {
    if (c.row != 0 || !in_parts_ || albums_walked_ || collections_.empty()) return false;
    const bool homeless = std::ranges::any_of(page.items, [](const listed_item& i) { return i.home.everything(); });
    everything_waits_ = everything_waits_ || homeless;
    return homeless;
}

task<result<void>> lister::plan_page(const walked_collection& c, const scope& where, item_page page) {
    auto work = [&] { return planner_.plan_page(c.row, page.items, page.gaps, c.what.id); };
    const auto planned = co_await world::run_on(around_.workers, world::queue::catalogue, work);
    if (!planned) co_return planned.error();
    gaps_ += in_parts_ ? page.gaps.size() : 0;
    listed_anything_ = listed_anything_ || !page.items.empty();
    for (const listed_item& item : page.items) {
        const bool unknown = in_parts_ && !item.home.everything() && !known_.contains(item.home.value);
        if (unknown && (homes_.empty() || homes_.back() != item.home)) homes_.push_back(item.home);
    }
    const plan::planned_page& p = planned.value();
    auto& counters = around_.report.counters;
    counters.items_listed += p.fresh;
    counters.items_stored += p.standing;
    counters.bytes_stored += p.standing_bytes;
    counters.bytes_wanted += p.standing_bytes;
    counters.bytes_wanted += p.bytes;
    counters.bytes_saved += p.twin_bytes;
    around_.report.event("page_listed", [&](formats::json_line& line) {
        line.add("collection", c.what.id.value)
            .add("bucket_first", where.first_bucket)
            .add("bucket_last", where.last_bucket)
            .add("items", p.items);
    });
    for (const plan::planned_name& n : p.names) {
        around_.report.event("item_planned", [&](formats::json_line& line) {
            line.add("id", n.id).add("path", n.path);
            if (n.size) line.add("size", *n.size);
        });
    }
    planned_();
    co_return result<void>();
}

// Each scope that could not be walked to its end is a gap. Of an album that is in the list no more, none is expected.
task<result<void>> lister::name_refused(const walked_collection& c, const std::vector<scope>& scopes,
                                        const std::vector<scope_walk>& walks) {
    std::vector<list_gap> gaps;
    for (std::size_t i = 0; in_parts_ && i < scopes.size(); ++i) {
        if (walks[i].whole || !walks[i].why || around_.stop.draining()) continue;
        if (c.withdrawn && walks[i].why->code == source::source_errc::not_found) continue;
        std::string id = c.what.id.everything() ? std::string("everything") : c.what.id.value;
        if (scopes.size() > 1) id += "/" + scopes[i].first_bucket + "-" + scopes[i].last_bucket;
        gaps.push_back(
            {std::move(id), album_of(c), c.what.id, exception_reason::album_not_listed, to_string(*walks[i].why)});
    }
    co_return co_await record(std::move(gaps));
}

std::string lister::album_of(const walked_collection& c) const {
    return c.row == 0 ? messages::say(around_.report.words(), messages::id::label_everything) : c.what.name;
}

task<result<void>> lister::record(std::vector<list_gap> gaps) {
    if (gaps.empty()) co_return result<void>();
    gaps_ += gaps.size();
    auto work = [&]() -> result<void> {
        for (const list_gap& gap : gaps) {
            if (auto r = catalogue_.record_gap(gap); !r) return r;
        }
        return {};
    };
    co_return co_await world::run_on(around_.workers, world::queue::catalogue, work);
}

task<result<std::optional<std::vector<bucket_count>>>> lister::ask_counts(collection_id of) {
    auto ask = [this, of] { return source_.announced(of); };
    co_return co_await asking<std::optional<std::vector<bucket_count>>>(ask);
}

task<result<item_page>> lister::ask_page(scope where, std::string cursor) {
    auto ask = [this, where, cursor] { return source_.page(where, cursor); };
    result<item_page> page = co_await asking<item_page>(ask);
    if (page) refused_in_a_row_ = 0;
    co_return page;
}

bool lister::only_this_part(const failure& f) {
    const error_class what = classify(f);
    const bool of_the_list =
        f.code == source::source_errc::unusable_answer || f.code == source::source_errc::server_error;
    const bool refused = what == error_class::transient || what == error_class::item || what == error_class::refresh ||
                         f.code == source::source_errc::not_found;
    if (!of_the_list && !(in_parts_ && refused)) return false;
    if (!refused_) refused_ = f;
    return ++refused_in_a_row_ < hopeless;
}

}  // namespace decamp::listing
