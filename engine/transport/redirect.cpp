#include "engine/transport/redirect.hpp"

#include <algorithm>

namespace decamp::transport {

namespace {

redirect_decision refuse(std::string reason) {
    return {redirect_action::refuse, {}, false, std::move(reason)};
}

bool same_place(const url& from, const url& to) {
    if (from.host != to.host) return false;
    if (from.scheme == to.scheme) return from.port == to.port;
    return from.port == 80 && to.secure() && to.port == 443;
}

}  // namespace

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

redirect_decision decide_redirect(const url& from, int status, std::string_view location,
                                  const std::function<bool(const url&)>& may_ask) {
    if (!is_redirect(status)) return refuse("status " + std::to_string(status) + " is no redirect");
    if (location.empty()) return refuse("no location");
    const auto to = resolve(from, location);
    if (!to) return refuse("not a usable URL");
    if (!may_ask(*to)) return refuse(to->host + " is not allowed");
    if (from.secure() && !to->secure()) return refuse("from https to http at " + to->host);
    const auto action =
        same_place(from, *to) ? redirect_action::follow_with_secrets : redirect_action::follow_without_secrets;
    return {action, *to, status <= 303, {}};
}

void drop_secrets(std::vector<header_field>& headers) {
    static constexpr std::string_view harmless[] = {
        "Accept",   "Accept-Language", "Content-Type",  "User-Agent",        "Range",
        "If-Range", "If-Match",        "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"};
    std::erase_if(headers, [](const header_field& field) {
        return std::ranges::none_of(harmless, [&](std::string_view name) { return equal_names(name, field.name); });
    });
}

}  // namespace decamp::transport
