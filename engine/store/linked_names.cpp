#include "engine/store/linked_names.hpp"

#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/store/publish.hpp"

namespace decamp::store {

namespace {

constexpr std::size_t batch_size = 256;

class name_healer {
  public:
    explicit name_healer(world::file_store& files) : files_(files) {}

    // On the commit queue.
    result<void> look(const std::vector<catalogue::twin_file>& page) {
        publisher names(files_);
        for (const catalogue::twin_file& twin : page) {
            if (auto r = look_at(twin, names); !r) return r;
        }
        return names.flush();
    }

    std::vector<item_key> take_unlinked() { return std::exchange(unlinked_, {}); }
    // Leaders whose bytes are right under none of their names.
    std::vector<damaged_blob> take_lost() {
        std::vector<damaged_blob> lost;
        for (const auto& [blob, leader] : leaders_) {
            if (!leader.good && leader.there) lost.push_back({blob_key{blob}, leader.path, "other bytes"});
        }
        leaders_.clear();
        return lost;
    }
    bool given() { return std::exchange(given_, false); }
    std::uint64_t healed() const { return healed_; }

  private:
    struct leader_state {
        bool there = false, good = false;
        std::string path;
    };

    result<void> look_at(const catalogue::twin_file& twin, publisher& names) {
        const auto leader = files_.info(twin.leader.path);
        if (!leader) return leader.error();
        const auto link = files_.info(twin.path);
        if (!link) return link.error();
        if (leader.value() && link.value() && leader.value()->inode == link.value()->inode) return {};
        leader_state& first = state_of(twin.leader, leader.value().has_value());
        const bool good = link.value() && has_bytes(files_, twin.path, twin.leader.size, twin.leader.sha256);
        if (good && !first.good) {
            const auto time = twin.has_time ? std::optional(twin.time_ms) : std::nullopt;
            auto linked = names.link(twin.path, twin.leader.path, time);
            if (!linked && linked.error().code != world::file_errc::no_links) return linked;
            if (!linked) return {};  // it is fetched again
            first.good = given_ = true;
            ++healed_;
        } else if (!good && first.good) {
            unlinked_.push_back(twin.file);
            ++healed_;
        }
        return {};
    }

    // Read once: where an export was copied without its links, each of them is another file than the leader.
    leader_state& state_of(const stored_blob& leader, bool there) {
        const auto [at, is_new] = leaders_.try_emplace(leader.blob.value);
        if (is_new)
            at->second = {there, there && has_bytes(files_, leader.path, leader.size, leader.sha256), leader.path};
        return at->second;
    }

    world::file_store& files_;
    std::unordered_map<std::int64_t, leader_state> leaders_;  // only those of names that are not their links
    std::vector<item_key> unlinked_;
    bool given_ = false;
    std::uint64_t healed_ = 0;
};

task<result<void>> go_through(runtime::surroundings& around, catalogue::catalogue& where, name_healer& healer) {
    item_key after{};
    while (!around.stop.draining()) {
        auto ask = [&] { return where.next_links(after, batch_size); };
        const auto batch = co_await world::run_on(around.workers, world::queue::catalogue, ask);
        if (!batch) co_return batch.error();
        if (batch.value().empty()) break;
        auto look = [&] { return healer.look(batch.value()); };
        const result<void> looked = co_await world::run_on(around.workers, world::queue::commit, look);
        if (!looked) co_return looked;
        const std::vector<item_key> unlinked = healer.take_unlinked();
        if (!unlinked.empty()) {
            auto record = [&] { return where.record_unlinked(unlinked); };
            const result<void> recorded = co_await world::run_on(around.workers, world::queue::catalogue, record);
            if (!recorded) co_return recorded;
        }
        after = batch.value().back().file;
    }
    co_return result<void>();
}

}  // namespace

task<result<std::uint64_t>> heal_linked_names(runtime::surroundings& around, world::file_store& files,
                                              catalogue::catalogue& where) {
    name_healer healer(files);
    const result<void> looked = co_await go_through(around, where, healer);
    if (!looked) co_return looked.error();
    const std::vector<damaged_blob> lost = healer.take_lost();
    if (!around.stop.draining() && !lost.empty()) {
        auto record = [&]() -> result<void> {
            for (const damaged_blob& blob : lost) {
                if (auto planned = where.record_damaged(blob); !planned) return planned.error();
            }
            return {};
        };
        const result<void> recorded = co_await world::run_on(around.workers, world::queue::catalogue, record);
        if (!recorded) co_return recorded.error();
    }
    // Names that came before the one that had the bytes were not told from it yet.
    if (healer.given()) {
        const result<void> again = co_await go_through(around, where, healer);
        if (!again) co_return again.error();
    }
    co_return healer.healed();
}

}  // namespace decamp::store
