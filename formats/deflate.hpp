#pragma once
// Raw deflate (RFC 1951) by zlib: written in pieces that several threads can make, read as a stream with a limit. Sizes
// are bytes. Plain functions are pure; an inflater belongs to one thread at a time. All throw std::bad_alloc alone.
// What an inflater reads may be anybody's.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

struct z_stream_s;

namespace decamp::formats {

// Appends one piece of a raw deflate stream that refers to nothing in the pieces before it and ends on a byte boundary;
// the `last` one ends the stream. Pieces made apart from each other and joined are one valid stream. Levels 1..9;
// others are clamped. `to` is as before when this throws.
void append_deflate_piece(std::vector<std::byte>& to, std::span<const std::byte> raw, int level, bool last);

// CRC-32 (zlib's, crc_kind::crc32) of two strings joined, from theirs and the second's length.
[[nodiscard]] std::uint32_t crc32_joined(std::uint32_t first, std::uint32_t second, std::uint64_t second_bytes);

enum class inflate_state {
    needs_input,  // all that was fed is used; feed more
    needs_room,   // `raw` is full; call again with the bytes not taken, or none, and room
    ended,        // the stream ended, behind the bytes taken
    damaged,      // not a deflate stream, or more raw bytes than the limit
};

// Move-only; a moved-from one may only be assigned to or destroyed. Holds about 40 KiB.
class inflater {
  public:
    struct step {
        std::size_t taken = 0;  // bytes of `packed` that are used
        std::size_t given = 0;  // bytes of `raw` that are filled; good even when damaged follows them
        inflate_state state = inflate_state::needs_input;
    };

    explicit inflater(std::uint64_t limit);  // raw bytes in all
    // Once it ended or is damaged it stays so and takes nothing. An end before the stream's is for the caller to see:
    // the input is over, and the state is needs_input.
    [[nodiscard]] step feed(std::span<const std::byte> packed, std::span<std::byte> raw);
    [[nodiscard]] std::uint64_t given() const noexcept { return given_; }  // in all

  private:
    struct free_stream {
        void operator()(z_stream_s* stream) const noexcept;
    };
    std::unique_ptr<z_stream_s, free_stream> stream_;
    std::uint64_t limit_;
    std::uint64_t given_ = 0;
    inflate_state state_ = inflate_state::needs_input;
};

}  // namespace decamp::formats
