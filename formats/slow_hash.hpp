#pragma once
// PBKDF2 with HMAC-SHA-256 (RFC 8018, 5.2): a hash that is slow on purpose. Throws std::bad_alloc, or
// std::runtime_error where OpenSSL does not offer it.

#include <cstddef>
#include <span>
#include <string_view>

namespace decamp::formats {

// Fills `out`. `rounds` from 1.
void pbkdf2_sha256(std::string_view secret, std::span<const std::byte> salt, unsigned rounds, std::span<std::byte> out);

}  // namespace decamp::formats
