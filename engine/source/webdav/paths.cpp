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

std::string_view path_as_sent(std::string_view href) {
    while (!href.empty() && is_blank(href.front())) href.remove_prefix(1);
    while (!href.empty() && is_blank(href.back())) href.remove_suffix(1);
    if (!is_absolute_url(href)) return href;
    href.remove_prefix(href.find("//") + 2);
    const std::size_t slash = href.find('/');
    return slash == std::string_view::npos ? std::string_view("/") : href.substr(slash);
}

seen_from place_href(const transport::url& asked, const std::vector<std::string>& folder, std::string_view href,
                     std::string_view prefix) {
    using kind = seen_from::kind;
    seen_from out;
    std::string reference = tidy_reference(path_as_sent(href));
    // A bare name with a colon in it would be taken for a scheme, and slashes that a server doubles for a host.
    if (!reference.starts_with('/')) reference.insert(0, "./");
    while (reference.starts_with("//")) reference.erase(0, 1);
    if (reference.starts_with('/')) reference.insert(0, prefix);
    const auto to = transport::resolve(asked, reference);
    if (!to) return out;
    auto found = components(to->path);
    const std::size_t shared = std::min(found.size(), folder.size());
    if (!std::equal(folder.begin(), folder.begin() + static_cast<std::ptrdiff_t>(shared), found.begin())) return out;
    if (found.size() <= folder.size()) {
        out.what = found.size() == folder.size() ? kind::itself : kind::above;
        return out;
    }
    out.what = found.size() == folder.size() + 1 ? kind::child : kind::deeper;
    out.name = std::move(found[folder.size()]);
    std::string_view rest = to->path;
    for (std::size_t i = 0; i <= folder.size(); ++i) take_component(rest);
    out.path = to->path.substr(0, to->path.size() - rest.size());
    out.slash = !rest.empty();
    return out;
}

std::optional<std::string> missing_prefix(const transport::url& asked, std::string_view href) {
    const std::string reference = tidy_reference(path_as_sent(href));
    if (!reference.starts_with('/')) return std::nullopt;
    const auto whole = components(asked.path), end = components(reference);
    const bool dots = std::ranges::any_of(end, [](const auto& one) { return one == "." || one == ".."; });
    if (dots || end.size() >= whole.size() || !std::equal(end.rbegin(), end.rend(), whole.rbegin()))
        return std::nullopt;
    std::string_view rest = asked.path;
    for (std::size_t i = end.size(); i < whole.size(); ++i) take_component(rest);
    return asked.path.substr(0, asked.path.size() - rest.size());
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

folder_ref parent_of(const folder_ref& of) {
    folder_ref out;
    const std::size_t slash = of.path.rfind('/');
    if (slash == 0 || slash == std::string::npos) return out;
    out.path = of.path.substr(0, slash);
    if (!of.spelled.empty()) out.spelled = of.spelled.substr(0, of.spelled.rfind('/'));
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

std::string href_for_people(std::string_view href) {
    const auto path = path_as_sent(href);
    return for_people(path.substr(0, path.find_first_of("?#")));
}

}  // namespace decamp::source::webdav
