#include "engine/source/links/named_hosts.hpp"

#include "engine/transport/client.hpp"

namespace decamp::source::links {

namespace {

// RFC 6761, 6.3: localhost and all below it are this machine.
bool is_localhost(const std::string& host) {
    return host == "localhost" || host.ends_with(".localhost");
}

// A host that is let through by its name alone, or not at all.
bool is_local(const std::string& host) {
    if (is_localhost(host)) return true;
    return transport::is_address_literal(host) && !transport::is_public_address(host);
}

}  // namespace

void named_hosts::named(const std::string& host) {
    if (!is_local(host)) return;
    const std::lock_guard lock(mutex_);
    if (hosts_.size() < limit) hosts_.insert(host);
}

bool named_hosts::knows(const std::string& host) const {
    const std::lock_guard lock(mutex_);
    return hosts_.contains(host);
}

bool named_hosts::allowed(const world::endpoint& to, const std::string& address) const {
    return transport::is_public_address(address) || (is_local(to.host) && knows(to.host));
}

bool named_hosts::may_ask(const transport::url& to) const {
    return !is_local(to.host) || knows(to.host);
}

}  // namespace decamp::source::links
