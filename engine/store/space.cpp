#include "engine/store/space.hpp"

namespace decamp::store {

namespace {
// The drive is asked again after this much was taken, and whenever it looks tight.
constexpr std::uint64_t ask_every = std::uint64_t{64} << 20;
}  // namespace

task<result<void>> space_watch::take(std::uint64_t bytes, std::uint64_t items) {
    const std::uint64_t cluster = files_.facts().cluster == 0 ? 4096 : files_.facts().cluster;
    const std::uint64_t rounded = (bytes / cluster + 1) * cluster;
    const std::uint64_t needed = taken_ + rounded + closing_room(items);
    if (!asked_ || since_asked_ > ask_every || free_ < needed + since_asked_) {
        auto work = [&] { return files_.space(); };
        const auto space = co_await world::run_on(around_.workers, world::queue::commit, work);
        if (!space) co_return space.error();
        free_ = space.value().free_bytes;
        since_asked_ = 0;
        asked_ = true;
        if (space.value().free_files < 16) co_return failure(world::file_errc::no_space, "no room for more files");
    }
    if (free_ < taken_ + rounded + closing_room(items)) co_return failure(world::file_errc::no_space);
    taken_ += rounded;
    since_asked_ += rounded;
    co_return result<void>();
}

void space_watch::settled(std::uint64_t bytes) {
    const std::uint64_t cluster = files_.facts().cluster == 0 ? 4096 : files_.facts().cluster;
    const std::uint64_t rounded = (bytes / cluster + 1) * cluster;
    taken_ -= rounded < taken_ ? rounded : taken_;
}

}  // namespace decamp::store
