#include "formats/par2_encoder.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "formats/gf16.hpp"
#include "formats/par2_packets.hpp"

namespace decamp::formats {
namespace {

constexpr std::string_view creator = "decamp";
constexpr std::uint32_t largest_batch = 16;
static_assert(std::tuple_size_v<std::array<std::byte, 68>> == par2_wire::recovery_head_bytes);

par2_layout checked(const par2_layout& layout) {
    if (par2_layout_of(layout.file_bytes, layout.slice_bytes, layout.recovery_count) != layout)
        throw std::invalid_argument("not a layout of PAR2");
    return layout;
}

std::string checked(std::string_view name) {
    if (name.empty() || name.size() > par2_name_limit) throw std::invalid_argument("not a name for PAR2");
    return std::string(name);
}

constexpr std::uint32_t divided_up(std::uint32_t a, std::uint32_t b) noexcept {
    return a / b + (a % b != 0 ? 1 : 0);
}

// What describes the set stands before every so many recovery slices, and once more behind the last.
constexpr std::uint32_t copy_distance(std::uint32_t recovery_count) noexcept {
    return std::max(divided_up(recovery_count, 4), std::uint32_t{1});
}

}  // namespace

par2_encoder::shape par2_encoder::shape_for(const par2_layout& layout, std::uint64_t memory_limit) noexcept {
    const std::uint32_t recovery = layout.recovery_count;
    if (recovery == 0) return {};
    shape best{.window = 1, .passes = recovery, .batch = 1};
    for (std::uint32_t batch = std::min(largest_batch, layout.source_count); batch > 0; --batch) {
        const std::uint64_t slots = gf16_mixer::memory(0, layout.slice_bytes, batch);
        const std::uint64_t with_row = gf16_mixer::memory(1, layout.slice_bytes, batch);
        if (with_row > memory_limit) continue;
        const std::uint64_t rows = (memory_limit - slots) / (with_row - slots);
        const auto window = static_cast<std::uint32_t>(std::min<std::uint64_t>(rows, recovery));
        const std::uint32_t passes = divided_up(recovery, window);
        // A pass reads the whole file; a larger batch only spares some memory traffic.
        if (passes < best.passes || (passes == best.passes && batch > best.batch))
            best = {.window = divided_up(recovery, passes), .passes = passes, .batch = batch};
    }
    return best;
}

par2_encoder::par2_encoder(const par2_layout& layout, std::string_view name, std::uint64_t memory_limit)
    : layout_(checked(layout)),
      name_(checked(name)),
      shape_(shape_for(layout, memory_limit)),
      constants_(par2_constants(layout.source_count)),
      mixer_(shape_.window, layout.slice_bytes, shape_.batch),
      coefficients_(shape_.window) {
    sums_.reserve(layout.source_count);
    if (shape_.passes > 1) marks_.reserve(layout.source_count);
}

par2_encoder::exponent_range par2_encoder::exponents(std::uint32_t pass) const noexcept {
    const std::uint64_t first = std::min<std::uint64_t>(std::uint64_t{pass} * shape_.window, layout_.recovery_count);
    const auto begin = static_cast<std::uint32_t>(first);
    return {begin, std::min(shape_.window, layout_.recovery_count - begin)};
}

par2_encoder::need par2_encoder::memory_for(const par2_layout& layout, std::uint64_t memory_limit) noexcept {
    const shape s = shape_for(layout, memory_limit);
    return {gf16_mixer::memory(s.window, layout.slice_bytes, s.batch), s.passes};
}

std::uint64_t par2_encoder::memory() const noexcept {
    return gf16_mixer::memory(shape_.window, layout_.slice_bytes, shape_.batch);
}

void par2_encoder::begin_pass() noexcept {
    mixer_.clear();
    ended_ = too_long_ = changed_ = false;
    fed_ = 0;
    filled_ = 0;
    slice_ = 0;
    next_ = piece::none;
    if (pass_ != 0) return;
    file_md5_.reset();
    first_md5_.reset();
    sums_.clear();
    marks_.clear();
}

void par2_encoder::update(std::span<const std::byte> bytes) {
    if (ended_ && pass_ + 1 < shape_.passes && !bytes.empty()) {
        ++pass_;
        begin_pass();
    }
    const std::uint64_t left = ended_ ? 0 : layout_.file_bytes - fed_;
    if (bytes.size() > left) {
        too_long_ = true;
        bytes = bytes.first(static_cast<std::size_t>(left));
    }
    if (pass_ == 0 && fed_ < par2_wire::first_part_bytes)
        first_md5_.update(bytes.first(std::min<std::size_t>(bytes.size(), par2_wire::first_part_bytes - fed_)));
    while (!bytes.empty()) {
        const std::span<std::byte> free = mixer_.input().subspan(filled_);
        const std::size_t part = std::min(bytes.size(), free.size());
        std::ranges::copy(bytes.first(part), free.begin());
        bytes = bytes.subspan(part);
        filled_ += part;
        fed_ += part;
        if (part == free.size()) end_slice();
    }
}

void par2_encoder::end_slice() {
    const std::span<std::byte> slice = mixer_.input();
    std::ranges::fill(slice.subspan(filled_), std::byte{0});
    if (pass_ == 0) {
        file_md5_.update(slice.first(filled_));
        slice_md5_.update(slice);
        slice_crc_.update(slice);
        sums_.push_back({slice_md5_.finish(), slice_crc_.finish()});
    }
    if (shape_.passes > 1) {
        const std::uint64_t mark = xxh3_64_of(slice);
        if (pass_ == 0) marks_.push_back(mark);
        changed_ = changed_ || marks_[slice_] != mark;
    }
    const exponent_range range = exponents(pass_);
    for (std::uint32_t r = 0; r < range.count; ++r)
        coefficients_[r] = gf16_exp(std::uint64_t{constants_[slice_]} * (range.first + r));
    mixer_.add(coefficients_);
    filled_ = 0;
    ++slice_;
}

par2_pass par2_encoder::end_pass() {
    if (ended_) return par2_pass::wrong_length;  // nothing was fed
    const bool whole = fed_ == layout_.file_bytes && !too_long_;
    if (whole && filled_ != 0) end_slice();
    if (!whole || changed_) {
        begin_pass();
        return whole ? par2_pass::changed : par2_pass::wrong_length;
    }
    if (pass_ == 0) describe();
    mixer_.finish();
    ended_ = true;
    next_row_ = 0;
    next_ = exponents(pass_).count != 0 ? piece::critical_before : piece::none;
    return par2_pass::done;
}

void par2_encoder::describe() {
    const par2_set set{.id = {},
                       .name = name_,
                       .file_bytes = layout_.file_bytes,
                       .slice_bytes = layout_.slice_bytes,
                       .md5 = file_md5_.finish(),
                       .md5_16k = first_md5_.finish(),
                       .slices = std::exchange(sums_, {}),
                       .recovery = {}};
    par2_wire::critical_packets made = par2_wire::make_critical(set, creator);
    set_id_ = made.id;
    critical_ = std::move(made.bytes);
}

std::optional<std::span<const std::byte>> par2_encoder::next_piece() {
    const exponent_range range = exponents(pass_);
    const std::uint32_t exponent = range.first + next_row_;
    switch (next_) {
        case piece::none:
            return std::nullopt;
        case piece::critical_before:
            next_ = piece::head;
            if (exponent % copy_distance(layout_.recovery_count) == 0) return critical_;
            [[fallthrough]];
        case piece::head:
            head_ = par2_wire::recovery_head(set_id_, exponent, mixer_.row(next_row_));
            next_ = piece::body;
            return head_;
        case piece::body:
            next_ = next_row_ + 1 < range.count              ? piece::critical_before
                    : exponent + 1 == layout_.recovery_count ? piece::critical_after
                                                             : piece::none;
            return mixer_.row(next_row_++);
        case piece::critical_after:
            next_ = piece::none;
            return critical_;
    }
    return std::nullopt;
}

std::uint64_t par2_encoder::index_bytes(const par2_layout& layout, std::string_view name) noexcept {
    return par2_wire::critical_bytes(layout, name.size(), creator.size());
}

std::uint64_t par2_encoder::volume_bytes(const par2_layout& layout, std::string_view name) noexcept {
    const std::uint64_t recovery = layout.recovery_count;
    if (recovery == 0) return 0;
    const std::uint64_t copies = divided_up(layout.recovery_count, copy_distance(layout.recovery_count)) + 1;
    return recovery * (par2_wire::recovery_head_bytes + layout.slice_bytes) + copies * index_bytes(layout, name);
}

}  // namespace decamp::formats
