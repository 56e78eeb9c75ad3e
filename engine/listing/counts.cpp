// What the source counts beside what it lists.

#include <map>
#include <utility>

#include "engine/listing/asking.hpp"
#include "formats/time.hpp"

namespace decamp::listing {

namespace {

constexpr unsigned walks_again = 2;
constexpr std::size_t most_counted = 100'000;

certificate_difference named(const collection& c, const bucket_difference& d) {
    const auto day = formats::dashed_day(d.bucket);
    return {c.id.value, day ? *day : d.bucket, d.announced, d.listed};
}

}  // namespace

task<result<std::vector<bucket_count>>> lister::tallied(std::int64_t row) {
    auto work = [&] { return catalogue_.tallied(row); };
    co_return co_await world::run_on(around_.workers, world::queue::catalogue, work);
}

task<result<void>> lister::reconcile(walked_collection& c, const std::vector<scope>& scopes,
                                     const std::vector<scope_walk>& walks, const std::vector<bucket_count>& announced) {
    const auto guessed = co_await tallied(c.row);
    if (!guessed) co_return guessed.error();
    std::vector<std::optional<std::uint64_t>> answered;
    for (const scope_walk& walk : walks)
        answered.push_back(walk.whole ? std::optional<std::uint64_t>(walk.ids.size()) : std::nullopt);
    c.held = held_by_bucket(scopes, answered, announced, *guessed);
    std::uint64_t all = 0;
    for (const scope_walk& walk : walks) all = walk.whole ? sum(all, walk.ids.size()) : ~std::uint64_t{0};
    c.agreed.clear();
    if (all == total(announced) && all == total(*guessed)) c.agreed = announced;
    c.by_bucket = true;
    co_return co_await settle(c, announced);
}

// Counts that agree need no second look. Buckets that differ are walked, each by itself: that answer is the bucket.
// Then the counts are asked for again, since the list may have moved.
task<result<void>> lister::settle(walked_collection& c, std::vector<bucket_count> announced) {
    auto differences = compare(announced, c.held);
    for (unsigned round = 0; round < walks_again; ++round) {
        if (differences.empty() || around_.stop.draining()) break;
        const result<void> walked = co_await walk_differing(c, differences);
        if (!walked) co_return walked;
        const auto counts = co_await ask_counts(c.what.id);
        if (!counts) {
            if (!only_this_part(counts.error())) co_return counts.error();
            const result<void> named = co_await name_uncounted(c, counts.error());
            if (!named) co_return named;
        } else if (counts.value()) {
            announced = *counts.value();
        }
        differences = compare(announced, c.held);
    }
    // Days that begin at another hour in the counts than in the lists differ for good, and nothing is missing: the sums
    // agree, or did in the first walk, and nothing has moved since.
    const auto listed = co_await tallied(c.row);
    if (!listed) co_return listed.error();
    const std::uint64_t all = total(announced);
    const bool adds_up = all == total(*listed) && (all == total(c.held) || announced == c.agreed);
    if (!differences.empty() && adds_up) {
        differences.clear();
        c.held = announced;
    }
    auto record = [&]() -> result<void> {
        for (const bucket_difference& d : differences) {
            if (auto r = catalogue_.add_difference(named(c.what, d)); !r) return r;
        }
        return {};
    };
    const result<void> recorded = co_await world::run_on(around_.workers, world::queue::catalogue, record);
    if (!recorded) co_return recorded;
    co_return co_await note_announced(c, all);
}

task<result<void>> lister::walk_differing(walked_collection& c, const std::vector<bucket_difference>& differences) {
    std::vector<scope> again;
    for (const bucket_difference& d : differences) again.push_back({c.what.id, d.bucket, d.bucket});
    tell_again(c, again);
    const auto walks = co_await walk_scopes(c, again);
    if (!walks) co_return walks.error();
    for (std::size_t i = 0; i < again.size(); ++i) {
        if ((*walks)[i].whole) set_count(c.held, again[i].first_bucket, (*walks)[i].ids.size());
    }
    co_return co_await name_refused(c, again, *walks);
}

void lister::tell_again(const walked_collection& c, const std::vector<scope>& days) {
    std::string named = days.front().first_bucket;
    if (days.size() > 1) named += " ... " + days.back().last_bucket;
    around_.report.say(messages::id::msg_listing_again, album_of(c), named);
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
    // One that was deleted while the list was walked holds nothing by now, and nothing is expected of it.
    const bool deleted = c.withdrawn && count == 0;
    if (c.what.announced && *c.what.announced > count && !deleted)
        doubtful_.push_back(static_cast<std::size_t>(&c - collections_.data()));
    if (c.what.outside_everything && count > twice.value())
        announced_outside_ = sum(announced_outside_, count - twice.value());
    co_return result<void>();
}

// The account may have moved while it was walked: the certificate's figure is the one after the walk. By bucket: totals
// agree where as many were added as were deleted.
task<result<void>> lister::recount(walked_collection& c) {
    if (!c.by_bucket || around_.stop.draining()) co_return result<void>();
    const auto counts = co_await ask_counts(c.what.id);
    if (!counts) {
        if (!only_this_part(counts.error())) co_return counts.error();
        co_return co_await name_uncounted(c, counts.error());
    }
    if (!counts.value() || compare(*counts.value(), c.held).empty()) co_return result<void>();
    co_return co_await settle(c, *counts.value());
}

// A collection's own count beside its buckets': where it is higher, it is asked for again, since it was taken before
// the walk, and the collection is walked as a whole, where something without a bucket would show.
task<result<void>> lister::recount_collections() {
    if (doubtful_.empty() || around_.stop.draining()) co_return result<void>();
    std::map<std::string, std::uint64_t> fresh;
    std::string cursor;
    do {
        const auto page = co_await ask_collections(cursor);
        if (!page) {
            if (!only_this_part(page.error())) co_return page.error();
            if (!in_parts_) break;
            std::vector<list_gap> gaps(
                1, list_gap{"albums", {}, {}, exception_reason::album_not_listed, to_string(page.error())});
            const result<void> named = co_await record(std::move(gaps));
            if (!named) co_return named;
            break;
        }
        for (const collection& c : page.value().collections) {
            if (c.announced) fresh[c.id.value] = *c.announced;
        }
        cursor = page.value().next;
    } while (!cursor.empty() && fresh.size() < most_counted);
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
    const auto walks = co_await walk_scopes(c, whole);
    if (!walks) co_return walks.error();
    const result<void> named = co_await name_refused(c, whole, *walks);
    if (!named) co_return named;
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

}  // namespace decamp::listing
