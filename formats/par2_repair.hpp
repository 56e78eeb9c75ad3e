#pragma once
// Finds the damaged slices of a file by its PAR2 set, and computes what they were. Opens nothing: the caller reads and
// writes.
//
// Damage is looked for in place: bytes that were changed, or are missing at the end. Bytes inserted or taken out in the
// middle shift what follows, and all of that counts as damaged (the program par2 would find it again by searching).
//
// One thread at a time, nothing is owned but memory; nothing throws but std::bad_alloc (and the hashers' constructors).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "formats/digest.hpp"
#include "formats/gf16.hpp"
#include "formats/gf16_mixer.hpp"
#include "formats/par2.hpp"

namespace decamp::formats {

// Takes the bytes of a file in order, in pieces of any size, and tells which slices do not agree with their MD5. The
// set must outlive it.
class par2_checker {
  public:
    explicit par2_checker(const par2_set& set) : set_(set) {}
    explicit par2_checker(par2_set&&) = delete;

    // Bytes beyond the length of the set are counted and not looked at.
    void update(std::span<const std::byte> bytes);

    struct verdict {
        std::vector<std::uint32_t> damaged;  // in order; a slice that did not come whole is damaged
        std::uint64_t bytes = 0;             // how many came
        bool length_differs = false;         // a repaired file is to have the set's length
        [[nodiscard]] bool is_whole() const noexcept { return damaged.empty() && !length_differs; }
    };
    // After it the checker is as new.
    [[nodiscard]] verdict finish();

  private:
    void end_slice();

    const par2_set& set_;
    md5_hasher slice_md5_;
    std::uint64_t filled_ = 0;  // of the slice under way
    std::uint32_t slice_ = 0;
    verdict verdict_;
};

enum class par2_repair_fault {
    not_enough,   // fewer recovery slices than damaged slices
    unsolvable,   // enough of them, but the equations that they give are not independent
    too_many,     // more damaged slices than par2_damaged_limit
    no_such_one,  // a number of a slice that the set does not have, or one given twice
};

// The matrix of so many equations takes 128 MiB, and minutes.
inline constexpr std::uint32_t par2_damaged_limit = 8192;

// Solves for the damaged slices. It works on a range of bytes of every slice at a time, as wide as the memory allows:
//
//     auto made = par2_repairer::make(set, damaged, 256 << 20);
//     for (offset = 0; offset < set.slice_bytes; offset += width) {
//         width = min(repairer.range_bytes(), set.slice_bytes - offset);
//         repairer.begin_range(width);
//         for each i of repairer.sources(): repairer.add_source(i, bytes [offset, offset + width) of source slice i);
//         for each k < repairer.recovery().size(): repairer.add_recovery(k, the same of that recovery slice);
//         repairer.solve();
//         for each j < damaged.size(): write repairer.repaired(j) to offset of slice damaged[j];
//     }
//
// A file is repaired in place by this: damaged slices are not read. What came out is proved by a par2_checker, since
// the slices fed may have changed after they were checked.
class par2_repairer {
  public:
    // `damaged` as of a par2_checker; recovery slices are taken from set.recovery, which says where they lie.
    [[nodiscard]] static std::variant<par2_repairer, par2_repair_fault> make(const par2_set& set,
                                                                             std::span<const std::uint32_t> damaged,
                                                                             std::uint64_t memory_limit);

    // The source slices that are not damaged, in order.
    [[nodiscard]] const std::vector<std::uint32_t>& sources() const noexcept { return sources_; }
    // The recovery slices needed, as many as there are damaged slices.
    [[nodiscard]] const std::vector<par2_recovery_place>& recovery() const noexcept { return recovery_; }
    // The most bytes of a slice that may be worked on at a time; even, at least 64, or the whole slice where that is
    // less.
    [[nodiscard]] std::size_t range_bytes() const noexcept { return range_bytes_; }

    // At most range_bytes(), and even.
    void begin_range(std::size_t bytes);
    // Fewer bytes than the range are continued with zeros, as the file's last slice is.
    void add_source(std::uint32_t slice, std::span<const std::byte> bytes);
    void add_recovery(std::size_t k, std::span<const std::byte> bytes);
    void solve();
    // The range of slice damaged[j], after solve(). Of the last slice, what lies behind the file's end is to be left
    // out.
    [[nodiscard]] std::span<const std::byte> repaired(std::size_t j) const noexcept { return mixer_->row(j); }

  private:
    par2_repairer() = default;
    void fill_input(std::span<const std::byte> bytes);

    std::vector<std::uint32_t> sources_;
    std::vector<par2_recovery_place> recovery_;
    std::vector<std::uint16_t> constants_;
    std::vector<std::vector<gf16_group>> inverse_;  // a row a damaged slice, a column a recovery slice
    std::vector<std::uint16_t> coefficients_;
    std::size_t range_bytes_ = 0;
    std::size_t batch_ = 1;
    std::size_t width_ = 0;
    std::optional<gf16_mixer> mixer_;
};

}  // namespace decamp::formats
