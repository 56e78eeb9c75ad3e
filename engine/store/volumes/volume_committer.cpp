#include "engine/store/volumes/volume_committer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/runtime/budget.hpp"
#include "engine/store/volumes/volume_set.hpp"
#include "formats/time.hpp"

namespace decamp::store {

namespace {

class memory_bytes final : public member_bytes {
  public:
    explicit memory_bytes(std::shared_ptr<const held_bytes> held) : held_(std::move(held)), parts_(held_->parts()) {}

    result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) override {
        std::size_t done = 0;
        for (const auto part : parts_) {
            if (offset >= part.size()) {
                offset -= part.size();
                continue;
            }
            const std::size_t take = std::min(part.size() - static_cast<std::size_t>(offset), into.size() - done);
            std::memcpy(into.data() + done, part.data() + offset, take);
            done += take;
            offset = 0;
            if (done == into.size()) break;
        }
        return done;
    }

  private:
    std::shared_ptr<const held_bytes> held_;
    std::vector<std::span<const std::byte>> parts_;
};

// Opened when it is read: a group may hold hundreds.
class staged_bytes final : public member_bytes {
  public:
    staged_bytes(world::file_store& files, std::string path) : files_(files), path_(std::move(path)) {}

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

}  // namespace

volume_committer::volume_committer(runtime::surroundings& around, world::file_store& files, catalogue::catalogue& where,
                                   space_watch& space, volume_set& volumes, group_limits limits, on_committed committed,
                                   std::function<void(blob_key)> dropped)
    : committer(around, limits),
      files_(files),
      catalogue_(where),
      space_(space),
      volumes_(volumes),
      committed_(std::move(committed)),
      dropped_(std::move(dropped)) {
    volumes_.on_grown([this](const std::vector<volume_member>& members) { grown(members); });
}

// By the memory that it keeps from others, which is leased in whole chunks.
std::uint64_t volume_committer::weight(const checked_blob& blob) const {
    const std::uint64_t size = blob.digests.size;
    if (!blob.held) return size;
    if (size <= runtime::small_chunk_bytes) return runtime::bytes_of(runtime::chunk_for(size));
    return (size + runtime::large_chunk_bytes - 1) / runtime::large_chunk_bytes * runtime::large_chunk_bytes;
}

void volume_committer::expect(item_key key) {
    turns_.expect(key);
}

void volume_committer::not_coming(item_key key, bool broken) {
    turns_.not_coming(key, broken);
    pass_on();
}

// Never waits: who waited here might be the one whose turn it is. What is held is bounded by the memory it lies in.
task<bool> volume_committer::submit(checked_blob blob) {
    if (failed()) co_return false;
    turns_.arrived(std::move(blob));
    pass_on();
    co_return true;
}

void volume_committer::pass_on() {
    for (checked_blob& blob : turns_.take()) add(std::move(blob));
    for (checked_blob& blob : turns_.take_dropped()) {
        space_.settled(blob.item.blob);
        dropped_(blob.item.blob);
    }
}

task<result<void>> volume_committer::commit(std::vector<checked_blob> blobs, bool closes) {
    const result<void> handed_over = co_await hand_over(std::move(blobs));
    if (handed_over && !closes) co_return result<void>();
    const result<void> packed = co_await all_packed();  // behind a failure, too: nothing may go on by itself
    if (!handed_over) co_return handed_over;
    if (!packed) co_return packed;
    const result<void> committed = co_await volumes_.commit(false);
    if (!committed) co_return committed;
    co_return co_await tell_durable();
}

// The catalogue is told while what was handed over before is still packed.
task<result<void>> volume_committer::hand_over(std::vector<checked_blob> blobs) {
    if (blobs.empty()) co_return result<void>();
    auto record = [&] { return catalogue_.record_checked(blobs, true, true); };
    auto told = co_await world::run_on(around().workers, world::queue::catalogue, record);
    if (!told) co_return told.error();
    unflushed_ = true;
    const result<void> before = co_await all_packed();
    if (!before) co_return before;
    const auto executor = co_await boost::asio::this_coro::executor;
    if (!packing_) packing_.emplace(executor);
    packing_->spawn(pack_behind(std::move(blobs), std::move(told.value())));
    co_return result<void>();
}

task<void> volume_committer::pack_behind(std::vector<checked_blob> group, outcomes of) {
    packed_ = co_await pack(group, of);
}

task<result<void>> volume_committer::all_packed() {
    if (packing_) co_await packing_->join();
    co_return std::exchange(packed_, result<void>());
}

task<result<void>> volume_committer::pack(std::vector<checked_blob>& group, const outcomes& of) {
    std::vector<incoming> members;
    for (std::size_t i = 0; i < group.size(); ++i) {
        checked_blob& blob = group[i];
        const auto& outcome = of[i];
        auto held = std::exchange(blob.held, nullptr);
        committed_blob known{std::move(blob), outcome.path, outcome.duplicate, outcome.contradicted};
        if (outcome.duplicate) {
            durable_.push_back(std::move(known));
            continue;
        }
        const checked_blob& kept = known.blob;
        incoming m;
        m.entry.name = archived_name(outcome.path);
        m.entry.size = kept.digests.size;
        if (const auto time = kept.item.listed.file_time_ms()) m.entry.modified_ns = formats::ns_from_ms(*time);
        if (held)
            m.bytes = std::make_unique<memory_bytes>(std::move(held));
        else
            m.bytes = std::make_unique<staged_bytes>(files_, kept.staging_path);
        m.file = kept.item.key;
        m.blob = kept.item.blob;
        members.push_back(std::move(m));
        appended_.emplace(kept.item.blob, std::move(known));
    }
    co_return co_await volumes_.add(std::move(members));
}

void volume_committer::grown(const std::vector<volume_member>& members) {
    unflushed_ = false;
    for (const volume_member& m : members) {
        const auto known = appended_.find(m.blob);
        if (known == appended_.end() || m.kind != member_kind::body) continue;
        durable_.push_back(std::move(known->second));
        appended_.erase(known);
    }
}

// A run that ends early leaves the open frame to the next one: where frames are cut is for the items to say. An
// encrypted volume is sealed as it is, since nothing of it could be kept otherwise.
task<result<void>> volume_committer::settle() {
    const result<void> committed = co_await volumes_.commit(volumes_.encrypted() || !around().stop.draining());
    if (!committed) co_return committed;
    co_return co_await tell_durable();
}

task<result<void>> volume_committer::tell_durable() {
    const std::vector<committed_blob> told = std::exchange(durable_, {});
    // Of twins that were found so, no volume has grown.
    if (unflushed_ && std::ranges::any_of(told, [](const auto& c) { return c.duplicate; })) {
        unflushed_ = false;
        auto flush = [&] { return catalogue_.record_checked({}, false); };
        const auto flushed = co_await world::run_on(around().workers, world::queue::catalogue, flush);
        if (!flushed) co_return flushed.error();
    }
    auto sweep = [&]() -> result<void> {
        for (const committed_blob& c : told) {
            if (c.blob.staging_path.empty()) continue;
            auto removed = files_.remove(c.blob.staging_path);
            if (!removed && removed.error().code != world::file_errc::not_found) return removed;
        }
        return {};
    };
    const bool any_staged = std::ranges::any_of(told, [](const auto& c) { return !c.blob.staging_path.empty(); });
    if (any_staged) {
        const result<void> swept = co_await world::run_on(around().workers, world::queue::commit, sweep);
        if (!swept) co_return swept;
    }
    std::uint64_t bytes = 0;
    for (const committed_blob& c : told) {
        bytes += c.blob.digests.size;
        space_.settled(c.blob.item.blob);
        committed_(c);
    }
    if (told.empty()) co_return result<void>();
    around().report.event("group_committed", [&](formats::json_line& line) {
        line.add("group", volumes_.group_number()).add("blobs", told.size()).add("bytes", bytes);
    });
    co_return result<void>();
}

}  // namespace decamp::store
