// What happens to one item: the switch over what its machine says.
#include <boost/asio/post.hpp>
#include <utility>

#include "engine/download/downloader.hpp"
#include "engine/download/errors.hpp"
#include "engine/download/shared_file.hpp"
#include "engine/runtime/retry_loop.hpp"

namespace decamp::download {

namespace {

constexpr unsigned most_relistings = 3;   // of one item in a run: one that changes at each look is named
constexpr std::size_t witness_count = 8;  // asked for before a service is said to be down

runtime::chunk_size first_chunk(const planned_item& item) {
    return runtime::chunk_for(item.listed.size.value_or(runtime::large_chunk_bytes));
}

}  // namespace

task<void> downloader::job(planned_item item, std::vector<runtime::chunk> memory, runtime::slot place) {
    around_.report.counters.connections = static_cast<std::uint32_t>(slots_.in_use());
    if (item.listed.size && *item.listed.size > transfers_.files.facts().largest_file) {
        const action too_large =
            fail_with(exception_reason::too_large_for_drive, std::to_string(*item.listed.size) + " bytes");
        co_await fail(item, too_large, 0);
        end_job(item, std::move(place), false);
        co_return;
    }
    const result<void> room = co_await out_.room_for(item);
    bool handed_over = false;
    if (room) {
        transfer bytes(transfers_, item, std::move(memory));
        if (item.part) co_await runtime::hop_task(next_lane().executor, bytes.take_up_part());
        handed_over = co_await fetch(item, bytes);
        if (!handed_over) out_.room_not_needed(item);
    } else {
        around_.stop.request_stop(room.error());
    }
    end_job(item, std::move(place), handed_over);
}

void downloader::end_job(const planned_item& item, runtime::slot place, bool handed_over) {
    place.release();
    --active_;
    if (!handed_over) out_.not_coming(item.key, around_.stop.draining());
    around_.report.counters.connections = static_cast<std::uint32_t>(slots_.in_use());
    if (!handed_over) forget(item.blob);
    wake();
}

const lane& downloader::next_lane() {
    return lanes_[next_lane_++ % lanes_.size()];
}

// Between two threads there and back costs more than the digests of a small item whose bytes are here at once.
const lane& downloader::lane_for(const source::download_link& link) {
    return link.at_once ? *here_ : next_lane();
}

// True: the store has it. Each try is another lane's: where a host takes few connections, one lane may hold them all.
task<bool> downloader::fetch(const planned_item& item, transfer& bytes) {
    const lane* on = &next_lane();
    item_machine machine(settings_.machine);
    attempt now;
    action next = machine.begin();
    while (!around_.stop.stopped()) {
        // A drain lets the bytes under way arrive, and begins nothing new.
        if (around_.stop.draining() && next.what != step::finish && next.what != step::keep_differing) break;
        if (next.from_zero) co_await runtime::hop_task(on->executor, bytes.start_over());
        switch (next.what) {
            case step::resolve_link:
                next = co_await link_step(item, bytes, machine, now);
                break;
            case step::transfer:
                on = &lane_for(now.link);
                next = co_await transfer_step(item, bytes, *on, machine, now);
                break;
            case step::wait: {
                ++around_.report.counters.retries;
                const bool whole = co_await runtime::pause(around_.clock, around_.stop, next.wait);
                if (whole) next = action{.what = next.then};
                break;
            }
            case step::look_again:
                next = co_await look_step(item, machine);
                break;
            case step::plan_anew:
                co_await runtime::hop_task(on->executor, bytes.end(false));
                co_await plan_anew(item, std::move(next), bytes.downloaded());
                co_return false;
            case step::finish:
            case step::keep_differing:
                co_return co_await keep(item, bytes, *on);
            case step::fail:
                co_await runtime::hop_task(on->executor, bytes.end(false));
                next.listed = machine.listed();
                co_await fail(item, next, bytes.downloaded());
                co_await notice_refusal(next);
                co_return false;
            case step::stop_run:
                if (!around_.stop.draining()) around_.stop.request_stop(next.why);
                co_await runtime::hop_task(on->executor, bytes.end(true));
                co_return false;
        }
    }
    co_await runtime::hop_task(on->executor, bytes.end(true));
    co_return false;
}

// Order: place, first chunk, pace, link, bytes. No link waits for memory, and each is resolved right before its use.
task<action> downloader::link_step(const planned_item& item, const transfer& bytes, item_machine& machine,
                                   attempt& now) {
    if (!now.first && !bytes.holds()) {
        auto leased = co_await transfers_.lease(first_chunk(item));
        if (!leased) co_return action{.what = step::stop_run, .why = failure(download_errc::stopped)};
        now.first = std::move(*leased);
    }
    auto link = co_await source_.link(item.listed);
    std::optional<failure> error;
    if (link)
        now.link = std::move(link.value());
    else
        error = link.error();
    if (error && error->code == source::source_errc::throttled) concurrency_.on_throttled(around_.clock.now());
    adapt();
    co_return machine.on_link(error, around_.random.next());
}

task<action> downloader::transfer_step(const planned_item& item, transfer& bytes, const lane& on, item_machine& machine,
                                       attempt& now) {
    const bool turn = co_await pace_.turn(runtime::pace_kind::link, true);
    if (!turn) co_return action{.what = step::stop_run, .why = failure(download_errc::stopped)};
    const auto began = around_.clock.now();
    const auto executor = co_await boost::asio::this_coro::executor;
    shared_file file{bytes, on, runtime::task_group(executor)};
    // Runs before what run() comes back with: one queue.
    auto join = [this, &file] {
        shared_.push_back(&file);
        wake();
    };
    auto shareable = [executor, join] { boost::asio::post(executor, join); };
    auto work = bytes.run(on.http, std::move(now.link), std::move(now.first), std::move(shareable));
    now.first = runtime::chunk();
    try_end ended = co_await runtime::hop_task(on.executor, std::move(work));
    account(ended, began);
    if (ended.shared) ended = co_await fetch_shared(file, std::move(ended));
    note_wrong_body(item, ended.end);
    co_return machine.on_transfer(ended.end, around_.random.next());
}

task<action> downloader::look_step(const planned_item& item, item_machine& machine) {
    auto ask = [&] { return source_.look_again(item.listed); };
    const runtime::retry_policy policy;
    const auto look = co_await runtime::retrying<source::second_look>(around_, policy, ask);
    if (look && (!look->rows.empty() || !look->gaps.empty())) {
        const result<void> planned = co_await out_.relisted(look->rows, look->gaps);
        if (!planned) co_return action{.what = step::stop_run, .why = planned.error()};
    }
    if (look && look->found == source::second_look::finding::missing && !look->others.empty()) {
        const result<void> planned = co_await out_.relisted(look->others, std::vector<list_gap>());
        if (!planned) co_return action{.what = step::stop_run, .why = planned.error()};
        // Renamed, or spelled otherwise before: what it is has been planned, and what it was called is no file.
        co_return fail_with(exception_reason::list_unsteady, "listed under another name by now");
    }
    co_return machine.on_look(look, item.listed);
}

// The list has it otherwise by now, and what it has is planned: under a name of its own where that is another version.
task<void> downloader::plan_anew(const planned_item& item, action a, std::uint64_t downloaded) {
    const bool again = a.now && relisted_[item.listed.id] < most_relistings;
    if (!again) {
        const action changed = fail_with(exception_reason::list_unsteady, std::move(a.detail));
        co_await fail(item, changed, downloaded);
        co_return;
    }
    ++relisted_[item.listed.id];
    std::vector<listed_item> now(1, std::move(*a.now));
    const result<void> planned = co_await out_.relisted(std::move(now), std::vector<list_gap>());
    if (!planned) around_.stop.request_stop(planned.error());
}

// An item that is refused although it is listed is named. Many in a row, with none between them that came, are no
// items' trouble: one that came before, or some that lie far behind, are asked for; where none of them answers either,
// the service is down, and nothing more is asked in this run.
task<void> downloader::notice_refusal(const action& failed) {
    if (failed.reason != exception_reason::refused_though_listed) co_return;
    if (++refused_in_a_row_ < refused_limit_) co_return;
    std::vector<planned_item> witnesses;
    if (last_good_) {
        witnesses.push_back(*last_good_);
    } else {
        auto ask = [this] { return catalogue_.last_planned(witness_count); };
        auto far = co_await world::run_on(around_.workers, world::queue::catalogue, ask);
        if (far) witnesses = std::move(far.value());
    }
    for (const planned_item& one : witnesses) {
        const bool answers = co_await is_answered(one);
        if (answers || around_.stop.draining()) {
            refused_limit_ *= 2;
            refused_in_a_row_ = 0;
            co_return;
        }
    }
    around_.stop.request_stop(failure(source::source_errc::outage, failed.detail));
}

// Whether a request for this item is answered with its bytes; they are not read.
task<bool> downloader::is_answered(const planned_item& item) {
    auto link = co_await source_.link(item.listed);
    if (!link) co_return false;
    const bool turn = co_await pace_.turn(runtime::pace_kind::link, true);
    if (!turn) co_return false;
    const lane& on = next_lane();
    transfer bytes(transfers_, item);
    co_return co_await runtime::hop_task(on.executor, bytes.is_answered(on.http, std::move(link.value())));
}

// A body that came for several files is kept for none of them.
void downloader::note_wrong_body(const planned_item& item, transfer_end& end) {
    const bool differs =
        end.error ? end.error->code == download_errc::bytes_differ : end.check == source_check::mismatch;
    if (differs && wrong_bodies_.add(end.sha256, item))
        end.error = failure(download_errc::bytes_differ, "the same bytes came for several files");
}

void downloader::account(const try_end& ended, world::steady_time began) {
    const auto finished = around_.clock.now();
    around_.report.counters.bytes_received += ended.end.received;
    concurrency_.on_received(finished, ended.end.received);
    if (ended.throttled) {
        pace_.on_throttled(ended.retry_after);
        concurrency_.on_throttled(finished);
    } else if (!ended.end.error) {
        pace_.on_ok();
        concurrency_.on_finished(finished, finished - began, static_cast<unsigned>(slots_.in_use()));
    } else if (classify(*ended.end.error) == error_class::transient) {
        concurrency_.on_error(finished);
    }
    adapt();
}

void downloader::adapt() {
    if (slots_.limit() != concurrency_.limit()) slots_.set_limit(concurrency_.limit());
}

// True: the store has it.
task<bool> downloader::keep(const planned_item& item, transfer& bytes, const lane& on) {
    // What is held in memory has no file to be closed: it need not go to its lane for that.
    result<checked_blob> whole = failure(download_errc::stopped);
    if (bytes.holds())
        whole = co_await bytes.finish();
    else
        whole = co_await runtime::hop_task(on.executor, bytes.finish());
    refused_in_a_row_ = 0;
    if (!item.audit_of) {
        last_good_ = item;
        last_good_->part.reset();
    }
    if (!whole) {
        around_.stop.request_stop(whole.error());
        co_return false;
    }
    if (item.audit_of) {
        co_await keep_audit(item, whole.value());
        co_return false;
    }
    co_return co_await out_.submit(std::move(whole.value()));
}

task<void> downloader::keep_audit(const planned_item& item, const checked_blob& blob) {
    auto work = [&] { return catalogue_.record_audit(item.blob, blob.digests.sha256, blob.check, blob.downloaded); };
    const auto agrees = co_await world::run_on(around_.workers, world::queue::catalogue, work);
    if (!agrees)
        around_.stop.request_stop(agrees.error());
    else if (!agrees.value())
        out_.twins_differ();
}

// A name with a stand-in for what its list could not write may be that of a file which is there under its own.
exception_reason reason_for(const planned_item& item, const action& a) {
    const bool stand_in = item.listed.id.value.find("\xef\xbf\xbd") != std::string::npos;
    return stand_in && a.reason == exception_reason::deleted_in_cloud ? exception_reason::key_not_spelled : a.reason;
}

task<void> downloader::fail(const planned_item& item, const action& a, std::uint64_t downloaded) {
    const exception_reason reason = reason_for(item, a);
    const catalogue::failed_item failed{item.key, reason, a.detail, downloaded, a.listed};
    auto work = [&] { return catalogue_.record_failed(failed); };
    const auto taken_over = co_await world::run_on(around_.workers, world::queue::catalogue, work);
    if (!taken_over) {
        around_.stop.request_stop(taken_over.error());
        co_return;
    }
    ++around_.report.counters.items_failed;
    around_.report.event("item_exception", [&](formats::json_line& line) {
        line.add("id", item.listed.id.value)
            .add("name", item.listed.name)
            .add("collection", item.listed.home.value)
            .add("reason", word_of(reason))
            .add("detail", a.detail);
    });
}

}  // namespace decamp::download
