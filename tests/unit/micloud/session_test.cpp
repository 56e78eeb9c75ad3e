#include "engine/source/micloud/session.hpp"

#include <gtest/gtest.h>

#include <string>

#include "engine/source/micloud/requests.hpp"
#include "engine/source/source.hpp"

namespace decamp::source::micloud {
namespace {

transport::url url(std::string_view text) {
    return transport::parse_url(text).value();
}

session make(std::string_view where = "micloud:", credentials who = {"77", "old", "pass", "wb_1"}) {
    return session(std::move(who), parse_endpoint(where).value(), "wb_made-up");
}

answer head(std::string_view from, int status, std::string_view location = {}, std::string_view token = {}) {
    answer out{url(from), status, std::nullopt, {}};
    if (!location.empty()) out.location = transport::resolve(out.from, location);
    if (!token.empty()) out.cookies.push_back({"serviceToken", std::string(token)});
    return out;
}

TEST(set_cookie, parse) {
    struct {
        const char* header;
        const char* value;  // null: none
    } const cases[] = {
        {"serviceToken=a/b+c==; Path=/; HttpOnly", "a/b+c=="},
        {"serviceToken=\"a==\"; Version=1", "\"a==\""},
        {" serviceToken = x ;Max-Age=3600", "x"},
        {"serviceToken=x;", "x"},
        {"serviceToken=; Path=/", nullptr},
        {"serviceToken=x; Max-Age=0", nullptr},
        {"serviceToken=x; max-age = -1", nullptr},
        {"serviceToken=EXPIRED; Expires=Thu, 01-Jan-1970 00:00:10 GMT", nullptr},
        {"serviceToken=deleted", nullptr},
        {"serviceToken", nullptr},
        {"=x", nullptr},
        {"serviceToken=a b", nullptr},
        {"serviceToken=a,b", nullptr},
        {"", nullptr},
    };
    for (const auto& c : cases) {
        const auto got = parse_set_cookie(c.header);
        ASSERT_EQ(got.has_value(), c.value != nullptr) << c.header;
        if (got) {
            EXPECT_EQ(*got, (set_cookie{"serviceToken", c.value})) << c.header;
        }
    }
}

TEST(session, cookies_by_role) {
    auto s = make();
    EXPECT_EQ(s.api_cookies(), "userId=77; serviceToken=old");
    EXPECT_EQ(s.account_cookies(), "userId=77; deviceId=wb_1; passToken=pass");
    auto fresh = make("micloud:", {"77", "", "pass", ""});
    EXPECT_EQ(fresh.api_cookies(), "userId=77");
    EXPECT_EQ(fresh.account_cookies(), "userId=77; deviceId=wb_made-up; passToken=pass");
}

TEST(session, adopts_what_the_api_hands_out) {
    auto s = make();
    const auto before = s.version();
    answer got = head("https://i.mi.com/x", 200);
    EXPECT_FALSE(s.adopt(got));
    EXPECT_EQ(s.version(), before);
    got.cookies = {
        {"i.mi.com_ph", "ph"}, {"serviceToken", "new"}, {"userId", "99"}, {"tracker", "t"}, {"passToken", "evil"}};
    EXPECT_TRUE(s.adopt(got));
    EXPECT_EQ(s.version(), before + 1);
    EXPECT_EQ(s.api_cookies(), "userId=77; serviceToken=new; i.mi.com_ph=ph");
    EXPECT_EQ(s.account_cookies(), "userId=77; deviceId=wb_1; passToken=pass");
    EXPECT_TRUE(s.adopt(got));
    EXPECT_EQ(s.version(), before + 1) << "the same token is no change";
}

using action = call_machine::action;

TEST(call_machine, plain_answers_are_delivered) {
    for (const int status : {200, 204, 304, 400, 403, 404, 429, 500, 503}) {
        auto s = make();
        call_machine call(url("https://i.mi.com/gallery/x?ts=1"));
        const auto first = call.begin(s);
        EXPECT_EQ(first.what, action::send);
        EXPECT_EQ(first.to, url("https://i.mi.com/gallery/x?ts=1"));
        EXPECT_EQ(call.on_head(s, head("https://i.mi.com/gallery/x?ts=1", status)).what, action::deliver) << status;
    }
}

TEST(call_machine, redirects) {
    const char* const official = "https://i.mi.com/gallery/x?ts=1";
    const char* const local = "http://127.0.0.1:80/gallery/x?ts=1";
    struct {
        const char* what;
        const char* from;
        const char* to;
        const char* token;
        action expected;
        source_errc why;
    } const cases[] = {
        {"shard", official, "https://s010.i.mi.com/gallery/x?ts=1", "new", action::send, {}},
        {"shard without a token", official, "https://s010.i.mi.com/gallery/x?ts=1", "", action::send, {}},
        {"region", official, "https://us.i.mi.com/gallery/x?ts=1", "", action::send, {}},
        {"shard without TLS", official, "http://s010.i.mi.com/gallery/x?ts=1", "new", action::fail,
         source_errc::cut_by_redirect},
        {"login", official, "https://account.xiaomi.com/pass/serviceLogin?x", "", action::renew, {}},
        {"another page", official, "https://i.mi.com/", "", action::fail, source_errc::cut_by_redirect},
        {"another host", official, "https://evil.example/gallery/x?ts=1", "new", action::fail,
         source_errc::cut_by_redirect},
        {"a storage host", official, "https://kss.xmssdn.micloud.mi.com/gallery/x", "new", action::fail,
         source_errc::cut_by_redirect},
        {"nowhere", official, "", "", action::fail, source_errc::unusable_answer},
        {"no URL", official, "javascript:alert(1)", "", action::fail, source_errc::unusable_answer},
        {"local shard", local, "http://127.0.0.4:81/gallery/x?ts=1", "new", action::send, {}},
        {"local, but no token says so", local, "http://127.0.0.4:81/gallery/x?ts=1", "", action::fail,
         source_errc::cut_by_redirect},
        {"local login", local, "http://127.0.0.2:5/pass/serviceLogin", "", action::renew, {}},
        {"local storage", local, "http://127.0.0.3:9/gallery/x?ts=1", "new", action::fail,
         source_errc::cut_by_redirect},
        {"another local address", local, "http://127.0.0.6/gallery/x?ts=1", "new", action::fail,
         source_errc::cut_by_redirect},
    };
    for (const auto& c : cases) {
        auto s = make(c.from == official ? "micloud:" : "micloud:http://127.0.0.1");
        s.note_storage(url("http://127.0.0.3:9/"));
        call_machine call(url(c.from));
        call.begin(s);
        const auto next = call.on_head(s, head(c.from, 302, c.to, c.token));
        EXPECT_EQ(next.what, c.expected) << c.what;
        if (next.what == action::send) {
            EXPECT_EQ(next.to, url(c.to)) << c.what;
        }
        if (next.what == action::fail) {
            EXPECT_EQ(next.why.code, make_error_code(c.why)) << c.what;
        }
        if (*c.token != 0) {
            EXPECT_EQ(s.service_token(), "new") << c.what;
        }
    }
}

TEST(call_machine, redirects_in_circles_end) {
    auto s = make();
    call_machine call(url("https://i.mi.com/gallery/x"));
    auto next = call.begin(s);
    unsigned sent = 0;
    while (next.what == action::send && sent < 100) {
        ++sent;
        const bool home = next.to.host == "i.mi.com";
        next = call.on_head(s, head(home ? "https://i.mi.com/gallery/x" : "https://s010.i.mi.com/gallery/x", 302,
                                    home ? "https://s010.i.mi.com/gallery/x" : "https://i.mi.com/gallery/x", "t"));
    }
    EXPECT_EQ(sent, redirect_limit + 1);
    EXPECT_EQ(next.why.code, make_error_code(source_errc::unusable_answer));
}

const answer dead = head("https://i.mi.com/gallery/x", 401);

TEST(call_machine, renews_once_and_replays_once) {
    auto s = make();
    call_machine call(url("https://i.mi.com/gallery/x"));
    call.begin(s);
    EXPECT_EQ(call.on_head(s, dead).what, action::renew);
    s.renewed(url("https://us.i.mi.com/sts?secret"));
    const auto replay = call.after_renewal(s);
    EXPECT_EQ(replay.what, action::send);
    EXPECT_EQ(replay.to, url("https://us.i.mi.com/gallery/x")) << "the account lives where the login landed";
    const auto end = call.on_head(s, dead);
    EXPECT_EQ(end.what, action::fail);
    EXPECT_EQ(end.why.code, make_error_code(source_errc::session_died));
    call_machine later(url("https://i.mi.com/gallery/x"));
    EXPECT_EQ(later.begin(s).what, action::fail) << "nobody asks again in a dead session";
}

TEST(call_machine, a_token_worn_out_is_not_a_token_refused) {
    auto s = make();
    call_machine call(url("https://i.mi.com/gallery/x"));
    call.begin(s);
    unsigned renewals = 0;
    auto next = call.on_head(s, dead);
    while (next.what == action::renew && renewals < 100) {
        ++renewals;
        s.renewed(url("https://i.mi.com/sts"));
        call.after_renewal(s);
        s.prove(s.version());  // others used it up
        next = call.on_head(s, dead);
    }
    EXPECT_EQ(renewals, replay_limit);
    EXPECT_EQ(next.what, action::fail);
}

// Others were sent with the fresh token too: one of them may have used it up before this call got there.
TEST(call_machine, a_refusal_is_not_final_while_others_are_under_way) {
    auto s = make();
    call_machine call(url("https://i.mi.com/gallery/x")), other(url("https://i.mi.com/gallery/y"));
    call.begin(s);
    other.begin(s);
    EXPECT_EQ(call.on_head(s, dead).what, action::renew);
    EXPECT_EQ(other.on_head(s, dead).what, action::renew);
    s.renewed(url("https://i.mi.com/sts"));
    call.after_renewal(s);
    other.after_renewal(s);
    EXPECT_EQ(call.on_head(s, dead).what, action::renew);
    other.on_failure(s);
    s.renewed(url("https://i.mi.com/sts"));
    call.after_renewal(s);
    EXPECT_EQ(call.on_head(s, dead).what, action::fail);
}

TEST(call_machine, a_late_refusal_of_an_old_token_only_replays) {
    auto s = make();
    call_machine call(url("https://i.mi.com/gallery/x"));
    call.begin(s);
    s.adopt(head("https://i.mi.com/y", 200, {}, "rotated"));
    EXPECT_EQ(call.on_head(s, dead).what, action::send);
    EXPECT_EQ(call.sent_version(), s.version());
}

TEST(call_machine, without_a_pass_token_dead_is_dead) {
    auto s = make("micloud:", {"77", "only", "", ""});
    call_machine call(url("https://i.mi.com/gallery/x"));
    EXPECT_EQ(call.begin(s).what, action::send);
    EXPECT_EQ(call.on_head(s, dead).what, action::fail);
    EXPECT_TRUE(s.dead());
}

TEST(call_machine, without_a_service_token_it_renews_first) {
    auto s = make("micloud:", {"77", "", "pass", ""});
    call_machine call(url("https://i.mi.com/gallery/x"));
    EXPECT_EQ(call.begin(s).what, action::renew);
}

using renewal = renewal_machine::action;
const char* const login = "https://account.xiaomi.com/pass/serviceLogin?sid=i.mi.com&callback=c";
const char* const asked = "https://i.mi.com/api/user/login?ts=1";

TEST(renewal_machine, the_chain) {
    auto s = make();
    const auto before = s.version();
    renewal_machine chain;
    const auto first = chain.begin(s, 5);
    EXPECT_EQ(first.what, renewal::ask_login_url);
    EXPECT_EQ(first.to.origin() + first.to.target(),
              "https://i.mi.com:443/api/user/login?ts=5&followUp=https%3A%2F%2Fi.mi.com%2F&_locale=zh_CN");
    const auto second = chain.on_login_url(s, head(asked, 200), std::string(login));
    EXPECT_EQ(second.what, renewal::send);
    EXPECT_EQ(second.to, url(login));
    const auto third = chain.on_answer(s, head(login, 302, "https://us.i.mi.com/sts?sign=s&followup=f"));
    EXPECT_EQ(third.what, renewal::send);
    EXPECT_EQ(third.to, url("https://us.i.mi.com/sts?sign=s&followup=f"));
    const auto end = chain.on_answer(s, head("https://us.i.mi.com/sts?sign=s", 302, "https://us.i.mi.com/", "fresh"));
    EXPECT_EQ(end.what, renewal::done);
    EXPECT_EQ(s.service_token(), "fresh");
    EXPECT_GT(s.version(), before);
    EXPECT_EQ(s.api(), url("https://us.i.mi.com/"));
    EXPECT_EQ(chain.begin(s, 6).to.host, "i.mi.com") << "the next chain starts where the user said";
}

TEST(renewal_machine, asking_where_to_log_in) {
    const result<std::string> good = std::string(login);
    const result<std::string> none = failure(source_errc::unusable_answer);
    struct {
        const char* what;
        int status;
        const char* location;
        result<std::string> found;
        renewal expected;
        source_errc why;
    } const cases[] = {
        {"good", 200, "", good, renewal::send, {}},
        {"no login URL", 200, "", none, renewal::fail, source_errc::unusable_answer},
        {"refused", 401, "", good, renewal::fail, source_errc::session_died},
        {"forbidden", 403, "", none, renewal::fail, source_errc::session_died},
        {"throttled", 503, "", none, renewal::fail, source_errc::throttled},
        {"broken", 500, "", none, renewal::fail, source_errc::server_error},
        {"absent", 404, "", none, renewal::fail, source_errc::not_found},
        {"shard", 302, "https://s010.i.mi.com/api/user/login?ts=1", none, renewal::ask_login_url, {}},
        {"elsewhere", 302, "https://evil.example/api/user/login", none, renewal::fail, source_errc::cut_by_redirect},
        {"another page", 302, "https://i.mi.com/", none, renewal::fail, source_errc::cut_by_redirect},
        {"foreign login", 200, "", std::string("https://account.xiaomi.com.evil.example/pass"), renewal::fail,
         source_errc::cut_by_redirect},
        {"login in the clear", 200, "", std::string("http://account.xiaomi.com/pass"), renewal::fail,
         source_errc::cut_by_redirect},
        {"login at the API", 200, "", std::string("https://i.mi.com/pass"), renewal::fail,
         source_errc::cut_by_redirect},
        {"no URL", 200, "", std::string("//x"), renewal::fail, source_errc::unusable_answer},
    };
    for (const auto& c : cases) {
        auto s = make();
        renewal_machine chain;
        chain.begin(s, 1);
        const auto next = chain.on_login_url(s, head(asked, c.status, c.location), c.found);
        EXPECT_EQ(next.what, c.expected) << c.what;
        if (next.what == renewal::fail) {
            EXPECT_EQ(next.why.code, make_error_code(c.why)) << c.what;
        }
    }
}

TEST(renewal_machine, at_the_account_server) {
    struct {
        const char* what;
        int status;
        const char* location;
        renewal expected;
        source_errc why;
    } const cases[] = {
        {"back to the API", 302, "https://i.mi.com/sts?sign=s", renewal::send, {}},
        {"a login page", 200, "", renewal::fail, source_errc::session_died},
        {"forbidden", 403, "", renewal::fail, source_errc::session_died},
        {"a redirect to nowhere", 302, "", renewal::fail, source_errc::session_died},
        {"another login host", 302, "https://global.account.xiaomi.com/pass/serviceLogin", renewal::send, {}},
        {"verification", 302, "/identity/authStart?sid=i.mi.com", renewal::send, {}},
        {"a foreign host", 302, "https://evil.example/sts?sign=s", renewal::fail, source_errc::cut_by_redirect},
        {"the API in the clear", 302, "http://i.mi.com/sts", renewal::fail, source_errc::cut_by_redirect},
        {"throttled", 503, "", renewal::fail, source_errc::throttled},
        {"too many", 429, "", renewal::fail, source_errc::throttled},
        {"broken", 502, "", renewal::fail, source_errc::server_error},
    };
    for (const auto& c : cases) {
        auto s = make();
        renewal_machine chain;
        chain.begin(s, 1);
        chain.on_login_url(s, head(asked, 200), std::string(login));
        const auto next = chain.on_answer(s, head(login, c.status, c.location, "not-for-us"));
        EXPECT_EQ(next.what, c.expected) << c.what;
        if (next.what == renewal::fail) {
            EXPECT_EQ(next.why.code, make_error_code(c.why)) << c.what;
        }
        EXPECT_EQ(s.service_token(), "old") << "only the API hands out its token";
    }
}

TEST(renewal_machine, coming_back) {
    const char* const sts = "https://i.mi.com/sts?sign=s";
    struct {
        const char* what;
        int status;
        const char* location;
        const char* token;
        renewal expected;
        source_errc why;
    } const cases[] = {
        {"a token and a redirect", 302, "https://i.mi.com/", "fresh", renewal::done, {}},
        {"a token and a page", 200, "", "fresh", renewal::done, {}},
        {"a redirect without a token", 302, "https://i.mi.com/", "", renewal::fail, source_errc::session_died},
        {"a page without a token", 200, "", "", renewal::fail, source_errc::session_died},
        {"to a shard", 302, "https://s010.i.mi.com/sts?sign=s", "", renewal::send, {}},
        {"to a foreign host", 302, "https://evil.example/sts?sign=s", "", renewal::fail, source_errc::session_died},
        {"broken", 500, "", "", renewal::fail, source_errc::server_error},
    };
    for (const auto& c : cases) {
        auto s = make();
        renewal_machine chain;
        chain.begin(s, 1);
        chain.on_login_url(s, head(asked, 200), std::string(login));
        chain.on_answer(s, head(login, 302, sts));
        const auto next = chain.on_answer(s, head(sts, c.status, c.location, c.token));
        EXPECT_EQ(next.what, c.expected) << c.what;
        if (next.what == renewal::fail) {
            EXPECT_EQ(next.why.code, make_error_code(c.why)) << c.what;
        }
    }
}

TEST(renewal_machine, rotated_pass_tokens_are_adopted_and_circles_end) {
    auto s = make();
    renewal_machine chain;
    chain.begin(s, 1);
    auto next = chain.on_login_url(s, head(asked, 200), std::string(login));
    unsigned sent = 0;
    while (next.what == renewal::send && sent < 100) {
        ++sent;
        answer got = head(login, 302, "/pass/again");
        got.cookies.push_back({"passToken", "pass" + std::to_string(sent)});
        next = chain.on_answer(s, got);
    }
    EXPECT_EQ(sent, redirect_limit + 1);
    EXPECT_EQ(s.account_cookies(), "userId=77; deviceId=wb_1; passToken=pass" + std::to_string(sent));
}

TEST(renewal_machine, needs_a_pass_token) {
    auto s = make("micloud:", {"77", "only", "", ""});
    renewal_machine chain;
    EXPECT_EQ(chain.begin(s, 1).why.code, make_error_code(source_errc::session_died));
}

TEST(status_failure, classes) {
    struct {
        int status;
        source_errc expected;
        error_class asks;
    } const cases[] = {
        {401, source_errc::session_died, error_class::run},
        {403, source_errc::refused, error_class::item},
        {404, source_errc::not_found, error_class::run},
        {410, source_errc::not_found, error_class::run},
        {429, source_errc::throttled, error_class::transient},
        {503, source_errc::throttled, error_class::transient},
        {500, source_errc::server_error, error_class::transient},
        {502, source_errc::server_error, error_class::transient},
        {400, source_errc::server_error, error_class::transient},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(status_failure(c.status).code, make_error_code(c.expected)) << c.status;
        EXPECT_EQ(classify(status_failure(c.status)), c.asks) << c.status;
    }
}

TEST(source_errc, every_value_has_a_sentence_and_a_class) {
    for (int e = 1; e <= static_cast<int>(source_errc::cut_by_redirect); ++e) {
        const auto code = make_error_code(static_cast<source_errc>(e));
        EXPECT_NE(code.message(), "unknown") << e;
        EXPECT_NE(classify(code), error_class::bug) << e;
    }
}

}  // namespace
}  // namespace decamp::source::micloud
