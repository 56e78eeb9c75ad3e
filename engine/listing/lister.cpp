#include "engine/listing/lister.hpp"

#include <map>
#include <utility>

#include "engine/listing/prefetch.hpp"
#include "engine/runtime/retry_loop.hpp"
#include "formats/time.hpp"

namespace decamp::listing {

namespace {

constexpr std::size_t scopes_ahead = 4;
constexpr std::size_t most_collections = 100'000;
constexpr unsigned walks_again = 2;
constexpr unsigned hopeless = 12;  // scopes that could not be listed, one after the other: no use in asking on

certificate_difference named(const collection& c, const bucket_difference& d) {
    const auto day = formats::dashed_day(d.bucket);
    return {c.id.value, day ? *day : d.bucket, d.announced, d.listed};
}

}  // namespace

lister::lister(runtime::surroundings& around, source::source& from, plan::planner& planner, catalogue::catalogue& where,
               std::function<void()> planned)
    : around_(around), source_(from), planner_(planner), catalogue_(where), planned_(std::move(planned)) {}

task<result<list_outcome>> lister::run() {
    result<void> done = co_await list_collections();
    if (done) done = co_await walk(everything_);
    for (const walked_collection& c : collections_) {
        if (!done || around_.stop.draining()) break;
        done = co_await walk(c);
    }
    if (done) done = co_await recount_everything();
    if (done) done = co_await recount_collections();
    if (!done) co_return done.error();
    list_outcome outcome;
    outcome.whole = !around_.stop.draining() && !unusable_;
    if (outcome.whole) {
        around_.report.say(messages::id::msg_listed, around_.report.counters.items_listed);
        auto work = [this] { return catalogue_.record_walked(); };
        const result<void> recorded = co_await world::run_on(around_.workers, world::queue::catalogue, work);
        if (!recorded) co_return recorded.error();
    }
    outcome.unusable = unusable_;
    if (announced_everything_) outcome.announced = *announced_everything_ + announced_outside_;
    co_return outcome;
}

task<result<void>> lister::list_collections() {
    std::string cursor;
    do {
        auto ask = [&] { return source_.collections(cursor); };
        result<collection_page> page = co_await runtime::retrying<collection_page>(around_, retry_, ask);
        if (!page) co_return page.error();
        auto work = [&] { return planner_.plan_collections(page.value().collections); };
        const auto rows = co_await world::run_on(around_.workers, world::queue::catalogue, work);
        if (!rows) co_return rows.error();
        const result<void> gaps = co_await record(page.value().gaps);
        if (!gaps) co_return gaps;
        for (std::size_t i = 0; i < rows.value().size(); ++i)
            collections_.push_back({std::move(page.value().collections[i]), rows.value()[i]});
        around_.report.counters.albums_listed = collections_.size();
        if (collections_.size() > most_collections)
            co_return failure(source::source_errc::unusable_answer, "more than 100000 albums");
        cursor = page.value().next;
    } while (!cursor.empty() && !around_.stop.draining());
    co_return result<void>();
}

task<result<void>> lister::record(const std::vector<list_gap>& gaps) {
    if (gaps.empty()) co_return result<void>();
    auto work = [&]() -> result<void> {
        for (const list_gap& gap : gaps) {
            if (auto r = catalogue_.record_gap(gap); !r) return r;
        }
        return {};
    };
    co_return co_await world::run_on(around_.workers, world::queue::catalogue, work);
}

task<result<void>> lister::walk(const walked_collection& c) {
    const auto counts = co_await ask_counts(c.what.id);
    if (!counts) {
        if (only_this_scope(counts.error())) co_return result<void>();
        co_return counts.error();
    }
    std::vector<scope> scopes;
    if (counts.value()) scopes = scopes_of(c.what.id, *counts.value(), source_.page_size());
    if (scopes.empty()) scopes.push_back({c.what.id, {}, {}});
    const result<void> walked = co_await walk_scopes(c, scopes);
    if (!walked || around_.stop.draining() || !counts.value()) co_return walked;
    co_return co_await reconcile(c, *counts.value());
}

// Counts that agree need no second look. Those that differ are asked for again, since the list may have moved, and only
// then are their buckets walked, each by itself.
task<result<void>> lister::reconcile(const walked_collection& c, std::vector<bucket_count> announced) {
    auto differences = co_await differing(c, announced);
    for (unsigned round = 0; round < walks_again; ++round) {
        if (!differences) co_return differences.error();
        if (differences.value().empty() || around_.stop.draining()) break;
        std::vector<scope> again;
        for (const bucket_difference& d : differences.value()) again.push_back({c.what.id, d.bucket, d.bucket});
        tell_again(c, again);
        const result<void> walked = co_await walk_scopes(c, again);
        if (!walked) co_return walked;
        const auto counts = co_await ask_counts(c.what.id);
        if (!counts) {
            if (!only_this_scope(counts.error())) co_return counts.error();
        } else if (counts.value()) {
            announced = *counts.value();
        }
        differences = co_await differing(c, announced);
    }
    if (!differences) co_return differences.error();
    auto record = [&]() -> result<void> {
        for (const bucket_difference& d : differences.value()) {
            if (auto r = catalogue_.add_difference(named(c.what, d)); !r) return r;
        }
        return {};
    };
    const result<void> recorded = co_await world::run_on(around_.workers, world::queue::catalogue, record);
    if (!recorded) co_return recorded;
    co_return co_await note_announced(c, total(announced));
}

void lister::tell_again(const walked_collection& c, const std::vector<scope>& days) {
    std::string named = days.front().first_bucket;
    if (days.size() > 1) named += " ... " + days.back().last_bucket;
    const std::string album = c.row == 0 ? messages::say(around_.report.words(), messages::id::label_everything) : c.what.name;
    around_.report.say(messages::id::msg_listing_again, album, named);
}

task<result<std::vector<bucket_difference>>> lister::differing(const walked_collection& c,
                                                               const std::vector<bucket_count>& announced) {
    auto work = [&] { return catalogue_.tallied(c.row); };
    const auto listed = co_await world::run_on(around_.workers, world::queue::catalogue, work);
    if (!listed) co_return listed.error();
    co_return compare(announced, listed.value());
}

task<result<void>> lister::note_announced(const walked_collection& c, std::uint64_t count) {
    if (c.row == 0) {
        announced_everything_ = count;
        co_return result<void>();
    }
    collection counted = c.what;
    counted.announced = count;
    auto work = [&]() -> result<std::uint64_t> {
        if (auto r = catalogue_.saw_collection(c.row, counted); !r) return r.error();
        return catalogue_.tallied_twice(c.row);
    };
    const auto twice = co_await world::run_on(around_.workers, world::queue::catalogue, work);
    if (!twice) co_return twice.error();
    if (c.what.announced && *c.what.announced > count)
        doubtful_.push_back(static_cast<std::size_t>(&c - collections_.data()));
    if (c.what.outside_everything && count > twice.value()) announced_outside_ += count - twice.value();
    co_return result<void>();
}

// The account may have moved while its albums were walked: the certificate's figure is the one after the walk.
task<result<void>> lister::recount_everything() {
    if (!announced_everything_ || around_.stop.draining()) co_return result<void>();
    const auto counts = co_await ask_counts(everything_.what.id);
    if (!counts) {
        if (only_this_scope(counts.error())) co_return result<void>();
        co_return counts.error();
    }
    if (!counts.value()) co_return result<void>();
    // By day: totals agree where as many were added as were deleted.
    const auto differences = co_await differing(everything_, *counts.value());
    if (!differences) co_return differences.error();
    if (differences.value().empty() && total(*counts.value()) == *announced_everything_) co_return result<void>();
    co_return co_await reconcile(everything_, *counts.value());
}

// A collection's own count beside its buckets': where it is higher, it is asked for again, since it was taken before the
// walk, and the collection is walked as a whole, where something without a bucket would show.
task<result<void>> lister::recount_collections() {
    if (doubtful_.empty() || around_.stop.draining()) co_return result<void>();
    std::map<std::string, std::uint64_t> fresh;
    std::string cursor;
    do {
        auto ask = [&] { return source_.collections(cursor); };
        const auto page = co_await runtime::retrying<collection_page>(around_, retry_, ask);
        if (!page) {
            if (only_this_scope(page.error())) co_return result<void>();
            co_return page.error();
        }
        for (const collection& c : page.value().collections) {
            if (c.announced) fresh[c.id.value] = *c.announced;
        }
        cursor = page.value().next;
    } while (!cursor.empty() && fresh.size() < most_collections);
    for (const std::size_t index : doubtful_) {
        const walked_collection& c = collections_[index];
        // What is not counted any more leaves the first figure standing.
        const auto now = fresh.find(c.what.id.value);
        const std::uint64_t announced = now == fresh.end() ? *c.what.announced : now->second;
        const result<void> settled = co_await settle_doubt(c, announced);
        if (!settled) co_return settled;
    }
    co_return result<void>();
}

task<result<void>> lister::settle_doubt(const walked_collection& c, std::uint64_t announced) {
    around_.report.say(messages::id::msg_listing_again_album, c.what.name);
    const std::vector<scope> whole(1, scope{c.what.id, {}, {}});
    const result<void> walked = co_await walk_scopes(c, whole);
    if (!walked) co_return walked;
    auto work = [&]() -> result<void> {
        const auto counts = catalogue_.tallied(c.row);
        if (!counts) return counts.error();
        const std::uint64_t listed = total(counts.value());
        if (announced <= listed) return {};
        collection counted = c.what;
        counted.announced = announced;
        if (auto r = catalogue_.saw_collection(c.row, counted); !r) return r;
        return catalogue_.add_difference({c.what.id.value, {}, announced, listed});
    };
    co_return co_await world::run_on(around_.workers, world::queue::catalogue, work);
}

task<result<void>> lister::walk_scopes(const walked_collection& c, const std::vector<scope>& scopes) {
    const auto executor = co_await boost::asio::this_coro::executor;
    runtime::task_group fetchers(executor);
    page_getter get = [this](const scope& where, std::string cursor) { return ask_page(where, std::move(cursor)); };
    ordered_pages pages(scopes, scopes_ahead, std::move(get), fetchers);
    result<void> outcome;
    while (outcome) {
        auto page = co_await pages.next();
        if (!page || around_.stop.draining()) break;
        if (!*page) {
            if (!only_this_scope(page->error())) outcome = page->error();
            continue;
        }
        const scope& where = scopes[page->value().scope];
        outcome = co_await plan_page(c, where, std::move(page->value().page));
    }
    pages.abandon();
    co_await fetchers.join();
    co_return outcome;
}

task<result<void>> lister::plan_page(const walked_collection& c, const scope& where, item_page page) {
    auto work = [&] { return planner_.plan_page(c.row, page.items, page.gaps); };
    const auto planned = co_await world::run_on(around_.workers, world::queue::catalogue, work);
    if (!planned) co_return planned.error();
    const plan::planned_page& p = planned.value();
    auto& counters = around_.report.counters;
    if (c.row == 0 || c.what.outside_everything) {
        counters.items_listed += p.first_seen;
        counters.items_stored += p.standing;
        counters.bytes_stored += p.standing_bytes;
        counters.bytes_wanted += p.standing_bytes;
    }
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

task<result<std::optional<std::vector<bucket_count>>>> lister::ask_counts(collection_id of) {
    auto ask = [&] { return source_.announced(of); };
    co_return co_await runtime::retrying<std::optional<std::vector<bucket_count>>>(around_, retry_, ask);
}

task<result<item_page>> lister::ask_page(scope where, std::string cursor) {
    auto ask = [&] { return source_.page(where, cursor); };
    runtime::retry_policy policy = retry_;
    if (unusable_) policy.tries = 2;  // patience was shown once; what follows is looked at, not waited for
    result<item_page> page = co_await runtime::retrying<item_page>(around_, policy, ask);
    if (page) unusable_in_a_row_ = 0;
    co_return page;
}

bool lister::only_this_scope(const failure& f) {
    const bool alone = f.code == source::source_errc::unusable_answer || f.code == source::source_errc::server_error;
    if (!alone) return false;
    if (!unusable_) unusable_ = f;
    return ++unusable_in_a_row_ < hopeless;
}

}  // namespace decamp::listing
