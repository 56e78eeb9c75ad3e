#pragma once
// Digests over bytes. SHA-256 proves, SHA-1 and MD5 compare with what a source announced, XXH3 only locates damage.
// Hashers are not safe to share between threads; each holds one small heap state and copies nothing of its input.
// Constructors throw std::bad_alloc, or std::runtime_error where OpenSSL offers no such algorithm (MD5 under FIPS).

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

struct evp_md_ctx_st;
struct XXH3_state_s;

namespace decamp::formats {

using sha256_digest = std::array<std::byte, 32>;
using sha1_digest = std::array<std::byte, 20>;
using md5_digest = std::array<std::byte, 16>;
using xxh3_128_digest = std::array<std::byte, 16>;  // canonical: big-endian, high half first

enum class hash_algorithm { sha256, sha1, md5 };

namespace detail {

class evp_hasher {
  public:
    explicit evp_hasher(hash_algorithm algorithm);
    void update(std::span<const std::byte> bytes);
    void finish(std::span<std::byte> out);
    void reset();

  private:
    struct free_context {
        void operator()(evp_md_ctx_st* context) const noexcept;
    };
    hash_algorithm algorithm_;
    std::unique_ptr<evp_md_ctx_st, free_context> context_;
};

struct free_xxh3_state {
    void operator()(XXH3_state_s* state) const noexcept;
};
// Allocated by xxHash: the state wants 64-byte alignment, which a member of an ordinary object does not get.
using xxh3_state = std::unique_ptr<XXH3_state_s, free_xxh3_state>;

}  // namespace detail

// Move-only. finish() leaves the hasher as new, ready for the next message. A moved-from hasher may only be assigned to
// or destroyed.
template <hash_algorithm Algorithm, class Digest>
class basic_hasher {
  public:
    using digest = Digest;

    basic_hasher() : inner_(Algorithm) {}
    void update(std::span<const std::byte> bytes) { inner_.update(bytes); }
    [[nodiscard]] Digest finish() {
        Digest out{};
        inner_.finish(out);
        return out;
    }
    void reset() { inner_.reset(); }

  private:
    detail::evp_hasher inner_;
};

using sha256_hasher = basic_hasher<hash_algorithm::sha256, sha256_digest>;
using sha1_hasher = basic_hasher<hash_algorithm::sha1, sha1_digest>;
using md5_hasher = basic_hasher<hash_algorithm::md5, md5_digest>;

[[nodiscard]] sha256_digest sha256_of(std::span<const std::byte> bytes);
[[nodiscard]] sha1_digest sha1_of(std::span<const std::byte> bytes);
[[nodiscard]] md5_digest md5_of(std::span<const std::byte> bytes);
[[nodiscard]] xxh3_128_digest xxh3_128_of(std::span<const std::byte> bytes) noexcept;
[[nodiscard]] std::uint64_t xxh3_64_of(std::span<const std::byte> bytes) noexcept;

// XXH3-128 of a stream; what it comes to so far can be asked at any time. Move-only.
class xxh3_128_hasher {
  public:
    xxh3_128_hasher();
    void update(std::span<const std::byte> bytes);
    [[nodiscard]] xxh3_128_digest so_far() const;

  private:
    detail::xxh3_state state_;
};

// Size of the blocks of a block map, in bytes. Part of the catalogue's format: never changed without a migration.
inline constexpr std::size_t block_size = std::size_t{1} << 20;

// XXH3-128 of every block of a stream, in order. The state costs 16 bytes a block and under 1 KiB beside.
class block_map_hasher {
  public:
    block_map_hasher();
    // Goes on behind blocks already known: the next byte fed is at offset previous.size() * block_size.
    explicit block_map_hasher(std::vector<xxh3_128_digest> previous);

    void update(std::span<const std::byte> bytes);
    // The blocks that are full so far; grows with update().
    [[nodiscard]] const std::vector<xxh3_128_digest>& completed() const noexcept { return blocks_; }
    // Offset of the next byte from the start of the stream, known blocks included.
    [[nodiscard]] std::uint64_t position() const noexcept { return blocks_.size() * block_size + filled_; }
    // All blocks, the last one perhaps partial; an empty stream has none. Leaves the hasher as new, at offset 0.
    [[nodiscard]] std::vector<xxh3_128_digest> finish();

  private:
    detail::xxh3_state state_;
    std::vector<xxh3_128_digest> blocks_;
    std::size_t filled_ = 0;
};

// Number of blocks of a stream of that many bytes.
[[nodiscard]] constexpr std::uint64_t block_count(std::uint64_t bytes) noexcept {
    return bytes / block_size + (bytes % block_size != 0 ? 1 : 0);
}

// A block map as stored: 8 bytes of header ("DCBM", version 1, log2 of the block size, 2 reserved), then 16 a block.
[[nodiscard]] std::vector<std::byte> encode_block_map(std::span<const xxh3_128_digest> blocks);
// Nothing when the header is not ours or the length does not fit.
[[nodiscard]] std::optional<std::vector<xxh3_128_digest>> decode_block_map(std::span<const std::byte> bytes);

}  // namespace decamp::formats
