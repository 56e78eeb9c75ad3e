#pragma once
// The packets of PAR2 as bytes ("Parity Volume Set Specification 2.0"): 64 bytes of header (magic, length of the
// packet, MD5 from byte 32 to its end, id of the set, type), then a body; lengths are multiples of 4, numbers
// little-endian. For par2_encoder.cpp and par2_reader.cpp.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "formats/bytes.hpp"
#include "formats/par2.hpp"

namespace decamp::formats::par2_wire {

inline constexpr std::string_view magic{"PAR2\0PKT", 8};
inline constexpr std::string_view main_type{"PAR 2.0\0Main\0\0\0\0", 16};
inline constexpr std::string_view file_type{"PAR 2.0\0FileDesc", 16};
inline constexpr std::string_view sums_type{"PAR 2.0\0IFSC\0\0\0\0", 16};
inline constexpr std::string_view recovery_type{"PAR 2.0\0RecvSlic", 16};
inline constexpr std::string_view creator_type{"PAR 2.0\0Creator\0", 16};

inline constexpr std::size_t header_bytes = 64;
inline constexpr std::size_t hashed_from = 32;                        // the MD5 in the header is of what follows it
inline constexpr std::size_t recovery_head_bytes = header_bytes + 4;  // with the exponent, which precedes the slice
inline constexpr std::size_t first_part_bytes = 16384;                // what the second MD5 of a file is of

template <class Number>
void put(std::span<std::byte> at, Number value) noexcept {
    for (std::size_t i = 0; i < sizeof(Number); ++i) at[i] = static_cast<std::byte>(value >> 8 * i & 0xFF);
}

// The id of a file: MD5 of its MD5-16k, its length and its name.
[[nodiscard]] md5_digest file_id(const md5_digest& md5_16k, std::uint64_t file_bytes, std::string_view name);

// All there is to say of a set but its recovery slices: the packets Main, FileDesc, IFSC and Creator, one after the
// other. set.id need not be set; it is in `id`.
struct critical_packets {
    md5_digest id{};
    std::vector<std::byte> bytes;
};
[[nodiscard]] critical_packets make_critical(const par2_set& set, std::string_view creator);
// How many bytes these are.
[[nodiscard]] std::uint64_t critical_bytes(const par2_layout& layout, std::size_t name_bytes,
                                           std::size_t creator_bytes) noexcept;

// Header and exponent of the packet around a recovery slice.
[[nodiscard]] std::array<std::byte, recovery_head_bytes> recovery_head(const md5_digest& set_id, std::uint32_t exponent,
                                                                       std::span<const std::byte> slice);

}  // namespace decamp::formats::par2_wire
