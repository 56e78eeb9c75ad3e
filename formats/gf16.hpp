#pragma once
// The field GF(2^16) of PAR2: polynomials over GF(2) modulo x^16 + x^12 + x^3 + x + 1 (0x1100B), written as 16-bit
// words
// ("Parity Volume Set Specification 2.0", reed-solomon section). 2 generates all 65535 elements but zero.
//
// Single words go through tables of logarithms. Buffers of words are multiplied by a constant in groups of 32 words
// whose low and high bytes stand apart: that is how the byte shuffles of a processor look up nibbles. What the
// processor knows is asked when the program runs; without such instructions, and on other architectures, portable code
// gives the same. Pure functions: any thread, nothing is owned, nothing throws.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace decamp::formats {

// Addition and subtraction are both XOR.
[[nodiscard]] std::uint16_t gf16_multiply(std::uint16_t a, std::uint16_t b) noexcept;
// Of 0, which has none: 0.
[[nodiscard]] std::uint16_t gf16_inverse(std::uint16_t a) noexcept;
// 2^exponent, for any exponent (the order of 2 is 65535).
[[nodiscard]] std::uint16_t gf16_exp(std::uint64_t exponent) noexcept;
// The exponent in [0, 65535) with gf16_exp(exponent) == a; of 0, which has none: 0.
[[nodiscard]] std::uint16_t gf16_log(std::uint16_t a) noexcept;

inline constexpr std::uint32_t gf16_order = 65535;  // how many elements the multiplicative group has

// 32 words in planes: the 32 low bytes, then the 32 high bytes.
struct alignas(64) gf16_group {
    static constexpr std::size_t words = 32;
    std::array<std::uint8_t, words> low{};
    std::array<std::uint8_t, words> high{};

    [[nodiscard]] std::uint16_t get(std::size_t i) const noexcept {
        return static_cast<std::uint16_t>(low[i] | high[i] << 8);
    }
    void set(std::size_t i, std::uint16_t word) noexcept {
        low[i] = static_cast<std::uint8_t>(word);
        high[i] = static_cast<std::uint8_t>(word >> 8);
    }
};
inline constexpr std::size_t gf16_group_bytes = sizeof(gf16_group);
static_assert(gf16_group_bytes == 64);

// How many groups hold that many bytes.
[[nodiscard]] constexpr std::size_t gf16_groups(std::size_t bytes) noexcept {
    return bytes / gf16_group_bytes + (bytes % gf16_group_bytes != 0 ? 1 : 0);
}

// Groups that hold little-endian words one after the other, as files have them, into planes and back, in place.
void gf16_to_planes(std::span<gf16_group> groups) noexcept;
void gf16_from_planes(std::span<gf16_group> groups) noexcept;

// A constant made ready for many products.
class gf16_multiplier {
  public:
    gf16_multiplier() noexcept : gf16_multiplier(0) {}
    explicit gf16_multiplier(std::uint16_t constant) noexcept;

    [[nodiscard]] bool is_zero() const noexcept { return is_zero_; }
    // Byte `high` (0 or 1) of the product with a word that is `value` in nibble `nibble` (from the low end) and 0
    // elsewhere.
    [[nodiscard]] const std::uint8_t* nibble_table(std::size_t nibble, std::size_t high) const noexcept {
        return nibbles_[2 * nibble + high].data();
    }
    // The product as 8x8 bit matrices from byte `from` of a word to byte `to`, in the order of x86's gf2p8affineqb.
    [[nodiscard]] std::uint64_t matrix(std::size_t from, std::size_t to) const noexcept {
        return matrices_[2 * from + to];
    }

  private:
    alignas(16) std::array<std::array<std::uint8_t, 16>, 8> nibbles_{};
    std::array<std::uint64_t, 4> matrices_{};
    bool is_zero_ = true;
};

enum class gf16_kernel { portable, ssse3, avx2, gfni };
// Those this processor has, the slowest first; `portable` always.
[[nodiscard]] std::span<const gf16_kernel> gf16_kernels() noexcept;

// into[i] += constant * from[i], both in planes, of the same length, and not overlapping unless they are the same.
void gf16_multiply_add(std::span<gf16_group> into, std::span<const gf16_group> from,
                       const gf16_multiplier& constant) noexcept;
// The same by one kernel, for tests and measurements; it must be one of gf16_kernels().
void gf16_multiply_add(gf16_kernel kernel, std::span<gf16_group> into, std::span<const gf16_group> from,
                       const gf16_multiplier& constant) noexcept;

}  // namespace decamp::formats
