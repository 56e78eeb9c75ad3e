#include "engine/store/volumes/twins.hpp"

#include <utility>

#include "engine/store/volumes/member_reader.hpp"
#include "formats/time.hpp"

namespace decamp::store {

namespace {

constexpr std::size_t batch_size = 64;

// Opened when it is read, and only then.
class lazy_member final : public member_bytes {
  public:
    lazy_member(world::file_store& files, member_place place) : files_(files), place_(std::move(place)) {}

    result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) override {
        if (!open_) {
            auto opened = read_member(files_, place_);
            if (!opened) return opened.error();
            open_ = std::move(opened.value());
        }
        return open_->read(offset, into);
    }

  private:
    world::file_store& files_;
    member_place place_;
    std::unique_ptr<member_bytes> open_;
};

result<member_place> place_with_frames(catalogue::catalogue& where, const located_member& body) {
    member_place place = place_of(body.volume, body.member);
    if (body.volume.state != volume_state::open || place.kind != container::tar_zst) return place;
    auto frames = where.frames();
    if (!frames) return frames.error();
    place.frames = std::move(frames.value());
    return place;
}

result<incoming> incoming_twin(world::file_store& files, catalogue::catalogue& where, const catalogue::twin_file& twin,
                               const volume_set& volumes) {
    const auto body = where.find_body(twin.leader.blob);
    if (!body) return body.error();
    if (!body.value()) return failure(catalogue::catalogue_errc::damaged, "a stored blob lies in no volume");
    incoming m;
    m.file = twin.file;
    m.blob = twin.leader.blob;
    m.entry.name = archived_name(twin.path);
    if (twin.own_time_ms) m.entry.modified_ns = formats::ns_from_ms(*twin.own_time_ms);
    const volume_settings& settings = volumes.settings();
    m.entry.size = body.value()->member.size;
    m.kind = member_kind::copy;
    if (settings.twins == archived_twins::link && settings.kind != container::zip) {
        m.kind = member_kind::link;
        m.entry.link_to = archived_name(body.value()->member.path);
        m.link_within = body.value()->volume.number;
    }
    auto place = place_with_frames(where, *body.value());
    if (!place) return place.error();
    m.bytes = std::make_unique<lazy_member>(files, std::move(place.value()));
    return m;
}

}  // namespace

// One by one: a link is only one while its body's volume is open, and each may be the one that fills it.
task<result<std::uint64_t>> pack_twins(runtime::surroundings& around, world::file_store& files,
                                       catalogue::catalogue& where, volume_set& volumes) {
    std::uint64_t packed = 0;
    item_key after{};
    while (!around.stop.draining()) {
        auto ask = [&] { return where.next_unpublished_twins(after, batch_size); };
        const auto batch = co_await world::run_on(around.workers, world::queue::catalogue, ask);
        if (!batch) co_return batch.error();
        if (batch.value().empty()) break;
        for (const catalogue::twin_file& twin : batch.value()) {
            after = twin.file;
            const result<void> ready = co_await volumes.ready();
            if (!ready) co_return ready.error();
            auto look = [&] { return incoming_twin(files, where, twin, volumes); };
            auto found = co_await world::run_on(around.workers, world::queue::catalogue, look);
            if (!found) co_return found.error();
            std::vector<incoming> one;
            one.push_back(std::move(found.value()));
            const result<void> added = co_await volumes.add(std::move(one));
            if (!added) co_return added.error();
            ++packed;
        }
        const result<void> committed = co_await volumes.commit(false);
        if (!committed) co_return committed.error();
    }
    const result<void> committed = co_await volumes.commit(true);
    if (!committed) co_return committed.error();
    co_return packed;
}

}  // namespace decamp::store
