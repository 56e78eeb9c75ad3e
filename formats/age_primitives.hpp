#pragma once
// What the age format is built of, from OpenSSL 3: X25519 (RFC 7748), HKDF-SHA-256 (RFC 5869), HMAC-SHA-256 (RFC 2104),
// scrypt (RFC 7914), ChaCha20-Poly1305 (RFC 8439). For formats/age*.cpp and their tests; nothing here knows the format.
// Whatever is secret is cleansed, here and in OpenSSL's own objects. OpenSSL's queue of errors is left as it was found.
// Throws std::bad_alloc, or std::runtime_error where OpenSSL offers no such algorithm or fails at it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "formats/secret.hpp"

struct evp_cipher_ctx_st;

namespace decamp::formats::detail {

using key_bytes = secret_bytes<32>;
using public_bytes = std::array<std::byte, 32>;

// Extract and expand, to 32 bytes. An empty salt is as good as 32 zeros.
[[nodiscard]] key_bytes hkdf_sha256(std::span<const std::byte> secret, std::span<const std::byte> salt,
                                    std::string_view info);

[[nodiscard]] std::array<std::byte, 32> hmac_sha256(std::span<const std::byte> key, std::span<const std::byte> message);

// In a time that does not tell where they differ. Of one length.
[[nodiscard]] bool same_bytes(std::span<const std::byte> a, std::span<const std::byte> b) noexcept;

[[nodiscard]] public_bytes x25519_public(const key_bytes& secret);
// Nothing where the result would be all zero: their point is one of the few that anybody's secret leads to zero.
[[nodiscard]] std::optional<key_bytes> x25519(const key_bytes& secret, const public_bytes& theirs);

// N = 2^log2_n, r = 8, p = 1. Takes 2^(log2_n + 10) bytes of memory. log2_n from 1 to 40, the passphrase not empty.
[[nodiscard]] key_bytes scrypt(std::string_view passphrase, std::span<const std::byte> salt, unsigned log2_n);

inline constexpr std::size_t aead_tag_bytes = 16;
using aead_nonce = std::array<std::byte, 12>;

// One key, one direction, one thread at a time; move-only. A nonce must not be used twice to seal.
class chacha20_poly1305 {
  public:
    enum class direction { sealing, opening };
    chacha20_poly1305(const key_bytes& key, direction which);

    // sealed.size() == plain.size() + aead_tag_bytes; they do not overlap.
    void seal(const aead_nonce& nonce, std::span<const std::byte> plain, std::span<std::byte> sealed);
    // plain.size() + aead_tag_bytes == sealed.size(). False: not sealed so, by this key and nonce; `plain` is then all
    // zero.
    [[nodiscard]] bool open(const aead_nonce& nonce, std::span<const std::byte> sealed, std::span<std::byte> plain);

  private:
    struct free_context {
        void operator()(evp_cipher_ctx_st* context) const noexcept;
    };
    void begin(const aead_nonce& nonce);
    std::unique_ptr<evp_cipher_ctx_st, free_context> context_;
    direction which_;
};

}  // namespace decamp::formats::detail
