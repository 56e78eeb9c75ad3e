#pragma once
// The payload of an age file (C2SP age.md, "Payload"): 64 KiB chunks, each sealed by ChaCha20-Poly1305 under its number
// and whether it is the last, so that none can be changed, moved, left out or added. Read in order as it comes, or
// chunk by chunk where it lies. Offsets and sizes are bytes; "payload" is what follows the header and its nonce. One
// thread an object; several objects may be made of one key. std::logic_error for a call out of turn.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "formats/age_primitives.hpp"
#include "formats/secret.hpp"

namespace decamp::formats {

inline constexpr std::size_t age_chunk_bytes = std::size_t{64} << 10;
inline constexpr std::size_t age_sealed_chunk_bytes = age_chunk_bytes + detail::aead_tag_bytes;

// The key of one file's payload. Cleansed when it ends.
class age_payload_key {
  public:
    explicit age_payload_key(detail::key_bytes&& key) noexcept : key_(std::move(key)) {}
    [[nodiscard]] const detail::key_bytes& bytes() const noexcept { return key_; }

  private:
    detail::key_bytes key_;
};

// ---- arithmetic: plain sizes up to 2^63 ----------------------------------------------------------------------------

[[nodiscard]] constexpr std::uint64_t age_chunk_count(std::uint64_t plain_bytes) noexcept {
    if (plain_bytes == 0) return 1;  // one, empty
    return (plain_bytes - 1) / age_chunk_bytes + 1;
}

// What so many bytes are once sealed. A file is its header() and this.
[[nodiscard]] constexpr std::uint64_t age_payload_bytes(std::uint64_t plain_bytes) noexcept {
    return plain_bytes + age_chunk_count(plain_bytes) * detail::aead_tag_bytes;
}

// The other way. Nothing for a length that no payload has, or beyond 2^63.
[[nodiscard]] constexpr std::optional<std::uint64_t> age_plain_bytes(std::uint64_t payload_bytes) noexcept {
    if (payload_bytes < detail::aead_tag_bytes || payload_bytes > std::uint64_t{1} << 63) return std::nullopt;
    const std::uint64_t chunks = (payload_bytes - 1) / age_sealed_chunk_bytes + 1;
    const std::uint64_t plain = payload_bytes - chunks * detail::aead_tag_bytes;
    if (age_payload_bytes(plain) != payload_bytes) return std::nullopt;  // the last would be empty, or less than a tag
    return plain;
}

struct age_chunk_place {
    std::uint64_t index = 0;
    bool last = false;
    std::uint64_t sealed_offset = 0;  // within the payload
    std::size_t sealed_bytes = 0;
    std::uint64_t plain_offset = 0;
    std::size_t plain_bytes = 0;
    bool operator==(const age_chunk_place&) const = default;
};

// Where the chunk lies that holds the byte at `plain_offset` of `plain_bytes`, plain_offset < plain_bytes; of an empty
// file, its only chunk at 0.
[[nodiscard]] constexpr age_chunk_place age_chunk_at(std::uint64_t plain_bytes, std::uint64_t plain_offset) noexcept {
    age_chunk_place place;
    place.index = plain_offset / age_chunk_bytes;
    place.last = place.index + 1 == age_chunk_count(plain_bytes);
    place.sealed_offset = place.index * age_sealed_chunk_bytes;
    place.plain_offset = place.index * age_chunk_bytes;
    place.plain_bytes = place.last ? static_cast<std::size_t>(plain_bytes - place.plain_offset) : age_chunk_bytes;
    place.sealed_bytes = place.plain_bytes + detail::aead_tag_bytes;
    return place;
}

// ---- reading -------------------------------------------------------------------------------------------------------

enum class age_payload_fault {
    damaged,  // this chunk is not what was sealed in this place: changed or moved; or, where no full chunk is left, cut
              // or added to
    truncated,  // ends where more must follow
    extended,   // goes on behind the last chunk
};

struct age_payload_error {
    age_payload_fault fault = age_payload_fault::damaged;
    std::uint64_t chunk = 0;  // number of the chunk that is wrong, missing, or the last one
    bool operator==(const age_payload_error&) const = default;
};

// In order, in pieces of any size. Appends to `to` what is proven and nothing else; holds at most one sealed chunk.
// What was handed out before an error was genuine, but only after finish() is it all there is. After an error there is
// only that error.
class age_decryptor {
  public:
    explicit age_decryptor(const age_payload_key& key);

    [[nodiscard]] std::optional<age_payload_error> feed(std::vector<std::byte>& to, std::span<const std::byte> payload);
    [[nodiscard]] std::optional<age_payload_error> finish(std::vector<std::byte>& to);
    [[nodiscard]] std::uint64_t chunks() const noexcept { return index_; }  // opened so far

  private:
    bool open(std::vector<std::byte>& to, std::span<const std::byte> sealed, bool last);
    std::optional<age_payload_error> open_followed(std::vector<std::byte>& to, std::span<const std::byte> sealed);
    std::optional<age_payload_error> fail(age_payload_fault fault, std::uint64_t chunk);

    detail::chacha20_poly1305 cipher_;
    std::vector<std::byte> held_;  // sealed; a full chunk stays until it is known whether more follows
    std::uint64_t index_ = 0;      // of the next chunk
    std::optional<age_payload_error> error_;
    bool finished_ = false;
};

// Any chunk, without those before it. A chunk that opens was sealed in this file, in this place. It says nothing of the
// others: that the file is whole is proven only by the chunk which opens as the last.
class age_chunk_reader {
  public:
    explicit age_chunk_reader(const age_payload_key& key);

    // `plain` has age_chunk_place::plain_bytes. False: not that chunk, or sizes that no such chunk has; `plain` is then
    // all zero.
    [[nodiscard]] bool decrypt_chunk(std::uint64_t index, bool last, std::span<const std::byte> sealed,
                                     std::span<std::byte> plain);

  private:
    detail::chacha20_poly1305 cipher_;
};

namespace detail {
// 11 bytes of number, big-endian, and one that says whether it is the last.
[[nodiscard]] aead_nonce chunk_nonce(std::uint64_t index, bool last) noexcept;
}  // namespace detail

}  // namespace decamp::formats
