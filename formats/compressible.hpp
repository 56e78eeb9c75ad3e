#pragma once
// Whether compressing an item is worth the time: photographs, films, music and archives are compressed already. Pure,
// any thread; throws std::bad_alloc alone.

#include <cstddef>
#include <span>
#include <string_view>

namespace decamp::formats {

inline constexpr std::size_t compressible_sample = std::size_t{64} << 10;  // bytes that are looked at

// From an item's name or path (its extension, in any case) and its first compressible_sample bytes, or all of them
// where there are fewer; what is beyond is not looked at. False for names and beginnings of formats that compress
// themselves, and for what does not get a sixteenth smaller in a quick trial.
[[nodiscard]] bool worth_compressing(std::string_view name, std::span<const std::byte> beginning);

}  // namespace decamp::formats
