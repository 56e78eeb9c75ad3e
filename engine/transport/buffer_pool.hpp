#pragma once
// Receive buffers of one size, lent while they hold bytes: for response headers, and for TLS where the caller's own
// memory is too small to decrypt in. One thread.

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace decamp::transport {

class buffer_pool {
  public:
    static constexpr std::size_t buffer_size = 40960;  // a header, and a TLS record that comes with it
    static constexpr std::size_t kept = 8;             // beyond that, given back to the system

    class lease {
      public:
        lease() = default;
        lease(buffer_pool& from, std::unique_ptr<std::byte[]> memory) : from_(&from), memory_(std::move(memory)) {}
        lease(lease&& other) noexcept : from_(other.from_), memory_(std::move(other.memory_)) {}
        lease& operator=(lease&& other) noexcept {
            if (this != &other) {
                reset();
                from_ = other.from_;
                memory_ = std::move(other.memory_);
            }
            return *this;
        }
        ~lease() { reset(); }
        explicit operator bool() const { return memory_ != nullptr; }
        std::span<std::byte> bytes() const { return {memory_.get(), memory_ ? buffer_size : 0}; }
        void reset() {
            if (memory_) from_->give_back(std::move(memory_));
        }

      private:
        buffer_pool* from_ = nullptr;
        std::unique_ptr<std::byte[]> memory_;
    };

    lease take() {
        ++lent_;
        if (free_.empty()) return {*this, std::make_unique_for_overwrite<std::byte[]>(buffer_size)};
        lease out(*this, std::move(free_.back()));
        free_.pop_back();
        return out;
    }
    std::size_t lent() const { return lent_; }

  private:
    void give_back(std::unique_ptr<std::byte[]> memory) {
        --lent_;
        if (free_.size() < kept) free_.push_back(std::move(memory));
    }

    std::vector<std::unique_ptr<std::byte[]>> free_;
    std::size_t lent_ = 0;
};

}  // namespace decamp::transport
