#include "engine/pipeline/export_run.hpp"

#include <algorithm>
#include <utility>

#include "engine/model/layout.hpp"
#include "engine/pipeline/repairing.hpp"
#include "engine/runtime/retry_loop.hpp"
#include "engine/store/linked_names.hpp"
#include "engine/store/publish.hpp"
#include "engine/store/recovery.hpp"
#include "engine/store/volumes/mending.hpp"
#include "engine/verify/departure.hpp"
#include "engine/verify/volume_prover.hpp"
#include "formats/hex.hpp"

namespace decamp::pipeline {

namespace {

using messages::id;

constexpr world::duration drain_grace = std::chrono::seconds(10);
constexpr world::duration tick_time = std::chrono::milliseconds(250);
constexpr world::duration keep_alive_time = std::chrono::seconds(150);
// Downloading again what was read back wrong, or what twins turned out not to be, ends after so many rounds.
constexpr int most_passes = 4;

// A single 503 costs a second and a short slow-down; those that follow each other cost ever more.
runtime::pace_settings account_pace(const source::request_quota& quota) {
    runtime::pace_settings pace;
    pace.quota = quota.requests;
    pace.quota_within = quota.within;
    pace.first_interval = std::chrono::milliseconds(25);
    return pace;
}

// What is encrypted cannot be read back to be compared with: each twin is fetched whole.
plan::twin_rule twin_rule_of(plan::twin_rule wanted, const encryption::lock* lock) {
    return lock != nullptr ? plan::twin_rule::fetch : wanted;
}

}  // namespace

export_run::export_run(export_world in, export_settings settings, runtime::stop_state& stop, runtime::reporter& report)
    : in_(std::move(in)),
      settings_(std::move(settings)),
      stop_(stop),
      report_(report),
      around_{in_.clock, in_.random, in_.workers, stop, report},
      gate_(in_.clock, stop, account_pace(in_.quota), [this](world::duration wait) { tell_quota(wait); }),
      paced_(in_.api, gate_, in_.clock, in_.is_link, [this](world::duration wait) { tell_throttled(wait); }),
      folders_(in_.workers, in_.catalogue),
      source_(in_.make_source(
          {paced_,
           in_.clock,
           in_.random,
           in_.workers,
           folders_,
           {[this] { tell_renewed(); }, [this](std::uint64_t line) { report_.say(id::warn_link_options, line); }}})),
      budget_(settings_.payload_bytes, settings_.head_chunks),
      planner_(
          in_.catalogue,
          {settings_.wanted, in_.arranged, twin_rule_of(settings_.twins, in_.lock), in_.random.next(),
           [this](const stored_blob& orphan, const formats::sha1_digest& sha1) { return has_sha1(orphan, sha1); }}),
      space_(around_, in_.files),
      transfers_{in_.files,
                 in_.workers,
                 in_.clock,
                 budget_,
                 nullptr,
                 in_.may_ask,
                 [](std::uint64_t) {},
                 [this](blob_key blob, staged_part part) { return commit_part(blob, std::move(part)); }} {
    transfers_.hold_bytes = settings_.hold_bytes;
    if (archives()) {
        parity_ = make_parity();
        volumes_.emplace(around_, in_.files, in_.catalogue, settings_.volumes, settings_.packers,
                         store::volume_set::outlets{[this] { prover_->wake(); }, [this] { downloader_->wake(); }},
                         in_.lock);
    }
    if (settings_.bandwidth > 0) {
        rate_.emplace(settings_.bandwidth);
        transfers_.rate = &*rate_;
    }
}

export_run::~export_run() = default;

void export_run::tell_throttled(world::duration wait) {
    const auto seconds = std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(wait).count());
    report_.event("throttled",
                  [&](formats::json_line& line) { line.add("wait_s", seconds).add("reason", "rate_limit"); });
    report_.say(id::wait_rate_limit, seconds);
}

void export_run::tell_quota(world::duration wait) {
    const auto minutes = std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::minutes>(wait).count());
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
    report_.event("throttled", [&](formats::json_line& line) { line.add("wait_s", seconds).add("reason", "quota"); });
    report_.say(id::wait_quota, minutes);
}

void export_run::tell_renewed() {
    report_.event("session_renewed");
    report_.say(id::msg_session_renewed);
}

void export_run::tell_finished(const run_result& ended) {
    if (!ended.stated) return;
    report_.event("run_finished", [&](formats::json_line& line) {
        line.add("code", static_cast<int>(ended.stated->code)).add("verdict", certify::word_of(ended.stated->says));
        line.add("seconds", std::chrono::duration_cast<std::chrono::seconds>(in_.clock.now() - started_).count());
    });
}

task<result<void>> export_run::commit_part(blob_key blob, staged_part part) {
    auto work = [&] { return in_.catalogue.record_part(blob, part); };
    co_return co_await world::run_on(in_.workers, world::queue::catalogue, work);
}

phase export_run::now() const {
    return phase_ == phase::listing && report_.counters.listing_done ? phase::downloading : phase_;
}

task<run_result> export_run::go() {
    const auto executor = co_await boost::asio::this_coro::executor;
    started_ms_ = in_.clock.unix_ms();
    started_ = in_.clock.now();
    report_.event("run_started", [&](formats::json_line& line) {
        line.add("source", source_->kind()).add("version", settings_.version);
    });
    if (settings_.begun) settings_.begun(report_);
    const auto woken = stop_.subscribe(executor, [this] { wake_sleepers(); });
    side_ = std::make_unique<runtime::task_group>(executor);
    if (in_.quota.requests > 0) {
        const auto minutes = std::chrono::ceil<std::chrono::minutes>(in_.quota.within).count();
        report_.say(id::msg_quota, in_.quota.requests, minutes);
    }
    side_->spawn(tick());
    side_->spawn(end_transfers_when_told());

    std::optional<failure> why;
    const result<void> signed_in = co_await sign_in();
    if (signed_in) {
        side_->spawn(keep_session());
        phase_ = phase::recovering;
        const result<void> begun = co_await begin();
        note(begun);
        co_await export_all();
    } else {
        why = signed_in.error();
    }
    if (!why) why = stop_.why();
    phase_ = phase::certifying;
    run_result ended = co_await close(std::move(why));
    tell_finished(ended);
    over_ = true;
    phase_ = phase::over;
    wake_sleepers();
    in_.close_connections();
    co_await side_->join();
    co_return ended;
}

task<result<void>> export_run::sign_in() {
    auto ask = [this] { return source_->sign_in(); };
    const runtime::retry_policy policy;
    auto account = co_await runtime::retrying<source::account_info>(around_, policy, ask);
    if (!account) co_return account.error();
    account_ = std::move(account.value());
    co_return result<void>();
}

task<result<void>> export_run::begin() {
    if (settings_.repair) co_return co_await begin_repair();
    auto open = [this]() -> result<void> {
        if (auto made = in_.files.make_folders(layout::staging_folder); !made) return made;
        if (auto run = in_.catalogue.begin_run(started_ms_); !run) return run.error();
        if (auto r = in_.catalogue.set_fact(repairing_fact, ""); !r) return r;  // it comes to the same, and more
        return certify::put_aside_certificate(in_.files);
    };
    const result<void> opened = co_await world::run_on(in_.workers, world::queue::catalogue, open);
    if (!opened) co_return opened;
    const result<void> left = co_await verify::finish_departures(around_, in_.files, in_.catalogue);
    if (!left) co_return left;
    const auto settled = co_await store::settle_left_behind(around_, in_.files, in_.catalogue, archives());
    if (!settled) co_return settled.error();
    if (archives()) {
        const auto missing = co_await verify::give_up_missing_volumes(around_, in_.files, in_.catalogue, parity_.get());
        if (!missing) co_return missing.error();
        auto sweep = [this] { return store::sweep_mended(in_.files); };
        co_return co_await world::run_on(in_.workers, world::queue::commit, sweep);
    }
    co_return co_await store::remove_stale_links(around_, in_.files, in_.catalogue);
}

task<void> export_run::export_all() {
    for (int round = 0; round < most_passes && !stop_.draining(); ++round) {
        phase_ = phase::listing;
        co_await pass();
        if (stop_.draining()) co_return;
        phase_ = phase::settling;
        const result<void> sampled = co_await sample_twins();
        if (!sampled) co_return stop_.request_stop(sampled.error());
        if (stop_.draining()) co_return;
        const auto twins = co_await settle_twins();
        if (!twins) co_return stop_.request_stop(twins.error());
        report_.counters.items_stored += twins.value();
        const result<void> closed = co_await close_volumes();
        if (!closed) co_return stop_.request_stop(closed.error());
        const auto agreed = co_await prover_->sample_again(settings_.prove_full);
        if (!agreed) co_return stop_.request_stop(agreed.error());
        auto ask = [this] { return in_.catalogue.planned_left(); };
        const auto left = co_await world::run_on(in_.workers, world::queue::catalogue, ask);
        if (!left) co_return stop_.request_stop(left.error());
        if (left.value() == 0) co_return;
    }
}

// One round: lists (the first time), downloads, commits and proves side by side, until nothing planned is left.
task<void> export_run::pass() {
    const auto executor = co_await boost::asio::this_coro::executor;
    committer_ = make_committer();
    prover_ = make_prover();
    downloader_ = std::make_unique<download::downloader>(
        around_, *source_, in_.catalogue, in_.lanes, transfers_, gate_, outlets(),
        download::downloader_settings{.connections = settings_.connections,
                                      .most_connections = settings_.most_connections,
                                      .first_connections = source_->blocks() ? 16U : 4U});
    runtime::task_group stages(executor);
    stages.spawn(store_all());
    stages.spawn(prove_all());
    if (listing_started_) {
        downloader_->listing_ended();
    } else {
        if (settings_.repair)
            downloader_->listing_ended();
        else
            stages.spawn(list());
        if (!archives()) stages.spawn(look_for_missing());
    }
    listing_started_ = true;
    const result<void> downloaded = co_await downloader_->run();
    note(downloaded);
    committer_->finish();
    co_await stages.join();
    committer_.reset();  // with what it held of items that were not to be stored any more
}

task<void> export_run::list() {
    listing::lister lister(around_, *source_, planner_, in_.catalogue, [this] { downloader_->wake(); });
    auto listed = co_await lister.run();
    if (listed)
        listed_ = std::move(listed.value());
    else if (!stop_.draining())
        stop_.request_stop(listed.error());
    report_.counters.listing_done = listed.has_value();
    downloader_->listing_ended();
}

task<void> export_run::look_for_missing() {
    const auto healed = co_await store::heal_linked_names(around_, in_.files, in_.catalogue);
    if (!healed) co_return stop_.request_stop(healed.error());
    if (healed.value() > 0) report_.say(id::msg_names_healed, healed.value());
    const auto missing = co_await store::plan_missing_again(around_, in_.files, in_.catalogue);
    if (!missing) co_return stop_.request_stop(missing.error());
    downloader_->wake();
}

task<void> export_run::store_all() {
    co_await committer_->run();
    prover_->finish();
}

task<void> export_run::prove_all() {
    const result<void> proven = co_await prover_->run();
    note(proven);
}

void export_run::stored(const store::committed_blob& blob) {
    const planned_item& item = blob.blob.item;
    ++report_.counters.items_stored;
    report_.counters.bytes_stored += blob.blob.digests.size;
    report_.event("item_stored", [&](formats::json_line& line) {
        line.add("id", item.listed.id.value).add("path", blob.path).add("size", blob.blob.digests.size);
        line.add("sha256", formats::to_hex(blob.blob.digests.sha256));
    });
    if (blob.contradicted) side_->spawn(distrust());
    downloader_->committed(item.blob);
    prover_->wake();
}

download::outlets export_run::outlets() {
    return {
        .room_for =
            [this](const planned_item& item) {
                const bool held = !download::held_chunks(transfers_, item).empty();
                return space_.take(item.blob, store::room_for(item, archives(), held), report_.counters.items_listed,
                                   report_.counters.albums_listed);
            },
        .room_not_needed = [this](const planned_item& item) { space_.settled(item.blob); },
        .submit =
            [this](checked_blob blob) {
                if (!blob.staging_path.empty()) space_.staged(blob.item.blob);
                return committer_->submit(std::move(blob));
            },
        .expect = [this](item_key key) { committer_->expect(key); },
        .not_coming = [this](item_key key, bool broken) { committer_->not_coming(key, broken); },
        .hurry = [this] { committer_->hurry(); },
        .twins_differ = [this] { side_->spawn(distrust()); },
        .relisted = [this](std::vector<listed_item> rows,
                           std::vector<list_gap> gaps) { return plan_relisted(std::move(rows), std::move(gaps)); },
    };
}

// A failure ends the run; the first one is its reason.
void export_run::note(const result<void>& outcome) {
    if (!outcome) stop_.request_stop(outcome.error());
}

task<run_result> export_run::close(std::optional<failure> why) {
    run_result ended;
    ended.interrupted = stop_.draining() && !why;
    if (!why && !ended.interrupted) why = listed_.unusable;
    ended.why = why;
    if (settings_.repair) co_return co_await close_repair(std::move(ended));
    auto look = [this] { return has_certificate(); };
    const bool certified = co_await world::run_on(in_.workers, world::queue::commit, look);
    if (!account_ && certified)
        co_return ended;  // the login failed before anything was changed: the old certificate stands
    certify::run_facts facts;
    facts.version = settings_.version;
    facts.kind = source_->kind();
    facts.arranged = in_.arranged;
    facts.endpoint = account_ ? account_->endpoint : std::string();
    facts.account = account_ ? account_->display : std::string("redacted");
    facts.include = settings_.wanted.include;
    facts.exclude = settings_.wanted.exclude;
    facts.since = settings_.wanted.since;
    facts.started_ms = started_ms_;
    facts.finished_ms = in_.clock.unix_ms();
    facts.utc_offset_minutes = in_.clock.utc_offset_minutes();
    facts.announced = listed_.announced;
    if (const auto& other = listed_.otherwise)
        facts.announced_by = certificate_second_count{other->by, other->items, other->bytes};
    facts.listing_whole = listed_.whole;
    facts.words = report_.words();
    facts.lock = in_.lock;
    facts.end = why                 ? certify::end_of(*why)
                : ended.interrupted ? certify::run_end::interrupted
                                    : certify::run_end::whole;
    auto work = [&]() -> result<certify::statement> {
        if (!account_) {
            if (auto run = in_.catalogue.begin_run(started_ms_); !run) return run.error();
        }
        auto stated = certify::write_bag(in_.files, in_.catalogue, facts);
        if (!stated) return stated;
        const auto& counts = stated.value().counts;
        if (counts.listed > 0 && counts.excluded == counts.listed) ended.nearest = nearest_to_filters();
        if (auto r = in_.catalogue.finish_run(static_cast<int>(stated.value().code), facts.finished_ms); !r)
            return r.error();
        return stated;
    };
    auto stated = co_await world::run_on(in_.workers, world::queue::catalogue, work);
    if (stated)
        ended.stated = std::move(stated.value());
    else
        ended.closing = stated.error();
    co_return ended;
}

bool export_run::has_certificate() {
    const auto there = in_.files.info(layout::certificate_json);
    return there && there.value().has_value();
}

// --- beside the stages

task<bool> export_run::nap(world::duration d) {
    const auto executor = co_await boost::asio::this_coro::executor;
    const auto alarm = in_.clock.make_alarm(executor);
    sleepers_.push_back(alarm.get());
    co_await alarm->wait_until(in_.clock.now() + d);
    std::erase(sleepers_, alarm.get());
    co_return !over_;
}

void export_run::wake_sleepers() {
    for (world::alarm* alarm : sleepers_) alarm->ring();
    changed_.notify_all();
}

task<void> export_run::tick() {
    while (!over_) {
        co_await nap(tick_time);
        report_.counters.seconds = std::chrono::duration<double>(in_.clock.now() - started_).count();
        report_.show_progress();
    }
}

task<void> export_run::keep_session() {
    while (!over_ && !stop_.draining()) {
        const bool on = co_await nap(keep_alive_time);
        if (!on || stop_.draining()) co_return;
        const auto alive = co_await source_->keep_alive();
        if (!alive && classify(alive.error()) == error_class::run && !stop_.draining() && !over_)
            stop_.request_stop(alive.error());
    }
}

// Draining gives the transfers under way a while; stopping gives them none.
task<void> export_run::end_transfers_when_told() {
    while (!over_ && !stop_.draining()) co_await changed_.wait();
    const auto until = in_.clock.now() + drain_grace;
    while (!over_ && !stop_.stopped() && in_.clock.now() < until) co_await nap(until - in_.clock.now());
    in_.close_connections();
}

}  // namespace decamp::pipeline
