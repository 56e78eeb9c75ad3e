#include "formats/par2_repair.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "formats/gf16_matrix.hpp"

namespace decamp::formats {
namespace {

constexpr std::size_t batch_wanted = 8;
constexpr std::size_t solve_groups = 128;  // of every row, beside the rows themselves, while solving

// How wide a range of all slices fits.
std::size_t range_for(std::uint64_t slice_bytes, std::size_t damaged, std::size_t batch, std::uint64_t limit) {
    const std::uint64_t groups = (slice_bytes + gf16_group_bytes - 1) / gf16_group_bytes;
    const std::uint64_t beside = damaged * (solve_groups * gf16_group_bytes + batch * sizeof(gf16_multiplier));
    const std::uint64_t column = (damaged + batch) * gf16_group_bytes;
    const std::uint64_t fitting = limit > beside ? (limit - beside) / column : 0;
    const std::uint64_t width = std::clamp<std::uint64_t>(fitting, 1, groups) * gf16_group_bytes;
    return static_cast<std::size_t>(std::min(width, slice_bytes));
}

}  // namespace

void par2_checker::update(std::span<const std::byte> bytes) {
    verdict_.bytes += bytes.size();
    while (!bytes.empty() && slice_ < set_.slices.size()) {
        const std::uint64_t begin = slice_ * set_.slice_bytes;
        const std::uint64_t end = std::min(begin + set_.slice_bytes, set_.file_bytes);
        const std::uint64_t left = end - begin - filled_;
        const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), left));
        slice_md5_.update(bytes.first(part));
        bytes = bytes.subspan(part);
        filled_ += part;
        if (part == left) end_slice();
    }
}

void par2_checker::end_slice() {
    static constexpr std::array<std::byte, 4096> zeros{};
    for (std::uint64_t pad = set_.slice_bytes - filled_; pad != 0;) {
        const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(pad, zeros.size()));
        slice_md5_.update(std::span(zeros).first(part));
        pad -= part;
    }
    if (slice_md5_.finish() != set_.slices[slice_].md5) verdict_.damaged.push_back(slice_);
    filled_ = 0;
    ++slice_;
}

par2_checker::verdict par2_checker::finish() {
    for (; slice_ < set_.slices.size(); ++slice_) verdict_.damaged.push_back(slice_);
    verdict_.length_differs = verdict_.bytes != set_.file_bytes;
    slice_md5_.reset();
    filled_ = 0;
    slice_ = 0;
    return std::exchange(verdict_, {});
}

std::variant<par2_repairer, par2_repair_fault> par2_repairer::make(const par2_set& set,
                                                                   std::span<const std::uint32_t> damaged,
                                                                   std::uint64_t memory_limit) {
    std::vector<bool> is_damaged(set.slices.size());
    for (const std::uint32_t slice : damaged) {
        if (slice >= is_damaged.size() || is_damaged[slice]) return par2_repair_fault::no_such_one;
        is_damaged[slice] = true;
    }
    if (set.recovery.size() < damaged.size()) return par2_repair_fault::not_enough;
    if (damaged.size() > par2_damaged_limit) return par2_repair_fault::too_many;

    par2_repairer out;
    out.constants_ = par2_constants(static_cast<std::uint32_t>(set.slices.size()));
    const auto equation = [&](std::size_t k) {
        gf16_row row = gf16_make_row(damaged.size());
        for (std::size_t j = 0; j < damaged.size(); ++j)
            gf16_set(row, j, gf16_exp(std::uint64_t{out.constants_[damaged[j]]} * set.recovery[k].exponent));
        return row;
    };
    auto solution = gf16_solve(damaged.size(), set.recovery.size(), equation);
    if (!solution) return par2_repair_fault::unsolvable;
    out.inverse_ = std::move(solution->inverse);
    for (const std::size_t k : solution->used) out.recovery_.push_back(set.recovery[k]);
    for (std::uint32_t slice = 0; slice < is_damaged.size(); ++slice)
        if (!is_damaged[slice]) out.sources_.push_back(slice);
    out.coefficients_.resize(damaged.size());

    const std::uint64_t matrix = damaged.size() * gf16_groups(2 * damaged.size()) * gf16_group_bytes;
    const std::uint64_t left = memory_limit > matrix ? memory_limit - matrix : 0;
    out.batch_ = batch_wanted;
    out.range_bytes_ = range_for(set.slice_bytes, damaged.size(), out.batch_, left);
    return out;
}

void par2_repairer::begin_range(std::size_t bytes) {
    width_ = std::min(bytes, range_bytes_);
    if (mixer_ && mixer_->row_bytes() == width_) return mixer_->clear();
    mixer_.reset();  // before the new one is made: both together might not fit
    mixer_.emplace(recovery_.size(), width_, batch_);
}

void par2_repairer::fill_input(std::span<const std::byte> bytes) {
    const std::span<std::byte> input = mixer_->input();
    const std::size_t part = std::min(bytes.size(), input.size());
    std::ranges::copy(bytes.first(part), input.begin());
    std::ranges::fill(input.subspan(part), std::byte{0});
}

void par2_repairer::add_source(std::uint32_t slice, std::span<const std::byte> bytes) {
    fill_input(bytes);
    for (std::size_t k = 0; k < recovery_.size(); ++k)
        coefficients_[k] = gf16_exp(std::uint64_t{constants_[slice]} * recovery_[k].exponent);
    mixer_->add(coefficients_);
}

void par2_repairer::add_recovery(std::size_t k, std::span<const std::byte> bytes) {
    fill_input(bytes);
    mixer_->add_to(k);
}

void par2_repairer::solve() {
    mixer_->transform(inverse_);
    mixer_->finish();
}

}  // namespace decamp::formats
