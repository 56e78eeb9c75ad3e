#include <fmt/format.h>

#include "tools/samplecloud/handlers.hpp"
#include "tools/samplecloud/hash.hpp"

namespace decamp::samplecloud {
namespace {

/// A keyed mark on a text, standing for the real servers' signatures.
std::string mark(const scenario& of, std::string_view text) {
    std::uint64_t hash = draw(of.library.seed, purpose::token, 77);
    for (const char c : text) hash = mix64(hash ^ static_cast<unsigned char>(c));
    return fmt::format("{:016x}", hash);
}

std::string login_page() {
    return "<!DOCTYPE html><html><head><title>小米帐号 - 登录</title></head><body><form "
           "id=\"login\"></form></body></html>";
}

}  // namespace

std::string login_url(const cloud& of, const exchange& x, bool known) {
    const scenario& conf = x.switches();
    std::string followup = form_value(x.request.query(), "followUp");
    if (followup.empty()) followup = of.url(origin::api) + "/";
    const origin landing = conf.session.login_lands_on_shard ? origin::shard : origin::api;
    const std::string callback =
        of.url(landing) + "/sts?sign=" + mark(conf, followup) + "&followup=" + url_encode(followup);
    std::string url = of.url(origin::account) + "/pass/serviceLogin?callback=" + url_encode(callback) +
                      "&sid=i.mi.com&checkSafePhone=true&_bal=true&_locale=zh_CN";
    if (known) url += "&userId=" + url_encode(conf.session.user_id);
    return url;
}

void answer_account(cloud& of, exchange& x) {
    if (x.kind != endpoint::service_login) {
        set_status(x.response, 404, -1);
        return;
    }
    const scenario& conf = x.switches();
    const std::string callback = form_value(x.request.query(), "callback");
    const std::size_t query = callback.find('?');
    const std::string_view parameters =
        query == std::string::npos ? std::string_view{} : std::string_view(callback).substr(query + 1);
    const bool ours =
        callback.starts_with(of.url(origin::api) + "/sts?") || callback.starts_with(of.url(origin::shard) + "/sts?");
    if (!ours || form_value(parameters, "sign") != mark(conf, form_value(parameters, "followup"))) {
        answer_text(x, "application/json", R"({"code":10025,"description":"callback illegal","result":"error"})");
        return;
    }
    const std::string_view cookies = x.request.cookie;
    const bool known = of.pass_token_known(cookie_value(cookies, "userId"), cookie_value(cookies, "passToken"));
    if (!known || !cookie_value(cookies, "deviceId").starts_with("wb_")) {
        answer_text(x, "text/html; charset=UTF-8", login_page());
        return;
    }
    const std::string ticket = fmt::format("{:016x}", mix64(static_cast<std::uint64_t>(x.ts)));
    x.response.status = 302;
    x.response.body.clear();
    x.response.content_type = "text/html";
    x.response.headers = "Location: " + callback + "&d=" + url_encode(cookie_value(cookies, "deviceId")) +
                         "&ticket=" + ticket + "&auth=" + mark(conf, ticket) + "\r\n" +
                         "Set-Cookie: cUserId=sample-c-user-id; Path=/\r\nSet-Cookie: pass_ua=web; Path=/\r\n";
}

void answer_sts(cloud& of, exchange& x) {
    const scenario& conf = x.switches();
    const std::string_view query = x.request.query();
    const std::string followup = form_value(query, "followup");
    x.response.status = 302;
    x.response.content_type = "text/html";
    x.response.headers = "Location: " + followup + "\r\n";
    const std::string ticket = form_value(query, "ticket");
    const bool right = form_value(query, "sign") == mark(conf, followup) && !ticket.empty() &&
                       form_value(query, "auth") == mark(conf, ticket);
    if (!right || conf.session.e2ee == e2ee_state::open_without_token) return;  // a dead login: no cookie at all
    x.response.headers += set_token_cookie(of.renew_session());
    x.response.headers += "Set-Cookie: userId=" + conf.session.user_id + "; Path=/\r\n" +
                          "Set-Cookie: i.mi.com_slh=" + mark(conf, "slh") + "; Path=/\r\n" +
                          "Set-Cookie: i.mi.com_ph=" + mark(conf, "ph") + "; Path=/\r\n" +
                          "Set-Cookie: i.mi.com_isvalid_servicetoken=true; Path=/\r\n";
}

}  // namespace decamp::samplecloud
