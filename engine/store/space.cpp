#include "engine/store/space.hpp"

#include <algorithm>
#include <utility>

namespace decamp::store {

namespace {
// The drive is asked again after this much was written, and whenever it looks tight.
constexpr std::uint64_t ask_every = std::uint64_t{64} << 20;
}  // namespace

room_wanted room_for(const planned_item& item, bool archived, bool held) {
    if (item.audit_of) return {};  // compared, and not written
    const std::uint64_t size = item.listed.size.value_or(0);
    const std::uint64_t there = item.part ? std::min(item.part->bytes, size) : 0;
    return {held ? 0 : size - there, archived ? size : 0};
}

void space_book::told(std::uint64_t free_bytes, std::uint64_t free_files) {
    free_ = free_bytes;
    free_files_ = free_files;
    written_ = files_written_ = 0;
    fresh_ = known_ = true;
}

space_book::answer space_book::take(blob_key blob, room_wanted wanted, reserve kept) {
    settled(blob);
    const bool fresh = std::exchange(fresh_, false);
    claim mine;
    if (wanted.packed > 0) mine.packed = rounded(wanted.packed);
    if (wanted.staged > 0 || wanted.packed == 0) {
        mine.staged = rounded(wanted.staged);
        mine.files = 1;
    }
    const std::uint64_t needed = taken_ + mine.staged + mine.packed + kept.bytes;
    const std::uint64_t files_needed = files_taken_ + mine.files + kept.files;
    if (!fresh) {
        const bool tight = free_ < needed + written_ || free_files_ < files_needed + files_written_;
        if (!known_ || tight || written_ > ask_every) return answer::ask_drive;
    }
    if (free_files_ < files_needed) return answer::no_files;
    if (free_ < needed) return answer::no_bytes;
    taken_ += mine.staged + mine.packed;
    files_taken_ += mine.files;
    claims_[blob] = mine;
    return answer::taken;
}

void space_book::written(std::uint64_t bytes, std::uint64_t files) {
    taken_ -= bytes;
    files_taken_ -= files;
    written_ += bytes;
    files_written_ += files;
}

void space_book::staged(blob_key blob) {
    const auto found = claims_.find(blob);
    if (found == claims_.end()) return;
    claim& c = found->second;
    written(std::exchange(c.staged, 0), std::exchange(c.files, 0));
}

void space_book::settled(blob_key blob) {
    const auto found = claims_.find(blob);
    if (found == claims_.end()) return;
    const claim& c = found->second;
    written(c.staged + c.packed, c.files);
    claims_.erase(found);
}

task<result<void>> space_watch::take(blob_key blob, room_wanted wanted, std::uint64_t items,
                                     std::uint64_t collections) {
    const space_book::reserve kept{closing_room(items), closing_files(collections)};
    auto taken = book_.take(blob, wanted, kept);
    if (taken == space_book::answer::ask_drive) {
        auto work = [&] { return files_.space(); };
        const auto space = co_await world::run_on(around_.workers, world::queue::commit, work);
        if (!space) co_return space.error();
        book_.told(space.value().free_bytes, space.value().free_files);
        taken = book_.take(blob, wanted, kept);
    }
    if (taken == space_book::answer::no_files) co_return failure(world::file_errc::no_space, "no room for more files");
    if (taken == space_book::answer::no_bytes) co_return failure(world::file_errc::no_space);
    co_return result<void>();
}

}  // namespace decamp::store
