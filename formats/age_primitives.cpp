#include "formats/age_primitives.hpp"

#include <new>
#include <stdexcept>
#include <string>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

namespace decamp::formats::detail {
namespace {

// A wrong key is no news for whoever asks OpenSSL's queue next: a connection would take it for its own failure.
class quiet_errors {
  public:
    quiet_errors() noexcept { ERR_set_mark(); }
    ~quiet_errors() { ERR_pop_to_mark(); }
    quiet_errors(const quiet_errors&) = delete;
    quiet_errors& operator=(const quiet_errors&) = delete;
};

template <auto Free>
struct freed_by {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};
using kdf_context = std::unique_ptr<EVP_KDF_CTX, freed_by<EVP_KDF_CTX_free>>;
using any_key = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using key_context = std::unique_ptr<EVP_PKEY_CTX, freed_by<EVP_PKEY_CTX_free>>;

template <class T>
T* required(T* object) {
    if (object == nullptr) throw std::bad_alloc();
    return object;
}
void require(int openssl_answer, const char* what) {
    if (openssl_answer != 1) throw std::runtime_error(std::string("OpenSSL: ") + what);
}

template <std::size_t N>
const unsigned char* raw(std::span<const std::byte, N> bytes) noexcept {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
template <std::size_t N>
unsigned char* raw(std::span<std::byte, N> bytes) noexcept {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

// OpenSSL copies what an octet string points to and does not write there.
OSSL_PARAM octets(const char* name, std::span<const std::byte> bytes) noexcept {
    static std::byte nothing{};  // a null pointer would be no value at all
    std::byte* data = bytes.empty() ? &nothing : const_cast<std::byte*>(bytes.data());
    return OSSL_PARAM_construct_octet_string(name, data, bytes.size());
}

// Fetched once, as in digest.cpp.
const EVP_CIPHER* fetched_cipher() {
    static const EVP_CIPHER* const cipher = [] {
        EVP_CIPHER* found = EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr);
        if (found == nullptr) throw std::runtime_error("OpenSSL offers no ChaCha20-Poly1305");
        return found;
    }();
    return cipher;
}

EVP_KDF* fetched_kdf(const char* name) {
    EVP_KDF* found = EVP_KDF_fetch(nullptr, name, nullptr);
    if (found == nullptr) throw std::runtime_error(std::string("OpenSSL offers no ") + name);
    return found;
}

kdf_context hkdf_context() {
    static EVP_KDF* const kdf = fetched_kdf("HKDF");
    return kdf_context(required(EVP_KDF_CTX_new(kdf)));
}
kdf_context scrypt_context() {
    static EVP_KDF* const kdf = fetched_kdf("SCRYPT");
    return kdf_context(required(EVP_KDF_CTX_new(kdf)));
}

any_key private_key(const key_bytes& secret) {
    any_key key(EVP_PKEY_new_raw_private_key_ex(nullptr, "X25519", nullptr, raw(secret.span()), secret.span().size()));
    if (key == nullptr) throw std::runtime_error("OpenSSL offers no X25519");
    return key;
}

}  // namespace

key_bytes hkdf_sha256(std::span<const std::byte> secret, std::span<const std::byte> salt, std::string_view info) {
    const quiet_errors quiet;
    const kdf_context context = hkdf_context();
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        octets(OSSL_KDF_PARAM_KEY, secret),
        octets(OSSL_KDF_PARAM_SALT, salt),
        octets(OSSL_KDF_PARAM_INFO, std::as_bytes(std::span(info))),
        OSSL_PARAM_construct_end(),
    };
    key_bytes out;
    require(EVP_KDF_derive(context.get(), raw(out.span()), out.span().size(), parameters), "HKDF");
    return out;
}

std::array<std::byte, 32> hmac_sha256(std::span<const std::byte> key, std::span<const std::byte> message) {
    const quiet_errors quiet;
    std::array<std::byte, 32> out{};
    std::size_t written = 0;
    const unsigned char* done = EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key.data(), key.size(),
                                          raw(message), message.size(), raw(std::span(out)), out.size(), &written);
    require(done != nullptr && written == out.size() ? 1 : 0, "HMAC");
    return out;
}

bool same_bytes(std::span<const std::byte> a, std::span<const std::byte> b) noexcept {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

public_bytes x25519_public(const key_bytes& secret) {
    const quiet_errors quiet;
    const any_key key = private_key(secret);
    public_bytes out{};
    std::size_t size = out.size();
    require(EVP_PKEY_get_raw_public_key(key.get(), raw(std::span(out)), &size), "X25519");
    return out;
}

std::optional<key_bytes> x25519(const key_bytes& secret, const public_bytes& theirs) {
    const quiet_errors quiet;
    const any_key ours = private_key(secret);
    const any_key peer(
        required(EVP_PKEY_new_raw_public_key_ex(nullptr, "X25519", nullptr, raw(std::span(theirs)), theirs.size())));
    const key_context context(required(EVP_PKEY_CTX_new_from_pkey(nullptr, ours.get(), nullptr)));
    require(EVP_PKEY_derive_init(context.get()), "X25519");
    require(EVP_PKEY_derive_set_peer(context.get(), peer.get()), "X25519");
    key_bytes out;
    std::size_t size = out.span().size();
    // All 32-byte strings are points; OpenSSL refuses nothing but a result of zeros.
    if (EVP_PKEY_derive(context.get(), raw(out.span()), &size) != 1) return std::nullopt;
    static constexpr std::array<std::byte, 32> zeros{};
    if (size != zeros.size() || same_bytes(out.span(), zeros)) return std::nullopt;
    return out;
}

key_bytes scrypt(std::string_view passphrase, std::span<const std::byte> salt, unsigned log2_n) {
    const quiet_errors quiet;
    if (log2_n < 1 || log2_n > 40 || passphrase.empty()) throw std::logic_error("scrypt: beyond what it is for");
    const kdf_context context = scrypt_context();
    std::uint64_t n = std::uint64_t{1} << log2_n;
    std::uint32_t r = 8, p = 1;
    std::uint64_t memory = (n + 64) * 128 * r;  // OpenSSL refuses to take more than 32 MiB unless told
    const OSSL_PARAM parameters[] = {
        octets(OSSL_KDF_PARAM_PASSWORD, std::as_bytes(std::span(passphrase))),
        octets(OSSL_KDF_PARAM_SALT, salt),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
        OSSL_PARAM_construct_end(),
    };
    key_bytes out;
    // The numbers are good, so that memory is all it can lack.
    if (EVP_KDF_derive(context.get(), raw(out.span()), out.span().size(), parameters) != 1) throw std::bad_alloc();
    return out;
}

void chacha20_poly1305::free_context::operator()(evp_cipher_ctx_st* context) const noexcept {
    EVP_CIPHER_CTX_free(context);  // cleanses its copy of the key
}

chacha20_poly1305::chacha20_poly1305(const key_bytes& key, direction which)
    : context_(required(EVP_CIPHER_CTX_new())), which_(which) {
    const quiet_errors quiet;
    require(EVP_CipherInit_ex2(context_.get(), fetched_cipher(), raw(key.span()), nullptr,
                               which == direction::sealing ? 1 : 0, nullptr),
            "ChaCha20-Poly1305");
}

void chacha20_poly1305::begin(const aead_nonce& nonce) {
    require(EVP_CipherInit_ex2(context_.get(), nullptr, nullptr, raw(std::span(nonce)), -1, nullptr), "a nonce");
}

void chacha20_poly1305::seal(const aead_nonce& nonce, std::span<const std::byte> plain, std::span<std::byte> sealed) {
    if (which_ != direction::sealing || sealed.size() != plain.size() + aead_tag_bytes || plain.size() > 0x7FFFFFFF)
        throw std::logic_error("sealing");
    const quiet_errors quiet;
    begin(nonce);
    int written = 0;
    if (!plain.empty()) {
        require(EVP_CipherUpdate(context_.get(), raw(sealed), &written, raw(plain), static_cast<int>(plain.size())),
                "sealing");
    }
    unsigned char none[aead_tag_bytes];
    int more = 0;
    require(EVP_CipherFinal_ex(context_.get(), none, &more), "sealing");
    if (static_cast<std::size_t>(written) != plain.size() || more != 0) throw std::logic_error("sealing");
    require(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, int{aead_tag_bytes},
                                sealed.last(aead_tag_bytes).data()),
            "sealing");
}

bool chacha20_poly1305::open(const aead_nonce& nonce, std::span<const std::byte> sealed, std::span<std::byte> plain) {
    if (which_ != direction::opening || sealed.size() != plain.size() + aead_tag_bytes || plain.size() > 0x7FFFFFFF)
        throw std::logic_error("opening");
    const quiet_errors quiet;
    begin(nonce);
    const auto tag = sealed.last(aead_tag_bytes);
    require(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, int{aead_tag_bytes},
                                const_cast<std::byte*>(tag.data())),
            "opening");
    int written = 0;
    if (!plain.empty()) {
        require(EVP_CipherUpdate(context_.get(), raw(plain), &written, raw(sealed), static_cast<int>(plain.size())),
                "opening");
    }
    unsigned char none[aead_tag_bytes];
    int more = 0;
    const bool genuine = EVP_CipherFinal_ex(context_.get(), none, &more) == 1;
    if (!genuine) cleanse(plain);  // nothing that may be forged leaves
    return genuine;
}

}  // namespace decamp::formats::detail
