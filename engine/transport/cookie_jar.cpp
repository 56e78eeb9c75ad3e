#include "engine/transport/cookie_jar.hpp"

#include <algorithm>

#include "engine/transport/http.hpp"

namespace decamp::transport {

namespace {

std::string_view trimmed(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

// What a Cookie header can carry without changing its meaning; wider than the RFC's grammar, as servers are.
bool is_value(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte >= 0x20 && byte != 0x7f && c != ';';
    });
}

bool is_name(std::string_view text) {
    return !text.empty() && is_value(text) && text.find_first_of("=, \t\"") == std::string_view::npos;
}

bool is_below(std::string_view host, std::string_view domain) {
    return host.size() > domain.size() && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.' &&
           !is_address_literal(host);
}

bool path_matches(std::string_view request, std::string_view cookie) {
    if (!request.starts_with(cookie)) return false;
    return request.size() == cookie.size() || cookie.ends_with('/') || request[cookie.size()] == '/';
}

std::string default_path(const url& from) {
    const std::size_t last = from.path.rfind('/');
    return last == 0 || last == std::string::npos ? "/" : from.path.substr(0, last);
}

struct attributes {
    std::string_view domain, path;
    bool secure = false, expired = false;
};

bool is_past(std::string_view max_age) {
    if (max_age.empty()) return false;
    if (max_age.front() == '-') return true;
    return std::ranges::all_of(max_age, [](char c) { return c == '0'; });
}

// `text`: what follows the first ';'.
attributes parse_attributes(std::string_view text, std::int64_t now_ms) {
    attributes out;
    bool has_max_age = false, expires_past = false, max_age_past = false;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(';'), text.size());
        const std::string_view one = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t equals = std::min(one.find('='), one.size());
        const auto name = trimmed(one.substr(0, equals));
        const auto value = equals < one.size() ? trimmed(one.substr(equals + 1)) : std::string_view();
        if (equal_names(name, "Domain")) {
            out.domain = value;
        } else if (equal_names(name, "Path")) {
            out.path = value;
        } else if (equal_names(name, "Secure")) {
            out.secure = true;
        } else if (equal_names(name, "Max-Age")) {
            has_max_age = true;
            max_age_past = is_past(value);
        } else if (equal_names(name, "Expires")) {
            const auto when = parse_cookie_date(value);
            expires_past = when && *when <= now_ms / 1000;
        }
    }
    out.expired = has_max_age ? max_age_past : expires_past;  // Max-Age wins: RFC 6265, 5.3
    return out;
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
    if (what.empty()) return;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
}

}  // namespace

bool cookie_jar::allowed_domain(std::string_view domain) const {
    return std::ranges::any_of(domains_, [&](const std::string& d) { return d == domain; });
}

bool cookie_jar::same_place(const cookie& a, const cookie& b) const {
    return a.name == b.name && a.host == b.host && a.below == b.below && a.path == b.path;
}

bool cookie_jar::store(cookie c) {
    std::size_t total = c.name.size() + c.value.size();
    if (total > size_limit) return false;
    const auto found = std::ranges::find_if(cookies_, [&](const cookie& other) { return same_place(c, other); });
    for (const auto& other : cookies_)
        if (!same_place(c, other)) total += other.name.size() + other.value.size();
    if (total > total_limit) return false;
    if (found == cookies_.end()) {
        if (cookies_.size() >= count_limit) return false;
        cookies_.push_back(std::move(c));
        return true;
    }
    const bool changed = found->value != c.value || found->secure != c.secure;
    *found = std::move(c);
    return changed;
}

bool cookie_jar::remove(const cookie& like) {
    return std::erase_if(cookies_, [&](const cookie& other) { return same_place(like, other); }) > 0;
}

bool cookie_jar::replace_guess(const cookie& by, const url& from) {
    return std::erase_if(cookies_, [&](const cookie& other) {
               return other.guessed && other.name == by.name && matches(other, from) && !same_place(by, other);
           }) > 0;
}

bool cookie_jar::set(std::string_view host, std::string_view name, std::string_view value, bool secure) {
    const bool below = host.starts_with('.');
    if (below) host.remove_prefix(1);
    const auto normal = normal_host(host);
    if (!normal || !is_name(name) || !is_value(value) || (below && !allowed_domain(*normal))) return false;
    cookie c;
    c.name = name;
    c.value = value;
    c.host = *normal;
    c.below = below;
    c.secure = secure;
    c.guessed = true;
    const auto held = std::ranges::find_if(cookies_, [&](const cookie& other) { return same_place(c, other); });
    if (held != cookies_.end() && held->value == c.value && held->secure == c.secure) return true;
    return store(std::move(c));
}

bool cookie_jar::apply_set_cookie(const url& from, std::string_view set_cookie, std::int64_t now_ms) {
    const std::size_t end = std::min(set_cookie.find(';'), set_cookie.size());
    const std::string_view pair = set_cookie.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) return false;
    cookie c;
    c.name = trimmed(pair.substr(0, equals));
    c.value = trimmed(pair.substr(equals + 1));
    if (!is_name(c.name) || !is_value(c.value)) return false;
    const auto how = parse_attributes(set_cookie.substr(std::min(end + 1, set_cookie.size())), now_ms);
    c.secure = how.secure;
    c.host = from.host;
    c.path = how.path.starts_with('/') ? std::string(how.path) : default_path(from);
    if (!is_value(c.path)) return false;
    auto domain = how.domain;
    if (domain.starts_with('.')) domain.remove_prefix(1);
    if (!domain.empty()) {
        const auto normal = normal_host(domain);
        if (!normal) return false;
        const bool covers = *normal == from.host || is_below(from.host, *normal);
        if (!covers) return false;  // a cookie for somebody else
        if (allowed_domain(*normal)) {
            c.host = *normal;
            c.below = true;
        } else if (*normal != from.host) {
            return false;
        }
    }
    // RFC 6265bis, 5.7: a plain connection neither sets a secure cookie nor takes the place of one.
    if (c.secure && !from.secure()) return false;
    if (c.name.starts_with("__Secure-") && !c.secure) return false;
    if (c.name.starts_with("__Host-") && (!c.secure || !how.domain.empty() || c.path != "/")) return false;
    const bool shadows = std::ranges::any_of(cookies_, [&](const cookie& other) {
        return other.secure && other.name == c.name &&
               (other.host == c.host || is_below(other.host, c.host) || is_below(c.host, other.host));
    });
    if (!from.secure() && shadows) return false;
    const bool replaced = replace_guess(c, from);
    const bool changed = how.expired ? remove(c) : store(std::move(c));
    return replaced || changed;
}

bool cookie_jar::matches(const cookie& c, const url& to) {
    if (c.secure && !to.secure()) return false;
    if (c.host != to.host && !(c.below && is_below(to.host, c.host))) return false;
    return path_matches(to.path, c.path);
}

std::string cookie_jar::header_for(const url& to) const {
    std::vector<const cookie*> fit;
    for (const auto& c : cookies_)
        if (matches(c, to)) fit.push_back(&c);
    // Longer paths first, else in the order they came: RFC 6265, 5.4.
    std::ranges::stable_sort(fit, [](const cookie* a, const cookie* b) { return a->path.size() > b->path.size(); });
    std::string out;
    for (const cookie* c : fit) {
        if (!out.empty()) out += "; ";
        out += c->name + "=" + c->value;
    }
    return out;
}

std::string cookie_jar::value_for(const url& to, std::string_view name) const {
    const cookie* best = nullptr;
    for (const auto& c : cookies_)
        if (c.name == name && matches(c, to) && (!best || c.path.size() > best->path.size())) best = &c;
    return best ? best->value : std::string();
}

void cookie_jar::erase(std::string_view name) {
    std::erase_if(cookies_, [&](const cookie& c) { return c.name == name; });
}

std::string cookie_jar::redact(std::string text) const {
    static constexpr std::size_t shortest = 4;
    std::vector<std::string> secrets;
    for (const auto& c : cookies_) {
        if (c.value.size() < shortest) continue;
        secrets.push_back(c.value);
        secrets.push_back(percent_encode(c.value));
        if (const auto decoded = percent_decode(c.value); decoded && decoded->size() >= shortest)
            secrets.push_back(*decoded);
    }
    // The longest first: a value may be part of another.
    std::ranges::sort(secrets, [](const auto& a, const auto& b) { return a.size() > b.size(); });
    for (const auto& secret : secrets) replace_all(text, secret, "[redacted]");
    return text;
}

}  // namespace decamp::transport
