#pragma once
// Where the cloud's API is, and which hosts may be spoken to in which role. Pure values; any thread.

#include <set>
#include <string>
#include <string_view>

#include "engine/model/error.hpp"
#include "engine/transport/url.hpp"

namespace decamp::source::micloud {

enum class endpoint_errc {
    not_micloud = 1,  // does not begin with "micloud:"
    unknown_region,   // neither a region nor a URL
    bad_url,          // not a plain http(s) origin: user info, path, query or fragment in it
};
boost::system::error_code make_error_code(endpoint_errc e);

enum class endpoint_kind {
    official,  // Xiaomi's own hosts
    loopback,  // a cloud on this machine: API, account server, shard and storage are 127.0.0.1 to 127.0.0.5
    custom,    // one host that is everything at once
};

struct endpoint {
    endpoint_kind kind = endpoint_kind::official;
    transport::url api;  // origin; path "/"
    bool operator==(const endpoint&) const = default;
};

// "micloud:" (mainland China), "micloud:cn|us|in|eu", "micloud:http://127.0.0.1:8080". Errors are of class run.
result<endpoint> parse_endpoint(std::string_view source);
// The same from a bare URL, as --endpoint gives it.
result<endpoint> endpoint_of_url(std::string_view text);

// As the certificate names it: the origin, which holds no secret.
std::string endpoint_label(const endpoint& where);

// Hosts for transport::public_addresses_only to let through although they lie on this machine or in its network.
std::set<std::string> local_hosts(const endpoint& where);

// Who may be asked, and who may see which cookie. Roles, not addresses, decide what is sent: nothing goes to storage.
class host_policy {
  public:
    explicit host_policy(endpoint where) : where_(std::move(where)) {}

    // May be the API, and so see userId and serviceToken.
    bool api(const transport::url& to) const;
    // May be the account server, and so see userId, passToken and deviceId.
    bool account(const transport::url& to) const;
    // May hold bytes. It sees no cookie, so plain http will do.
    bool storage(const transport::url& to) const;
    // True for a host that can only be named, not told by its name, to be the API: it takes more than a Location header
    // to send cookies there (see session.cpp).
    bool anonymous() const { return where_.kind == endpoint_kind::loopback; }
    const endpoint& where() const { return where_; }

  private:
    bool secure_enough(const transport::url& to) const { return to.secure() || !where_.api.secure(); }

    endpoint where_;
};

}  // namespace decamp::source::micloud

template <>
struct boost::system::is_error_code_enum<decamp::source::micloud::endpoint_errc> : std::true_type {};
