#pragma once
// Linear equations over GF(2^16). Pure functions of values; nothing throws but std::bad_alloc.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "formats/gf16.hpp"

namespace decamp::formats {

using gf16_row = std::vector<gf16_group>;  // words in planes, zeros up to whole groups

[[nodiscard]] inline gf16_row gf16_make_row(std::size_t words) {
    return gf16_row(gf16_groups(2 * words));
}
[[nodiscard]] inline std::uint16_t gf16_at(const gf16_row& row, std::size_t i) noexcept {
    return row[i / gf16_group::words].get(i % gf16_group::words);
}
inline void gf16_set(gf16_row& row, std::size_t i, std::uint16_t word) noexcept {
    row[i / gf16_group::words].set(i % gf16_group::words, word);
}

struct gf16_solution {
    // unknown[i] = sum over k of inverse[i][k] * value of equation used[k]
    std::vector<gf16_row> inverse;
    std::vector<std::size_t> used;
};

// Solves for `unknowns` by as many independent ones of the equations, the earliest that will do; equation(k) gives the
// row of coefficients of number k, and is asked once for each that is looked at. Nothing when they do not suffice.
[[nodiscard]] std::optional<gf16_solution> gf16_solve(std::size_t unknowns, std::size_t equations,
                                                      const std::function<gf16_row(std::size_t)>& equation);

}  // namespace decamp::formats
