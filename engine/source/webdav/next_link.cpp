#include "engine/source/webdav/next_link.hpp"

#include <algorithm>

#include "engine/transport/http.hpp"

namespace decamp::source::webdav {

namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

void skip_blanks(std::string_view& text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
}

std::string_view take_until(std::string_view& text, std::string_view ends) {
    const std::size_t end = std::min(text.find_first_of(ends), text.size());
    auto out = text.substr(0, end);
    text.remove_prefix(end);
    while (!out.empty() && is_blank(out.back())) out.remove_suffix(1);
    return out;
}

// A value behind '=': a quoted string, or a token.
std::string take_value(std::string_view& text) {
    skip_blanks(text);
    if (!text.starts_with('"')) return std::string(take_until(text, ";,"));
    std::string out;
    std::size_t at = 1;
    for (; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
        out += text[at];
    }
    text.remove_prefix(std::min(at + 1, text.size()));
    return out;
}

// Relation types are parted by blanks.
bool is_next(std::string_view relations) {
    while (!relations.empty()) {
        skip_blanks(relations);
        const auto one = take_until(relations, " \t");
        if (transport::equal_names(one, "next")) return true;
    }
    return false;
}

struct link_value {
    std::string reference;
    bool next = false, elsewhere = false;
};

// The next link-value, taken off with the comma behind it; none: the field ends.
std::optional<link_value> take_link(std::string_view& field) {
    while (!field.empty() && (is_blank(field.front()) || field.front() == ',')) field.remove_prefix(1);
    if (!field.starts_with('<')) return std::nullopt;
    field.remove_prefix(1);
    link_value out;
    out.reference = take_until(field, ">");
    field.remove_prefix(std::min<std::size_t>(1, field.size()));
    bool related = false;
    for (skip_blanks(field); field.starts_with(';'); skip_blanks(field)) {
        field.remove_prefix(1);
        skip_blanks(field);
        const auto name = take_until(field, "=;,");
        std::string value;
        if (field.starts_with('=')) {
            field.remove_prefix(1);
            value = take_value(field);
        }
        // RFC 8288, 3.3: the first rel alone counts.
        if (transport::equal_names(name, "rel") && !related) {
            related = true;
            out.next = is_next(value);
        }
        out.elsewhere |= transport::equal_names(name, "anchor");
    }
    return out;
}

}  // namespace

std::optional<std::string> next_link(const std::vector<std::string_view>& fields) {
    for (std::string_view field : fields) {
        while (auto link = take_link(field)) {
            if (link->next && !link->elsewhere) return std::move(link->reference);
            take_until(field, ",");
        }
    }
    return std::nullopt;
}

}  // namespace decamp::source::webdav
