#include "formats/gf16_matrix.hpp"

#include <algorithm>
#include <utility>

namespace decamp::formats {
namespace {

constexpr std::size_t none = static_cast<std::size_t>(-1);

// Gauss and Jordan's elimination in place. An equation reads
//     value(own) + sum over solved columns c of row[c] * value(pivot of c) = sum over open columns c of row[c] *
//     unknown(c)
// so that the column of a solved unknown holds what a second matrix, begun as the identity, would hold.
class elimination {
  public:
    elimination(std::size_t unknowns, std::size_t equations, const std::function<gf16_row(std::size_t)>& equation)
        : unknowns_(unknowns), equations_(equations), equation_(equation), pivot_of_(unknowns, none) {}

    bool run() {
        while (rows_.size() < unknowns_)
            if (!take_equation()) return false;
        for (std::size_t column = 0; column < unknowns_; ++column) {
            std::size_t pivot = find_pivot(column, 0);
            while (pivot == none) {  // those at hand are not independent: another one
                if (!take_equation()) return false;
                pivot = find_pivot(column, rows_.size() - 1);
            }
            solve_for(column, pivot);
        }
        return true;
    }

    gf16_solution solution() {
        gf16_solution out;
        for (std::size_t column = 0; column < unknowns_; ++column) {
            out.used.push_back(pivot_of_[column]);
            out.inverse.push_back(std::move(rows_[pivot_of_[column]]));
        }
        return out;
    }

  private:
    // The next equation, with all unknowns that are solved replaced.
    bool take_equation() {
        if (rows_.size() == equations_) return false;
        gf16_row row = equation_(rows_.size());
        std::vector<std::uint16_t> factors(unknowns_);
        for (std::size_t column = 0; column < unknowns_; ++column) {
            if (pivot_of_[column] == none) continue;
            factors[column] = gf16_at(row, column);
            gf16_set(row, column, 0);
        }
        for (std::size_t column = 0; column < unknowns_; ++column)
            if (factors[column] != 0)
                gf16_multiply_add(row, rows_[pivot_of_[column]], gf16_multiplier(factors[column]));
        rows_.push_back(std::move(row));
        is_pivot_.push_back(false);
        return true;
    }

    std::size_t find_pivot(std::size_t column, std::size_t from) const {
        for (std::size_t r = from; r < rows_.size(); ++r)
            if (!is_pivot_[r] && gf16_at(rows_[r], column) != 0) return r;
        return none;
    }

    void solve_for(std::size_t column, std::size_t pivot) {
        gf16_row& row = rows_[pivot];
        const std::uint16_t leading = gf16_at(row, column);
        gf16_set(row, column, 1);
        if (leading != 1) {
            const gf16_row unscaled = std::exchange(row, gf16_row(row.size()));
            gf16_multiply_add(row, unscaled, gf16_multiplier(gf16_inverse(leading)));
        }
        for (std::size_t r = 0; r < rows_.size(); ++r) {
            const std::uint16_t factor = r == pivot ? std::uint16_t{0} : gf16_at(rows_[r], column);
            if (factor == 0) continue;
            gf16_set(rows_[r], column, 0);
            gf16_multiply_add(rows_[r], row, gf16_multiplier(factor));
        }
        pivot_of_[column] = pivot;
        is_pivot_[pivot] = true;
    }

    std::size_t unknowns_;
    std::size_t equations_;
    const std::function<gf16_row(std::size_t)>& equation_;
    std::vector<gf16_row> rows_;
    std::vector<bool> is_pivot_;
    std::vector<std::size_t> pivot_of_;  // the row that solves a column
};

}  // namespace

std::optional<gf16_solution> gf16_solve(std::size_t unknowns, std::size_t equations,
                                        const std::function<gf16_row(std::size_t)>& equation) {
    elimination work(unknowns, equations, equation);
    if (!work.run()) return std::nullopt;
    return work.solution();
}

}  // namespace decamp::formats
