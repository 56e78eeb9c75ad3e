#pragma once
// How wide text is on a terminal, where Chinese characters and emoji take two columns. Pure.

#include <cstddef>
#include <string>
#include <string_view>

namespace decamp::cli {

std::size_t columns_of(std::string_view text);

// The longest beginning of `text` that fits; a cut text ends in an ellipsis, which is counted.
std::string fit_columns(std::string_view text, std::size_t columns);

}  // namespace decamp::cli
