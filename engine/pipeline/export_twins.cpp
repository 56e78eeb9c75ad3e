// Twins by announcement: compared with what is stored before they get their names, and not trusted any more where one
// differs. And what a second look at a list finds.

#include <utility>

#include "engine/download/twin_sampler.hpp"
#include "engine/pipeline/export_run.hpp"
#include "engine/store/recovery.hpp"
#include "engine/store/volumes/member_reader.hpp"

namespace decamp::pipeline {

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

task<void> export_run::distrust() {
    auto work = [this] { return planner_.distrust_twins(); };
    const auto again = co_await world::run_on(in_.workers, world::queue::catalogue, work);
    if (!again) co_return stop_.request_stop(again.error());
    const auto removed = co_await store::remove_stale_links(around_, in_.files, in_.catalogue);
    if (!removed) co_return stop_.request_stop(removed.error());
    if (again.value() > 0) report_.say(messages::id::warn_twins_differ, again.value());
    downloader_->wake();
}

task<result<void>> export_run::plan_relisted(std::vector<listed_item> rows, std::vector<list_gap> gaps) {
    auto work = [&]() -> result<void> {
        const auto planned = planner_.plan_page(0, rows, gaps);
        return planned ? result<void>() : planned.error();
    };
    const result<void> planned = co_await world::run_on(in_.workers, world::queue::catalogue, work);
    downloader_->wake();
    co_return planned;
}

}  // namespace decamp::pipeline
