#pragma once
// What a redirect may do (RFC 9110, section 15.4). Pure: the caller sends the next request, counts the hops, and leaves
// out its secret headers when told so.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/transport/http.hpp"
#include "engine/transport/url.hpp"

namespace decamp::transport {

enum class redirect_action { follow_with_secrets, follow_without_secrets, refuse };

struct redirect_decision {
    redirect_action action = redirect_action::refuse;
    url to;               // unless refused
    bool as_get = false;  // the next request is a GET without a body (unless this one was a HEAD)
    std::string reason;   // when refused; names the host at most
};

// The statuses that send a request elsewhere.
bool is_redirect(int status);

// Secrets (cookies, tokens, Authorization) go on only to the same host and port. Never from https to http, but from
// http on 80 to https on 443 of the same host. `may_ask`: where the caller may go at all.
redirect_decision decide_redirect(const url& from, int status, std::string_view location,
                                  const std::function<bool(const url&)>& may_ask);

// For follow_without_secrets: what is not known to be harmless goes (Authorization, Cookie, tokens and signatures under
// whatever name, Referer); ranges, conditions and what describes the body stay.
void drop_secrets(std::vector<header_field>& headers);

}  // namespace decamp::transport
