#include "engine/runtime/budget.hpp"

#include <algorithm>
#include <bit>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <cassert>
#include <list>
#include <mutex>
#include <new>
#include <stdexcept>
#include <vector>

#include "engine/runtime/post_or_end.hpp"

namespace decamp::runtime {

namespace detail {

namespace {

constexpr int pieces_of(chunk_size size) {
    return static_cast<int>(large_chunk_bytes / bytes_of(size));
}
static_assert(pieces_of(chunk_size::tiny) == 64);  // a bit each
constexpr std::align_val_t page{4096};

struct free_region {
    void operator()(std::byte* region) const { ::operator delete(region, page); }
};

}  // namespace

// Everything is under one mutex: a lease is taken about once a MiB or once a small file, so it is never hot.
class chunk_pool : public std::enable_shared_from_this<chunk_pool> {
  public:
    chunk_pool(std::size_t slabs, std::size_t head_slabs)
        : region_(static_cast<std::byte*>(::operator new(slabs* large_chunk_bytes, page))),
          slabs_(slabs),
          reserved_(head_slabs) {
        empty_.reserve(slabs);
        split_.reserve(slabs);
        // The last come first: pages are touched from the region's start on, and only as many as are needed.
        for (std::size_t i = slabs; i > 0; --i) empty_.push_back(static_cast<std::uint32_t>(i - 1));
    }

    std::optional<chunk> try_acquire(chunk_size size) {
        const std::lock_guard lock(mutex_);
        if (closed_ || !waiters_.empty()) return std::nullopt;
        return take(size, reserved_);
    }

    std::optional<chunk> try_acquire_head(chunk_size size) {
        const std::lock_guard lock(mutex_);
        if (closed_ || !head_waiters_.empty()) return std::nullopt;
        return take(size, 0);
    }

    // The handler is completed through its executor, with none when closed.
    template <class Handler>
    void wait(chunk_size size, bool head, Handler&& handler) {
        boost::asio::any_io_executor executor = boost::asio::get_associated_executor(handler);
        auto& queue = head ? head_waiters_ : waiters_;
        std::unique_lock lock(mutex_);
        ++waits_;
        if (closed_) {
            lock.unlock();
            boost::asio::post(executor, boost::asio::append(std::forward<Handler>(handler), std::optional<chunk>()));
            return;
        }
        queue.emplace_back(size, std::move(executor), std::forward<Handler>(handler));
        serve(lock);  // something may have come back since the caller looked
    }

    // Allocates nothing but for the posting of a wait's end: a chunk's destructor calls it.
    void give_back(std::byte* memory, std::size_t size) noexcept {
        std::unique_lock lock(mutex_);
        leased_ -= size;
        const auto offset = static_cast<std::size_t>(memory - region_.get());
        const auto index = static_cast<std::uint32_t>(offset / large_chunk_bytes);
        if (size == large_chunk_bytes) {
            empty_.push_back(index);
        } else {
            auto& carved = slabs_[index];
            assert(bytes_of(carved.into) == size);
            carved.taken &= ~(std::uint64_t{1} << (offset % large_chunk_bytes / size));
            if (carved.taken == 0) {
                std::erase(split_, index);
                empty_.push_back(index);
            }
        }
        serve(lock);
    }

    void close() noexcept {
        waiter_queue ended;
        std::unique_lock lock(mutex_);
        closed_ = true;
        ended.splice(ended.end(), waiters_);
        ended.splice(ended.end(), head_waiters_);
        lock.unlock();
        for (waiter& w : ended) complete(w);
    }

    std::uint64_t total() const { return slabs_.size() * large_chunk_bytes; }

    budget_figures figures() const {
        const std::lock_guard lock(mutex_);
        return {total(), leased_, high_water_, waiters_.size() + head_waiters_.size(), waits_};
    }

  private:
    struct waiter {
        template <class Handler>
        waiter(chunk_size s, boost::asio::any_io_executor e, Handler&& h)
            : size(s), executor(std::move(e)), handler(std::forward<Handler>(h)) {}
        chunk_size size;
        boost::asio::any_io_executor executor;
        boost::asio::any_completion_handler<void(std::optional<chunk>)> handler;
        std::optional<chunk> got{};
    };
    using waiter_queue = std::list<waiter>;  // whose nodes move from one to another without an allocation

    struct slab {
        std::uint64_t taken = 0;  // a bit a chunk, while split
        chunk_size into = chunk_size::large;
    };

    // Leaves `keep` slabs alone. Called under the mutex.
    std::optional<chunk> take(chunk_size size, std::size_t keep) noexcept {
        std::byte* memory = size == chunk_size::large ? take_large(keep) : take_piece(size, keep);
        if (memory == nullptr) return std::nullopt;
        leased_ += bytes_of(size);
        high_water_ = std::max(high_water_, leased_);
        return chunk(weak_from_this().lock(), {memory, bytes_of(size)});
    }

    std::byte* take_large(std::size_t keep) {
        if (empty_.size() <= keep) return nullptr;
        const std::uint32_t index = empty_.back();
        empty_.pop_back();
        return region_.get() + index * large_chunk_bytes;
    }

    // From the fullest slab, so that the others empty and become whole again.
    std::byte* take_piece(chunk_size size, std::size_t keep) {
        std::optional<std::uint32_t> best;
        for (const std::uint32_t index : split_) {
            const slab& one = slabs_[index];
            if (one.into != size || std::popcount(one.taken) == pieces_of(size)) continue;
            if (!best || std::popcount(one.taken) > std::popcount(slabs_[*best].taken)) best = index;
        }
        if (!best) {
            if (empty_.size() <= keep) return nullptr;
            best = empty_.back();
            empty_.pop_back();
            split_.push_back(*best);
            slabs_[*best] = {0, size};
        }
        auto& chosen = slabs_[*best];
        const int piece = std::countr_one(chosen.taken);
        chosen.taken |= std::uint64_t{1} << piece;
        return region_.get() + *best * large_chunk_bytes + static_cast<std::size_t>(piece) * bytes_of(size);
    }

    // Gives what is there to those who wait, the head first. Takes the lock held, leaves it open.
    void serve(std::unique_lock<std::mutex>& lock) noexcept {
        waiter_queue ready;
        const auto pass = [&](waiter_queue& queue, std::size_t keep) {
            while (!queue.empty()) {
                queue.front().got = take(queue.front().size, keep);
                if (!queue.front().got) return;
                ready.splice(ready.end(), queue, queue.begin());
            }
        };
        pass(head_waiters_, 0);
        pass(waiters_, reserved_);
        lock.unlock();
        for (waiter& w : ready) complete(w);
    }

    static void complete(waiter& w) noexcept {
        post_or_end(w.executor, boost::asio::append(std::move(w.handler), std::move(w.got)));
    }

    const std::unique_ptr<std::byte, free_region> region_;
    mutable std::mutex mutex_;
    std::vector<slab> slabs_;
    std::vector<std::uint32_t> empty_;  // whole slabs; capacity for all, so that giving back never allocates
    std::vector<std::uint32_t> split_;  // likewise
    const std::size_t reserved_;        // whole slabs that only the head may take the last of
    std::uint64_t leased_ = 0;
    std::uint64_t high_water_ = 0;
    std::uint64_t waits_ = 0;
    bool closed_ = false;
    waiter_queue waiters_, head_waiters_;
};

}  // namespace detail

chunk::chunk(std::shared_ptr<detail::chunk_pool> pool, std::span<std::byte> memory) noexcept
    : pool_(std::move(pool)), memory_(memory) {}

chunk::chunk(chunk&& other) noexcept
    : used(std::exchange(other.used, 0)), pool_(std::move(other.pool_)), memory_(std::exchange(other.memory_, {})) {}

chunk& chunk::operator=(chunk&& other) noexcept {
    if (this != &other) {
        give_back();
        used = std::exchange(other.used, 0);
        pool_ = std::move(other.pool_);
        memory_ = std::exchange(other.memory_, {});
    }
    return *this;
}

chunk::~chunk() {
    give_back();
}

void chunk::give_back() noexcept {
    if (memory_.empty()) return;
    pool_->give_back(memory_.data(), memory_.size());
    pool_.reset();
    memory_ = {};
    used = 0;
}

memory_budget::memory_budget(std::uint64_t bytes, unsigned head_chunks) {
    const std::uint64_t slabs = bytes / large_chunk_bytes;
    if (slabs <= head_chunks || slabs > (std::uint64_t{1} << 24)) throw std::invalid_argument("memory_budget: size");
    pool_ = std::make_shared<detail::chunk_pool>(static_cast<std::size_t>(slabs), head_chunks);
}

memory_budget::~memory_budget() {
    close();
}

namespace {

// Not a coroutine: see event::wait.
task<std::optional<chunk>> wait_for(std::shared_ptr<detail::chunk_pool> pool, chunk_size size, bool head) {
    auto enrol = [pool = std::move(pool), size, head]<class Handler>(Handler&& handler) {
        pool->wait(size, head, std::forward<Handler>(handler));
    };
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(std::optional<chunk>)>(
        std::move(enrol), boost::asio::use_awaitable);
}

}  // namespace

task<std::optional<chunk>> memory_budget::acquire(chunk_size size) {
    auto at_once = pool_->try_acquire(size);
    if (at_once) co_return std::move(at_once);
    co_return co_await wait_for(pool_, size, false);
}

task<std::optional<chunk>> memory_budget::acquire_head(chunk_size size) {
    auto at_once = pool_->try_acquire_head(size);
    if (at_once) co_return std::move(at_once);
    co_return co_await wait_for(pool_, size, true);
}

std::optional<chunk> memory_budget::try_acquire(chunk_size size) {
    return pool_->try_acquire(size);
}
void memory_budget::close() {
    pool_->close();
}
std::uint64_t memory_budget::total() const {
    return pool_->total();
}
budget_figures memory_budget::figures() const {
    return pool_->figures();
}
std::uint64_t memory_budget::available() const {
    const auto now = pool_->figures();
    return now.total - now.leased;
}

}  // namespace decamp::runtime
