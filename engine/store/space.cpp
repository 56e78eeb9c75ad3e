#include "engine/store/space.hpp"

namespace decamp::store {

namespace {
// The drive is asked again after this much was taken, and whenever it looks tight.
constexpr std::uint64_t ask_every = std::uint64_t{64} << 20;
}  // namespace

task<result<void>> space_watch::take(std::uint64_t bytes, std::uint64_t items, std::uint64_t collections) {
    const std::uint64_t cluster = files_.facts().cluster == 0 ? 4096 : files_.facts().cluster;
    const std::uint64_t rounded = (bytes / cluster + 1) * cluster;
    const std::uint64_t needed = taken_ + rounded + closing_room(items);
    const std::uint64_t files_needed = files_taken_ + 1 + closing_files(collections);
    const bool tight = free_ < needed + since_asked_ || free_files_ < files_needed + files_since_asked_;
    if (!asked_ || since_asked_ > ask_every || tight) {
        auto work = [&] { return files_.space(); };
        const auto space = co_await world::run_on(around_.workers, world::queue::commit, work);
        if (!space) co_return space.error();
        free_ = space.value().free_bytes;
        free_files_ = space.value().free_files;
        since_asked_ = files_since_asked_ = 0;
        asked_ = true;
    }
    if (free_files_ < files_taken_ + 1 + closing_files(collections))
        co_return failure(world::file_errc::no_space, "no room for more files");
    if (free_ < taken_ + rounded + closing_room(items)) co_return failure(world::file_errc::no_space);
    taken_ += rounded;
    since_asked_ += rounded;
    ++files_taken_;
    ++files_since_asked_;
    co_return result<void>();
}

void space_watch::settled(std::uint64_t bytes) {
    const std::uint64_t cluster = files_.facts().cluster == 0 ? 4096 : files_.facts().cluster;
    const std::uint64_t rounded = (bytes / cluster + 1) * cluster;
    taken_ -= rounded < taken_ ? rounded : taken_;
    files_taken_ -= files_taken_ > 0 ? 1 : 0;
}

}  // namespace decamp::store
