#pragma once
// Recovery data after the "Parity Volume Set Specification 2.0" (PAR2, 2003), for one file: how it is cut, how the
// files are called, what a set says. Making it: par2_encoder.hpp; reading it back: par2_reader.hpp; repairing:
// par2_repair.hpp.
//
// The file is cut into equal slices, the last one filled up with zeros. Recovery slice e is the sum over all source
// slices i of c(i)^e times slice i, in GF(2^16), where c(i) are fixed constants. Of n source slices, any k that are
// lost come back from any k recovery slices (nearly any: some choices of exponents cannot be solved, and another one is
// taken). Sizes are in bytes. Pure functions of values; nothing throws but std::bad_alloc.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/digest.hpp"

namespace decamp::formats {

inline constexpr std::uint32_t par2_source_limit = 32768;                  // there are no more constants c(i)
inline constexpr std::uint32_t par2_recovery_limit = 65535;                // exponents repeat from here on
inline constexpr std::uint64_t par2_bytes_limit = std::uint64_t{1} << 60;  // of a file and of a slice; decamp's own

struct par2_layout {
    std::uint64_t file_bytes = 0;
    std::uint64_t slice_bytes = 4;  // a multiple of 4
    std::uint32_t source_count = 0;
    std::uint32_t recovery_count = 0;  // exponents 0 up to it
    bool operator==(const par2_layout&) const = default;
};

// About 2000 slices, of whole 4096 bytes, so that a bad sector costs one slice; a file up to 4096 bytes is one slice.
// Above 2000 slices of 16 MiB there are more of them, up to par2_source_limit, since memory and the least that is
// repaired grow with a slice. Recovery slices are so many thousandths of the source slices, rounded up, at least one.
// An empty file has neither: there is nothing to protect, and its index still tells that it is to be empty. At most
// par2_bytes_limit bytes.
[[nodiscard]] par2_layout plan_par2(std::uint64_t file_bytes, unsigned per_mille_recovery) noexcept;

// A layout of one's own; nothing where the format does not allow it.
[[nodiscard]] std::optional<par2_layout> par2_layout_of(std::uint64_t file_bytes, std::uint64_t slice_bytes,
                                                        std::uint32_t recovery_count) noexcept;

// How many slices a file is cut into.
[[nodiscard]] constexpr std::uint64_t par2_slice_count(std::uint64_t file_bytes, std::uint64_t slice_bytes) noexcept {
    return file_bytes / slice_bytes + (file_bytes % slice_bytes != 0 ? 1 : 0);
}

// NAME.par2, without recovery slices, and NAME.vol000+12.par2, which has 12 of them from exponent 0 on.
[[nodiscard]] std::string par2_index_name(std::string_view name);
[[nodiscard]] std::string par2_volume_name(std::string_view name, const par2_layout& layout);

// The logarithms to base 2 of c(0) to c(count - 1): the exponents that share no divisor with 65535, in order.
[[nodiscard]] std::vector<std::uint16_t> par2_constants(std::uint32_t count);

struct par2_slice_sums {
    md5_digest md5{};
    std::uint32_t crc32 = 0;
    bool operator==(const par2_slice_sums&) const = default;
};

// Where a whole recovery slice lies.
struct par2_recovery_place {
    std::uint32_t exponent = 0;
    std::uint32_t file = 0;    // the number that the caller gave the file it was read from
    std::uint64_t offset = 0;  // of its first byte in that file; it is slice_bytes long
    bool operator==(const par2_recovery_place&) const = default;
};

// What a set of packets says. All of it came out of files and is believed only as far as their digests go.
struct par2_set {
    md5_digest id{};
    std::string name;  // as it stands there: not judged safe, not even UTF-8
    std::uint64_t file_bytes = 0;
    std::uint64_t slice_bytes = 4;
    md5_digest md5{};
    md5_digest md5_16k{};                       // of the first 16384 bytes, or of all where there are fewer
    std::vector<par2_slice_sums> slices;        // par2_slice_count(file_bytes, slice_bytes) of them
    std::vector<par2_recovery_place> recovery;  // by exponent, each at most once
};

}  // namespace decamp::formats
