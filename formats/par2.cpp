#include "formats/par2.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "formats/gf16.hpp"

namespace decamp::formats {
namespace {

constexpr std::uint64_t sector = 4096;
constexpr std::uint64_t usual_slices = 2000;
constexpr std::uint64_t large_slice = std::uint64_t{16} << 20;

constexpr std::uint64_t divided_up(std::uint64_t a, std::uint64_t b) noexcept {
    return a / b + (a % b != 0 ? 1 : 0);
}

}  // namespace

par2_layout plan_par2(std::uint64_t file_bytes, unsigned per_mille_recovery) noexcept {
    if (file_bytes == 0) return {};
    par2_layout out{.file_bytes = file_bytes};
    if (file_bytes <= sector) {
        out.slice_bytes = divided_up(file_bytes, 4) * 4;
    } else {
        const std::uint64_t slices =
            std::clamp<std::uint64_t>(file_bytes / large_slice, usual_slices, par2_source_limit);
        out.slice_bytes = divided_up(divided_up(file_bytes, slices), sector) * sector;
    }
    out.source_count = static_cast<std::uint32_t>(par2_slice_count(file_bytes, out.slice_bytes));
    const std::uint64_t recovery = divided_up(std::uint64_t{out.source_count} * per_mille_recovery, 1000);
    out.recovery_count = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(recovery, 1, par2_recovery_limit));
    return out;
}

std::optional<par2_layout> par2_layout_of(std::uint64_t file_bytes, std::uint64_t slice_bytes,
                                          std::uint32_t recovery_count) noexcept {
    if (slice_bytes == 0 || slice_bytes % 4 != 0 || recovery_count > par2_recovery_limit) return std::nullopt;
    if (file_bytes > par2_bytes_limit || slice_bytes > par2_bytes_limit) return std::nullopt;
    const std::uint64_t slices = par2_slice_count(file_bytes, slice_bytes);
    if (slices > par2_source_limit || (slices == 0 && recovery_count != 0)) return std::nullopt;
    return par2_layout{file_bytes, slice_bytes, static_cast<std::uint32_t>(slices), recovery_count};
}

std::string par2_index_name(std::string_view name) {
    return fmt::format("{}.par2", name);
}

std::string par2_volume_name(std::string_view name, const par2_layout& layout) {
    return fmt::format("{}.vol000+{:02}.par2", name, layout.recovery_count);
}

std::vector<std::uint16_t> par2_constants(std::uint32_t count) {
    std::vector<std::uint16_t> out;
    out.reserve(count);
    for (std::uint32_t n = 1; out.size() < count && n < gf16_order; ++n)
        if (std::gcd(n, gf16_order) == 1) out.push_back(static_cast<std::uint16_t>(n));
    return out;
}

}  // namespace decamp::formats
