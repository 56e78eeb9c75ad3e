#include "engine/messages/messages.hpp"

#include <fmt/format.h>

#include <unordered_map>

#include "formats/unicode.hpp"

namespace decamp::messages {

namespace {

struct entry {
    std::string_view name, english, chinese;
};

constexpr entry entries[] = {
#define DECAMP_MESSAGE(name, english, chinese) {#name, english, chinese},
#include "engine/messages/messages.def"
#undef DECAMP_MESSAGE
};

constexpr std::size_t longest_value = 2000;

const entry& at(id which) {
    return entries[static_cast<std::size_t>(which)];
}

// Marks that turn, hide or break text around them: the terminal or the certificate would show what is not there.
bool misleading(char32_t c) {
    return (c >= 0x80 && c < 0xA0) || c == 0x061C || c == 0x180E || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
           (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE0FFF);
}

// U+200D joins emoji; it hides nothing.
constexpr char32_t zero_width_joiner = 0x200D;

char32_t stand_in(char32_t c) {
    if (c < 0x20) return 0x2400 + c;  // control pictures
    if (c == 0x7F) return 0x2421;
    if (c != zero_width_joiner && misleading(c)) return 0xFFFD;
    return c;
}

}  // namespace

std::string_view pattern(id which, language words) {
    return words == language::zh_cn ? at(which).chinese : at(which).english;
}

std::string_view name_of(id which) {
    return at(which).name;
}

std::size_t count() {
    return std::size(entries);
}

std::optional<id> find(std::string_view name) {
    static const auto by_name = [] {
        std::unordered_map<std::string_view, id> map;
        for (std::size_t i = 0; i < count(); ++i) map.emplace(entries[i].name, static_cast<id>(i));
        return map;
    }();
    const auto found = by_name.find(name);
    if (found == by_name.end()) return std::nullopt;
    return found->second;
}

std::string printable(std::string_view value) {
    std::string out;
    out.reserve(value.size());
    for (std::size_t at = 0; at < value.size();) {
        if (out.size() >= longest_value) {
            formats::append_utf8(out, 0x2026);
            break;
        }
        const auto step = formats::decode_utf8(value, at);
        formats::append_utf8(out, stand_in(step.code_point));
        at += step.length;
    }
    return out;
}

std::string fill(std::string_view sentence, fmt::format_args values) {
    try {
        return fmt::vformat(sentence, values);
    } catch (const fmt::format_error&) {
        // A wrong number of values is a bug, but no reason to lose the sentence, which may be the run's result.
        return std::string(sentence);
    }
}

std::string say_reason(language words, std::string_view reason) {
    const auto which = find("reason_" + std::string(reason));
    if (!which || *which == id::reason_other) return say(words, id::reason_other, reason);
    return say(words, *which);
}

}  // namespace decamp::messages
