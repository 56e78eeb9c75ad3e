#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "raw_client.hpp"

namespace decamp::samplecloud::test {
namespace {

namespace json = boost::json;

std::size_t lines_of(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(control, stats_count_what_was_asked_and_not_themselves) {
    const server cloud(demo_scenario());
    const signed_client client(cloud);
    const true_item item = cloud.item(1);
    client.download(item.id);
    client.download(item.id);
    const json::value stats = fetch(cloud.api_url() + "/_control/stats").json();
    EXPECT_EQ(stats.at("requests").at("link"), 2);
    EXPECT_EQ(stats.at("requests").at("page"), 2);
    EXPECT_EQ(stats.at("requests").at("download"), 2);
    EXPECT_EQ(stats.at("total_requests"), 6);
    EXPECT_EQ(stats.at("downloaded_again").at(item.id), 2);
    EXPECT_EQ(stats.at("cookies_leaked"), 0);
    EXPECT_EQ(post(cloud.api_url() + "/_control/reset-stats", "").status, 200);
    EXPECT_EQ(cloud.stats().total_requests, 0U);
    EXPECT_EQ(cloud.downloads_of(item.id), 0U);
}

TEST(control, the_log_is_bounded_and_says_what_was_asked) {
    const server cloud(demo_scenario(), {.log_limit = 3});
    const signed_client client(cloud);
    for (int i = 0; i < 5; ++i) client.api("/gallery/user/timeline?ts=" + std::to_string(i));
    cloud.wait_idle();
    const auto log = cloud.log();
    ASSERT_EQ(log.size(), 3U);
    EXPECT_EQ(log.back().number, 5U);
    EXPECT_EQ(log.back().target, "/gallery/user/timeline?ts=4");
    EXPECT_EQ(log.back().kind, endpoint::timeline);
    EXPECT_EQ(log.back().status, 200);
    EXPECT_TRUE(log.back().finished);
    EXPECT_GT(log.back().body_bytes, 100U);
    EXPECT_EQ(log.back().cookie_names, (std::vector<std::string>{"userId", "serviceToken"}));
    EXPECT_EQ(lines_of(fetch(cloud.api_url() + "/_control/log").body), 3U);
}

TEST(control, the_log_file_has_a_json_object_a_line) {
    const auto file = std::filesystem::path(testing::TempDir()) / "samplecloud_log_test.jsonl";
    std::filesystem::remove(file);
    {
        const server cloud(demo_scenario(), {.log_file = file.string()});
        signed_client(cloud).download(cloud.item(0).id, "Range: bytes=5-\r\n");
        cloud.wait_idle();
    }
    std::ifstream in(file);
    std::string line;
    std::vector<json::value> records;
    while (std::getline(in, line)) records.push_back(json::parse(line));
    ASSERT_EQ(records.size(), 3U);
    EXPECT_EQ(records[2].at("endpoint"), "download");
    EXPECT_EQ(records[2].at("range"), "bytes=5-");
    EXPECT_EQ(records[2].at("has_cookie"), false);
    std::filesystem::remove(file);
}

TEST(control, switches_change_while_it_serves) {
    const server cloud(demo_scenario());
    const signed_client client(cloud);
    const std::string url = cloud.api_url() + "/_control/scenario";
    EXPECT_EQ(post(url, R"({"list_faults": [{"on": "timeline", "kind": "error", "times": 0}]})").status, 200);
    EXPECT_EQ(client.api("/gallery/user/timeline?ts=1").json().at("code"), 10001);
    EXPECT_EQ(post(url, R"({"list_faults": []})").status, 200);
    EXPECT_EQ(client.api("/gallery/user/timeline?ts=1").json().at("code"), 0);
    const raw_reply refused = post(url, R"({"list_falts": []})");
    EXPECT_EQ(refused.status, 400);
    EXPECT_NE(refused.body.find("list_falts"), std::string::npos);
}

TEST(control, items_come_and_go_and_sessions_end) {
    const server cloud(demo_scenario());
    const signed_client client(cloud);
    const std::string url = cloud.api_url() + "/_control/mutate";
    EXPECT_EQ(post(url, R"({"insert": 2, "remove": [0, 119]})").status, 200);
    EXPECT_EQ(client.ids("pageSize=500").size(), 120U);
    EXPECT_EQ(cloud.item_count(), 127U);
    EXPECT_EQ(client.download(cloud.item(126).id).body, cloud.bytes_of(126));
    EXPECT_EQ(post(url, R"({"kill_service_token": true})").status, 200);
    EXPECT_EQ(client.api("/common/check?ts=1").status, 401);
    EXPECT_EQ(post(url, "[]").status, 400);
    EXPECT_EQ(post(url, "{").status, 400);
}

TEST(control, attempts_can_be_forgotten) {
    scenario from = demo_scenario();
    from.bursts.clear();
    const server cloud(from);
    const signed_client client(cloud);
    const std::string id = cloud.item(33).id;
    EXPECT_EQ(client.download(id).status, 403);
    EXPECT_EQ(client.download(id).status, 200);
    post(cloud.api_url() + "/_control/reset-attempts", "");
    EXPECT_EQ(client.download(id).status, 403);
}

TEST(control, it_says_what_it_holds) {
    const server cloud(demo_scenario());
    const std::string text = fetch(cloud.api_url() + "/_control/items?from=3&count=2").body;
    ASSERT_EQ(lines_of(text), 2U);
    const json::value first = json::parse(text.substr(0, text.find('\n')));
    EXPECT_EQ(first.at("id").as_string(), cloud.item(3).id);
    EXPECT_EQ(first.at("sha1").as_string(), cloud.item(3).sha1);
    EXPECT_EQ(fetch(cloud.api_url() + "/_control/credentials").body, cloud.credentials_json());
    EXPECT_EQ(fetch(cloud.api_url() + "/_control/nothing").status, 404);
}

TEST(serving, the_hosts_have_addresses_of_their_own) {
    const server cloud(demo_scenario());
    EXPECT_TRUE(cloud.api_url().starts_with("http://127.0.0.1:"));
    EXPECT_TRUE(cloud.account_url().starts_with("http://127.0.0.2:"));
    EXPECT_TRUE(cloud.storage_url().starts_with("http://127.0.0.3:"));
    EXPECT_TRUE(cloud.shard_url().starts_with("http://127.0.0.4:"));
    EXPECT_TRUE(cloud.second_storage_url().starts_with("http://127.0.0.5:"));
    EXPECT_TRUE(cloud.foreign_url().starts_with("http://127.0.0.6:"));
}

TEST(serving, an_address_in_use_is_refused) {
    const server cloud(demo_scenario());
    const std::string url = cloud.api_url();
    server_options same;
    same.port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    EXPECT_THROW(server(demo_scenario(), same), std::runtime_error);
}

TEST(serving, a_connection_is_kept_and_requests_may_come_together) {
    const server cloud(demo_scenario());
    const signed_client client(cloud);
    raw_connection connection(cloud.api_url());
    const std::string one = "GET /common/check?ts=1 HTTP/1.1\r\nHost: x\r\n" + client.cookies() + "\r\n";
    connection.send(one + one + one.substr(0, 20));
    EXPECT_EQ(connection.reply().status, 200);
    EXPECT_EQ(connection.reply().status, 200);
    connection.send(one.substr(20));
    EXPECT_EQ(connection.reply().status, 200);
    EXPECT_EQ(cloud.stats().connections, 1U);
}

TEST(serving, connection_close_is_obeyed) {
    const server cloud(demo_scenario());
    raw_connection connection(cloud.api_url());
    EXPECT_EQ(connection.get("/x", "Connection: close\r\n").header("Connection"), "close");
    EXPECT_EQ(connection.receive(1), "");
    EXPECT_TRUE(connection.ended());
}

TEST(serving, a_kept_connection_may_close_unannounced) {
    scenario from = demo_scenario();
    from.api.close_after_requests = 2;
    const server cloud(from);
    raw_connection connection(cloud.api_url());
    EXPECT_EQ(connection.get("/x").status, 404);
    EXPECT_EQ(connection.get("/x").header("Connection"), "");
    EXPECT_EQ(connection.receive(1), "");
}

TEST(serving, connections_above_the_limit_are_refused) {
    scenario from = demo_scenario();
    from.api.max_connections = 2;
    const server cloud(from);
    raw_connection one(cloud.api_url());
    raw_connection two(cloud.api_url());
    EXPECT_EQ(one.get("/x").status, 404);
    EXPECT_EQ(two.get("/x").status, 404);
    raw_connection three(cloud.api_url());
    EXPECT_EQ(three.get("/x").status, 503);
    EXPECT_EQ(fetch(cloud.storage_url() + "/x").status, 404) << "each host counts its own";
    EXPECT_GE(cloud.stats().most_connections, 3U);
}

TEST(serving, what_is_no_http_gets_400) {
    const server cloud(demo_scenario());
    raw_connection connection(cloud.api_url());
    connection.send("\x16\x03\x01 hello\r\n\r\n");
    EXPECT_EQ(connection.reply().status, 400);
}

TEST(serving, delays_and_rates_delay_nothing_but_time) {
    scenario from = demo_scenario();
    from.api.latency_ms = 1;
    from.api.deep_page = 1;
    from.api.deep_page_delay_ms = 1;
    from.storage.latency_ms = 1;
    from.storage.bytes_per_second = 2'000'000;
    const server cloud(from);
    const signed_client client(cloud);
    EXPECT_EQ(client.download(cloud.item(5).id).body, cloud.bytes_of(5));
    EXPECT_EQ(client.ids("pageSize=50").size(), 120U);
}

TEST(serving, several_threads_serve_many_connections) {
    scenario from = demo_scenario();
    from.faults.clear();
    from.bursts.clear();
    const server cloud(from, {.threads = 3});
    std::vector<std::thread> clients;
    std::vector<int> good(4, 0);
    for (std::size_t c = 0; c < good.size(); ++c) {
        clients.emplace_back([&, c] {
            const signed_client client(cloud);
            for (std::uint64_t i = 0; i < 40; ++i) {
                good[c] += client.download(cloud.item(i).id).body == cloud.bytes_of(i) ? 1 : 0;
            }
        });
    }
    for (std::thread& one : clients) one.join();
    EXPECT_EQ(good, std::vector<int>(4, 40));
    EXPECT_EQ(cloud.requests(endpoint::download), 160U);
}

TEST(serving, it_stops_with_requests_under_way) {
    scenario from = demo_scenario();
    from.list_faults.push_back({.kind = list_fault_kind::endless, .times = 0});
    auto cloud = std::make_unique<server>(from);
    const signed_client client(*cloud);
    raw_connection connection(cloud->api_url());
    connection.send("GET /gallery/user/galleries?ts=1&pageNum=0&pageSize=50 HTTP/1.1\r\nHost: x\r\n" +
                    client.cookies() + "\r\n");
    EXPECT_EQ(connection.receive(1000).size(), 1000U);
    cloud.reset();
    while (!connection.receive(1 << 20).empty()) {
    }
    EXPECT_TRUE(connection.ended());
}

}  // namespace
}  // namespace decamp::samplecloud::test
