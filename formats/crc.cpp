#include "formats/crc.hpp"

#include <boost/crc.hpp>
#include <limits>

#include <zlib.h>

namespace decamp::formats::detail {

namespace {

// Both are reflected, begin with ones and end inverted; the register behind a value is the value inverted.
template <std::size_t Bits, std::uintmax_t Polynomial>
std::uint64_t run(std::uint64_t so_far, std::span<const std::byte> bytes) noexcept {
    using engine = boost::crc_optimal<Bits, Polynomial, 0, 0, true, true>;
    using value = typename engine::value_type;
    constexpr auto ones = static_cast<value>(std::numeric_limits<std::uint64_t>::max() >> (64 - Bits));
    // Boost takes and gives the register as it stands before the reflection of its output.
    const auto mirrored = [](value v) {
        value out = 0;
        for (std::size_t bit = 0; bit < Bits; ++bit) out = static_cast<value>(out << 1 | (v >> bit & 1));
        return out;
    };
    engine crc(mirrored(static_cast<value>(static_cast<value>(so_far) ^ ones)));
    crc.process_bytes(bytes.data(), bytes.size());
    return static_cast<value>(crc.checksum() ^ ones);
}

}  // namespace

std::uint64_t crc_of(crc_kind kind, std::uint64_t so_far, std::span<const std::byte> bytes) noexcept {
    if (bytes.empty()) return so_far;
    switch (kind) {
        // zlib's own, several bytes a step: each member of a zip has one.
        case crc_kind::crc32:
            return crc32_z(static_cast<uLong>(so_far), reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
        case crc_kind::crc32c:
            return run<32, 0x1EDC6F41>(so_far, bytes);
        case crc_kind::crc64nvme:
            return run<64, 0xAD93D23594C93659>(so_far, bytes);
    }
    return 0;
}

}  // namespace decamp::formats::detail
