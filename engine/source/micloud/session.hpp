#pragma once
// Whether an account is let in, and how it is let in again: pure state machines over plain values. api_client drives
// them. One thread. Errors: source_errc; session_died is given for every way in which the account server says no.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/error.hpp"
#include "engine/source/micloud/credentials.hpp"
#include "engine/source/micloud/endpoint.hpp"
#include "engine/transport/http.hpp"

namespace decamp::source::micloud {

inline constexpr unsigned redirect_limit = 5;  // hops of one request
inline constexpr unsigned replay_limit = 8;    // times one call is sent again for the session's sake

struct set_cookie {
    std::string name, value;
    bool operator==(const set_cookie&) const = default;
};
// RFC 6265, 5.2, as far as a value is wanted. None: no name, a value no cookie can carry, or a cookie being removed.
std::optional<set_cookie> parse_set_cookie(std::string_view header);

// A response, as far as sessions go.
struct answer {
    transport::url from;
    int status = 0;
    std::optional<transport::url> location;  // resolved; none: there is none, or it is no http(s) URL
    std::vector<set_cookie> cookies;
};
answer to_answer(const transport::url& from, const transport::response_head& head);
inline bool is_redirect(int status) {
    return status >= 300 && status < 400 && status != 304;
}

// What the session knows. The token's version counts each change, so that a late refusal of an old token is known as
// one.
class session {
  public:
    session(credentials who, endpoint where, std::string made_up_device_id);

    const transport::url& api() const { return base_; }  // where the account lives; moves when a login lands elsewhere
    const host_policy& policy() const { return policy_; }
    const std::string& service_token() const { return who_.service_token; }
    const std::string& user_id() const { return who_.user_id; }
    std::uint64_t version() const { return version_; }
    bool has_token() const { return !who_.service_token.empty(); }
    bool can_renew() const { return !who_.pass_token.empty(); }
    bool dead() const { return dead_; }
    void mark_dead() { dead_ = true; }

    std::string api_cookies() const;      // for the API
    std::string account_cookies() const;  // for the renewal chain

    // Takes over what the API hands out. True when it held a service token.
    bool adopt(const answer& from);
    void adopt_account(const answer& from);
    // An answer to a gallery request was given under this version: what the last renewal brought, rotated since or not,
    // is good for what it is wanted for.
    void prove(std::uint64_t version) { proven_ = proven_ || version >= renewed_at_; }
    bool proven() const { return proven_; }
    void renewed(const transport::url& landed);
    // Calls under way with the token of now. As long as there are others, a refusal does not say that the token was
    // never good: they may be about to be told otherwise.
    void sent(std::uint64_t version) { under_way_ += version == version_ ? 1 : 0; }
    void answered(std::uint64_t version) { under_way_ -= version == version_ && under_way_ > 0 ? 1 : 0; }
    bool others_under_way() const { return under_way_ > 0; }

    // Hosts whose role was learnt: a host that holds bytes or logs people in is never given the API's cookies.
    void note_storage(const transport::url& where);
    void note_account(const transport::url& where) { account_origin_ = where.origin(); }
    bool is_login(const transport::url& to) const;
    bool may_be_api(const transport::url& to) const;

  private:
    bool take(const set_cookie& cookie);
    void change_version();

    credentials who_;
    host_policy policy_;
    transport::url base_;
    std::vector<std::pair<std::string, std::string>> extras_;  // further cookies of the API, of known names
    std::set<std::string> storage_origins_;
    std::string account_origin_;
    std::uint64_t version_ = 1;
    std::uint64_t renewed_at_ = 0;  // version of the last renewal
    std::uint64_t under_way_ = 0;
    bool proven_ = false;
    bool dead_ = false;
};

// One call to the API: follows it to a shard, and through a session that dies under way.
class call_machine {
  public:
    enum class action {
        deliver,  // the answer is the call's
        send,     // send the call to `to`
        renew,    // renew the session unless its version has passed sent_version(), then ask after_renewal()
        fail,     // with `why`
    };
    struct step {
        action what = action::deliver;
        transport::url to{};
        failure why{};
    };

    explicit call_machine(transport::url target) : target_(std::move(target)) {}
    step begin(session& in);
    // For the head of each answer. `deliver` is followed by on_unauthorised() if the body turns out to say 401.
    step on_head(session& in, const answer& got);
    step on_unauthorised(session& in);
    step after_renewal(session& in);
    // No answer came.
    void on_failure(session& in) const { in.answered(sent_version_); }
    std::uint64_t sent_version() const { return sent_version_; }

  private:
    step send(session& in, transport::url to);
    step send_home(session& in);

    transport::url target_;  // path and query count; the origin is the session's
    std::uint64_t sent_version_ = 0;
    unsigned hops_ = 0, replays_ = 0;
    bool renewed_ = false;
};

// From passToken to serviceToken: ask where to log in, log in, come back.
class renewal_machine {
  public:
    enum class action { ask_login_url, send, done, fail };
    struct step {
        action what = action::fail;
        transport::url to{};  // ask_login_url, send: a GET with account_cookies()
        failure why{};
    };

    step begin(const session& in, std::int64_t now_ms);
    // The answer to ask_login_url; `login_url` is data.loginUrl, none where the answer was no such thing.
    step on_login_url(session& in, const answer& got, const result<std::string>& login_url);
    step on_answer(session& in, const answer& got);

  private:
    enum class stage { asking, at_account, coming_back };
    step hop(transport::url to);

    stage stage_ = stage::asking;
    unsigned hops_ = 0;
};

// The error of an HTTP status that is no success: throttled, server_error, refused, not_found, ...
failure status_failure(int status);

}  // namespace decamp::source::micloud
