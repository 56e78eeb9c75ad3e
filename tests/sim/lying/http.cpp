#include "tests/sim/lying/http.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "tools/samplecloud/http_request.hpp"

namespace decamp::sim::lying {

namespace {

std::string lowered(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

}  // namespace

std::string request::header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
}

std::string request::parameter(std::string_view name) const {
    return samplecloud::form_value(query, name);
}

std::optional<request> take_request(std::string& bytes) {
    const auto end = bytes.find("\r\n\r\n");
    if (end == bytes.npos) return std::nullopt;
    request out;
    std::string_view head = std::string_view(bytes).substr(0, end + 2);
    const auto line_end = head.find("\r\n");
    const std::string_view line = head.substr(0, line_end);
    head.remove_prefix(line_end + 2);
    const auto first = line.find(' '), last = line.rfind(' ');
    out.method = line.substr(0, first);
    std::string_view target = line.substr(first + 1, last - first - 1);
    const auto mark = std::min(target.find('?'), target.size());
    out.path = target.substr(0, mark);
    out.query = target.substr(std::min(mark + 1, target.size()));
    while (!head.empty()) {
        const auto stop = head.find("\r\n");
        const std::string_view field = head.substr(0, stop);
        head.remove_prefix(stop + 2);
        const auto colon = field.find(':');
        if (colon == field.npos) continue;
        std::string_view value = field.substr(colon + 1);
        while (value.starts_with(' ')) value.remove_prefix(1);
        out.headers[lowered(field.substr(0, colon))] = value;
    }
    std::size_t length = 0;
    const std::string stated = out.header("content-length");
    std::from_chars(stated.data(), stated.data() + stated.size(), length);
    if (bytes.size() < end + 4 + length) return std::nullopt;
    out.body = bytes.substr(end + 4, length);
    bytes.erase(0, end + 4 + length);
    return out;
}

wire_form bytes_of(const response& of) {
    wire_form out;
    out.bytes = fmt::format("HTTP/1.1 {} Answer\r\n", of.status);
    for (const auto& [name, value] : of.headers) out.bytes += name + ": " + value + "\r\n";
    const bool bare = of.status == 204 || of.status == 304;
    if (of.in_chunks) out.bytes += "Transfer-Encoding: chunked\r\n";
    if (!of.without_length && !of.in_chunks && !bare)
        out.bytes += fmt::format("Content-Length: {}\r\n", of.body.size());
    out.closes = of.without_length || of.ends_after;
    if (of.without_length) out.bytes += "Connection: close\r\n";
    out.bytes += "\r\n";
    if (bare) return out;
    const std::string body = of.body.substr(0, of.ends_after.value_or(of.body.size()));
    out.bytes += of.in_chunks && !body.empty() ? fmt::format("{:x}\r\n{}\r\n", body.size(), body) : body;
    if (of.in_chunks && !of.ends_after) out.bytes += "0\r\n\r\n";
    return out;
}

std::string percent_encoded(std::string_view text, bool slashes_too) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '.' || c == '_' || c == '~' || (c == '/' && !slashes_too);
        if (plain)
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        if (text[i] == '%' && i + 2 < text.size() &&
            std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr == text.data() + i + 3) {
            out += static_cast<char>(value);
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::string xml_escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else
            out += c;
    }
    return out;
}

std::string http_date(std::int64_t unix_ms) {
    return fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}", fmt::gmtime(static_cast<std::time_t>(unix_ms / 1000)));
}

}  // namespace decamp::sim::lying
