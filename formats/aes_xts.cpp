#include "formats/aes_xts.hpp"

#include <array>
#include <new>
#include <stdexcept>
#include <string>

#include <openssl/evp.h>

#include "formats/age_primitives.hpp"

namespace decamp::formats {

namespace {

const EVP_CIPHER* fetched() {
    static const EVP_CIPHER* const cipher = [] {
        EVP_CIPHER* found = EVP_CIPHER_fetch(nullptr, "AES-256-XTS", nullptr);
        if (found == nullptr) throw std::runtime_error("OpenSSL offers no AES-256-XTS");
        return found;
    }();
    return cipher;
}

const unsigned char* raw(std::span<const std::byte> bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

void aes_xts::free_context::operator()(evp_cipher_ctx_st* context) const noexcept {
    EVP_CIPHER_CTX_free(context);
}

aes_xts::aes_xts(std::span<const std::byte, 32> secret, std::string_view purpose) {
    secret_bytes<64> keys;
    std::size_t at = 0;
    for (const std::string_view half : {" data", " tweak"}) {
        const auto key = detail::hkdf_sha256(
            secret, {}, std::string("decamp aes-256-xts ") + std::string(purpose) + std::string(half));
        std::ranges::copy(key.span(), keys.span().subspan(at).begin());
        at += key.span().size();
    }
    take(keys.span());
}

void aes_xts::take(std::span<const std::byte, 64> keys) {
    for (const bool encrypts : {true, false}) {
        context made(EVP_CIPHER_CTX_new());
        if (!made) throw std::bad_alloc();
        if (EVP_CipherInit_ex2(made.get(), fetched(), raw(keys), nullptr, encrypts ? 1 : 0, nullptr) != 1)
            throw std::runtime_error("OpenSSL: AES-256-XTS");
        (encrypts ? encrypting_ : decrypting_) = std::move(made);
    }
}

void aes_xts::run(evp_cipher_ctx_st* with, std::uint64_t unit, std::span<const std::byte> from,
                  std::span<std::byte> to) {
    if (from.size() < least_xts_unit || from.size() > most_xts_unit || to.size() != from.size())
        throw std::logic_error("a piece of another size");
    std::array<unsigned char, 16> tweak{};  // little-endian, by IEEE 1619
    for (std::size_t i = 0; i < 8; ++i) tweak[i] = static_cast<unsigned char>(unit >> (8 * i));
    int written = 0;
    if (EVP_CipherInit_ex2(with, nullptr, nullptr, tweak.data(), -1, nullptr) != 1 ||
        EVP_CipherUpdate(with, reinterpret_cast<unsigned char*>(to.data()), &written, raw(from),
                         static_cast<int>(from.size())) != 1 ||
        static_cast<std::size_t>(written) != from.size())
        throw std::runtime_error("OpenSSL: AES-256-XTS");
}

void aes_xts::encrypt(std::uint64_t unit, std::span<const std::byte> from, std::span<std::byte> to) {
    run(encrypting_.get(), unit, from, to);
}

void aes_xts::decrypt(std::uint64_t unit, std::span<const std::byte> from, std::span<std::byte> to) {
    run(decrypting_.get(), unit, from, to);
}

}  // namespace decamp::formats
