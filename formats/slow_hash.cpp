#include "formats/slow_hash.hpp"

#include <limits>
#include <stdexcept>

#include <openssl/evp.h>

namespace decamp::formats {

void pbkdf2_sha256(std::string_view secret, std::span<const std::byte> salt, unsigned rounds,
                   std::span<std::byte> out) {
    constexpr auto most = static_cast<std::size_t>(std::numeric_limits<int>::max());
    if (secret.size() > most || salt.size() > most || rounds == 0 || rounds > most || out.size() > most)
        throw std::runtime_error("PBKDF2: out of range");
    const int good = PKCS5_PBKDF2_HMAC(secret.data(), static_cast<int>(secret.size()),
                                       reinterpret_cast<const unsigned char*>(salt.data()),
                                       static_cast<int>(salt.size()), static_cast<int>(rounds), EVP_sha256(),
                                       static_cast<int>(out.size()), reinterpret_cast<unsigned char*>(out.data()));
    if (good != 1) throw std::runtime_error("OpenSSL: PBKDF2 with SHA-256 is not to be had");
}

}  // namespace decamp::formats
