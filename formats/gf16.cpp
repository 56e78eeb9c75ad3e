#include "formats/gf16.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#if defined(__x86_64__) || defined(__i386__)
#define DECAMP_GF16_X86 1
#include <immintrin.h>
#endif

namespace decamp::formats {
namespace {

constexpr std::uint32_t modulus = 0x1100B;

constexpr std::uint16_t doubled(std::uint16_t a) noexcept {
    const std::uint32_t wide = std::uint32_t{a} << 1;
    return static_cast<std::uint16_t>(wide ^ ((wide >> 16) != 0 ? modulus : 0));
}

struct field_tables {
    std::array<std::uint16_t, 2 * std::size_t{gf16_order}>
        exp{};  // twice, so that a sum of two logarithms needs no modulo
    std::array<std::uint16_t, 65536> log{};

    field_tables() noexcept {
        std::uint16_t power = 1;
        for (std::uint32_t i = 0; i < gf16_order; ++i) {
            exp[i] = exp[i + gf16_order] = power;
            log[power] = static_cast<std::uint16_t>(i);
            power = doubled(power);
        }
    }
};

const field_tables& tables() noexcept {
    static const field_tables filled;
    return filled;
}

// Row i of an 8x8 bit matrix stands in byte i, column j in bit j; rows become columns.
constexpr std::uint64_t transposed(std::uint64_t m) noexcept {
    const auto swap = [&m](std::uint64_t mask, int distance) {
        const std::uint64_t differing = (m ^ m >> distance) & mask;
        m ^= differing ^ differing << distance;
    };
    swap(0x00AA00AA00AA00AA, 7);
    swap(0x0000CCCC0000CCCC, 14);
    swap(0x00000000F0F0F0F0, 28);
    return m;
}

constexpr std::uint64_t bytes_reversed(std::uint64_t m) noexcept {
    std::uint64_t out = 0;
    for (int i = 0; i < 8; ++i) out = out << 8 | (m >> 8 * i & 0xFF);
    return out;
}

void multiply_add_portable(gf16_group* into, const gf16_group* from, std::size_t count,
                           const gf16_multiplier& constant) noexcept {
    // A table a byte instead of a nibble halves the look-ups, and is made in the time of some dozen groups.
    std::array<std::array<std::uint16_t, 256>, 2> products;
    for (std::size_t byte = 0; byte < 2; ++byte) {
        const auto product = [&](std::size_t nibble, std::size_t value) {
            return static_cast<std::uint16_t>(constant.nibble_table(nibble, 0)[value] |
                                              constant.nibble_table(nibble, 1)[value] << 8);
        };
        for (std::size_t value = 0; value < 256; ++value)
            products[byte][value] =
                static_cast<std::uint16_t>(product(2 * byte, value & 15) ^ product(2 * byte + 1, value >> 4));
    }
    for (; count != 0; --count, ++into, ++from) {
        for (std::size_t i = 0; i < gf16_group::words; ++i) {
            const auto product = static_cast<std::uint16_t>(products[0][from->low[i]] ^ products[1][from->high[i]]);
            into->set(i, static_cast<std::uint16_t>(into->get(i) ^ product));
        }
    }
}

#ifdef DECAMP_GF16_X86

__attribute__((target("ssse3"))) void multiply_add_ssse3(gf16_group* into, const gf16_group* from, std::size_t count,
                                                         const gf16_multiplier& constant) noexcept {
    const __m128i mask = _mm_set1_epi8(15);
    __m128i table[4][2];
    for (std::size_t nibble = 0; nibble < 4; ++nibble)
        for (std::size_t high = 0; high < 2; ++high)
            table[nibble][high] = _mm_load_si128(reinterpret_cast<const __m128i*>(constant.nibble_table(nibble, high)));
    for (; count != 0; --count, ++into, ++from) {
        for (std::size_t half = 0; half < gf16_group::words; half += sizeof(__m128i)) {
            const __m128i low = _mm_load_si128(reinterpret_cast<const __m128i*>(from->low.data() + half));
            const __m128i high = _mm_load_si128(reinterpret_cast<const __m128i*>(from->high.data() + half));
            const __m128i n0 = _mm_and_si128(low, mask);
            const __m128i n1 = _mm_and_si128(_mm_srli_epi64(low, 4), mask);
            const __m128i n2 = _mm_and_si128(high, mask);
            const __m128i n3 = _mm_and_si128(_mm_srli_epi64(high, 4), mask);
            for (std::size_t part = 0; part < 2; ++part) {
                auto* place = reinterpret_cast<__m128i*>((part == 0 ? into->low.data() : into->high.data()) + half);
                const __m128i a =
                    _mm_xor_si128(_mm_shuffle_epi8(table[0][part], n0), _mm_shuffle_epi8(table[1][part], n1));
                const __m128i b =
                    _mm_xor_si128(_mm_shuffle_epi8(table[2][part], n2), _mm_shuffle_epi8(table[3][part], n3));
                _mm_store_si128(place, _mm_xor_si128(_mm_load_si128(place), _mm_xor_si128(a, b)));
            }
        }
    }
}

__attribute__((target("avx2"))) void multiply_add_avx2(gf16_group* into, const gf16_group* from, std::size_t count,
                                                       const gf16_multiplier& constant) noexcept {
    const __m256i mask = _mm256_set1_epi8(15);
    __m256i table[4][2];
    for (std::size_t nibble = 0; nibble < 4; ++nibble)
        for (std::size_t high = 0; high < 2; ++high)
            table[nibble][high] = _mm256_broadcastsi128_si256(
                _mm_load_si128(reinterpret_cast<const __m128i*>(constant.nibble_table(nibble, high))));
    for (; count != 0; --count, ++into, ++from) {
        const __m256i low = _mm256_load_si256(reinterpret_cast<const __m256i*>(from->low.data()));
        const __m256i high = _mm256_load_si256(reinterpret_cast<const __m256i*>(from->high.data()));
        const __m256i n0 = _mm256_and_si256(low, mask);
        const __m256i n1 = _mm256_and_si256(_mm256_srli_epi64(low, 4), mask);
        const __m256i n2 = _mm256_and_si256(high, mask);
        const __m256i n3 = _mm256_and_si256(_mm256_srli_epi64(high, 4), mask);
        for (std::size_t part = 0; part < 2; ++part) {
            auto* place = reinterpret_cast<__m256i*>(part == 0 ? into->low.data() : into->high.data());
            const __m256i a =
                _mm256_xor_si256(_mm256_shuffle_epi8(table[0][part], n0), _mm256_shuffle_epi8(table[1][part], n1));
            const __m256i b =
                _mm256_xor_si256(_mm256_shuffle_epi8(table[2][part], n2), _mm256_shuffle_epi8(table[3][part], n3));
            _mm256_store_si256(place, _mm256_xor_si256(_mm256_load_si256(place), _mm256_xor_si256(a, b)));
        }
    }
}

__attribute__((target("avx2,gfni"))) void multiply_add_gfni(gf16_group* into, const gf16_group* from, std::size_t count,
                                                            const gf16_multiplier& constant) noexcept {
    __m256i matrix[2][2];
    for (std::size_t source = 0; source < 2; ++source)
        for (std::size_t part = 0; part < 2; ++part) {
            const std::uint64_t bits = constant.matrix(source, part);
            long long same = 0;
            std::memcpy(&same, &bits, sizeof same);
            matrix[source][part] = _mm256_set1_epi64x(same);
        }
    for (; count != 0; --count, ++into, ++from) {
        const __m256i low = _mm256_load_si256(reinterpret_cast<const __m256i*>(from->low.data()));
        const __m256i high = _mm256_load_si256(reinterpret_cast<const __m256i*>(from->high.data()));
        for (std::size_t part = 0; part < 2; ++part) {
            auto* place = reinterpret_cast<__m256i*>(part == 0 ? into->low.data() : into->high.data());
            const __m256i product = _mm256_xor_si256(_mm256_gf2p8affine_epi64_epi8(low, matrix[0][part], 0),
                                                     _mm256_gf2p8affine_epi64_epi8(high, matrix[1][part], 0));
            _mm256_store_si256(place, _mm256_xor_si256(_mm256_load_si256(place), product));
        }
    }
}

#endif

struct kernel_list {
    std::array<gf16_kernel, 4> kernels{gf16_kernel::portable};
    std::size_t count = 1;

    kernel_list() noexcept {
#ifdef DECAMP_GF16_X86
        __builtin_cpu_init();
        if (__builtin_cpu_supports("ssse3")) kernels[count++] = gf16_kernel::ssse3;
        if (__builtin_cpu_supports("avx2")) kernels[count++] = gf16_kernel::avx2;
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("gfni")) kernels[count++] = gf16_kernel::gfni;
#endif
    }
};

}  // namespace

std::uint16_t gf16_multiply(std::uint16_t a, std::uint16_t b) noexcept {
    if (a == 0 || b == 0) return 0;
    const field_tables& t = tables();
    return t.exp[std::size_t{t.log[a]} + t.log[b]];
}

std::uint16_t gf16_inverse(std::uint16_t a) noexcept {
    if (a == 0) return 0;
    const field_tables& t = tables();
    return t.exp[std::size_t{gf16_order} - t.log[a]];
}

std::uint16_t gf16_exp(std::uint64_t exponent) noexcept {
    return tables().exp[exponent % gf16_order];
}

std::uint16_t gf16_log(std::uint16_t a) noexcept {
    return tables().log[a];
}

void gf16_to_planes(std::span<gf16_group> groups) noexcept {
    for (gf16_group& group : groups) {
        std::array<std::uint8_t, gf16_group_bytes> plain;
        std::memcpy(plain.data(), &group, sizeof plain);
        for (std::size_t i = 0; i < gf16_group::words; ++i) {
            group.low[i] = plain[2 * i];
            group.high[i] = plain[2 * i + 1];
        }
    }
}

void gf16_from_planes(std::span<gf16_group> groups) noexcept {
    for (gf16_group& group : groups) {
        std::array<std::uint8_t, gf16_group_bytes> plain;
        for (std::size_t i = 0; i < gf16_group::words; ++i) {
            plain[2 * i] = group.low[i];
            plain[2 * i + 1] = group.high[i];
        }
        std::memcpy(&group, plain.data(), sizeof plain);
    }
}

gf16_multiplier::gf16_multiplier(std::uint16_t constant) noexcept : is_zero_(constant == 0) {
    std::array<std::uint16_t, 16> of_bit{};  // constant * 2^bit
    for (std::uint16_t& product : of_bit) {
        product = constant;
        constant = doubled(constant);
    }
    for (std::size_t nibble = 0; nibble < 4; ++nibble) {
        for (std::size_t value = 1; value < 16; ++value) {
            const std::size_t rest = value & (value - 1);  // without its lowest bit: an entry already there
            const std::size_t bit = value & 1 ? 0 : value & 2 ? 1 : value & 4 ? 2 : 3;
            const std::uint16_t product = of_bit[4 * nibble + bit];
            nibbles_[2 * nibble][value] = static_cast<std::uint8_t>(nibbles_[2 * nibble][rest] ^ (product & 0xFF));
            nibbles_[2 * nibble + 1][value] = static_cast<std::uint8_t>(nibbles_[2 * nibble + 1][rest] ^ product >> 8);
        }
    }
    for (std::size_t from = 0; from < 2; ++from) {
        for (std::size_t to = 0; to < 2; ++to) {
            std::uint64_t columns = 0;  // byte j: what bit j of the source byte adds
            for (std::size_t bit = 8; bit-- > 0;)
                columns = columns << 8 | (std::uint64_t{of_bit[8 * from + bit]} >> 8 * to & 0xFF);
            matrices_[2 * from + to] = bytes_reversed(transposed(columns));
        }
    }
}

std::span<const gf16_kernel> gf16_kernels() noexcept {
    static const kernel_list known;
    return {known.kernels.data(), known.count};
}

void gf16_multiply_add(gf16_kernel kernel, std::span<gf16_group> into, std::span<const gf16_group> from,
                       const gf16_multiplier& constant) noexcept {
    if (constant.is_zero()) return;
    const std::size_t count = std::min(into.size(), from.size());
    switch (kernel) {
#ifdef DECAMP_GF16_X86
        case gf16_kernel::ssse3:
            return multiply_add_ssse3(into.data(), from.data(), count, constant);
        case gf16_kernel::avx2:
            return multiply_add_avx2(into.data(), from.data(), count, constant);
        case gf16_kernel::gfni:
            return multiply_add_gfni(into.data(), from.data(), count, constant);
#endif
        default:
            return multiply_add_portable(into.data(), from.data(), count, constant);
    }
}

void gf16_multiply_add(std::span<gf16_group> into, std::span<const gf16_group> from,
                       const gf16_multiplier& constant) noexcept {
    static const gf16_kernel best = gf16_kernels().back();
    gf16_multiply_add(best, into, from, constant);
}

}  // namespace decamp::formats
