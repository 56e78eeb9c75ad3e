#pragma once
// JSON with padding, as storage hosts answer: `name({...});`. The name is not looked at.

#include <cstddef>
#include <optional>
#include <string_view>

namespace decamp::formats {

inline constexpr std::size_t jsonp_limit = std::size_t{1} << 20;

// What stands between the outermost parentheses, white space trimmed: a view into `text`, not yet checked as JSON
// beyond its first and last character ({...} or [...]). A BOM, white space and comments around it and semicolons behind
// it are passed over. Nothing when there is no such wrapper (plain JSON and HTML included), when something else follows
// it, or when the text is longer than `limit` bytes.
[[nodiscard]] std::optional<std::string_view> unwrap_jsonp(std::string_view text, std::size_t limit = jsonp_limit);

}  // namespace decamp::formats
