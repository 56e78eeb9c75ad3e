#include "formats/secret.hpp"

#include <utility>

#include <openssl/crypto.h>

namespace decamp::formats {

void cleanse(std::span<std::byte> bytes) noexcept {
    if (!bytes.empty()) OPENSSL_cleanse(bytes.data(), bytes.size());
}

void cleanse(std::span<char> text) noexcept {
    cleanse(std::as_writable_bytes(text));
}

secret_text::secret_text(std::string_view text) : text_(std::make_unique<char[]>(text.size())), size_(text.size()) {
    std::ranges::copy(text, text_.get());
}

secret_text::~secret_text() {
    cleanse(std::span<char>(text_.get(), size_));
}

secret_text::secret_text(secret_text&& other) noexcept
    : text_(std::move(other.text_)), size_(std::exchange(other.size_, 0)) {}

secret_text& secret_text::operator=(secret_text&& other) noexcept {
    if (this != &other) {
        cleanse(std::span<char>(text_.get(), size_));
        text_ = std::move(other.text_);
        size_ = std::exchange(other.size_, 0);
    }
    return *this;
}

}  // namespace decamp::formats
