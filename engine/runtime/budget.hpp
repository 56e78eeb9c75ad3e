#pragma once
// The payload memory of a run: reserved before bytes are asked of the network, carried by the bytes to the writer, and
// given back by a destructor.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "engine/runtime/task.hpp"

namespace decamp::runtime {

enum class chunk_size { tiny, small, large };
inline constexpr std::size_t tiny_chunk_bytes = std::size_t{16} << 10;
inline constexpr std::size_t small_chunk_bytes = std::size_t{64} << 10;
inline constexpr std::size_t large_chunk_bytes = std::size_t{1} << 20;
constexpr std::size_t bytes_of(chunk_size size) {
    return size == chunk_size::tiny    ? tiny_chunk_bytes
           : size == chunk_size::small ? small_chunk_bytes
                                       : large_chunk_bytes;
}
// The smallest that holds so many bytes; large where none does.
constexpr chunk_size chunk_for(std::uint64_t bytes) {
    return bytes <= tiny_chunk_bytes    ? chunk_size::tiny
           : bytes <= small_chunk_bytes ? chunk_size::small
                                        : chunk_size::large;
}

namespace detail {
class chunk_pool;
}

// A lease on memory, aligned to 4096. Move-only; handed back by its destructor, on any thread. Keeps the pool alive.
class chunk {
  public:
    chunk() = default;
    chunk(chunk&& other) noexcept;
    chunk& operator=(chunk&& other) noexcept;
    ~chunk();

    std::span<std::byte> all() const { return memory_; }
    std::span<std::byte> filled() const { return memory_.first(used); }
    std::span<std::byte> room() const { return memory_.subspan(used); }
    explicit operator bool() const { return !memory_.empty(); }

    std::size_t used = 0;  // bytes of all() that hold payload; the holder's to set

  private:
    friend class detail::chunk_pool;
    chunk(std::shared_ptr<detail::chunk_pool> pool, std::span<std::byte> memory) noexcept;
    void give_back() noexcept;

    std::shared_ptr<detail::chunk_pool> pool_;
    std::span<std::byte> memory_;
};

struct budget_figures {
    std::uint64_t total = 0;       // bytes, head reserve included
    std::uint64_t leased = 0;      // bytes out now
    std::uint64_t high_water = 0;  // most bytes out at once
    std::uint64_t waiting = 0;     // coroutines waiting now
    std::uint64_t waits = 0;       // acquisitions that had to wait so far
};

// Thread-safe. First come, first served over all sizes: a small request does not overtake a waiting large one. The
// memory is one region carved into slabs of 1 MiB, a slab into sixteen small or 64 tiny chunks; pages become resident
// when first used.
class memory_budget {
  public:
    // `bytes` is rounded down to whole MiB. `head_chunks` large chunks of it are kept for acquire_head. Throws
    // std::invalid_argument when nothing is left for the common pool, std::bad_alloc when there is no memory.
    explicit memory_budget(std::uint64_t bytes, unsigned head_chunks = 0);
    memory_budget(const memory_budget&) = delete;
    memory_budget& operator=(const memory_budget&) = delete;
    ~memory_budget();  // closes

    // Completes on the caller's executor; none once closed. Who holds a chunk and waits for another must be sure that
    // somebody else gives one back.
    task<std::optional<chunk>> acquire(chunk_size size);
    // For the head of an archive alone: the common pool where it has room, else the reserve.
    task<std::optional<chunk>> acquire_head(chunk_size size);
    // Without waiting; none when there is no room or others wait.
    std::optional<chunk> try_acquire(chunk_size size);

    // Ends all waits with none, now and later. Chunks that are out stay good.
    void close();

    std::uint64_t total() const;
    std::uint64_t available() const;  // bytes not leased
    budget_figures figures() const;

  private:
    std::shared_ptr<detail::chunk_pool> pool_;
};

}  // namespace decamp::runtime
