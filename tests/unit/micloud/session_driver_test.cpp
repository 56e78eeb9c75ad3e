// The session as driven by calls: what is sent where, and how often.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/micloud/source_fixture.hpp"

namespace decamp::testing {
namespace {

using source::source_errc;
using source::micloud::credentials;

TEST(session_driver, a_call_carries_what_a_browser_sends) {
    source_fixture f;
    ASSERT_TRUE(run(f.source->announced({})));
    ASSERT_EQ(f.cloud.sent.size(), 1U);
    const auto& sent = f.cloud.sent[0];
    EXPECT_EQ(sent.method, "GET");
    EXPECT_EQ(sent.target.target(), "/gallery/user/timeline?ts=1700000000123");
    EXPECT_EQ(header_of(sent, "Cookie"), "userId=77USER; serviceToken=token1");
    EXPECT_EQ(header_of(sent, "Referer"), "https://i.mi.com/gallery/h5");
    EXPECT_NE(header_of(sent, "User-Agent").find("Chrome/"), std::string::npos);
}

TEST(session_driver, signs_in) {
    source_fixture f;
    const auto got = run(f.source->sign_in());
    ASSERT_TRUE(got) << to_string(got.error());
    EXPECT_EQ(got->display, "小明");
    EXPECT_EQ(got->endpoint, "http://127.0.0.1");
    ASSERT_EQ(f.cloud.to("/prepare").size(), 1U);
    const auto prepare = f.cloud.to("/prepare")[0];
    EXPECT_EQ(prepare.method, "POST");
    EXPECT_EQ(prepare.body, "serviceToken=token1");
    EXPECT_EQ(f.renewed, 0);
}

TEST(session_driver, the_account_is_named_without_its_id) {
    struct {
        const char* answer;
        const char* display;
    } const cases[] = {
        {R"({"nickname":"Ming"})", "Ming"},
        {R"({"nickname":"77USER"})", "redacted"},
        {R"({"nickname":"user 77USER!"})", "redacted"},
        {R"({"nickname":""})", "redacted"},
        {R"({"nickname":"a\u001b[2J"})", "redacted"},
        {R"({"icon":"x"})", "redacted"},
        {"null", "redacted"},
    };
    for (const auto& c : cases) {
        source_fixture f;
        f.cloud.on(api + "/status/lite/profile", ok_json(c.answer));
        EXPECT_EQ(run(f.source->sign_in()).value().display, c.display) << c.answer;
    }
    source_fixture none;
    none.cloud.on(api + "/status/lite/profile", status(404));
    EXPECT_EQ(run(none.source->sign_in()).value().display, "redacted");
}

TEST(session_driver, encryption_is_found_before_anything_else) {
    source_fixture f;
    f.cloud.on(api + "/mic/keybag/v1/getEncInfo", ok_json(R"({"zone":301,"e2eeStatus":"open","appKeyVersion":1})"));
    const auto got = run(f.source->sign_in());
    EXPECT_CODE(got, source_errc::end_to_end_encrypted);
    EXPECT_EQ(f.cloud.sent.size(), 1U);
    for (const auto& answer :
         {status(404), status(500), error_json(10001), json("<html>"), ok_json("{}"), redirect("/")}) {
        source_fixture tolerant;
        tolerant.cloud.on(api + "/mic/keybag/v1/getEncInfo", answer);
        EXPECT_TRUE(run(tolerant.source->sign_in()));
    }
}

TEST(session_driver, sign_in_says_why_it_failed) {
    source_fixture down;
    canned reset;
    reset.fails = failure(world::network_errc::refused);
    down.cloud.on(api, reset);
    down.cloud.on(api + "/mic/keybag/v1/getEncInfo", reset);
    const auto refused = run(down.source->sign_in());
    EXPECT_CODE(refused, world::network_errc::refused);

    source_fixture throttled;
    throttled.cloud.on(api + "/mic/keybag/v1/getEncInfo", status(503));
    EXPECT_CODE(run(throttled.source->sign_in()), source_errc::throttled);

    source_fixture dead({"77USER", "dead", "", ""});
    dead.cloud.on(api + "/mic/keybag/v1/getEncInfo", status(401, R"({"R":401,"D":"x"})"));
    EXPECT_CODE(run(dead.source->sign_in()), source_errc::login_refused);

    source_fixture both({"77USER", "dead", "pass", ""});
    both.cloud.on(api + "/mic/keybag/v1/getEncInfo", error_json(401));
    both.cloud.on(account + "/pass/serviceLogin", status(200, "<html>log in</html>"));
    EXPECT_CODE(run(both.source->sign_in()), source_errc::login_refused);
    EXPECT_EQ(both.renewed, 0);
}

TEST(session_driver, a_pass_token_alone_is_enough) {
    source_fixture f({"77USER", "", "PASSTOKEN", ""});
    ASSERT_TRUE(run(f.source->sign_in()));
    EXPECT_EQ(f.renewed, 1);
    EXPECT_EQ(f.cloud.sent[0].target.path, "/api/user/login");
    EXPECT_EQ(cookie_of(f.cloud.sent[3], "serviceToken"), "token2");
}

TEST(session_driver, renews_by_the_chain_and_replays) {
    source_fixture f;
    f.require("token2");
    const auto got = run(f.source->announced({}));
    ASSERT_TRUE(got) << to_string(got.error());
    EXPECT_EQ(f.renewed, 1);
    std::vector<std::string> asked;
    for (const auto& request : f.cloud.sent) asked.push_back(request.target.host + request.target.path);
    EXPECT_EQ(asked, (std::vector<std::string>{"127.0.0.1/gallery/user/timeline", "127.0.0.1/api/user/login",
                                               "127.0.0.2/pass/serviceLogin", "127.0.0.1/sts",
                                               "127.0.0.1/gallery/user/timeline"}));
    for (const int step : {1, 2, 3}) {
        const auto& request = f.cloud.sent[static_cast<std::size_t>(step)];
        EXPECT_EQ(header_of(request, "Cookie"), "userId=77USER; deviceId=wb_1; passToken=PASSTOKEN") << step;
    }
    EXPECT_EQ(f.cloud.sent[4].target.query, f.cloud.sent[0].target.query);
}

TEST(session_driver, each_form_of_401_is_understood) {
    const std::string body = R"({"R":401,"D":"http://127.0.0.2/pass/serviceLogin"})";
    for (const auto& form : {error_json(401), status(401, body), status(200, body), status(401, "<html>"),
                             status(401, ""), status(403, body), redirect(account + "/pass/serviceLogin?x")}) {
        source_fixture f;
        f.cloud.on(api + "/gallery/user/timeline", std::deque<canned>{form, ok_json(R"({"dayCount":{}})")});
        EXPECT_TRUE(run(f.source->announced({}))) << form.status << form.body;
        EXPECT_EQ(f.renewed, 1) << form.status << form.body;
    }
}

TEST(session_driver, dies_when_the_fresh_token_is_refused_too) {
    source_fixture f;
    f.require("never");
    EXPECT_CODE(run(f.source->announced({})), source_errc::session_died);
    EXPECT_EQ(f.cloud.to("/sts").size(), 1U);
    EXPECT_EQ(f.cloud.to("/timeline").size(), 2U);
    EXPECT_CODE(run(f.source->announced({})), source_errc::session_died);
    EXPECT_EQ(f.cloud.to("/timeline").size(), 2U);
}

TEST(session_driver, a_service_token_alone_dies_at_once) {
    source_fixture f({"77USER", "token1", "", ""});
    f.require("token2");
    EXPECT_CODE(run(f.source->announced({})), source_errc::session_died);
    EXPECT_EQ(f.cloud.sent.size(), 1U);
}

TEST(session_driver, a_broken_chain_can_be_tried_again) {
    source_fixture f;
    f.require("token2");
    f.cloud.on(account + "/pass/serviceLogin", std::deque<canned>{status(503), status(500), redirect(api + "/sts?s")});
    EXPECT_CODE(run(f.source->announced({})), source_errc::throttled);
    EXPECT_CODE(run(f.source->announced({})), source_errc::server_error);
    EXPECT_TRUE(run(f.source->announced({})));
}

TEST(session_driver, many_calls_renew_once) {
    source_fixture f;
    f.require("token2");
    boost::asio::io_context context;
    std::vector<started<result<source::download_link>>> calls;
    for (int i = 0; i < 20; ++i) calls.emplace_back(context, f.source->link({{"9"}}));
    context.run();
    for (auto& call : calls) {
        ASSERT_TRUE(call.ended());
        EXPECT_TRUE(call.get()) << to_string(call.get().error());
    }
    EXPECT_EQ(f.renewed, 1);
    EXPECT_EQ(f.cloud.to("/sts").size(), 1U);
    EXPECT_EQ(f.cloud.to("/gallery/storage").size(), 40U);
}

TEST(session_driver, many_calls_share_a_failed_renewal) {
    for (const auto& [answer, expected] : {std::pair(status(200, "<html>"), source_errc::session_died),
                                           std::pair(status(503), source_errc::throttled)}) {
        source_fixture f;
        f.require("token2");
        f.cloud.on(account + "/pass/serviceLogin", answer);
        boost::asio::io_context context;
        std::vector<started<result<source::download_link>>> calls;
        for (int i = 0; i < 20; ++i) calls.emplace_back(context, f.source->link({{"9"}}));
        context.run();
        for (auto& call : calls) {
            ASSERT_TRUE(call.ended());
            EXPECT_CODE(call.get(), expected);
        }
        EXPECT_EQ(f.cloud.to("/pass/serviceLogin").size(), 1U);
    }
}

// A token that is good for a few requests only, under many calls at once: everyone gets through all the same.
TEST(session_driver, tokens_that_wear_out_under_load) {
    source_fixture f;
    auto left = std::make_shared<int>(0);
    f.cloud.on(api + "/gallery/storage", [&f, left](const transport::request& what) {
        const bool current = cookie_of(what, "serviceToken") == "token" + std::to_string(f.tokens);
        if (!current || (*left)-- <= 0) return error_json(401);
        return ok_json(R"({"url":")" + storage + R"(/2/9/page?sig=SIGNED"})");
    });
    f.cloud.on(api + "/sts", [&f, left](const transport::request&) {
        *left = 6;
        return redirect(api + "/", "token" + std::to_string(++f.tokens));
    });
    boost::asio::io_context context;
    std::vector<started<result<source::download_link>>> calls;
    for (int i = 0; i < 16; ++i) calls.emplace_back(context, f.source->link({{"9"}}));
    context.run();
    for (auto& call : calls) EXPECT_TRUE(call.get()) << to_string(call.get().error());
    EXPECT_EQ(f.renewed, 3);
}

TEST(session_driver, rotated_tokens_are_adopted_from_any_answer) {
    source_fixture f;
    canned rotates = ok_json("{}");
    rotates.headers.push_back({"set-cookie", "serviceToken=rotated; Path=/"});
    f.cloud.on(api + "/status/lite/setting", rotates);
    ASSERT_TRUE(run(f.source->keep_alive()));
    f.require("rotated");
    EXPECT_TRUE(run(f.source->announced({})));
    EXPECT_EQ(f.renewed, 0);
    EXPECT_EQ(f.cloud.to("/setting")[0].target.query, "type=AutoRenewal&inactiveTime=10&ts=1700000000123");
}

TEST(session_driver, follows_to_the_shard_with_the_new_token) {
    source_fixture f;
    f.cloud.on(api + "/gallery/user/timeline",
               [](const transport::request& what) { return redirect(shard + what.target.target(), "sharded"); });
    f.cloud.on(shard + "/gallery/user/timeline", [](const transport::request& what) {
        return cookie_of(what, "serviceToken") == "sharded" ? ok_json(R"({"dayCount":{"20240501":3}})") : status(401);
    });
    const auto got = run(f.source->announced({}));
    ASSERT_TRUE(got) << to_string(got.error());
    EXPECT_EQ(got->value().at(0).count, 3U);
    EXPECT_EQ(f.cloud.sent[1].target.query, f.cloud.sent[0].target.query);
}

TEST(session_driver, cookies_do_not_follow_a_redirect_to_another_host) {
    for (const std::string& to :
         {std::string("http://127.0.0.6/gallery/user/timeline"), std::string("http://evil.example/"),
          storage + "/gallery/user/timeline", std::string("https://i.mi.com/gallery/user/timeline")}) {
        source_fixture f;
        ASSERT_TRUE(run(f.source->link({{"9"}})));  // the storage host is known from now on
        const auto before = f.cloud.sent.size();
        f.cloud.on(api + "/gallery/user/timeline", redirect(to, "token1"));
        EXPECT_CODE(run(f.source->announced({"1"})), source_errc::cut_by_redirect);
        EXPECT_EQ(f.cloud.sent.size(), before + 1) << to;
    }
}

// Every kind of request, made in every way, against the hosts that may see each secret.
TEST(session_driver, secrets_stay_where_they_belong) {
    source_fixture f;
    f.require("token2");
    ASSERT_TRUE(run(f.source->sign_in()));
    ASSERT_TRUE(run(f.source->collections("")));
    ASSERT_TRUE(run(f.source->announced({})));
    ASSERT_TRUE(run(f.source->page({}, "")));
    const auto link = run(f.source->link({{"9"}}));
    ASSERT_TRUE(link);
    f.cloud.sent.push_back(link->request);
    for (const auto& request : f.cloud.sent) {
        std::string all = request.target.target() + request.body;
        for (const auto& header : request.headers) all += header.name + header.value;
        const bool chain = request.target.path == "/api/user/login" || request.target.path == "/sts" ||
                           request.target.host == "127.0.0.2";
        const bool holds_pass = all.find("PASSTOKEN") != std::string::npos;
        const bool holds_token = all.find("token1") != std::string::npos || all.find("token2") != std::string::npos;
        EXPECT_EQ(holds_pass, chain) << request.target.path;
        if (request.target.host != "127.0.0.1") {
            EXPECT_FALSE(holds_token) << request.target.path;
        }
        if (request.target.host == "127.0.0.3") {
            EXPECT_EQ(header_of(request, "Cookie"), "") << request.target.path;
            EXPECT_EQ(all.find("77USER"), std::string::npos);
        }
    }
}

}  // namespace
}  // namespace decamp::testing
