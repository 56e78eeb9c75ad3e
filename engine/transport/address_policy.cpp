#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>

#include "engine/transport/client.hpp"

namespace decamp::transport {

namespace {

namespace ip = boost::asio::ip;

struct v4_block {
    std::uint32_t network;
    unsigned bits;
};

constexpr std::uint32_t v4(unsigned a, unsigned b, unsigned c = 0) {
    return a << 24 | b << 16 | c << 8;
}

// RFC 6890 and its registry. 198.18.0.0/15 (benchmarks) is left out on purpose: proxies that answer every name with an
// address of their own use it, and then every host in the world has one.
constexpr std::array v4_special{
    v4_block{v4(0, 0), 8},       v4_block{v4(10, 0), 8},         v4_block{v4(100, 64), 10},
    v4_block{v4(127, 0), 8},     v4_block{v4(169, 254), 16},     v4_block{v4(172, 16), 12},
    v4_block{v4(192, 0, 0), 24}, v4_block{v4(192, 0, 2), 24},    v4_block{v4(192, 88, 99), 24},
    v4_block{v4(192, 168), 16},  v4_block{v4(198, 51, 100), 24}, v4_block{v4(203, 0, 113), 24},
    v4_block{v4(224, 0), 4},     v4_block{v4(240, 0), 4},
};

bool is_public(std::uint32_t address) {
    return std::ranges::none_of(v4_special, [&](v4_block b) { return (address ^ b.network) >> (32 - b.bits) == 0; });
}

using v6_bytes = ip::address_v6::bytes_type;

std::uint32_t v4_at(const v6_bytes& b, std::size_t i) {
    return std::uint32_t{b[i]} << 24 | std::uint32_t{b[i + 1]} << 16 | std::uint32_t{b[i + 2]} << 8 | b[i + 3];
}

bool all_zero(const v6_bytes& b, std::size_t first, std::size_t last) {
    return std::all_of(b.begin() + static_cast<std::ptrdiff_t>(first), b.begin() + static_cast<std::ptrdiff_t>(last),
                       [](unsigned char c) { return c == 0; });
}

bool is_public(const v6_bytes& b) {
    if (all_zero(b, 0, 10) && b[10] == 0xff && b[11] == 0xff) return is_public(v4_at(b, 12));     // ::ffff:0:0/96
    if (b[0] == 0 && b[1] == 0x64 && b[2] == 0xff && b[3] == 0x9b)                                // NAT64
        return all_zero(b, 4, 12) && is_public(v4_at(b, 12));                                     // not 64:ff9b:1::/48
    if ((b[0] & 0xe0) != 0x20) return false;                                                      // global: 2000::/3
    if (b[0] == 0x20 && b[1] == 0x02) return is_public(v4_at(b, 2));                              // 6to4
    if (b[0] == 0x20 && b[1] == 0x01 && (b[2] & 0xfe) == 0) return false;                         // 2001::/23, Teredo
    const bool documentation = (b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0d && b[3] == 0xb8) ||  // 2001:db8::/32
                               (b[0] == 0x3f && b[1] == 0xff && (b[2] & 0xf0) == 0);              // 3fff::/20
    return !documentation;
}

}  // namespace

bool is_public_address(const std::string& address) {
    boost::system::error_code ec;
    const auto parsed = ip::make_address(address, ec);
    if (ec) return false;
    return parsed.is_v4() ? is_public(parsed.to_v4().to_uint()) : is_public(parsed.to_v6().to_bytes());
}

bool public_addresses_only::allowed(const world::endpoint& to, const std::string& address) const {
    return exempt_.contains(to.host) || is_public_address(address);
}

}  // namespace decamp::transport
