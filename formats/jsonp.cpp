#include "formats/jsonp.hpp"

namespace decamp::formats {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view white_space = " \t\r\n";

std::string_view trimmed_front(std::string_view text) {
    std::size_t first = text.find_first_not_of(white_space);
    return first == std::string_view::npos ? std::string_view{} : text.substr(first);
}

// Without leading white space and comments; a comment without end stays, and starts no wrapper.
std::string_view without_blanks(std::string_view text) {
    for (;;) {
        text = trimmed_front(text);
        if (text.starts_with("/*")) {
            std::size_t end = text.find("*/", 2);
            if (end == std::string_view::npos) return text;
            text.remove_prefix(end + 2);
        } else if (text.starts_with("//")) {
            std::size_t end = text.find_first_of("\r\n");
            text = end == std::string_view::npos ? std::string_view{} : text.substr(end);
        } else {
            return text;
        }
    }
}

// Offset of the parenthesis that closes the one at text[0], strings passed over.
std::size_t closing(std::string_view text) {
    std::size_t depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '(') {
            ++depth;
        } else if (c == ')' && --depth == 0) {
            return i;
        }
    }
    return std::string_view::npos;
}

bool only_the_end(std::string_view rest) {
    rest = without_blanks(rest);
    while (rest.starts_with(';')) rest = without_blanks(rest.substr(1));
    return rest.empty();
}

}  // namespace

std::optional<std::string_view> unwrap_jsonp(std::string_view text, std::size_t limit) {
    if (text.size() > limit) return std::nullopt;
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    text = without_blanks(text);
    std::size_t open = text.find('(');
    if (text.starts_with("/*") || open == std::string_view::npos) return std::nullopt;
    // Braces or angle brackets before it: plain JSON or HTML that happens to hold a parenthesis.
    if (text.substr(0, open).find_first_of("{}<>") != std::string_view::npos) return std::nullopt;
    text.remove_prefix(open);
    std::size_t close = closing(text);
    if (close == std::string_view::npos || !only_the_end(text.substr(close + 1))) return std::nullopt;
    std::string_view inner = trimmed_front(text.substr(1, close - 1));
    std::size_t last = inner.find_last_not_of(white_space);
    if (last == std::string_view::npos) return std::nullopt;
    inner = inner.substr(0, last + 1);
    bool object = inner.front() == '{' && inner.back() == '}';
    bool array = inner.front() == '[' && inner.back() == ']';
    if (inner.size() < 2 || (!object && !array)) return std::nullopt;
    return inner;
}

}  // namespace decamp::formats
