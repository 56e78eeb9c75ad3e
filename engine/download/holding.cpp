// Bodies that are kept in memory until an archive takes them. All of their memory is leased before they are asked for,
// in canonical order, so that whoever is first in it never waits for one behind it.
#include <algorithm>
#include <array>
#include <utility>

#include "engine/download/errors.hpp"
#include "engine/download/transfer.hpp"

namespace decamp::download {

task<std::optional<runtime::chunk>> transfer_settings::lease(runtime::chunk_size size) const {
    return hold_bytes > 0 ? budget.acquire_head(size) : budget.acquire(size);
}

std::vector<runtime::chunk_size> held_chunks(const transfer_settings& settings, const planned_item& item) {
    const std::uint64_t size = item.listed.size.value_or(runtime::large_chunk_bytes);
    if (settings.hold_bytes == 0 || size > settings.hold_bytes || item.part || item.audit_of) return {};
    if (size <= runtime::small_chunk_bytes) return {runtime::chunk_for(size)};
    const std::size_t chunks =
        std::max<std::uint64_t>(1, (size + runtime::large_chunk_bytes - 1) / runtime::large_chunk_bytes);
    return std::vector<runtime::chunk_size>(chunks, runtime::chunk_size::large);
}

// False: the body has ended. True: it does not fit, and what came of it is staged.
task<result<bool>> transfer::receive_held(transport::exchange& from, transfer_end& end) {
    std::array<std::byte, 512> beyond;
    for (;;) {
        const auto open = std::ranges::find_if(memory_, [](const runtime::chunk& c) { return !c.room().empty(); });
        const bool full = open == memory_.end();
        const std::span<std::byte> room = full ? std::span<std::byte>(beyond) : open->room();
        const result<std::size_t> got = co_await read(from, room, end);
        if (!got) co_return got.error();
        if (got.value() == 0) co_return false;
        if (!full) {
            feed(room.first(got.value()));
            open->used += got.value();
            continue;
        }
        const result<void> spilt = co_await spill();
        if (!spilt) co_return spilt.error();
        auto chunk = co_await settings_.lease(runtime::chunk_size::small);
        if (!chunk) co_return failure(download_errc::stopped);
        std::ranges::copy(room.first(got.value()), chunk->all().begin());
        chunk->used = got.value();
        const result<void> taken = co_await take(std::move(*chunk));
        if (!taken) co_return taken.error();
        co_return true;
    }
}

task<result<void>> transfer::spill() {
    make_staging();
    std::uint64_t at = 0;
    std::vector<runtime::chunk> memory = std::exchange(memory_, {});
    for (runtime::chunk& chunk : memory) {
        const std::size_t bytes = chunk.used;
        const result<void> written = co_await staging_->write(at, std::move(chunk));
        if (!written) co_return written;
        at += bytes;
    }
    co_return result<void>();
}

void transfer::catch_up_held() {
    std::uint64_t position = 0;
    for (const runtime::chunk& chunk : memory_) {
        const auto bytes = chunk.filled();
        const std::uint64_t at = received_.caught_up_to();
        if (received_.behind() && at >= position && at < position + bytes.size())
            received_.catch_up(bytes.subspan(static_cast<std::size_t>(at - position)));
        position += bytes.size();
    }
}

}  // namespace decamp::download
