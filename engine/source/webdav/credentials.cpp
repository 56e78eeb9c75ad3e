#include "engine/source/webdav/credentials.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <optional>

#include "engine/transport/http.hpp"
#include "formats/unicode.hpp"

namespace decamp::source::webdav {

namespace json = boost::json;

namespace {

class webdav_category final : public decamp_category {
  public:
    const char* name() const noexcept override { return "webdav"; }
    std::string message(int value) const override {
        switch (static_cast<webdav_errc>(value)) {
            case webdav_errc::not_webdav:
                return "not a webdav:// or webdavs:// source";
            case webdav_errc::bad_url:
                return "not a usable address";
            case webdav_errc::secret_in_url:
                return "a user name or password in the address";
            case webdav_errc::bad_endpoint:
                return "the endpoint is not a plain http or https address";
            case webdav_errc::credentials_too_large:
                return "the credentials are larger than 64 KiB";
            case webdav_errc::credentials_malformed:
                return "the credentials are neither user:password nor a bearer token";
            case webdav_errc::credentials_unsendable:
                return "something in the credentials cannot be sent";
        }
        return "unknown";
    }
    error_class classify(int) const noexcept override { return error_class::run; }
};

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool sendable(std::string_view text) {
    return text.size() <= secret_limit && std::ranges::none_of(text, is_control) && formats::is_valid_utf8(text);
}

// RFC 6750, 2.1: b64token.
bool is_token(std::string_view text) {
    while (text.ends_with('=')) text.remove_suffix(1);
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        return letter || std::string_view("-._~+/").find(c) != std::string_view::npos;
    });
}

result<credentials> checked(credentials who) {
    if (!sendable(who.user) || !sendable(who.password) || !sendable(who.bearer))
        return failure(webdav_errc::credentials_unsendable);
    if (who.user.find(':') != std::string::npos) return failure(webdav_errc::credentials_unsendable);
    if (!who.bearer.empty() && !is_token(who.bearer)) return failure(webdav_errc::credentials_unsendable);
    if (who.anonymous()) return failure(webdav_errc::credentials_malformed);
    return who;
}

std::optional<std::string> text_of(const json::object& from, const char* name) {
    const auto* value = from.if_contains(name);
    if (value == nullptr || !value->is_string()) return std::nullopt;
    return std::string(value->get_string());
}

result<credentials> parse_json(std::string_view text) {
    boost::system::error_code ec;
    json::parse_options options;
    options.max_depth = 4;
    const json::value document = json::parse(text, ec, {}, options);
    const auto* object = ec ? nullptr : document.if_object();
    if (object == nullptr) return failure(webdav_errc::credentials_malformed);
    const auto user = text_of(*object, "username"), password = text_of(*object, "password");
    const auto bearer = text_of(*object, "bearer");
    if (bearer && !user && !password) return checked({{}, {}, *bearer});
    if (user && password && !bearer) return checked({*user, *password, {}});
    return failure(webdav_errc::credentials_malformed);
}

}  // namespace

boost::system::error_code make_error_code(webdav_errc e) {
    static const webdav_category category;
    return {static_cast<int>(e), category};
}

result<credentials> parse_credentials(std::string_view text) {
    if (text.size() > credentials_limit) return failure(webdav_errc::credentials_too_large);
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    // Only the line ends: a password may begin or end with a blank.
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
    std::string_view bare = text;
    while (!bare.empty() && is_space(bare.front())) bare.remove_prefix(1);
    if (bare.empty()) return credentials{};
    if (bare.front() == '{') return parse_json(bare);

    static constexpr std::string_view label = "bearer ";
    if (bare.size() > label.size() && transport::equal_names(bare.substr(0, label.size()), label)) {
        std::string_view token = bare.substr(label.size());
        while (!token.empty() && is_space(token.front())) token.remove_prefix(1);
        while (!token.empty() && is_space(token.back())) token.remove_suffix(1);
        // Somebody may be called "bearer of news" and have a password.
        if (token.find(':') == std::string_view::npos) return checked({{}, {}, std::string(token)});
    }
    if (text.find('\n') != std::string_view::npos) return failure(webdav_errc::credentials_malformed);
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return failure(webdav_errc::credentials_malformed);
    return checked({std::string(text.substr(0, colon)), std::string(text.substr(colon + 1)), {}});
}

}  // namespace decamp::source::webdav
