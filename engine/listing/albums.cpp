// Which collections there are. A source in parts says it on pages that shift, and is asked until two walks agree.

#include <utility>

#include "engine/listing/asking.hpp"

namespace decamp::listing {

namespace {

constexpr std::size_t most_collections = 100'000;

}  // namespace

task<result<void>> lister::list_collections() {
    // A second walk over all begins anew: what the first one noted of albums is about albums that may be gone.
    collections_.clear();
    known_.clear();
    homes_.clear();
    doubtful_.clear();
    announced_outside_ = 0;
    album_walk last;
    for (unsigned walk = 1; !around_.stop.draining(); ++walk) {
        auto now = co_await walk_album_list();
        if (!now) {
            if (!in_parts_ || !only_this_part(now.error())) co_return now.error();
            last.gaps.assign(1, list_gap{"albums", {}, {}, exception_reason::album_not_listed, to_string(now.error())});
            break;
        }
        const bool same = walk > 1 && now->ids == last.ids;
        last = std::move(*now);
        if (same || !in_parts_) break;
        if (walk == most_walks) {
            last.gaps.push_back({"albums", {}, {}, exception_reason::list_unsteady, {}});
            break;
        }
    }
    mark_withdrawn(last.ids);
    const result<void> recorded = co_await record(std::move(last.gaps));
    if (!recorded || !in_parts_) co_return recorded;
    co_return co_await count_otherwise();
}

task<result<lister::album_walk>> lister::walk_album_list() {
    album_walk walked;
    std::string cursor;
    do {
        auto page = co_await ask_collections(cursor);
        if (!page) co_return page.error();
        for (const collection& c : page->collections) walked.ids.insert(c.id.value);
        for (list_gap& gap : page->gaps) walked.gaps.push_back(std::move(gap));
        const result<void> taken = co_await take(std::move(page->collections));
        if (!taken) co_return taken.error();
        if (collections_.size() > most_collections)
            co_return failure(source::source_errc::unusable_answer, "more than 100000 albums");
        cursor = page->next;
    } while (!cursor.empty() && !around_.stop.draining());
    co_return walked;
}

// Known ones are brought up to date, others added behind them.
task<result<void>> lister::take(std::vector<collection> found) {
    auto work = [&] { return planner_.plan_collections(found); };
    const auto rows = co_await world::run_on(around_.workers, world::queue::catalogue, work);
    if (!rows) co_return rows.error();
    for (std::size_t i = 0; i < rows->size(); ++i) {
        const auto [at, added] = known_.emplace(found[i].id.value, collections_.size());
        if (added) collections_.emplace_back();
        walked_collection& c = collections_[at->second];
        c.what = std::move(found[i]);
        c.row = (*rows)[i];
    }
    around_.report.counters.albums_listed = collections_.size();
    co_return result<void>();
}

void lister::mark_withdrawn(const std::set<std::string>& present) {
    for (walked_collection& c : collections_) c.withdrawn = in_parts_ && !present.contains(c.what.id.value);
}

task<result<void>> lister::count_otherwise() {
    auto counted = co_await source_.counted_otherwise();
    if (!counted || !*counted) co_return result<void>();
    std::vector<collection> missing;
    for (collection& c : (*counted)->collections) {
        if (!known_.contains(c.id.value)) missing.push_back(std::move(c));
    }
    (*counted)->collections.clear();
    otherwise_ = std::move(*counted);
    if (missing.empty()) co_return result<void>();
    co_return co_await take(std::move(missing));
}

task<result<void>> lister::take_homes() {
    std::vector<collection> named;
    for (collection_id& id : homes_) {
        if (!known_.contains(id.value)) named.push_back({std::move(id), {}, {}, false});
    }
    homes_.clear();
    if (named.empty()) co_return result<void>();
    co_return co_await take(std::move(named));
}

task<result<collection_page>> lister::ask_collections(std::string cursor) {
    auto ask = [this, cursor] { return source_.collections(cursor); };
    co_return co_await asking<collection_page>(ask);
}

}  // namespace decamp::listing
