// What differs between a tree and archives: who stores, who reads back, and how the end of a round looks.

#include <algorithm>

#include "engine/pipeline/export_run.hpp"
#include "engine/store/publish.hpp"
#include "engine/store/recovery.hpp"
#include "engine/store/tree_committer.hpp"
#include "engine/store/volumes/member_reader.hpp"
#include "engine/store/volumes/twins.hpp"
#include "engine/store/volumes/volume_committer.hpp"
#include "engine/store/volumes/volume_parity.hpp"
#include "engine/verify/volume_prover.hpp"

namespace decamp::pipeline {

std::unique_ptr<store::committer> export_run::make_committer() {
    auto committed = [this](const store::committed_blob& blob) { stored(blob); };
    store::group_limits limits;
    if (!archives())
        return std::make_unique<store::tree_committer>(around_, in_.files, in_.catalogue, space_, limits, committed);
    // What waits to be packed holds memory that the next downloads want.
    const std::uint64_t reserve = settings_.head_chunks * std::uint64_t{runtime::large_chunk_bytes};
    limits.in_hand = std::min(limits.in_hand, (settings_.payload_bytes - reserve) / 4);
    return std::make_unique<store::volume_committer>(around_, in_.files, in_.catalogue, space_, *volumes_, limits,
                                                     committed,
                                                     [this](blob_key blob) { downloader_->committed(blob); });
}

std::unique_ptr<verify::read_back_stage> export_run::make_prover() {
    auto again = [this] { downloader_->wake(); };
    if (archives())
        return std::make_unique<verify::volume_prover>(around_, in_.files, in_.catalogue, again, parity_.get());
    return std::make_unique<verify::prover>(around_, in_.files, in_.catalogue, again);
}

std::unique_ptr<verify::parity_keeper> export_run::make_parity() {
    if (settings_.volumes.recovery_percent == 0) return nullptr;
    return std::make_unique<store::volume_parity>(in_.files, settings_.volumes.recovery_percent, settings_.parity_bytes,
                                                  [this] { return !stop_.draining(); });
}

bool export_run::has_sha1(const stored_blob& orphan, const formats::sha1_digest& sha1) {
    if (!archives()) return store::has_sha1(in_.files, orphan.path, orphan.size, sha1);
    const auto body = in_.catalogue.find_body(orphan.blob);
    if (!body || !body.value()) return false;
    return store::has_sha1(in_.files, store::place_of(body.value()->volume, body.value()->member), sha1);
}

task<result<std::uint64_t>> export_run::settle_twins() {
    if (archives() && settings_.volumes.twins != archived_twins::list)
        co_return co_await store::pack_twins(around_, in_.files, in_.catalogue, *volumes_);
    co_return co_await store::settle_twins(around_, in_.files, in_.catalogue, archives());
}

// The last volume is sealed when nothing is left for it, and read back.
task<result<void>> export_run::close_volumes() {
    // A list that broke off is walked to its end by the next run, which goes on in this volume.
    if (!archives() || listed_.unusable) co_return result<void>();
    auto ask = [&] { return in_.catalogue.planned_left(); };
    const auto left = co_await world::run_on(in_.workers, world::queue::catalogue, ask);
    if (!left) co_return left.error();
    if (left.value() > 0) co_return result<void>();
    const result<void> sealed = co_await volumes_->seal();
    if (!sealed) co_return sealed;
    prover_->finish();
    co_return co_await prover_->run();
}

}  // namespace decamp::pipeline
