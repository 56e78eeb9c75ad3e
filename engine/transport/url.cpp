#include "engine/transport/url.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>

namespace decamp::transport {

namespace {

namespace ip = boost::asio::ip;

constexpr std::uint16_t default_port(bool secure) {
    return secure ? 443 : 80;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_alpha(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lowered(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), lower);
    return out;
}

bool is_unreserved(char c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

void append_escaped(std::string& out, char c) {
    static constexpr char digits[] = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
}

// Control characters and space never belong into a URL: they are how requests get split.
bool has_forbidden(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
}

std::string escaped_part(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (char c : text) {
        if (static_cast<unsigned char>(c) > 0x7f || c == '"' || c == '<' || c == '>')
            append_escaped(out, c);
        else
            out += c;
    }
    return out;
}

// "1.2.3", "0x7f000001" and the like are names to a parser and loopback to a resolver: only dotted quads pass.
bool looks_numeric(std::string_view label) {
    if (label.empty()) return false;
    if (std::ranges::all_of(label, is_digit)) return true;
    return label.size() >= 2 && label[0] == '0' && (label[1] == 'x' || label[1] == 'X');
}

std::optional<std::string> normal_name(std::string_view host) {
    if (!host.empty() && host.back() == '.') host.remove_suffix(1);
    if (host.empty() || host.size() > 253) return std::nullopt;
    std::string_view last;
    for (std::size_t start = 0; start <= host.size();) {
        const std::size_t end = std::min(host.find('.', start), host.size());
        last = host.substr(start, end - start);
        const bool good =
            std::ranges::all_of(last, [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '_'; });
        if (last.empty() || last.size() > 63 || !good) return std::nullopt;
        start = end + 1;
    }
    if (looks_numeric(last)) {
        boost::system::error_code ec;
        const auto address = ip::make_address_v4(std::string(host), ec);
        if (ec) return std::nullopt;
        return address.to_string();
    }
    return lowered(host);
}

std::optional<std::string> normal_v6(std::string_view text) {
    if (text.find('%') != std::string_view::npos) return std::nullopt;  // a zone means something on this machine only
    boost::system::error_code ec;
    const auto address = ip::make_address_v6(std::string(text), ec);
    if (ec) return std::nullopt;
    return address.to_string();
}

struct authority {
    std::string host;
    std::uint16_t port;
};

std::optional<authority> parse_authority(std::string_view text, bool secure) {
    std::optional<std::string> host;
    std::string_view rest;
    if (!text.empty() && text.front() == '[') {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        host = normal_v6(text.substr(1, end - 1));
        rest = text.substr(end + 1);
    } else {
        const std::size_t colon = std::min(text.find(':'), text.size());
        host = normal_name(text.substr(0, colon));
        rest = text.substr(colon);
    }
    if (!host) return std::nullopt;
    authority out{*host, default_port(secure)};
    if (rest.empty() || rest == ":") return out;
    if (rest.front() != ':') return std::nullopt;
    rest.remove_prefix(1);
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), out.port);
    if (error != std::errc() || end != rest.data() + rest.size() || out.port == 0) return std::nullopt;
    return out;
}

// RFC 3986, 5.2.4, over whole segments; `path` starts with '/'.
std::string without_dots(std::string_view path) {
    std::string out;
    std::size_t start = 0;
    while (start < path.size()) {
        const std::size_t end = std::min(path.find('/', start + 1), path.size());
        const std::string_view segment = path.substr(start, end - start);
        const bool last = end == path.size();
        if (segment == "/." || segment == "/..") {
            if (segment == "/..") out.resize(std::min(out.rfind('/'), out.size()));
            if (last) out += '/';
        } else {
            out += segment;
        }
        start = end;
    }
    return out.empty() ? "/" : out;
}

struct split_reference {
    std::string_view path, query;
};

split_reference split(std::string_view text) {
    text = text.substr(0, text.find('#'));
    const std::size_t mark = text.find('?');
    if (mark == std::string_view::npos) return {text, {}};
    return {text.substr(0, mark), text.substr(mark + 1)};
}

std::string_view scheme_of(std::string_view text) {
    if (text.empty() || !is_alpha(text.front())) return {};
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == ':') return text.substr(0, i);
        if (!is_alpha(text[i]) && !is_digit(text[i]) && text[i] != '+' && text[i] != '-' && text[i] != '.') return {};
    }
    return {};
}

}  // namespace

std::string url::origin() const {
    const bool v6 = host.find(':') != std::string::npos;
    return scheme + "://" + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string url::host_header() const {
    std::string out = host.find(':') != std::string::npos ? "[" + host + "]" : host;
    if (port != default_port(secure())) out += ":" + std::to_string(port);
    return out;
}

bool is_address_literal(std::string_view host) {
    boost::system::error_code ec;
    ip::make_address(std::string(host), ec);
    return !ec;
}

std::optional<std::string> normal_host(std::string_view host) {
    if (host.find(':') != std::string_view::npos) return normal_v6(host);
    return normal_name(host);
}

std::optional<url> parse_url(std::string_view text) {
    if (text.size() > url_limit || has_forbidden(text)) return std::nullopt;
    const std::string scheme = lowered(scheme_of(text));
    if (scheme != "http" && scheme != "https") return std::nullopt;
    std::string_view rest = text.substr(scheme.size() + 1);
    if (!rest.starts_with("//")) return std::nullopt;
    rest.remove_prefix(2);
    const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
    const auto where = parse_authority(rest.substr(0, end), scheme == "https");
    if (!where) return std::nullopt;
    const auto parts = split(rest.substr(end));
    url out;
    out.scheme = scheme;
    out.host = where->host;
    out.port = where->port;
    out.path = parts.path.empty() ? "/" : escaped_part(parts.path);
    out.query = escaped_part(parts.query);
    if (out.path.size() + out.query.size() > 3 * url_limit) return std::nullopt;
    return out;
}

std::optional<url> resolve(const url& base, std::string_view reference) {
    if (reference.size() > url_limit || has_forbidden(reference)) return std::nullopt;
    std::optional<url> out;
    if (!scheme_of(reference).empty()) {
        out = parse_url(reference);
    } else if (reference.starts_with("//")) {
        out = parse_url(base.scheme + ":" + std::string(reference));
    } else {
        const auto parts = split(reference);
        const bool has_query = reference.substr(0, reference.find('#')).find('?') != std::string_view::npos;
        out = base;
        if (parts.path.empty()) {
            if (has_query) out->query = escaped_part(parts.query);
            return out;
        }
        out->query = escaped_part(parts.query);
        if (parts.path.front() == '/')
            out->path = escaped_part(parts.path);
        else
            out->path = base.path.substr(0, base.path.rfind('/') + 1) + escaped_part(parts.path);
    }
    if (out) out->path = without_dots(out->path);
    return out;
}

std::string percent_encode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (char c : text) {
        if (is_unreserved(c))
            out += c;
        else
            append_escaped(out, c);
    }
    return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        unsigned value = 0;
        if (text.size() - i < 3) return std::nullopt;
        const char* const digits = text.data() + i + 1;
        const auto [end, error] = std::from_chars(digits, digits + 2, value, 16);
        if (error != std::errc() || end != digits + 2) return std::nullopt;
        out += static_cast<char>(static_cast<unsigned char>(value));
        i += 2;
    }
    return out;
}

}  // namespace decamp::transport
