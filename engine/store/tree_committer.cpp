#include "engine/store/tree_committer.hpp"

#include <utility>

namespace decamp::store {

tree_committer::tree_committer(runtime::surroundings& around, world::file_store& files, catalogue::catalogue& where,
                               space_watch& space, group_limits limits, on_committed committed)
    : committer(around, limits),
      files_(files),
      catalogue_(where),
      space_(space),
      names_(files),
      committed_(std::move(committed)) {}

task<result<void>> tree_committer::commit(std::vector<checked_blob> group, bool) {
    const bool merge = files_.facts().hard_links;
    auto record = [&]() -> result<std::vector<catalogue::catalogue::checked_outcome>> {
        if (group_number_ == 0) {
            const auto last = catalogue_.last_group();
            if (!last) return last.error();
            group_number_ = last.value();
        }
        ++group_number_;
        return catalogue_.record_checked(group, merge);
    };
    const auto outcomes = co_await world::run_on(around().workers, world::queue::catalogue, record);
    if (!outcomes) co_return outcomes.error();
    auto publish = [&]() -> result<void> {
        for (std::size_t i = 0; i < group.size(); ++i) {
            const auto& outcome = outcomes.value()[i];
            const checked_blob& blob = group[i];
            if (outcome.duplicate) {
                if (auto r = files_.remove(blob.staging_path); !r) return r;
                continue;
            }
            if (auto r = names_.publish(blob.staging_path, outcome.path, blob.item.listed.file_time_ms()); !r) return r;
        }
        return names_.flush();
    };
    const result<void> published = co_await world::run_on(around().workers, world::queue::commit, publish);
    if (!published) co_return published;
    std::vector<blob_key> keys;
    std::uint64_t bytes = 0;
    for (const auto& outcome : outcomes.value()) {
        if (!outcome.duplicate) keys.push_back(outcome.blob);
    }
    auto store = [&] { return catalogue_.record_stored(keys, group_number_); };
    const result<void> stored = co_await world::run_on(around().workers, world::queue::catalogue, store);
    if (!stored) co_return stored;
    for (std::size_t i = 0; i < group.size(); ++i) {
        bytes += group[i].digests.size;
        space_.settled(group[i].item.listed.size.value_or(0));
        const auto& outcome = outcomes.value()[i];
        committed_({std::move(group[i]), outcome.path, outcome.duplicate, outcome.contradicted});
    }
    around().report.event("group_committed", [&](formats::json_line& line) {
        line.add("group", group_number_).add("blobs", group.size()).add("bytes", bytes);
    });
    co_return result<void>();
}

}  // namespace decamp::store
