#pragma once
// Sizes and rates as people write them. KB, MB, GB, TB are powers of 1000; KiB, MiB, GiB, TiB powers of 1024.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace decamp::formats {

// Bytes from "64MiB", "1.5 GiB", "4096", "10b": any case, at most one space before the unit, a fraction of a byte is
// cut. Nothing for another unit (a bare "M" too: of which kind?), a sign, or more than fits.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

// Bytes a second from "20MB/s"; "/s" may be left out.
[[nodiscard]] std::optional<std::uint64_t> parse_rate(std::string_view text);

// "0 B", "999 B", "1.5 KB", "64.0 GB": powers of 1000, one decimal.
[[nodiscard]] std::string human_size(std::uint64_t bytes);

}  // namespace decamp::formats
