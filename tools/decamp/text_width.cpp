#include "tools/decamp/text_width.hpp"

#include <utf8proc.h>

#include "formats/unicode.hpp"

namespace decamp::cli {

namespace {

std::size_t columns_of(char32_t c) {
    const int width = utf8proc_charwidth(static_cast<utf8proc_int32_t>(c));
    return width > 0 ? static_cast<std::size_t>(width) : 0;
}

}  // namespace

std::size_t columns_of(std::string_view text) {
    std::size_t columns = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto step = formats::decode_utf8(text, at);
        columns += columns_of(step.code_point);
        at += step.length;
    }
    return columns;
}

std::string fit_columns(std::string_view text, std::size_t columns) {
    if (columns_of(text) <= columns) return std::string(text);
    if (columns == 0) return {};
    std::size_t used = 0, at = 0;
    while (at < text.size()) {
        const auto step = formats::decode_utf8(text, at);
        const auto width = columns_of(step.code_point);
        if (used + width > columns - 1) break;
        used += width;
        at += step.length;
    }
    return std::string(text.substr(0, at)) + "…";
}

}  // namespace decamp::cli
