#include "formats/ini.hpp"

#include <algorithm>

namespace decamp::formats {

namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

}  // namespace

std::optional<std::vector<ini_section>> read_ini(std::string_view text) {
    static constexpr std::string_view mark = "\xef\xbb\xbf";
    if (text.starts_with(mark)) text.remove_prefix(mark.size());
    std::vector<ini_section> out(1);
    bool nested = false;  // below a name without a value
    for (std::size_t lines = 0; !text.empty(); ++lines) {
        if (lines == ini_line_limit) return std::nullopt;
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view whole = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::string_view line = trimmed(whole);
        if (line.empty() || line.front() == '#' || line.front() == ';') continue;
        const bool indented = is_blank(whole.front());
        if (nested && indented) continue;
        nested = false;
        if (line.front() == '[') {
            const std::size_t close = line.find(']');
            // Without its end it is a section all the same: what follows must not count as the one before.
            out.push_back({trimmed(line.substr(1, close == std::string_view::npos ? close : close - 1)), {}});
            continue;
        }
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos) continue;
        const auto name = trimmed(line.substr(0, equals)), value = trimmed(line.substr(equals + 1));
        if (name.empty()) continue;
        nested = value.empty();
        out.back().entries.emplace_back(name, value);
    }
    return out;
}

}  // namespace decamp::formats
