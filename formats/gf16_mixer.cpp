#include "formats/gf16_mixer.hpp"

#include <algorithm>
#include <cstring>

namespace decamp::formats {
namespace {

// Of a row at a time, so that it and the batch's pieces stay in the caches nearest to the processor.
constexpr std::size_t block_groups = 128;

// Long rows that all begin at the same place of a page would compete for the same lines of the caches.
constexpr std::size_t page_groups = 4096 / gf16_group_bytes;
constexpr std::size_t skew_groups = block_groups + 8;

constexpr std::size_t stride_of(std::size_t row_bytes) noexcept {
    const std::size_t groups = gf16_groups(row_bytes);
    return groups >= 8 * block_groups && groups % page_groups == 0 ? groups + skew_groups : groups;
}

}  // namespace

gf16_mixer::gf16_mixer(std::size_t rows, std::size_t row_bytes, std::size_t batch)
    : row_count_(rows),
      row_bytes_(row_bytes),
      batch_(std::max<std::size_t>(batch, 1)),
      groups_(gf16_groups(row_bytes)),
      stride_(stride_of(row_bytes)),
      row_storage_(rows * stride_),
      slot_storage_(batch_ * stride_),
      multipliers_(batch_ * rows) {}

std::uint64_t gf16_mixer::memory(std::uint64_t rows, std::uint64_t row_bytes, std::uint64_t batch) noexcept {
    return (rows + batch) * stride_of(row_bytes) * gf16_group_bytes + rows * batch * sizeof(gf16_multiplier);
}

std::span<gf16_group> gf16_mixer::row_groups(std::size_t r) noexcept {
    return {row_storage_.data() + r * stride_, groups_};
}

std::span<gf16_group> gf16_mixer::slot_groups(std::size_t slot) noexcept {
    return {slot_storage_.data() + slot * stride_, groups_};
}

std::span<std::byte> gf16_mixer::input() noexcept {
    return std::as_writable_bytes(slot_groups(staged_)).first(row_bytes_);
}

void gf16_mixer::take_input() noexcept {
    const std::span<gf16_group> groups = slot_groups(staged_);
    const std::span<std::byte> pad = std::as_writable_bytes(groups).subspan(row_bytes_);
    std::ranges::fill(pad, std::byte{0});
    gf16_to_planes(groups);
    if (++staged_ == batch_) mix();
}

void gf16_mixer::add(std::span<const std::uint16_t> coefficients) {
    gf16_multiplier* const of_slot = multipliers_.data() + staged_ * row_count_;
    for (std::size_t r = 0; r < row_count_; ++r) of_slot[r] = gf16_multiplier(coefficients[r]);
    take_input();
}

void gf16_mixer::add_to(std::size_t row) {
    gf16_multiplier* const of_slot = multipliers_.data() + staged_ * row_count_;
    std::fill_n(of_slot, row_count_, gf16_multiplier());
    of_slot[row] = gf16_multiplier(1);
    take_input();
}

void gf16_mixer::mix() noexcept {
    for (std::size_t at = 0; at < groups_; at += block_groups) {
        const std::size_t count = std::min(block_groups, groups_ - at);
        for (std::size_t r = 0; r < row_count_; ++r) {
            const std::span<gf16_group> into = row_groups(r).subspan(at, count);
            for (std::size_t slot = 0; slot < staged_; ++slot)
                gf16_multiply_add(into, slot_groups(slot).subspan(at, count), multipliers_[slot * row_count_ + r]);
        }
    }
    staged_ = 0;
}

void gf16_mixer::transform(std::span<const std::vector<gf16_group>> matrix) {
    mix();
    std::vector<gf16_group> old(row_count_ * std::min(block_groups, groups_));
    for (std::size_t at = 0; at < groups_; at += block_groups) {
        const std::size_t count = std::min(block_groups, groups_ - at);
        for (std::size_t r = 0; r < row_count_; ++r) {
            const std::span<gf16_group> piece = row_groups(r).subspan(at, count);
            std::ranges::copy(piece, old.begin() + static_cast<std::ptrdiff_t>(r * count));
            std::ranges::fill(piece, gf16_group{});
        }
        for (std::size_t r = 0; r < row_count_; ++r) {
            const std::span<gf16_group> into = row_groups(r).subspan(at, count);
            for (std::size_t c = 0; c < row_count_; ++c) {
                const gf16_multiplier factor(matrix[r][c / gf16_group::words].get(c % gf16_group::words));
                gf16_multiply_add(into, {old.data() + c * count, count}, factor);
            }
        }
    }
}

void gf16_mixer::finish() noexcept {
    mix();
    for (std::size_t r = 0; r < row_count_; ++r) gf16_from_planes(row_groups(r));
}

std::span<const std::byte> gf16_mixer::row(std::size_t r) const noexcept {
    return std::as_bytes(std::span(row_storage_.data() + r * stride_, groups_)).first(row_bytes_);
}

void gf16_mixer::clear() noexcept {
    staged_ = 0;
    std::ranges::fill(row_storage_, gf16_group{});
}

}  // namespace decamp::formats
