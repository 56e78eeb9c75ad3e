#include "engine/source/micloud/session.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/source/micloud/requests.hpp"
#include "engine/source/source.hpp"

namespace decamp::source::micloud {

namespace {

constexpr std::size_t storage_origins_limit = 256;

// Cookies of the API beside userId and serviceToken. No client needs them; a browser sends them.
constexpr std::array<std::string_view, 6> extra_names{
    "i.mi.com_ph", "i.mi.com_slh", "i.mi.com_isvalid_servicetoken", "i.mi.com_istrudev", "uLocale", "iplocale"};

std::string_view trimmed(std::string_view text) {
    const auto space = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && space(text.front())) text.remove_prefix(1);
    while (!text.empty() && space(text.back())) text.remove_suffix(1);
    return text;
}

bool carries_token(const answer& got) {
    return std::ranges::any_of(got.cookies, [](const set_cookie& c) { return c.name == "serviceToken"; });
}

}  // namespace

std::optional<set_cookie> parse_set_cookie(std::string_view header) {
    const std::size_t end = std::min(header.find(';'), header.size());
    const std::string_view pair = header.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = trimmed(pair.substr(0, equals)), value = trimmed(pair.substr(equals + 1));
    if (name.empty() || name.size() > 64 || !is_cookie_value(value) || value == "EXPIRED" || value == "deleted")
        return std::nullopt;
    std::string_view rest = header.substr(end);
    while (!rest.empty()) {
        rest.remove_prefix(1);
        const std::size_t next = std::min(rest.find(';'), rest.size());
        const std::string_view attribute = trimmed(rest.substr(0, next));
        rest.remove_prefix(next);
        const std::size_t at = attribute.find('=');
        if (at == std::string_view::npos || !transport::equal_names(trimmed(attribute.substr(0, at)), "max-age"))
            continue;
        const std::string_view age = trimmed(attribute.substr(at + 1));
        if (age == "0" || age.starts_with('-')) return std::nullopt;
    }
    return set_cookie{std::string(name), std::string(value)};
}

answer to_answer(const transport::url& from, const transport::response_head& head) {
    answer out{from, head.status, std::nullopt, {}};
    const std::string_view location = head.header("location");
    if (!location.empty()) out.location = transport::resolve(from, location);
    for (const auto line : head.all("set-cookie"))
        if (auto cookie = parse_set_cookie(line)) out.cookies.push_back(std::move(*cookie));
    return out;
}

failure status_failure(int status) {
    const std::string detail = "HTTP " + std::to_string(status);
    if (status == 429 || status == 503) return failure(source_errc::throttled, detail);
    if (status == 401) return failure(source_errc::session_died, detail);
    if (status == 403) return failure(source_errc::refused, detail);
    if (status == 404 || status == 410) return failure(source_errc::not_found, detail);
    return failure(source_errc::server_error, detail);
}

// ---- session

session::session(credentials who, endpoint where, std::string made_up_device_id)
    : who_(std::move(who)), policy_(where), base_(where.api) {
    if (who_.device_id.empty()) who_.device_id = std::move(made_up_device_id);
}

std::string session::api_cookies() const {
    std::string out = "userId=" + who_.user_id;
    if (!who_.service_token.empty()) out += "; serviceToken=" + who_.service_token;
    for (const auto& [name, value] : extras_) out.append("; ").append(name).append("=").append(value);
    return out;
}

std::string session::account_cookies() const {
    return "userId=" + who_.user_id + "; deviceId=" + who_.device_id + "; passToken=" + who_.pass_token;
}

bool session::take(const set_cookie& cookie) {
    if (cookie.name == "serviceToken") {
        if (cookie.value != who_.service_token) change_version();
        who_.service_token = cookie.value;
        return true;
    }
    if (std::ranges::find(extra_names, cookie.name) == extra_names.end()) return false;
    const auto known = std::ranges::find(extras_, cookie.name, &std::pair<std::string, std::string>::first);
    if (known == extras_.end())
        extras_.emplace_back(cookie.name, cookie.value);
    else
        known->second = cookie.value;
    return false;
}

void session::change_version() {
    ++version_;
    under_way_ = 0;
}

bool session::adopt(const answer& from) {
    bool token = false;
    for (const auto& cookie : from.cookies)
        if (take(cookie)) token = true;
    return token;
}

void session::adopt_account(const answer& from) {
    for (const auto& cookie : from.cookies)
        if (cookie.name == "passToken") who_.pass_token = cookie.value;
}

void session::renewed(const transport::url& landed) {
    base_ = landed;
    base_.path = "/";
    base_.query.clear();
    change_version();  // even if the token is the same: it is known to be fresh
    renewed_at_ = version_;
    proven_ = false;
}

void session::note_storage(const transport::url& where) {
    if (storage_origins_.size() < storage_origins_limit) storage_origins_.insert(where.origin());
}

bool session::is_login(const transport::url& to) const {
    if (!policy_.account(to)) return false;
    if (policy_.where().kind == endpoint_kind::official) return true;
    return to.origin() == account_origin_ || to.path.starts_with("/pass/");
}

bool session::may_be_api(const transport::url& to) const {
    if (!policy_.api(to)) return false;
    if (to.origin() == base_.origin() || to.origin() == policy_.where().api.origin()) return true;
    return !policy_.anonymous() || (!storage_origins_.contains(to.origin()) && to.origin() != account_origin_);
}

// ---- call

call_machine::step call_machine::send(session& in, transport::url to) {
    sent_version_ = in.version();
    in.sent(sent_version_);
    return {action::send, std::move(to), {}};
}

call_machine::step call_machine::send_home(session& in) {
    hops_ = 0;
    transport::url to = in.api();
    to.path = target_.path;
    to.query = target_.query;
    return send(in, std::move(to));
}

call_machine::step call_machine::begin(session& in) {
    if (in.dead()) return {action::fail, {}, failure(source_errc::session_died)};
    if (in.has_token()) return send_home(in);
    sent_version_ = in.version();
    return {action::renew, {}, {}};
}

call_machine::step call_machine::on_head(session& in, const answer& got) {
    in.answered(sent_version_);
    in.adopt(got);
    if (got.status == 401) return on_unauthorised(in);
    if (!is_redirect(got.status)) return {};
    if (!got.location)
        return {action::fail, {}, failure(source_errc::unusable_answer, "a redirect without a usable target")};
    const transport::url& to = *got.location;
    if (in.is_login(to)) return on_unauthorised(in);
    // To another shard: the same path there. Where a host's name does not say that it is one, the fresh token handed
    // out along with it does.
    const bool shard = to.path == target_.path && in.may_be_api(to) &&
                       (!in.policy().anonymous() || to.origin() == in.api().origin() || carries_token(got));
    if (!shard) return {action::fail, {}, failure(source_errc::cut_by_redirect, to.host)};
    if (++hops_ > redirect_limit)
        return {action::fail, {}, failure(source_errc::unusable_answer, "redirected in circles")};
    return send(in, to);
}

call_machine::step call_machine::on_unauthorised(session& in) {
    const failure died(source_errc::session_died);
    if (in.dead() || ++replays_ > replay_limit) return {action::fail, {}, died};
    // Refused for a token that has been replaced meanwhile.
    if (in.version() != sent_version_) return send_home(in);
    // A token just got that is refused before it was good for anything will not get better. One that has worked, for
    // this call or for another, and is worn out already is another matter.
    if (!in.can_renew() || (renewed_ && !in.proven() && !in.others_under_way())) {
        in.mark_dead();
        return {action::fail, {}, died};
    }
    return {action::renew, {}, {}};
}

call_machine::step call_machine::after_renewal(session& in) {
    if (in.dead()) return {action::fail, {}, failure(source_errc::session_died)};
    renewed_ = true;
    return send_home(in);
}

// ---- renewal

renewal_machine::step renewal_machine::hop(transport::url to) {
    if (++hops_ > redirect_limit)
        return {action::fail, {}, failure(source_errc::unusable_answer, "redirected in circles")};
    return {action::send, std::move(to), {}};
}

renewal_machine::step renewal_machine::begin(const session& in, std::int64_t now_ms) {
    if (!in.can_renew()) return {action::fail, {}, failure(source_errc::session_died, "there is no passToken")};
    stage_ = stage::asking;
    hops_ = 0;
    return {action::ask_login_url, login_url_target(in.policy().where().api, now_ms), {}};
}

renewal_machine::step renewal_machine::on_login_url(session& in, const answer& got,
                                                    const result<std::string>& login_url) {
    if (is_redirect(got.status)) {
        const bool shard = got.location && got.location->path == got.from.path && in.policy().api(*got.location) &&
                           (!in.policy().anonymous() || got.location->origin() == got.from.origin());
        if (!shard) return {action::fail, {}, failure(source_errc::cut_by_redirect, "while asking where to log in")};
        step next = hop(*got.location);
        if (next.what == action::send) next.what = action::ask_login_url;
        return next;
    }
    if (got.status == 401 || got.status == 403)
        return {action::fail, {}, failure(source_errc::session_died, "not told where to log in")};
    if (got.status != 200) return {action::fail, {}, status_failure(got.status)};
    if (!login_url) return {action::fail, {}, login_url.error()};
    const auto to = transport::parse_url(*login_url);
    if (!to) return {action::fail, {}, failure(source_errc::unusable_answer, "the login address is none")};
    if (!in.policy().account(*to)) return {action::fail, {}, failure(source_errc::cut_by_redirect, to->host)};
    in.note_account(*to);
    stage_ = stage::at_account;
    hops_ = 0;
    return {action::send, *to, {}};
}

renewal_machine::step renewal_machine::on_answer(session& in, const answer& got) {
    const bool coming_back = stage_ == stage::coming_back;
    if (got.status >= 500 || got.status == 429) return {action::fail, {}, status_failure(got.status)};
    if (coming_back && in.adopt(got)) {
        in.renewed(got.from);
        return {action::done, {}, {}};
    }
    if (!coming_back) in.adopt_account(got);
    // A page instead of a redirect: the pass token is dead, or a person is to be asked something.
    if (!is_redirect(got.status) || !got.location)
        return {action::fail,
                {},
                failure(source_errc::session_died, coming_back ? "no token was given" : "a login is wanted")};
    const transport::url& to = *got.location;
    if (coming_back) {
        const bool shard = to.path == got.from.path && in.may_be_api(to) && !in.policy().anonymous();
        if (shard) return hop(to);
        return {action::fail, {}, failure(source_errc::session_died, "no token was given")};
    }
    if (in.is_login(to)) return hop(to);
    if (!in.may_be_api(to)) return {action::fail, {}, failure(source_errc::cut_by_redirect, to.host)};
    stage_ = stage::coming_back;
    hops_ = 0;
    return {action::send, to, {}};
}

}  // namespace decamp::source::micloud
