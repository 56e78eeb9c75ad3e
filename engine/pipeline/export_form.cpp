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
    return std::make_unique<store::volume_committer>(around_, in_.files, in_.catalogue, space_, *volumes_, limits, committed,
                                                     [this](blob_key blob) { downloader_->committed(blob); });
}

std::unique_ptr<verify::read_back_stage> export_run::make_prover() {
    auto again = [this] { downloader_->wake(); };
    if (archives()) return std::make_unique<verify::volume_prover>(around_, in_.files, in_.catalogue, again, parity_.get());
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

// ---- what announced twins are compared with

namespace {

class file_bytes final : public download::stored_bytes {
  public:
    file_bytes(world::file_store& files, std::string path) : files_(files), path_(std::move(path)) {}
    result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) override {
        if (!file_) {
            auto opened = files_.open(path_, world::open_mode::read);
            if (!opened) return opened.error();
            file_ = std::move(opened.value());
        }
        return file_->read_at(offset, into);
    }

  private:
    world::file_store& files_;
    std::string path_;
    std::unique_ptr<world::file> file_;
};

class packed_bytes final : public download::stored_bytes {
  public:
    packed_bytes(world::file_store& files, store::member_place place) : files_(files), place_(std::move(place)) {}
    result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) override {
        if (!member_) {
            auto opened = store::read_member(files_, place_);
            if (!opened) return opened.error();
            member_ = std::move(opened.value());
        }
        return member_->read(offset, into);
    }

  private:
    world::file_store& files_;
    store::member_place place_;
    std::unique_ptr<store::member_bytes> member_;
};

}  // namespace

result<std::unique_ptr<download::stored_bytes>> export_run::find_stored(const stored_blob& blob) {
    if (!archives()) return std::unique_ptr<download::stored_bytes>(std::make_unique<file_bytes>(in_.files, blob.path));
    const auto body = in_.catalogue.find_body(blob.blob);
    if (!body) return body.error();
    if (!body.value()) return failure(catalogue::catalogue_errc::damaged, "a stored blob lies in no volume");
    store::member_place place = store::place_of(body.value()->volume, body.value()->member);
    if (body.value()->volume.state == volume_state::open && place.kind == container::tar_zst) {
        auto frames = in_.catalogue.frames();
        if (!frames) return frames.error();
        place.frames = std::move(frames.value());
    }
    return std::unique_ptr<download::stored_bytes>(std::make_unique<packed_bytes>(in_.files, std::move(place)));
}

task<result<void>> export_run::sample_twins() {
    if (in_.lock != nullptr) co_return result<void>();
    auto find = [this](const stored_blob& blob) { return find_stored(blob); };
    download::twin_sampler sampler(around_, *source_, in_.catalogue, in_.lanes, transfers_, gate_, std::move(find));
    const auto differs = co_await sampler.run();
    if (!differs) co_return differs.error();
    if (differs.value()) co_await distrust();
    co_return result<void>();
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
