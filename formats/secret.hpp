#pragma once
// Bytes that must not stay in memory: overwritten (OPENSSL_cleanse, which no optimizer takes away) when their owner
// ends, is moved from or assigned to. Move-only, so that no copy is forgotten. Swap and core dumps are not kept from
// seeing them.

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace decamp::formats {

void cleanse(std::span<std::byte> bytes) noexcept;
void cleanse(std::span<char> text) noexcept;

// N bytes, all zero at first.
template <std::size_t N>
class secret_bytes {
  public:
    secret_bytes() noexcept = default;
    explicit secret_bytes(std::span<const std::byte, N> bytes) noexcept { std::ranges::copy(bytes, bytes_.begin()); }
    ~secret_bytes() { cleanse(std::span<std::byte>(bytes_)); }
    secret_bytes(secret_bytes&& other) noexcept : bytes_(other.bytes_) { cleanse(std::span<std::byte>(other.bytes_)); }
    secret_bytes& operator=(secret_bytes&& other) noexcept {
        if (this != &other) {
            bytes_ = other.bytes_;
            cleanse(std::span<std::byte>(other.bytes_));
        }
        return *this;
    }
    secret_bytes(const secret_bytes&) = delete;
    secret_bytes& operator=(const secret_bytes&) = delete;

    [[nodiscard]] std::span<std::byte, N> span() noexcept { return bytes_; }
    [[nodiscard]] std::span<const std::byte, N> span() const noexcept { return bytes_; }

  private:
    std::array<std::byte, N> bytes_{};
};

// A text of fixed length. Moved from, it is empty.
class secret_text {
  public:
    secret_text() noexcept = default;
    explicit secret_text(std::string_view text);
    ~secret_text();
    secret_text(secret_text&& other) noexcept;
    secret_text& operator=(secret_text&& other) noexcept;
    secret_text(const secret_text&) = delete;
    secret_text& operator=(const secret_text&) = delete;

    [[nodiscard]] std::string_view view() const noexcept { return {text_.get(), size_}; }  // as long as this lives

  private:
    std::unique_ptr<char[]> text_;
    std::size_t size_ = 0;
};

}  // namespace decamp::formats
