#pragma once
// What a redirect may do (RFC 9110, section 15.4). Pure: the caller sends the next request, counts the hops, and leaves
// out its secret headers when told so.

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/transport/url.hpp"

namespace decamp::transport {

struct host_policy {
    std::set<std::string> hosts;        // exact, in the form of url::host
    std::vector<std::string> suffixes;  // ".mi.com": every host below mi.com, not mi.com itself
    bool any = false;                   // every host; secrets still stay where they were
    bool plain_after_secure = false;    // from https to http, without secrets
    bool allows(std::string_view host) const;
};

enum class redirect_action { follow_with_secrets, follow_without_secrets, refuse };

struct redirect_decision {
    redirect_action action = redirect_action::refuse;
    url to;               // unless refused
    bool as_get = false;  // the next request is a GET without a body (unless this one was a HEAD)
    std::string reason;   // when refused; names the host at most
};

// Secrets (cookies, tokens, Authorization) go on only to the same host and port, never from https to http. To the same
// host from http on 80 to https on 443 they do.
redirect_decision decide_redirect(const url& from, int status, std::string_view location, const host_policy& policy);

}  // namespace decamp::transport
