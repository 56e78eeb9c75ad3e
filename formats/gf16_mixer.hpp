#pragma once
// Linear combinations of long buffers of GF(2^16): row r of the result is the sum of coefficient[r] * input over all
// inputs. Both ways through PAR2 are this, making recovery slices and solving for lost ones.
//
// The rows together are far larger than a cache, so inputs wait in a batch, and a batch is worked in column by column:
// each piece of a row is fetched from memory once a batch, not once an input. Owns rows and batch: memory() says how
// much that is. One thread at a time; constructors throw std::bad_alloc.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "formats/gf16.hpp"

namespace decamp::formats {

class gf16_mixer {
  public:
    // Rows of so many bytes, an even number; all are zero. At most `batch` inputs wait (at least 1).
    gf16_mixer(std::size_t rows, std::size_t row_bytes, std::size_t batch);

    [[nodiscard]] static std::uint64_t memory(std::uint64_t rows, std::uint64_t row_bytes,
                                              std::uint64_t batch) noexcept;

    [[nodiscard]] std::size_t rows() const noexcept { return row_count_; }
    [[nodiscard]] std::size_t row_bytes() const noexcept { return row_bytes_; }
    // Where the next input is to be written, row_bytes of it; what stood there before is of no use.
    [[nodiscard]] std::span<std::byte> input() noexcept;
    // Takes input(); a coefficient a row.
    void add(std::span<const std::uint16_t> coefficients);
    // Takes input() into one row alone, times 1.
    void add_to(std::size_t row);
    // Replaces the rows, as many as the matrix is wide, by matrix * rows. matrix[i] is row i in planes.
    void transform(std::span<const std::vector<gf16_group>> matrix);
    // The rows are plain bytes from here on and may be read; the next input wants clear() before it.
    void finish() noexcept;
    [[nodiscard]] std::span<const std::byte> row(std::size_t r) const noexcept;
    // All rows are zero again, and no input waits.
    void clear() noexcept;

  private:
    [[nodiscard]] std::span<gf16_group> row_groups(std::size_t r) noexcept;
    [[nodiscard]] std::span<gf16_group> slot_groups(std::size_t slot) noexcept;
    void take_input() noexcept;
    void mix() noexcept;

    std::size_t row_count_;
    std::size_t row_bytes_;
    std::size_t batch_;
    std::size_t groups_;  // in use in a row
    std::size_t stride_;  // from a row to the next, in groups
    std::size_t staged_ = 0;
    std::vector<gf16_group> row_storage_;
    std::vector<gf16_group> slot_storage_;
    std::vector<gf16_multiplier> multipliers_;  // slot by slot, one a row
};

}  // namespace decamp::formats
