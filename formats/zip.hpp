#pragma once
// Zip archives: PKWARE's APPNOTE.TXT 6.3.10, with Zip64 where sizes, offsets or counts need it, and Info-ZIP's extended
// timestamp. Written: each member's header, the directory and its end. Read: one member's header at a known place, so
// that a single member can be read again; whole archives are for others to read. An archive is, for each entry,
// zip_local_header() and the packed body; then every zip_directory_entry(); then zip_end(). No data descriptors, one
// disk, nothing encrypted. Equal entries give equal bytes. Plain functions, any thread; besides std::bad_alloc only
// bugs throw (std::length_error: a path of 64 KiB, or sizes that need `wide`).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace decamp::formats {

enum class zip_method : std::uint16_t { stored = 0, deflated = 8 };

struct zip_entry {
    std::string path;               // UTF-8, relative, '/' between components; below 64 KiB
    std::uint64_t size = 0;         // bytes of the content
    std::uint64_t packed_size = 0;  // bytes of it in the archive; equal to size where stored
    std::uint32_t crc32 = 0;        // of the content (crc_kind::crc32)
    zip_method method = zip_method::stored;
    std::optional<std::int64_t> modified_ns;  // Unix time; none is written as 1980-01-01, the first there is
    std::uint64_t header_offset = 0;          // of the local header, from the archive's first byte
    // Sizes take 8 bytes each in the local header, whatever they are. To be set where size or packed_size may come to
    // zip_wide_from, and never changed when a header is written again.
    bool wide = false;
};

inline constexpr std::uint64_t zip_wide_from = 0xFFFFFFFF;

// What goes before a member's packed bytes. Its length depends on path and wide alone, so it can be written first and
// again, in the same place, when sizes and CRC are known.
[[nodiscard]] std::string zip_local_header(const zip_entry& entry);

[[nodiscard]] std::string zip_directory_entry(const zip_entry& entry);

// What goes behind the directory, which begins at that offset and has so many bytes and entries.
[[nodiscard]] std::string zip_end(std::uint64_t directory_offset, std::uint64_t directory_bytes, std::uint64_t entries);

struct zip_local {
    zip_method method = zip_method::stored;
    std::uint64_t packed_size = 0, size = 0;
    std::uint32_t crc32 = 0;
    std::size_t header_bytes = 0;  // the packed bytes begin so far behind the header's first byte
    std::string name;              // as it stands there: any bytes, not judged safe
    bool operator==(const zip_local&) const = default;
};

// Longest header there can be: give so many bytes from a member's offset on, or all there are.
inline constexpr std::size_t zip_local_header_limit = 30 + 2 * std::size_t{0xFFFF};

// None: no local header, not whole, contradictory, encrypted, of another method, or one whose sizes stand behind the
// member.
[[nodiscard]] std::optional<zip_local> parse_zip_local_header(std::span<const std::byte> bytes);

}  // namespace decamp::formats
