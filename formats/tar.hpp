#pragma once
// Tar archives, written only: POSIX.1-2001 pax interchange format (IEEE Std 1003.1, "pax", EXTENDED DESCRIPTION).
// Whatever the ustar header can say stands there alone; only what it cannot (long and non-ASCII names, sizes beyond 8
// GiB, parts of a second, times before 1970 or after 2242) gets an extended header before it. Equal entries give equal
// bytes: there is no owner, no clock and no process id in them. An archive is, for each entry, tar_header(), the body,
// tar_padding() zeros; and tar_end_bytes zeros at the end. Plain functions, any thread; they throw std::bad_alloc
// alone.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace decamp::formats {

inline constexpr std::size_t tar_block = 512;       // bytes; headers and padded bodies are multiples of it
inline constexpr std::size_t tar_end_bytes = 1024;  // of zeros that end an archive

struct tar_entry {
    std::string path;        // UTF-8 without NUL, relative, '/' between components, none at the end
    std::uint64_t size = 0;  // bytes of the body that follows; not looked at for a link, which has none
    std::optional<std::int64_t> modified_ns;  // Unix time; none is written as 0
    std::string link_to;                      // not empty: a hard link to the entry of that path
};

// What goes before the body; a multiple of tar_block.
[[nodiscard]] std::string tar_header(const tar_entry& entry);

// Bytes of zeros that follow a body of that size.
[[nodiscard]] constexpr std::uint64_t tar_padding(std::uint64_t size) noexcept {
    return (tar_block - size % tar_block) % tar_block;
}

}  // namespace decamp::formats
