#pragma once
// Cyclic redundancy checks, as storages announce them: they tell bytes that differ by accident, and prove nothing
// against intent. Values are those of the catalogue of parametrised CRC algorithms: CRC-32/ISO-HDLC (zlib),
// CRC-32/ISCSI (Castagnoli, RFC 3720), CRC-64/NVME (NVM Express Command Set Specification; Amazon S3's
// x-amz-checksum-crc64nvme). Plain values: copied as they are, one thread at a time, nothing throws.

#include <cstddef>
#include <cstdint>
#include <span>

namespace decamp::formats {

enum class crc_kind { crc32, crc32c, crc64nvme };

namespace detail {
// `so_far`: the value of the bytes before; 0 where there are none.
[[nodiscard]] std::uint64_t crc_of(crc_kind kind, std::uint64_t so_far, std::span<const std::byte> bytes) noexcept;
}  // namespace detail

// finish() leaves the hasher as new.
template <crc_kind Kind, class Value>
class basic_crc {
  public:
    using digest = Value;
    void update(std::span<const std::byte> bytes) noexcept { so_far_ = detail::crc_of(Kind, so_far_, bytes); }
    [[nodiscard]] Value finish() noexcept {
        const auto value = static_cast<Value>(so_far_);
        so_far_ = 0;
        return value;
    }
    void reset() noexcept { so_far_ = 0; }

  private:
    std::uint64_t so_far_ = 0;
};

using crc32_hasher = basic_crc<crc_kind::crc32, std::uint32_t>;
using crc32c_hasher = basic_crc<crc_kind::crc32c, std::uint32_t>;
using crc64nvme_hasher = basic_crc<crc_kind::crc64nvme, std::uint64_t>;

}  // namespace decamp::formats
