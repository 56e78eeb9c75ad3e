#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/samplecloud/scenario.hpp"

namespace decamp::samplecloud {

/// The account's session by counting requests: no clock decides, so a scenario plays out alike each time.
/// Not thread-safe.
class session {
  public:
    static std::string service_token(const scenario& of, std::uint64_t generation);
    static std::string pass_token(const scenario& of);

    /// Whether this user and token are let in; counts the request. The second shard knows no token from before the
    /// first redirect to it.
    bool admit(const scenario& of, std::string_view user, std::string_view token, bool on_shard);
    /// What the keep-alive call does: the session's life begins anew, with a new token when the scenario says so.
    std::string keep_alive(const scenario& of);
    /// The token that a redirect to the second shard carries.
    std::string grant_shard(const scenario& of);
    /// A new token beside the old one, which answers for `rotation_grace` more requests.
    std::string rotate(const scenario& of);
    /// Whether this request's reply should carry a rotated token.
    bool rotation_due(const scenario& of) const;

    /// The pass token's half: whether the account server knows it.
    bool knows(const scenario& of, std::string_view user, std::string_view pass_token) const;
    /// A fresh session; every token before it is dead.
    std::string renew(const scenario& of);

    void kill_service_token() { dead_ = current_; }
    void kill_pass_token() { pass_dead_ = true; }
    std::uint64_t renewals() const { return renewals_; }

  private:
    std::uint64_t current_ = 1;
    std::uint64_t dead_ = 0;         ///< generations up to this one are dead
    std::uint64_t uses_ = 0;         ///< requests since the current token was made
    std::uint64_t life_ = 0;         ///< requests since the session was renewed or kept alive
    std::uint64_t old_answers_ = 0;  ///< requests the generations before the current one may still make
    std::uint64_t shard_from_ = 0;   ///< the first generation the second shard knows; 0: none yet
    std::uint64_t renewals_ = 0;
    bool pass_dead_ = false;
};

}  // namespace decamp::samplecloud
