#pragma once
// Zstandard (RFC 8878) in frames that stand alone, and the table that finds them again: the "Zstandard Seekable Format"
// 0.1.0 of zstd's contrib/seekable_format. A file of frames with the table behind them is an ordinary .zst to every
// decoder, since the table is a skippable frame. Each frame written here tells its content's size and ends with the low
// 32 bits of its XXH64. A compressor or decompressor belongs to one thread at a time; everything else is pure. Besides
// std::bad_alloc only bugs throw (std::length_error: a frame beyond frame_limit, a table beyond seek_frames_limit).
// What is read may be anybody's.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace decamp::formats {

// Raw bytes of a frame at most: as zstd's own seekable readers have it, and its packed size surely fits into 32 bits.
inline constexpr std::uint64_t frame_limit = std::uint64_t{1} << 30;

// Move-only; a moved-from one may only be assigned to or destroyed. Holds up to some ten MiB at level 19, by the
// frames' size.
class zstd_compressor {
  public:
    explicit zstd_compressor(int level);  // 1..19; others are clamped
    // Appends one frame. `to` is as before when this throws.
    void append_frame(std::vector<std::byte>& to, std::span<const std::byte> raw);

  private:
    struct free_context {
        void operator()(ZSTD_CCtx_s* context) const noexcept;
    };
    std::unique_ptr<ZSTD_CCtx_s, free_context> context_;
};

// Appends one frame that is not compressed: as fast as a copy and a checksum, for what does not get smaller anyway.
void append_stored_frame(std::vector<std::byte>& to, std::span<const std::byte> raw);

// A frame of so many raw bytes is at most this long, compressed or stored.
[[nodiscard]] std::size_t frame_bound(std::size_t raw);

// Move-only, as the compressor. Holds about 160 KiB.
class zstd_decompressor {
  public:
    zstd_decompressor();
    // Exactly one frame whose content is raw.size() bytes. False: damaged, another length, more than one frame, or one
    // that needs a dictionary; what is in `raw` then is of no use.
    [[nodiscard]] bool frame(std::span<const std::byte> packed, std::span<std::byte> raw);

  private:
    struct free_context {
        void operator()(ZSTD_DCtx_s* context) const noexcept;
    };
    std::unique_ptr<ZSTD_DCtx_s, free_context> context_;
};

struct seek_entry {
    std::uint32_t packed = 0, raw = 0;  // bytes of the frame, and of its content
    bool operator==(const seek_entry&) const = default;
};

inline constexpr std::size_t seek_frames_limit = 0x8000000;
inline constexpr std::size_t seek_footer_bytes = 9;

// The skippable frame that goes behind the frames, which it lists in order; without checksums, since frames carry their
// own.
[[nodiscard]] std::string seek_table(std::span<const seek_entry> frames);

// Length of the whole skippable frame, from the last nine bytes of a file; none: there is no table.
[[nodiscard]] std::optional<std::uint64_t> seek_table_bytes(std::span<const std::byte, seek_footer_bytes> last);

// The whole skippable frame, with checksums (which are passed over) or without; none: malformed. Whether the sizes
// agree with the file is for the caller to see.
[[nodiscard]] std::optional<std::vector<seek_entry>> parse_seek_table(std::span<const std::byte> frame);

// Of the library linked at run time: "1.5.4".
[[nodiscard]] std::string zstd_version();

}  // namespace decamp::formats
