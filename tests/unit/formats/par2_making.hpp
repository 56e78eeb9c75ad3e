#pragma once
// PAR2 files made and read for tests, all in memory.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "formats/par2.hpp"
#include "formats/par2_encoder.hpp"
#include "formats/par2_reader.hpp"
#include "formats/par2_repair.hpp"

namespace decamp::formats::test {

inline constexpr std::uint64_t plenty = std::uint64_t{64} << 20;

struct par2_files {
    std::string index, volume;
    std::uint32_t passes = 0;
};

// `piece`: bytes that the encoder gets at once.
par2_files encode(std::string_view file, const par2_layout& layout, std::string_view name,
                  std::uint64_t memory = plenty, std::size_t piece = 1000);

// What a reader makes of these files, read one after the other.
std::variant<par2_set, par2_fault> understood(const std::vector<std::string>& files);

par2_checker::verdict check(const par2_set& set, std::string_view file, std::size_t piece = 777);

}  // namespace decamp::formats::test
