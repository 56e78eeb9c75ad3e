#pragma once
// AES-256 in XTS mode (IEEE 1619, NIST SP 800-38E), from OpenSSL: pieces of a file that is read and written anywhere,
// each as long as it was and under its number. It hides what is in them; whether a piece is what was written it does
// not say: of a changed one comes garbage. Who sees a file twice sees which pieces of 16 bytes have changed. One thread
// an object. std::runtime_error where OpenSSL offers no such cipher.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "formats/secret.hpp"

struct evp_cipher_ctx_st;

namespace decamp::formats {

inline constexpr std::size_t least_xts_unit = 16;
inline constexpr std::size_t most_xts_unit = std::size_t{16} << 20;

class aes_xts {
  public:
    // Two keys of AES-256, derived from `secret` for this purpose alone: the same secret and purpose read what was
    // written.
    aes_xts(std::span<const std::byte, 32> secret, std::string_view purpose);

    // `from` has least_xts_unit to most_xts_unit bytes, `to` as many; they may be the same and do not overlap
    // otherwise. std::logic_error for other sizes.
    void encrypt(std::uint64_t unit, std::span<const std::byte> from, std::span<std::byte> to);
    void decrypt(std::uint64_t unit, std::span<const std::byte> from, std::span<std::byte> to);

  private:
    friend class aes_xts_by_the_book;  // of the test: keys as a standard gives them
    struct free_context {
        void operator()(evp_cipher_ctx_st* context) const noexcept;
    };
    using context = std::unique_ptr<evp_cipher_ctx_st, free_context>;
    explicit aes_xts(std::span<const std::byte, 64> keys) { take(keys); }
    void take(std::span<const std::byte, 64> keys);
    static void run(evp_cipher_ctx_st* with, std::uint64_t unit, std::span<const std::byte> from,
                    std::span<std::byte> to);

    context encrypting_, decrypting_;
};

}  // namespace decamp::formats
