#pragma once
// Files of `[section]` and `name = value` lines, as the settings of command line tools are kept. There is no standard;
// read here is what Python's configparser and the AWS tools agree on. Nothing is unescaped; views into the text.

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace decamp::formats {

struct ini_section {
    std::string_view name;  // without brackets and blanks around; empty: what stands before the first section
    std::vector<std::pair<std::string_view, std::string_view>> entries;  // in order; blanks around are off
};

inline constexpr std::size_t ini_line_limit = 100000;  // lines of a text

// Sections in order, the unnamed one first, perhaps empty. Lines that begin with '#' or ';', and those without '=', are
// passed over; so is what is indented below a name without a value, which belongs to that name. A name that stands
// twice is kept twice. None: over the limit.
[[nodiscard]] std::optional<std::vector<ini_section>> read_ini(std::string_view text);

}  // namespace decamp::formats
