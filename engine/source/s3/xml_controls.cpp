#include "engine/source/s3/xml_controls.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace decamp::source::s3 {

namespace {

constexpr std::string_view stand_in = "\xef\xb7";  // U+FDD0 is EF B7 90
constexpr unsigned first_stand_in = 0x90;
constexpr std::size_t longest_reference = 12;

bool is_control(unsigned code) {
    return code < 0x20 && code != '\t' && code != '\n' && code != '\r';
}

// Of "&#x1b;" or "&#27;".
std::optional<unsigned char> control_in(std::string_view reference) {
    if (!reference.starts_with("&#") || !reference.ends_with(';')) return std::nullopt;
    std::string_view digits = reference.substr(2, reference.size() - 3);
    const bool hex = digits.starts_with('x') || digits.starts_with('X');
    if (hex) digits.remove_prefix(1);
    unsigned code = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
    const bool whole = !digits.empty() && error == std::errc() && end == digits.data() + digits.size();
    if (!whole || !is_control(code)) return std::nullopt;
    return static_cast<unsigned char>(code);
}

}  // namespace

void xml_controls::put(std::string& out, unsigned char control) {
    replaced_ = true;
    out += stand_in;
    out += static_cast<char>(first_stand_in + control);
}

std::string xml_controls::take(std::string_view piece) {
    // UTF-16, whose bytes are another matter.
    if (!begun_ && !piece.empty()) off_ = static_cast<unsigned char>(piece.front()) >= 0xfe;
    begun_ = begun_ || !piece.empty();
    if (off_) return std::string(piece);
    std::string out;
    out.reserve(piece.size() + held_.size());
    for (const char c : piece) {
        if (c == '&') out += std::exchange(held_, {});
        if (c == '&' || !held_.empty()) {
            held_ += c;
            const bool could_be = held_.size() < 2 || (held_[1] == '#' && held_.size() < longest_reference);
            if (c != ';' && could_be) continue;
            const auto control = control_in(held_);
            if (control)
                put(out, *control);
            else
                out += held_;
            held_.clear();
            continue;
        }
        if (is_control(static_cast<unsigned char>(c)))
            put(out, static_cast<unsigned char>(c));
        else
            out += c;
    }
    return out;
}

std::string xml_controls::rest() {
    return std::exchange(held_, {});
}

void xml_controls::restore(std::string& text) const {
    if (!replaced_) return;
    for (std::size_t at = text.find(stand_in); at != std::string::npos; at = text.find(stand_in, at + 1)) {
        const unsigned behind = at + 2 < text.size() ? static_cast<unsigned char>(text[at + 2]) : 0;
        if (behind >= first_stand_in && behind < first_stand_in + 0x20)
            text.replace(at, 3, 1, static_cast<char>(behind - first_stand_in));
    }
}

}  // namespace decamp::source::s3
