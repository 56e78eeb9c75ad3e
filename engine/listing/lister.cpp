#include "engine/listing/lister.hpp"

#include <utility>

#include "engine/listing/asking.hpp"

namespace decamp::listing {

lister::lister(runtime::surroundings& around, source::source& from, plan::planner& planner, catalogue::catalogue& where,
               std::function<void()> planned)
    : around_(around),
      source_(from),
      planner_(planner),
      catalogue_(where),
      planned_(std::move(planned)),
      in_parts_(from.in_parts()) {}

task<result<list_outcome>> lister::run() {
    result<void> done = co_await walk_all();
    if (done) done = co_await doubt_emptiness();
    if (done) done = co_await recount(everything_);
    for (std::size_t i = 0; done && albums_alone_ && i < collections_.size(); ++i)
        done = co_await recount(collections_[i]);
    if (done) done = co_await recount_collections();
    if (!done) co_return done.error();
    list_outcome outcome;
    outcome.whole = !around_.stop.draining() && !refused_ && gaps_ == 0;
    if (outcome.whole) {
        around_.report.say(messages::id::msg_listed, around_.report.counters.items_listed);
        auto work = [this] { return catalogue_.record_walked(); };
        const result<void> recorded = co_await world::run_on(around_.workers, world::queue::catalogue, work);
        if (!recorded) co_return recorded.error();
    }
    if (!in_parts_ || walked_whole_ == 0) outcome.unusable = refused_;
    outcome.otherwise = std::move(otherwise_);
    if (announced_everything_) outcome.announced = sum(*announced_everything_, announced_outside_);
    co_return outcome;
}

// Names depend on the order: everything first, by its days, where its items say which album they lie in; else the
// albums.
task<result<void>> lister::walk_all() {
    result<void> done = co_await list_collections();
    if (done) done = co_await walk(everything_);
    if (done) done = co_await walk_albums();
    albums_walked_ = true;
    if (done && everything_waits_ && !around_.stop.draining()) done = co_await walk(everything_);
    co_return done;
}

// Albums that only items name come to light while others are walked.
task<result<void>> lister::walk_albums() {
    for (std::size_t i = 0; !around_.stop.draining(); ++i) {
        if (i == collections_.size()) {
            const result<void> taken = co_await take_homes();
            if (!taken) co_return taken;
        }
        if (i >= collections_.size()) break;
        const result<void> walked = co_await walk(collections_[i]);
        if (!walked) co_return walked;
        collections_[i].agreed.clear();
        if (!albums_alone_) collections_[i].held.clear();
    }
    co_return result<void>();
}

task<result<void>> lister::walk(walked_collection& c) {
    const auto counts = co_await ask_counts(c.what.id);
    if (!counts && !only_this_part(counts.error())) co_return counts.error();
    if (!counts && !in_parts_) co_return result<void>();
    std::vector<scope> scopes;
    if (counts && counts.value()) scopes = scopes_of(c.what.id, *counts.value(), source_.page_size());
    if (scopes.empty()) scopes.push_back({c.what.id, {}, {}});
    const auto walks = co_await walk_scopes(c, scopes);
    if (!walks) co_return walks.error();
    if (around_.stop.draining() || (everything_waits_ && !albums_walked_ && c.row == 0)) co_return result<void>();
    if (!counts) co_return co_await settle_uncounted(c, counts.error(), walks->front());
    const result<void> named = co_await name_refused(c, scopes, *walks);
    if (!named || !counts.value()) co_return named;
    co_return co_await reconcile(c, scopes, *walks, *counts.value());
}

// A list whose counts were refused, of a source in parts. Where everything is refused altogether, its albums are all
// there is to ask for; they have to agree with counts of their own. A list without any count to compare with is walked,
// and named.
task<result<void>> lister::settle_uncounted(const walked_collection& c, const failure& why, const scope_walk& whole) {
    const bool is_everything = c.row == 0;
    if (whole.why && is_everything && !collections_.empty()) {
        albums_alone_ = true;
        refused_.reset();
        co_return result<void>();
    }
    if (whole.why) {
        const std::vector<scope> scopes(1, scope{c.what.id, {}, {}});
        const std::vector<scope_walk> walks(1, whole);
        co_return co_await name_refused(c, scopes, walks);
    }
    const bool agrees = c.what.announced && *c.what.announced == whole.ids.size();
    if (agrees) {
        refused_.reset();
        co_return result<void>();
    }
    co_return co_await name_uncounted(c, why);
}

task<result<void>> lister::name_uncounted(const walked_collection& c, const failure& why) {
    if (!in_parts_ || around_.stop.draining()) co_return result<void>();
    const std::string id = c.row == 0 ? std::string("timeline") : c.what.id.value + "/timeline";
    std::vector<list_gap> gaps(1,
                               list_gap{id, album_of(c), c.what.id, exception_reason::entry_not_read, to_string(why)});
    co_return co_await record(std::move(gaps));
}

// An account that lists nothing is asked twice, and then what its quota counts.
task<result<void>> lister::doubt_emptiness() {
    if (!in_parts_ || listed_anything_ || refused_ || around_.stop.draining()) co_return result<void>();
    const result<void> again = co_await walk_all();
    if (!again || listed_anything_ || around_.stop.draining()) co_return again;
    auto ask = [this] { return source_.bytes_held(); };
    const auto bytes = co_await asking<std::optional<std::uint64_t>>(ask);
    std::string detail;
    if (bytes) {
        if (bytes->value_or(0) == 0) co_return result<void>();
        detail = "nothing is listed, and its quota counts " + std::to_string(**bytes) + " bytes";
    } else {
        auto work = [this] { return catalogue_.items_known(); };
        const auto known = co_await world::run_on(around_.workers, world::queue::catalogue, work);
        if (!known) co_return known.error();
        if (known.value() == 0) co_return result<void>();
        detail = "nothing is listed any more; its quota: " + to_string(bytes.error());
    }
    std::vector<list_gap> gaps(1, list_gap{"everything", {}, {}, exception_reason::list_unsteady, std::move(detail)});
    co_return co_await record(std::move(gaps));
}

}  // namespace decamp::listing
