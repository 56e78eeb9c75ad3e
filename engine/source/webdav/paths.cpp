#include "engine/source/webdav/paths.hpp"

#include <algorithm>
#include <utility>

#include "engine/transport/http.hpp"
#include "formats/unicode.hpp"

namespace decamp::source::webdav {

namespace {

constexpr std::string_view mark = "bytes:";
constexpr std::size_t etag_limit = 256;
constexpr std::size_t shown_limit = 200;

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool stands_alone(std::string_view decoded) {
    if (decoded.empty() || decoded == "." || decoded == ".." || decoded.starts_with(mark)) return false;
    if (decoded.find('/') != std::string_view::npos || std::ranges::any_of(decoded, is_control)) return false;
    return formats::is_valid_utf8(decoded);
}

// The next component, taken off; empty at the end.
std::string_view take_component(std::string_view& path) {
    while (path.starts_with('/')) path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    auto out = path.substr(0, end);
    path.remove_prefix(end);
    return out;
}

bool is_absolute_url(std::string_view text) {
    for (const std::string_view scheme : {"http://", "https://"})
        if (transport::equal_names(text.substr(0, scheme.size()), scheme)) return true;
    return false;
}

}  // namespace

std::string tidy_reference(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool escape = c == '%' && text.size() - i >= 3 && is_hex(text[i + 1]) && is_hex(text[i + 2]);
        const bool unfit = static_cast<unsigned char>(c) > 0x7e || c == ' ' || c == '"' || c == '<' || c == '>' ||
                           c == '?' || c == '#' || is_control(c);
        if (unfit || (c == '%' && !escape))
            out += transport::percent_encode(std::string_view(&text[i], 1));
        else
            out += c;
    }
    return out;
}

std::vector<std::string> components(std::string_view encoded) {
    std::vector<std::string> out;
    for (auto one = take_component(encoded); !one.empty(); one = take_component(encoded)) {
        auto decoded = transport::percent_decode(one);
        out.push_back(decoded ? std::move(*decoded) : std::string(one));
    }
    return out;
}

std::string shown_component(std::string_view decoded) {
    if (stands_alone(decoded)) return std::string(decoded);
    std::string out(mark);
    // Dots are never percent-encoded by percent_encode(), and these two would be taken for steps.
    if (decoded == ".") return out + "%2E";
    if (decoded == "..") return out + "%2E%2E";
    return out + transport::percent_encode(decoded);
}

std::string encoded_component(std::string_view shown) {
    if (shown.starts_with(mark)) return tidy_reference(shown.substr(mark.size()));
    return transport::percent_encode(shown);
}

std::string encoded_path(std::string_view root, std::string_view path) {
    std::string out(root);
    for (auto one = take_component(path); !one.empty(); one = take_component(path)) {
        out += encoded_component(one);
        out += '/';
    }
    if (out.size() > root.size()) out.pop_back();
    return out;
}

seen_from place_href(const transport::url& asked, const std::vector<std::string>& folder, std::string_view href) {
    seen_from out;
    std::string reference = tidy_reference(href);
    // A bare name with a colon in it would be taken for a scheme.
    if (!reference.starts_with('/') && !is_absolute_url(reference)) reference.insert(0, "./");
    if (reference.starts_with("//")) reference.erase(0, reference.find_first_not_of('/') - 1);
    const auto to = transport::resolve(asked, reference);
    if (!to || to->host != asked.host) return out;
    auto found = components(to->path);
    const bool within = found.size() >= folder.size() && std::equal(folder.begin(), folder.end(), found.begin());
    if (!within || found.size() > folder.size() + 1) return out;
    if (found.size() == folder.size()) {
        out.what = seen_from::kind::itself;
        return out;
    }
    out.what = seen_from::kind::child;
    out.name = std::move(found.back());
    out.path = to->path;
    while (out.path.size() > 1 && out.path.ends_with('/')) {
        out.path.pop_back();
        out.slash = true;
    }
    return out;
}

std::string to_text(const folder_ref& folder) {
    return folder.spelled.empty() ? folder.path : folder.path + "\n" + folder.spelled;
}

folder_ref folder_of(std::string_view text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    return {std::string(text.substr(0, end)), std::string(text.substr(std::min(end + 1, text.size())))};
}

std::string request_path(std::string_view root, const folder_ref& folder) {
    std::string out = folder.spelled.empty() ? encoded_path(root, folder.path) : folder.spelled;
    if (!out.ends_with('/')) out += '/';
    return out;
}

std::string to_text(const locator& where) {
    if (where.spelled.empty()) return where.etag;
    return where.etag + "\n" + where.spelled;
}

locator locator_of(std::string_view text) {
    const folder_ref halves = folder_of(text);
    return {strong_etag(halves.path), halves.spelled.starts_with('/') ? tidy_reference(halves.spelled) : std::string()};
}

std::string strong_etag(std::string_view text) {
    if (text.size() < 3 || text.size() > etag_limit || text.front() != '"' || text.back() != '"') return {};
    const auto inner = text.substr(1, text.size() - 2);
    const bool sendable = std::ranges::all_of(
        inner, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '"'; });
    return sendable ? std::string(text) : std::string();
}

std::string for_people(std::string_view text) {
    std::string out = formats::to_valid_utf8(text);
    std::ranges::replace_if(out, is_control, '?');
    if (out.size() <= shown_limit) return out;
    out.resize(formats::grapheme_prefix(out, shown_limit, shown_limit));
    return out + "...";
}

}  // namespace decamp::source::webdav
