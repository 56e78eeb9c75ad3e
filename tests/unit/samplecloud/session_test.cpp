#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>

#include "raw_client.hpp"

namespace decamp::samplecloud::test {
namespace {

namespace json = boost::json;

struct passport {
    std::string user;
    std::string pass;
    std::string device = "wb_test";

    explicit passport(const server& cloud) {
        const json::value all = json::parse(cloud.credentials_json(credential_form::pass_token_only));
        user = std::string(all.at("userId").as_string());
        pass = std::string(all.at("passToken").as_string());
    }
    std::string cookies() const {
        return "Cookie: userId=" + user + "; deviceId=" + device + "; passToken=" + pass + "\r\n";
    }
};

std::string login_url(const server& cloud, const std::string& cookies) {
    const raw_reply reply =
        fetch(cloud.api_url() + "/api/user/login?ts=1&followUp=https%3A%2F%2Fi.mi.com%2F&_locale=zh_CN", cookies);
    return std::string(reply.json().at("data").at("loginUrl").as_string());
}

/// Walks the chain; the new token, or "" with the step that failed in `stopped`.
std::string renew(const server& cloud, const passport& who, std::string* stopped = nullptr) {
    const raw_reply second = fetch(login_url(cloud, who.cookies()), who.cookies());
    if (second.status != 302) {
        if (stopped != nullptr) *stopped = "account " + std::to_string(second.status);
        return {};
    }
    const raw_reply third = fetch(second.header("Location"), who.cookies());
    if (stopped != nullptr) *stopped = "sts " + std::to_string(third.all("Set-Cookie").size());
    return third.cookie("serviceToken");
}

int timeline_status(const server& cloud, const std::string& token) {
    signed_client client(cloud);
    client.token = token;
    return client.api("/gallery/user/timeline?ts=1").status;
}

TEST(session, the_chain_hands_out_a_token_and_ends_the_old_one) {
    const server cloud(demo_scenario());
    const passport who(cloud);
    const std::string old = signed_client(cloud).token;
    EXPECT_EQ(timeline_status(cloud, old), 200);
    std::string where;
    const std::string token = renew(cloud, who, &where);
    EXPECT_EQ(where, "sts 5") << "five cookies when good";
    ASSERT_FALSE(token.empty());
    EXPECT_NE(token.find('+'), std::string::npos) << "a token that a form must encode";
    EXPECT_EQ(timeline_status(cloud, token), 200);
    EXPECT_EQ(timeline_status(cloud, old), 401);
    EXPECT_EQ(cloud.stats().renewals, 1U);
    EXPECT_EQ(cloud.stats().cookies_leaked, 0U);
    EXPECT_EQ(cloud.stats().pass_token_misplaced, 0U);
}

TEST(session, a_guest_gets_a_login_url_and_no_further) {
    const server cloud(demo_scenario());
    const raw_reply reply = fetch(login_url(cloud, {}));
    EXPECT_EQ(reply.status, 200);
    EXPECT_TRUE(reply.header("Content-Type").starts_with("text/html"));
    EXPECT_TRUE(reply.all("Set-Cookie").empty());
}

TEST(session, the_device_must_be_a_browser) {
    const server cloud(demo_scenario());
    passport who(cloud);
    who.device = "an_123";
    std::string where;
    EXPECT_EQ(renew(cloud, who, &where), "");
    EXPECT_EQ(where, "account 200");
}

TEST(session, a_wrong_or_dead_pass_token_shows_the_login_page) {
    server cloud(demo_scenario());
    passport who(cloud);
    const std::string right = who.pass;
    who.pass += "x";
    std::string where;
    EXPECT_EQ(renew(cloud, who, &where), "");
    EXPECT_EQ(where, "account 200");
    who.pass = right;
    EXPECT_NE(renew(cloud, who), "");
    cloud.kill_pass_token();
    EXPECT_EQ(renew(cloud, who), "");
}

TEST(session, a_login_url_made_by_hand_is_illegal) {
    const server cloud(demo_scenario());
    const passport who(cloud);
    const std::string url = cloud.account_url() + "/pass/serviceLogin?callback=" +
                            percent_encoded(cloud.api_url() + "/sts?sign=0&followup=https://i.mi.com/") +
                            "&sid=i.mi.com";
    const raw_reply reply = fetch(url, who.cookies());
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.json().at("code"), 10025);
}

TEST(session, sts_gives_no_cookie_to_who_was_not_sent_there) {
    const server cloud(demo_scenario());
    const raw_reply reply = fetch(cloud.api_url() + "/sts?sign=0&followup=https%3A%2F%2Fi.mi.com%2F&ticket=1&auth=2");
    EXPECT_TRUE(reply.all("Set-Cookie").empty());
}

TEST(session, renewals_can_be_counted_out) {
    scenario from = demo_scenario();
    from.session.renewals_allowed = 2;
    const server cloud(from);
    const passport who(cloud);
    EXPECT_NE(renew(cloud, who), "");
    EXPECT_NE(renew(cloud, who), "");
    EXPECT_EQ(renew(cloud, who), "");
}

TEST(session, cookies_are_wanted_on_every_call) {
    const server cloud(demo_scenario());
    for (const char* target :
         {"/status/lite/setting?type=AutoRenewal", "/status/lite/profile", "/common/check", "/mic/keybag/v1/getEncInfo",
          "/gallery/user/album/list?pageNum=0&pageSize=10", "/gallery/user/album/video", "/gallery/user/timeline",
          "/gallery/user/galleries?pageNum=0&pageSize=10", "/gallery/storage?id=1", "/status/lite/alldetail"}) {
        EXPECT_EQ(fetch(cloud.api_url() + target).status, 401) << target;
        EXPECT_EQ(fetch(cloud.api_url() + target, "Cookie: userId=2233445566\r\n").status, 401) << target;
        signed_client client(cloud);
        EXPECT_EQ(client.api(target).status, 200) << target;
    }
}

TEST(session, a_post_repeats_the_token_encoded) {
    const server cloud(demo_scenario());
    const signed_client client(cloud);
    const std::string url = cloud.api_url() + "/gallery/user/lite/index/prepare";
    EXPECT_EQ(post(url, "serviceToken=" + percent_encoded(client.token), client.cookies()).status, 200);
    EXPECT_EQ(post(url, "", client.cookies()).status, 401);
    EXPECT_EQ(post(url, "serviceToken=" + client.token, client.cookies()).status, 401) << "a bare + is a space";
}

TEST(session, it_dies_after_so_many_requests_and_comes_back_by_the_chain) {
    scenario from = demo_scenario();
    from.session.expire_after = 3;
    const server cloud(from);
    const std::string token = signed_client(cloud).token;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(timeline_status(cloud, token), 200);
    EXPECT_EQ(timeline_status(cloud, token), 401);
    EXPECT_EQ(timeline_status(cloud, token), 401);
    EXPECT_EQ(timeline_status(cloud, renew(cloud, passport(cloud))), 200);
}

TEST(session, rotation_does_not_lengthen_its_life_and_keep_alive_does) {
    scenario from = demo_scenario();
    from.session.expire_after = 4;
    from.session.rotate_every = 2;
    const server cloud(from);
    signed_client client(cloud);
    const auto ask = [&](const std::string& target) {
        const raw_reply reply = client.api(target);
        if (!reply.cookie("serviceToken").empty()) client.token = reply.cookie("serviceToken");
        return reply.status;
    };
    for (int i = 0; i < 3; ++i) EXPECT_EQ(ask("/common/check?ts=1"), 200);
    EXPECT_EQ(ask("/status/lite/setting?type=AutoRenewal&inactiveTime=10&ts=1"), 200);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(ask("/common/check?ts=1"), 200);
    EXPECT_EQ(ask("/common/check?ts=1"), 401);
}

TEST(session, it_rotates_on_any_reply_with_grace_for_the_old_token) {
    scenario from = demo_scenario();
    from.session.rotate_every = 3;
    from.session.rotation_grace = 2;
    const server cloud(from);
    signed_client client(cloud);
    std::string fresh;
    for (int i = 0; i < 3; ++i) fresh = client.api("/common/check?ts=1").cookie("serviceToken");
    ASSERT_FALSE(fresh.empty());
    EXPECT_EQ(timeline_status(cloud, client.token), 200);
    EXPECT_EQ(timeline_status(cloud, client.token), 200);
    EXPECT_EQ(timeline_status(cloud, client.token), 401) << "its grace is used up";
    EXPECT_EQ(timeline_status(cloud, fresh), 200);
}

TEST(session, keep_alive_rotates_or_not) {
    server cloud(demo_scenario());
    const signed_client client(cloud);
    const std::string call = "/status/lite/setting?type=AutoRenewal&inactiveTime=10&ts=1";
    EXPECT_FALSE(client.api(call).cookie("serviceToken").empty());
    cloud.mutate([](scenario& s) { s.session.keepalive_rotates = false; });
    const raw_reply reply = client.api("/status/setting?type=AutoRenewal&inactiveTime=10&_dc=1");
    EXPECT_EQ(reply.json().at("result"), "ok");
    EXPECT_TRUE(reply.cookie("serviceToken").empty());
}

TEST(session, the_second_shard_wants_the_token_that_came_with_the_redirect) {
    scenario from = demo_scenario();
    from.session.shard_every = 2;
    const server cloud(from);
    signed_client client(cloud);
    EXPECT_EQ(client.api("/common/check?ts=1").status, 200);
    const std::string target = "/gallery/user/timeline?ts=1&_dc=2";
    const raw_reply redirect = client.api(target);
    ASSERT_EQ(redirect.status, 302);
    EXPECT_EQ(redirect.header("Location"), cloud.shard_url() + target) << "the same path on the other host";
    const std::string there = redirect.header("Location");
    EXPECT_EQ(fetch(there).status, 401) << "a client that drops cookies across hosts";
    EXPECT_EQ(fetch(there, client.cookies()).status, 401) << "one that keeps the old token";
    client.token = redirect.cookie("serviceToken");
    EXPECT_EQ(fetch(there, client.cookies()).status, 200);
    EXPECT_EQ(client.api("/common/check?ts=1").status, 200) << "the first host takes it too";
}

TEST(session, the_chain_may_end_on_the_second_shard) {
    scenario from = demo_scenario();
    from.session.login_lands_on_shard = true;
    const server cloud(from);
    const passport who(cloud);
    const raw_reply second = fetch(login_url(cloud, who.cookies()), who.cookies());
    EXPECT_TRUE(second.header("Location").starts_with(cloud.shard_url() + "/sts?"));
    EXPECT_FALSE(fetch(second.header("Location"), who.cookies()).cookie("serviceToken").empty());
}

TEST(session, untrusted_means_401_on_the_gallery_alone) {
    scenario from = demo_scenario();
    from.session.untrusted = true;
    const server cloud(from);
    const signed_client client(cloud);
    EXPECT_EQ(client.api("/common/check?ts=1").status, 200);
    EXPECT_EQ(client.api("/gallery/user/album/list?ts=1&pageNum=0&pageSize=10").status, 401);
}

TEST(session, end_to_end_encryption_shows) {
    scenario from = demo_scenario();
    from.session.e2ee = e2ee_state::open;
    const server cloud(from);
    const signed_client client(cloud);
    EXPECT_EQ(client.data("/mic/keybag/v1/getEncInfo?hsid=2&appId=micloud&ts=1").at("e2eeStatus"), "open");
    const json::value page = client.data("/gallery/user/galleries?ts=1&pageNum=0&pageSize=1");
    EXPECT_TRUE(page.at("galleries").at(0).as_object().contains("encryptInfo"));
    from.session.e2ee = e2ee_state::open_without_token;
    const server harder(from);
    std::string where;
    EXPECT_EQ(renew(harder, passport(harder), &where), "");
    EXPECT_EQ(where, "sts 0");
}

TEST(session, credentials_come_in_three_forms) {
    const scenario from = demo_scenario();
    const auto keys = [&](credential_form form) {
        std::string out;
        const json::value all = json::parse(credentials_json(from, form));
        for (const auto& entry : all.as_object()) {
            out += std::string(entry.key()) + " ";
        }
        return out;
    };
    EXPECT_EQ(keys(credential_form::both), "userId serviceToken passToken deviceId ");
    EXPECT_EQ(keys(credential_form::pass_token_only), "userId passToken deviceId ");
    EXPECT_EQ(keys(credential_form::service_token_only), "userId serviceToken ");
}

}  // namespace
}  // namespace decamp::samplecloud::test
