#include "engine/source/micloud/credentials.hpp"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <vector>

namespace decamp::source::micloud {

namespace json = boost::json;

namespace {

class credentials_category final : public decamp_category {
  public:
    const char* name() const noexcept override { return "credentials"; }
    std::string message(int value) const override {
        switch (static_cast<credentials_errc>(value)) {
            case credentials_errc::empty:
                return "the credentials are empty";
            case credentials_errc::too_large:
                return "the credentials are larger than 1 MiB";
            case credentials_errc::malformed_json:
                return "the credentials are not the JSON they begin as";
            case credentials_errc::no_user_id:
                return "the credentials lack userId";
            case credentials_errc::no_token:
                return "the credentials lack both serviceToken and passToken";
            case credentials_errc::control_characters:
                return "control characters in the credentials";
            case credentials_errc::bad_value:
                return "a value in the credentials cannot be a cookie";
        }
        return "unknown";
    }
    error_class classify(int) const noexcept override { return error_class::run; }
};

struct cookie {
    std::string_view name, value;
    std::string_view domain;  // empty: not told
};

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_no_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

bool in_domain(std::string_view domain, std::string_view of) {
    if (!domain.empty() && domain.front() == '.') domain.remove_prefix(1);
    if (domain.size() < of.size() || !equal_no_case(domain.substr(domain.size() - of.size()), of)) return false;
    return domain.size() == of.size() || domain[domain.size() - of.size() - 1] == '.';
}

// A browser holds cookies of one name for many sites: how well a domain fits, higher is better.
int rank(std::string_view name, std::string_view domain) {
    if (domain.empty()) return 3;
    const bool account = name == "passToken" || name == "deviceId";
    if (in_domain(domain, account ? "account.xiaomi.com" : "i.mi.com")) return 5;
    if (in_domain(domain, account ? "xiaomi.com" : "mi.com")) return 4;
    if (in_domain(domain, "mi.com") || in_domain(domain, "xiaomi.com")) return 2;
    return 1;
}

class collector {
  public:
    // The best domain wins; among equals the first, as a browser sends the most specific first.
    void add(const cookie& c) {
        for (auto& known : slots_) {
            if (c.name != known.name || c.value.empty()) continue;
            const int fit = rank(c.name, c.domain);
            if (fit <= known.fit) continue;
            known.fit = fit;
            known.value = c.value;
        }
    }

    result<credentials> finish() const {
        for (const auto& known : slots_) {
            const bool control = std::ranges::any_of(
                known.value, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
            if (control) return failure(credentials_errc::control_characters, known.name);
            if (!known.value.empty() && !is_cookie_value(known.value))
                return failure(credentials_errc::bad_value, known.name);
        }
        credentials out{slots_[0].value, slots_[1].value, slots_[2].value, slots_[3].value};
        if (out.user_id.size() >= 2 && out.user_id.front() == '"')
            out.user_id = out.user_id.substr(1, out.user_id.size() - 2);
        if (out.user_id.empty()) return failure(credentials_errc::no_user_id);
        if (out.service_token.empty() && out.pass_token.empty()) return failure(credentials_errc::no_token);
        return out;
    }

  private:
    struct slot {
        const char* name;
        std::string value;
        int fit = 0;
    };
    std::array<slot, 4> slots_{{{"userId", {}}, {"serviceToken", {}}, {"passToken", {}}, {"deviceId", {}}}};
};

// The next piece of `text` up to `separator`, which is taken off.
std::string_view take(std::string_view& text, std::string_view separators) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    const std::string_view piece = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return piece;
}

// domain, subdomains, path, secure, expiry, name, value; kept apart by tabs.
std::optional<std::array<std::string_view, 7>> netscape_fields(std::string_view line) {
    static constexpr std::string_view http_only = "#HttpOnly_";
    if (line.starts_with(http_only))
        line.remove_prefix(http_only.size());
    else if (line.starts_with('#'))
        return std::nullopt;
    if (std::ranges::count(line, '\t') != 6) return std::nullopt;
    std::array<std::string_view, 7> out;
    for (auto& field : out) field = take(line, "\t");
    return out;
}

std::string_view without_cr(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

bool looks_like_netscape(std::string_view text) {
    if (text.starts_with("# Netscape HTTP Cookie File") || text.starts_with("# HTTP Cookie File")) return true;
    while (!text.empty())
        if (netscape_fields(without_cr(take(text, "\n")))) return true;
    return false;
}

result<credentials> parse_netscape(std::string_view text) {
    collector found;
    while (!text.empty()) {
        const auto fields = netscape_fields(without_cr(take(text, "\n")));
        if (fields) found.add({(*fields)[5], (*fields)[6], (*fields)[0]});
    }
    return found.finish();
}

result<credentials> parse_header(std::string_view text) {
    static constexpr std::string_view label = "cookie:";
    // The whole header in quotes, as copied out of a command line; a quoted last value alone is left as it is.
    if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front())
        text = trimmed(text.substr(1, text.size() - 2));
    collector found;
    while (!text.empty()) {
        std::string_view line = trimmed(take(text, "\n"));
        if (line.size() >= label.size() && equal_no_case(line.substr(0, label.size()), label))
            line.remove_prefix(label.size());
        while (!line.empty()) {
            std::string_view pair = trimmed(take(line, ";"));
            const std::string_view name = trimmed(take(pair, "="));
            found.add({name, trimmed(pair), {}});
        }
    }
    return found.finish();
}

// Text of a JSON string or whole number; a fraction is no id.
std::optional<std::string> text_of(const json::value* value) {
    if (value == nullptr) return std::nullopt;
    if (value->is_string()) return std::string(value->get_string());
    if (value->is_int64()) return std::to_string(value->get_int64());
    if (value->is_uint64()) return std::to_string(value->get_uint64());
    return std::nullopt;
}

result<credentials> parse_cookie_array(const json::array& cookies) {
    collector found;
    for (const auto& entry : cookies) {
        const auto* object = entry.if_object();
        if (object == nullptr) return failure(credentials_errc::malformed_json);
        const auto name = text_of(object->if_contains("name"));
        const auto value = text_of(object->if_contains("value"));
        const auto domain = text_of(object->if_contains("domain"));
        if (name && value) found.add({*name, *value, domain ? std::string_view(*domain) : std::string_view()});
    }
    return found.finish();
}

result<credentials> parse_json(std::string_view text) {
    boost::system::error_code ec;
    json::parse_options options;
    options.max_depth = 16;
    const json::value document = json::parse(text, ec, {}, options);
    if (ec) return failure(credentials_errc::malformed_json);
    if (const auto* array = document.if_array()) return parse_cookie_array(*array);
    const auto* object = document.if_object();
    if (object == nullptr) return failure(credentials_errc::malformed_json);
    if (const auto* cookies = object->if_contains("cookies"); cookies != nullptr && cookies->is_array())
        return parse_cookie_array(cookies->get_array());
    collector found;
    for (const char* name : {"userId", "serviceToken", "passToken", "deviceId"}) {
        const auto* value = object->if_contains(name);
        if (value == nullptr || value->is_null()) continue;
        const auto as_text = text_of(value);
        if (!as_text) return failure(credentials_errc::malformed_json, name);
        found.add({name, *as_text, {}});
    }
    return found.finish();
}

}  // namespace

boost::system::error_code make_error_code(credentials_errc e) {
    static const credentials_category category;
    return {static_cast<int>(e), category};
}

bool is_cookie_value(std::string_view text) {
    if (text.empty() || text.size() > cookie_value_limit) return false;
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > 0x20 && byte < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
    });
}

result<credentials> parse_credentials(std::string_view text) {
    if (text.size() > credentials_limit) return failure(credentials_errc::too_large);
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    const std::string_view body = trimmed(text);
    if (body.empty()) return failure(credentials_errc::empty);
    if (body.front() == '{' || body.front() == '[') return parse_json(body);
    // Not trimmed: a last line may end in an empty value behind its tab.
    if (looks_like_netscape(text)) return parse_netscape(text);
    return parse_header(body);
}

}  // namespace decamp::source::micloud
