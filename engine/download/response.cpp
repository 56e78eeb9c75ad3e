#include "engine/download/response.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "engine/download/errors.hpp"

namespace decamp::download {

namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool ends_with_any(std::string_view name, std::initializer_list<std::string_view> endings) {
    const std::string low = lower(name);
    return std::any_of(endings.begin(), endings.end(),
                       [&](std::string_view e) { return std::string_view(low).ends_with(e); });
}

// A type that contradicts the name: an error page or an error object for what is called a photo.
bool type_contradicts(std::string_view content_type, std::string_view name) {
    const std::string type = lower(content_type.substr(0, content_type.find(';')));
    if (type.starts_with("text/html") || type.starts_with("application/xhtml"))
        return !ends_with_any(name, {".html", ".htm", ".xhtml", ".mht"});
    if (type.starts_with("application/json") || type.starts_with("text/json"))
        return !ends_with_any(name, {".json", ".ipynb", ".geojson"});
    return false;
}

// Storages answer with XML what went wrong. A file may be called anything, though, so that its length has to differ
// too.
bool is_xml_error(const transport::response_head& head, const asked& what) {
    const std::string_view full = head.header("Content-Type");
    const std::string type = lower(full.substr(0, full.find_first_of("; ")));
    if (type != "application/xml" && type != "text/xml") return false;
    if (ends_with_any(what.name, {".xml", ".xsd", ".xsl",  ".xslt",     ".svg",  ".gpx",  ".kml", ".tcx",
                                  ".xmp", ".rss", ".atom", ".plist",    ".opf",  ".ncx",  ".fb2", ".dae",
                                  ".rdf", ".owl", ".mml",  ".musicxml", ".wsdl", ".xhtml"}))
        return false;
    return what.size && head.content_length && *head.content_length != *what.size;
}

result<void> judge_status(int status) {
    if (status == 200 || status == 206) return {};
    switch (status) {
        case 400:  // how S3 says that a session's token has ended
        case 401:
        case 403:
        case 410:
            return failure(download_errc::link_expired, "HTTP " + std::to_string(status));
        case 404:
            return failure(download_errc::gone, "HTTP 404");
        case 412:
            return failure(download_errc::changed, "HTTP 412");
        case 416:
            return failure(download_errc::wrong_range, "HTTP 416");
        case 408:
            return failure(download_errc::server_error, "HTTP 408");
        case 429:
        case 503:
            return failure(download_errc::throttled, "HTTP " + std::to_string(status));
        default:
            break;
    }
    if (status >= 500) return failure(download_errc::server_error, "HTTP " + std::to_string(status));
    if (status >= 300 && status < 400) return failure(download_errc::redirected_away, "HTTP " + std::to_string(status));
    return failure(download_errc::refused, "HTTP " + std::to_string(status));
}

// What of a file comes, by its Content-Range.
result<answered> judge_part(const transport::response_head& head, const asked& what, const content_range& range) {
    const std::uint64_t end = range.last + 1;
    const bool fits = range.first <= what.offset && end > what.offset && (!what.end || end <= *what.end) &&
                      (!range.total || !what.size || *range.total == *what.size) &&
                      (!head.content_length || *head.content_length == end - range.first);
    if (!fits) return failure(download_errc::wrong_range, "206 with another range");
    answered answer;
    answer.first = range.first;
    answer.end = end;
    answer.total = range.total;
    answer.version = version_of(head);
    answer.same = compare(what.before, answer.version);
    answer.ranges = true;
    if (answer.same == same_version::no) return failure(download_errc::wrong_range, "206 of another version");
    return answer;
}

}  // namespace

std::optional<content_range> parse_content_range(std::string_view text) {
    if (!lower(text.substr(0, 6)).starts_with("bytes ")) return std::nullopt;
    text.remove_prefix(6);
    const auto dash = text.find('-');
    const auto slash = text.find('/');
    if (dash == std::string_view::npos || slash == std::string_view::npos || slash < dash) return std::nullopt;
    const auto first = number(text.substr(0, dash));
    const auto last = number(text.substr(dash + 1, slash - dash - 1));
    const std::string_view of = text.substr(slash + 1);
    const auto total = number(of);
    if (!first || !last || *first > *last || (!total && of != "*") || (total && *last >= *total)) return std::nullopt;
    return content_range{*first, *last, total};
}

result<answered> judge(const transport::response_head& head, const asked& what) {
    const bool range_asked = what.offset > 0 || what.end;
    if (auto status = judge_status(head.status); !status) return status.error();
    const std::string encoding = lower(head.header("Content-Encoding"));
    if (!encoding.empty() && encoding != "identity") return failure(download_errc::encoded);
    if (type_contradicts(head.header("Content-Type"), what.name))
        return failure(download_errc::error_body, "a page or an error object");
    // Some servers give the range and call it 200: what Content-Range says of the body holds there, too.
    const auto range = parse_content_range(head.header("Content-Range"));
    if (!range_asked && is_xml_error(head, what)) return failure(download_errc::error_body, "an error object");
    if (range) return judge_part(head, what, *range);
    if (head.status == 206) return failure(download_errc::wrong_range, "206 without a range");
    if (range_asked && is_xml_error(head, what)) return failure(download_errc::error_body, "an error object");
    answered answer;
    answer.total = head.content_length;
    answer.version = version_of(head);
    answer.same = compare(what.before, answer.version);
    answer.ranges = lower(head.header("Accept-Ranges")) == "bytes";
    return answer;
}

}  // namespace decamp::download
