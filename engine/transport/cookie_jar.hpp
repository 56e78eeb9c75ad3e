#pragma once
// Cookies of one account (RFC 6265, as far as an API client needs it): each bound to the host, or the allowed domain,
// that it belongs to. In memory only. Everything in it is a secret. One thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/transport/url.hpp"

namespace decamp::transport {

class cookie_jar {
  public:
    static constexpr std::size_t count_limit = 64;     // a new one beyond that is refused
    static constexpr std::size_t size_limit = 4096;    // bytes of a name and its value
    static constexpr std::size_t total_limit = 16384;  // of all names and values

    // `domains`: the only values of a Domain attribute that widen a cookie beyond its host, e.g. "mi.com". This stands
    // in for the public suffix list: no other domain is ever shared.
    explicit cookie_jar(std::vector<std::string> domains = {}) : domains_(std::move(domains)) {}

    // From the user's credentials. `host` "i.mi.com" binds to that host; ".mi.com" to the domain and all below it, if
    // it is one of `domains`. `secure`: only for https. False: not a cookie, or a limit is reached.
    bool set(std::string_view host, std::string_view name, std::string_view value, bool secure = true);
    // One Set-Cookie header of a response from `from`. It also takes the place of a cookie of that name from set() that
    // was sent to `from`: the two may not stand side by side in one header. True: the jar has changed. `now_ms` (Unix)
    // only decides whether an Expires lies in the past; a time in the future is not remembered, the server knows it.
    bool apply_set_cookie(const url& from, std::string_view set_cookie, std::int64_t now_ms = 0);
    // The Cookie header's value for a request; empty when none fits.
    std::string header_for(const url& to) const;
    // The value of the cookie that would be sent to `to`; empty when none.
    std::string value_for(const url& to, std::string_view name) const;
    void erase(std::string_view name);  // wherever it is bound
    bool empty() const { return cookies_.empty(); }
    std::size_t size() const { return cookies_.size(); }
    // `text` with every value of four characters or more, plain or percent-encoded, replaced by "[redacted]".
    std::string redact(std::string text) const;

  private:
    struct cookie {
        std::string name, value;
        std::string host;    // without leading dot
        bool below = false;  // also every host below `host`
        std::string path = "/";
        bool secure = true;
        bool guessed = false;  // from set(): the user's paste does not say which Domain it had
    };
    static bool matches(const cookie& c, const url& to);
    bool same_place(const cookie& a, const cookie& b) const;
    bool store(cookie c);
    bool remove(const cookie& like);
    bool replace_guess(const cookie& by, const url& from);
    bool allowed_domain(std::string_view domain) const;

    std::vector<std::string> domains_;
    std::vector<cookie> cookies_;  // in the order they were first set
};

// Unix seconds of a cookie date (RFC 6265, section 5.1.1), as sent by Expires; none when it is not one.
std::optional<std::int64_t> parse_cookie_date(std::string_view text);

}  // namespace decamp::transport
