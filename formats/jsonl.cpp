#include "formats/jsonl.hpp"

#include <fmt/format.h>

#include "formats/unicode.hpp"

namespace decamp::formats {
namespace {

// Characters that are legal in JSON but end a line or turn its order around for whoever reads it.
bool deceives(char32_t c) noexcept {
    return (c >= 0x7F && c <= 0x9F) || c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

bool stands_for_itself(char c) noexcept {
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    for (std::size_t i = 0; i < text.size();) {
        std::size_t plain = i;
        while (plain < text.size() && stands_for_itself(text[plain])) ++plain;
        out += text.substr(i, plain - i);
        i = plain;
        if (i == text.size()) break;
        utf8_step step = decode_utf8(text, i);
        char32_t c = step.code_point;
        i += step.length;
        if (c == '"' || c == '\\') {
            out += '\\';
            out += static_cast<char>(c);
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (c == '\r') {
            out += "\\r";
        } else if (c < 0x20 || deceives(c)) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            append_utf8(out, c);
        }
    }
    out += '"';
}

json_line& json_line::add_literal(std::string_view key, std::string_view literal) {
    if (!members_.empty()) members_ += ',';
    append_json_string(members_, key);
    members_ += ':';
    members_ += literal;
    return *this;
}

json_line& json_line::add(std::string_view key, std::string_view value) {
    std::string literal;
    append_json_string(literal, value);
    return add_literal(key, literal);
}

json_line& json_line::add(std::string_view key, std::nullptr_t) {
    return add_literal(key, "null");
}

json_line& json_line::add(std::string_view key, const json_line& value) {
    return add_literal(key, value.str());
}

}  // namespace decamp::formats
