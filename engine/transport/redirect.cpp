#include "engine/transport/redirect.hpp"

#include <algorithm>

namespace decamp::transport {

namespace {

bool below(std::string_view host, std::string_view suffix) {
    return suffix.size() > 1 && suffix.front() == '.' && host.size() > suffix.size() && host.ends_with(suffix) &&
           !is_address_literal(host);
}

redirect_decision refuse(std::string reason) {
    return {redirect_action::refuse, {}, false, std::move(reason)};
}

bool same_place(const url& from, const url& to) {
    if (from.host != to.host) return false;
    if (from.scheme == to.scheme) return from.port == to.port;
    return from.port == 80 && to.secure() && to.port == 443;
}

}  // namespace

bool host_policy::allows(std::string_view host) const {
    if (any || hosts.contains(std::string(host))) return true;
    return std::ranges::any_of(suffixes, [&](const std::string& suffix) { return below(host, suffix); });
}

redirect_decision decide_redirect(const url& from, int status, std::string_view location, const host_policy& policy) {
    if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308)
        return refuse("status " + std::to_string(status) + " is no redirect");
    if (location.empty()) return refuse("no location");
    const auto to = resolve(from, location);
    if (!to) return refuse("not a usable URL");
    if (!policy.allows(to->host)) return refuse(to->host + " is not allowed");
    const bool downgrade = from.secure() && !to->secure();
    if (downgrade && !policy.plain_after_secure) return refuse("from https to http at " + to->host);
    const auto action = !downgrade && same_place(from, *to) ? redirect_action::follow_with_secrets
                                                            : redirect_action::follow_without_secrets;
    return {action, *to, status <= 303, {}};
}

}  // namespace decamp::transport
