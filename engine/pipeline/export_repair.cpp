// A run of `decamp repair`: what was found damaged is taken away, fetched, stored and proven by the stages of an
// export. No list is walked, so the catalogue's last run goes on, and the certificate says what it said.
//
// While it is under way the fact "repairing" is set, to the number of exceptions there were before. Killed, the next
// repair, or the next export, goes on with what is planned.

#include <algorithm>
#include <charconv>

#include "engine/model/layout.hpp"
#include "engine/pipeline/export_run.hpp"
#include "engine/pipeline/repairing.hpp"
#include "engine/store/recovery.hpp"
#include "engine/verify/departure.hpp"
#include "engine/verify/volume_prover.hpp"

namespace decamp::pipeline {

namespace {

constexpr std::size_t batch_size = 256;
constexpr std::string_view uncertified = " uncertified";

}  // namespace

std::string repair_text(const repair_state& state) {
    return std::to_string(state.exceptions) + (state.certified ? "" : std::string(uncertified));
}

repair_state parse_repair(std::string_view text) {
    repair_state state;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), state.exceptions);
    state.certified = error == std::errc() && end == text.data() + text.size();
    return state;
}

result<std::optional<repair_state>> repair_under_way(catalogue::catalogue& where) {
    const auto noted = where.fact(repairing_fact);
    if (!noted) return noted.error();
    if (!noted.value() || noted.value()->empty()) return std::optional<repair_state>();
    return std::optional(parse_repair(*noted.value()));
}

task<result<void>> export_run::begin_repair() {
    auto open = [this]() -> result<void> {
        if (auto made = in_.files.make_folders(layout::staging_folder); !made) return made;
        const auto before = repair_under_way(in_.catalogue);
        if (!before) return before.error();
        if (!before.value()) {
            const auto counts = in_.catalogue.counts();
            if (!counts) return counts.error();
            const auto certificate = in_.files.info(layout::tag_manifest);
            if (!certificate) return certificate.error();
            const bool spoiled = std::ranges::any_of(settings_.repair->damaged, layout::is_certificate);
            const repair_state state{counts.value().exceptions, certificate.value() && !spoiled};
            if (auto r = in_.catalogue.set_fact(repairing_fact, repair_text(state)); !r) return r;
        }
        return certify::put_aside_certificate(in_.files);
    };
    const result<void> opened = co_await world::run_on(in_.workers, world::queue::catalogue, open);
    if (!opened) co_return opened;
    const result<void> left = co_await verify::finish_departures(around_, in_.files, in_.catalogue);
    if (!left) co_return left;
    const auto settled = co_await store::settle_left_behind(around_, in_.files, in_.catalogue, archives());
    if (!settled) co_return settled.error();
    if (!archives()) {
        const result<void> taken = co_await take_away_damaged();
        if (!taken) co_return taken;
        co_return co_await store::remove_stale_links(around_, in_.files, in_.catalogue);
    }
    const auto missing = co_await verify::give_up_missing_volumes(around_, in_.files, in_.catalogue, parity_.get());
    if (!missing) co_return missing.error();
    co_return co_await take_away_damaged_volumes();
}

// All names of the bytes that one damaged name has: they come back together.
task<result<void>> export_run::take_away_damaged() {
    const std::set<std::string>& damaged = settings_.repair->damaged;
    blob_key after{};
    while (!damaged.empty() && !stop_.draining()) {
        std::vector<damaged_blob> bad;
        bool last = false;
        auto look = [&]() -> result<void> {
            const auto some = in_.catalogue.next_stored(after, batch_size);
            if (!some) return some.error();
            last = some.value().empty();
            for (const stored_blob& blob : some.value()) {
                after = blob.blob;
                bool is_damaged = damaged.contains(blob.path);
                for (item_key file{}; !is_damaged;) {
                    const auto linked = in_.catalogue.next_linked(blob.blob, file, batch_size);
                    if (!linked) return linked.error();
                    if (linked.value().empty()) break;
                    for (const auto& name : linked.value()) is_damaged = is_damaged || damaged.contains(name.path);
                    file = linked.value().back().file;
                }
                if (is_damaged) bad.push_back({blob.blob, blob.path, "damaged"});
            }
            return {};
        };
        const result<void> looked = co_await world::run_on(in_.workers, world::queue::catalogue, look);
        if (!looked) co_return looked;
        if (last) break;
        if (bad.empty()) continue;
        const auto taken = co_await verify::take_away(around_, in_.files, in_.catalogue, bad);
        if (!taken) co_return taken.error();
    }
    co_return result<void>();
}

// A volume, or only the recovery data beside it, which is made anew.
task<result<void>> export_run::take_away_damaged_volumes() {
    const std::set<std::string>& damaged = settings_.repair->damaged;
    for (std::int64_t after = 0; !stop_.draining();) {
        auto ask = [&] { return in_.catalogue.next_volumes(after, batch_size); };
        const auto some = co_await world::run_on(in_.workers, world::queue::catalogue, ask);
        if (!some) co_return some.error();
        if (some.value().empty()) break;
        for (const volume_row& row : some.value()) {
            after = row.number;
            if (row.state == volume_state::open) continue;
            const std::string path = layout::below(layout::volumes_folder, row.name);
            if (damaged.contains(path) || damaged.contains(layout::list_beside(path))) {
                const auto taken =
                    co_await verify::take_away_volume(around_, in_.files, in_.catalogue, row, path, "damaged");
                if (!taken) co_return taken.error();
                continue;
            }
            auto beside = [&] { return in_.catalogue.parity_of(row.number); };
            const auto parity = co_await world::run_on(in_.workers, world::queue::catalogue, beside);
            if (!parity) co_return parity.error();
            const auto is_damaged = [&](const parity_file& f) {
                return damaged.contains(layout::below(layout::volumes_folder, f.name));
            };
            if (std::ranges::none_of(parity.value(), is_damaged)) continue;
            const result<void> gone = co_await verify::take_away_parity(around_, in_.files, in_.catalogue, row);
            if (!gone) co_return gone;
        }
    }
    co_return result<void>();
}

// The manifest lists what is there now. The certificate is put back where all that was damaged has come back.
task<run_result> export_run::close_repair(run_result ended) {
    if (!account_) co_return ended;
    certify::run_facts facts;
    facts.version = settings_.version;
    facts.kind = source_->kind();
    facts.arranged = in_.arranged;
    facts.endpoint = account_->endpoint;
    facts.finished_ms = in_.clock.unix_ms();
    facts.utc_offset_minutes = in_.clock.utc_offset_minutes();
    facts.lock = in_.lock;
    const bool whole = !ended.why && !ended.interrupted;
    auto work = [&]() -> result<std::uint64_t> {
        const auto before = repair_under_way(in_.catalogue);
        if (!before) return before.error();
        const auto left = in_.catalogue.planned_left();
        if (!left) return left.error();
        const auto counts = in_.catalogue.counts();
        if (!counts) return counts.error();
        const repair_state then = before.value().value_or(repair_state());
        const std::uint64_t now = counts.value().exceptions;
        const std::uint64_t unfetched = std::max(left.value(), now > then.exceptions ? now - then.exceptions : 0);
        const bool mended = whole && unfetched == 0;
        if (auto r = certify::rewrite_bag(in_.files, in_.catalogue, facts, mended && then.certified); !r)
            return r.error();
        ended.certified = mended && then.certified;
        if (mended) {
            if (auto r = in_.catalogue.set_fact(repairing_fact, ""); !r) return r.error();
        }
        return unfetched;
    };
    const result<std::uint64_t> written = co_await world::run_on(in_.workers, world::queue::catalogue, work);
    if (written)
        ended.unfetched = written.value();
    else
        ended.closing = written.error();
    co_return ended;
}

}  // namespace decamp::pipeline
