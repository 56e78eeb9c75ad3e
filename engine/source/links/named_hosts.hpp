#pragma once
// Which addresses a list's downloads may go to: public ones, and those of this machine and its network that a line of
// the list names itself, as an address or as localhost. A name that leads to such an address, or a redirect to one, is
// refused: whoever serves a file is not to reach what stands behind the firewall. Any thread.

#include <cstddef>
#include <mutex>
#include <set>
#include <string>

#include "engine/transport/url.hpp"
#include "engine/world/network.hpp"

namespace decamp::source::links {

class named_hosts final : public world::address_policy {
  public:
    static constexpr std::size_t limit = 10'000;  // those beyond are not let through

    // A line names this host.
    void named(const std::string& host);
    bool allowed(const world::endpoint& to, const std::string& address) const override;
    // Where a redirect may lead, before names are resolved.
    bool may_ask(const transport::url& to) const;

  private:
    bool knows(const std::string& host) const;

    mutable std::mutex mutex_;
    std::set<std::string> hosts_;
};

}  // namespace decamp::source::links
