#include "engine/source/webdav/dav_client.hpp"

#include <array>
#include <span>
#include <utility>

#include "engine/source/source.hpp"
#include "engine/source/webdav/multistatus.hpp"
#include "engine/source/webdav/status_words.hpp"
#include "engine/transport/redirect.hpp"
#include "formats/hex.hpp"

namespace decamp::source::webdav {

namespace {

constexpr unsigned redirect_limit = 3;
constexpr unsigned login_limit = 3;                           // challenges of one call
constexpr std::uint64_t worth_draining = failure_body_limit;  // a body up to which its connection is kept

// RFC 4918 does not say what PROPFIND does with 303; a GET would not list anything.
bool keeps_method(int status) {
    return transport::is_redirect(status) && status != 303;
}

// An answer's body, where it is small, or says what went wrong: read, so that the next request may go the same way.
task<std::string> small_body(transport::exchange& over) {
    std::string none;
    const auto& head = over.head();
    if (head.content_length.value_or(head.status >= 400 ? 0 : worth_draining + 1) > worth_draining) co_return none;
    auto body = co_await transport::read_all(over, worth_draining);
    if (!body) co_return none;
    co_return std::move(*body);
}

}  // namespace

std::optional<failure> judge_status(int status, std::string_view body) {
    const std::string detail = status_words(status, body);
    switch (status) {
        case 207:
            return std::nullopt;
        case 401:
            return failure(source_errc::login_refused, detail);
        case 403:
            return failure(source_errc::refused, detail);
        case 404:
        case 410:
            return failure(source_errc::gone, detail);
        case 408:
            return failure(source_errc::server_error, detail);
        case 429:
        case 503:
            return failure(source_errc::throttled, detail);
        case 405:
        case 501:
            return failure(source_errc::unusable_answer, "no WebDAV: " + detail);
        default:
            break;
    }
    if (status >= 200 && status < 400) return failure(source_errc::unusable_answer, "no WebDAV: " + detail);
    if (status >= 500) return failure(source_errc::server_error, detail);
    return failure(source_errc::unusable_answer, detail);
}

bool same_server(const transport::url& from, const transport::url& to) {
    if (from.host != to.host) return false;
    if (from.scheme == to.scheme) return from.port == to.port;
    return from.port == 80 && to.secure() && to.port == 443;
}

dav_client::dav_client(login who, transport::sender& out, world::random& random)
    : login_(std::move(who)), out_(out), random_(random) {}

std::string dav_client::fresh_cnonce() {
    const std::array<std::uint64_t, 2> bits{random_.next(), random_.next()};
    return formats::to_hex(std::as_bytes(std::span(bits)));
}

transport::request dav_client::prepare(const transport::url& at, depth how_deep) {
    transport::request out;
    out.method = "PROPFIND";
    out.target = at;
    out.headers.push_back({"Depth", how_deep == depth::children ? "1" : "0"});
    out.headers.push_back({"Content-Type", "application/xml; charset=utf-8"});
    if (auto who = login_.header_for(out.method, at.target()))
        out.headers.push_back({"Authorization", std::move(*who)});
    out.body = propfind_body;
    out.safe_to_repeat = true;
    return out;
}

task<result<dav_client::answer>> dav_client::propfind(transport::url at, depth how_deep) {
    unsigned redirects = 0, logins = 0;
    for (;;) {
        const std::uint64_t version = login_.version();
        auto request = prepare(at, how_deep);
        auto sent = co_await out_.send(std::move(request));
        if (!sent) co_return sent.error();
        transport::exchange& over = **sent;
        const int status = over.head().status;
        if (status == 207) {
            login_.on_accepted(version, over.head().header("Authentication-Info"), fresh_cnonce());
            answer out{std::move(at), std::move(*sent)};
            co_return out;
        }
        const std::string body = co_await small_body(over);
        if (status == 401) {
            const auto again = login_.on_challenge(over.head().all("WWW-Authenticate"), version, fresh_cnonce());
            if (!again) co_return again.error();
            if (++logins > login_limit)
                co_return failure(source_errc::login_refused, "asked to log in again and again");
            continue;
        }
        if (!keeps_method(status)) co_return *judge_status(status, body);
        const transport::url from = at;
        const auto next =
            transport::decide_redirect(from, status, over.head().header("Location"),
                                       [&from](const transport::url& to) { return same_server(from, to); });
        if (next.action == transport::redirect_action::refuse)
            co_return failure(source_errc::cut_by_redirect, next.reason);
        if (++redirects > redirect_limit) co_return failure(source_errc::cut_by_redirect, "in circles");
        at = next.to;
    }
}

}  // namespace decamp::source::webdav
