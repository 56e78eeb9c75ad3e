#include "engine/source/micloud/device_id.hpp"

#include <array>
#include <cstdint>

#include "formats/hex.hpp"

namespace decamp::source::micloud {

std::string make_device_id(world::random& from) {
    std::array<std::byte, 16> uuid{};
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < uuid.size(); ++i) {
        if (i % 8 == 0) bits = from.next();
        uuid[i] = static_cast<std::byte>(bits >> (8 * (i % 8)));
    }
    uuid[6] = (uuid[6] & std::byte{0x0f}) | std::byte{0x40};
    uuid[8] = (uuid[8] & std::byte{0x3f}) | std::byte{0x80};
    std::string text = formats::to_hex(uuid);
    for (const std::size_t at : {std::size_t{20}, std::size_t{16}, std::size_t{12}, std::size_t{8}})
        text.insert(at, 1, '-');
    return "wb_" + text;
}

}  // namespace decamp::source::micloud
