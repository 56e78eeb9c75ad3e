#include "formats/digest.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

#include <openssl/evp.h>
#include <xxhash.h>

namespace decamp::formats {
namespace {

// Fetched once: an implicit fetch at every init takes OpenSSL's locks and costs more than hashing a small file.
const EVP_MD* fetched(hash_algorithm algorithm) {
    auto fetch = [](const char* name) {
        EVP_MD* md = EVP_MD_fetch(nullptr, name, nullptr);
        if (md == nullptr) throw std::runtime_error(std::string("OpenSSL offers no ") + name);
        return md;
    };
    switch (algorithm) {
        case hash_algorithm::sha256: {
            static const EVP_MD* const md = fetch("SHA256");
            return md;
        }
        case hash_algorithm::sha1: {
            static const EVP_MD* const md = fetch("SHA1");
            return md;
        }
        case hash_algorithm::md5: {
            static const EVP_MD* const md = fetch("MD5");
            return md;
        }
    }
    throw std::logic_error("unknown hash algorithm");
}

void require(int openssl_answer) {
    if (openssl_answer != 1) throw std::runtime_error("OpenSSL: digest failed");
}

xxh3_128_digest canonical(XXH128_hash_t hash) noexcept {
    XXH128_canonical_t bytes;
    XXH128_canonicalFromHash(&bytes, hash);
    xxh3_128_digest out{};
    static_assert(sizeof(bytes.digest) == sizeof(out));
    std::memcpy(out.data(), bytes.digest, out.size());
    return out;
}

template <class Hasher>
auto digest_of(std::span<const std::byte> bytes) {
    Hasher hasher;
    hasher.update(bytes);
    return hasher.finish();
}

constexpr std::array<std::byte, 8> block_map_header{std::byte{'D'}, std::byte{'C'}, std::byte{'B'}, std::byte{'M'},
                                                    std::byte{1},   std::byte{20},  std::byte{0},   std::byte{0}};
static_assert(block_size == std::size_t{1} << 20, "the header says 2^20");

}  // namespace

namespace detail {

void evp_hasher::free_context::operator()(evp_md_ctx_st* context) const noexcept {
    EVP_MD_CTX_free(context);
}

evp_hasher::evp_hasher(hash_algorithm algorithm) : algorithm_(algorithm), context_(EVP_MD_CTX_new()) {
    if (context_ == nullptr) throw std::bad_alloc();
    reset();
}

void evp_hasher::reset() {
    require(EVP_DigestInit_ex2(context_.get(), fetched(algorithm_), nullptr));
}

void evp_hasher::update(std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

void evp_hasher::finish(std::span<std::byte> out) {
    unsigned length = 0;
    unsigned char buffer[EVP_MAX_MD_SIZE];
    require(EVP_DigestFinal_ex(context_.get(), buffer, &length));
    if (length != out.size()) throw std::logic_error("digest length");
    std::memcpy(out.data(), buffer, length);
    reset();
}

}  // namespace detail

sha256_digest sha256_of(std::span<const std::byte> bytes) {
    return digest_of<sha256_hasher>(bytes);
}
sha1_digest sha1_of(std::span<const std::byte> bytes) {
    return digest_of<sha1_hasher>(bytes);
}
md5_digest md5_of(std::span<const std::byte> bytes) {
    return digest_of<md5_hasher>(bytes);
}

xxh3_128_digest xxh3_128_of(std::span<const std::byte> bytes) noexcept {
    return canonical(XXH3_128bits(bytes.data(), bytes.size()));
}

std::uint64_t xxh3_64_of(std::span<const std::byte> bytes) noexcept {
    return XXH3_64bits(bytes.data(), bytes.size());
}

void detail::free_xxh3_state::operator()(XXH3_state_s* state) const noexcept {
    XXH3_freeState(state);
}

xxh3_128_hasher::xxh3_128_hasher() : state_(XXH3_createState()) {
    if (state_ == nullptr) throw std::bad_alloc();
    XXH3_128bits_reset(state_.get());
}

void xxh3_128_hasher::update(std::span<const std::byte> bytes) {
    XXH3_128bits_update(state_.get(), bytes.data(), bytes.size());
}

xxh3_128_digest xxh3_128_hasher::so_far() const {
    return canonical(XXH3_128bits_digest(state_.get()));
}

block_map_hasher::block_map_hasher() : block_map_hasher(std::vector<xxh3_128_digest>{}) {}

block_map_hasher::block_map_hasher(std::vector<xxh3_128_digest> previous)
    : state_(XXH3_createState()), blocks_(std::move(previous)) {
    if (state_ == nullptr) throw std::bad_alloc();
}

void block_map_hasher::update(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        if (filled_ == 0 && bytes.size() >= block_size) {  // the whole block lies before us: no state needed
            blocks_.push_back(xxh3_128_of(bytes.first(block_size)));
            bytes = bytes.subspan(block_size);
            continue;
        }
        if (filled_ == 0) XXH3_128bits_reset(state_.get());
        std::size_t part = std::min(bytes.size(), block_size - filled_);
        XXH3_128bits_update(state_.get(), bytes.data(), part);
        filled_ += part;
        bytes = bytes.subspan(part);
        if (filled_ == block_size) {
            blocks_.push_back(canonical(XXH3_128bits_digest(state_.get())));
            filled_ = 0;
        }
    }
}

std::vector<xxh3_128_digest> block_map_hasher::finish() {
    if (filled_ != 0) blocks_.push_back(canonical(XXH3_128bits_digest(state_.get())));
    filled_ = 0;
    return std::exchange(blocks_, {});
}

std::vector<std::byte> encode_block_map(std::span<const xxh3_128_digest> blocks) {
    std::vector<std::byte> out(block_map_header.begin(), block_map_header.end());
    out.reserve(out.size() + blocks.size_bytes());
    for (const xxh3_128_digest& block : blocks) out.insert(out.end(), block.begin(), block.end());
    return out;
}

std::optional<std::vector<xxh3_128_digest>> decode_block_map(std::span<const std::byte> bytes) {
    constexpr std::size_t digest_size = sizeof(xxh3_128_digest);
    if (bytes.size() < block_map_header.size()) return std::nullopt;
    if (!std::ranges::equal(bytes.first(block_map_header.size()), block_map_header)) return std::nullopt;
    bytes = bytes.subspan(block_map_header.size());
    if (bytes.size() % digest_size != 0) return std::nullopt;
    std::vector<xxh3_128_digest> blocks(bytes.size() / digest_size);
    if (!blocks.empty()) std::memcpy(blocks.data(), bytes.data(), bytes.size());
    return blocks;
}

}  // namespace decamp::formats
