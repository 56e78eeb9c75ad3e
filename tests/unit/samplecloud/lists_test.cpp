#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>
#include <string>

#include "raw_client.hpp"

namespace decamp::samplecloud::test {
namespace {

namespace json = boost::json;

std::vector<std::string> album_ids(const signed_client& client, int page_size) {
    std::vector<std::string> out;
    for (int page = 0;; ++page) {
        const json::value answer =
            client.data("/gallery/user/album/list?ts=1&isShared=false&pageNum=" + std::to_string(page) +
                        "&pageSize=" + std::to_string(page_size));
        if (answer.at("albums").is_array()) {
            for (const auto& album : answer.at("albums").as_array()) out.emplace_back(album.at("albumId").as_string());
        }
        if (answer.at("isLastPage").as_bool()) return out;
    }
}

TEST(lists, more_than_200_albums_are_paged) {
    scenario from;
    from.library.albums = 230;
    from.library.items = 900;
    const server cloud(from);
    const signed_client client(cloud);
    const auto ids = album_ids(client, 50);
    EXPECT_EQ(ids.size(), 231U);
    EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), 231U);
    EXPECT_TRUE(std::find(ids.begin(), ids.end(), "1000") != ids.end());
    EXPECT_EQ(album_ids(client, 500), ids);
}

TEST(lists, built_in_albums_carry_no_name) {
    const server cloud(demo_scenario());
    const signed_client client(cloud);
    const json::value answer = client.data("/gallery/user/album/list?ts=1&pageNum=0&pageSize=100");
    for (const auto& album : answer.at("albums").as_array()) {
        const auto& id = album.at("albumId").as_string();
        const bool built_in = id == "1" || id == "2" || id == "1000";
        EXPECT_EQ(album.as_object().contains("name"), !built_in) << id;
    }
}

TEST(lists, shared_albums_are_none) {
    const server cloud(demo_scenario());
    const json::value answer =
        signed_client(cloud).data("/gallery/user/album/list?ts=1&pageNum=0&pageSize=100&isShared=true");
    EXPECT_TRUE(answer.at("albums").is_null());
}

TEST(lists, all_photos_hold_every_ordinary_item_once_and_no_private_one) {
    const server cloud(demo_scenario());
    const signed_client client(cloud);
    const auto all = client.ids("pageSize=30");
    EXPECT_EQ(all.size(), 120U);
    const std::set<std::string> found(all.begin(), all.end());
    EXPECT_EQ(found.size(), 120U);
    for (std::uint64_t i = 0; i < cloud.item_count(); ++i) EXPECT_EQ(found.contains(cloud.item(i).id), i < 120) << i;
}

TEST(lists, albums_counts_and_timelines_agree) {
    const server cloud(demo_scenario());
    const signed_client client(cloud);
    const json::value albums = client.data("/gallery/user/album/list?ts=1&pageNum=0&pageSize=100");
    for (const auto& album : albums.at("albums").as_array()) {
        const std::string id(album.at("albumId").as_string());
        const auto listed = client.ids("pageSize=7&albumId=" + id);
        EXPECT_EQ(static_cast<std::int64_t>(listed.size()), album.at("mediaCount").as_int64()) << id;
        const json::value timeline = client.data("/gallery/user/timeline?ts=1&albumId=" + id);
        std::size_t sum = 0;
        for (const auto& day : timeline.at("dayCount").as_object()) {
            const std::string date(day.key());
            const auto of_day = client.ids("pageSize=5&albumId=" + id + "&startDate=" + date + "&endDate=" + date);
            EXPECT_EQ(static_cast<std::int64_t>(of_day.size()), day.value().as_int64());
            sum += of_day.size();
        }
        EXPECT_EQ(sum, listed.size());
        std::size_t members = 0;
        for (std::uint64_t i = 0; i < cloud.item_count(); ++i) {
            const auto in = cloud.item(i).album_ids;
            if (std::find(in.begin(), in.end(), id) != in.end()) ++members;
        }
        EXPECT_EQ(members, listed.size());
    }
}

TEST(lists, day_ranges_are_inclusive) {
    const server cloud(demo_scenario());
    const signed_client client(cloud);
    const json::value timeline = client.data("/gallery/user/timeline?ts=1");
    std::vector<std::pair<std::string, std::int64_t>> days;
    for (const auto& day : timeline.at("dayCount").as_object()) days.emplace_back(day.key(), day.value().as_int64());
    std::sort(days.begin(), days.end());
    std::int64_t sum = 0;
    for (std::size_t i = 2; i <= 7; ++i) sum += days[i].second;
    const auto ids = client.ids("pageSize=500&startDate=" + days[2].first + "&endDate=" + days[7].first);
    EXPECT_EQ(static_cast<std::int64_t>(ids.size()), sum);
    EXPECT_TRUE(client.ids("pageSize=500&startDate=" + days[7].first + "&endDate=" + days[2].first).empty());
}

TEST(lists, the_private_album_is_served_like_any_other_and_nowhere_else) {
    const server cloud(demo_scenario());
    const signed_client client(cloud);
    EXPECT_EQ(client.ids("pageSize=2&albumId=1000").size(), 5U);
    std::int64_t sum = 0;
    const json::value timeline = client.data("/gallery/user/timeline?ts=1");
    for (const auto& day : timeline.at("dayCount").as_object()) sum += day.value().as_int64();
    EXPECT_EQ(sum, 120);
}

TEST(lists, group_ids_are_strings_and_numbers_and_ids_survive) {
    const server cloud(demo_scenario());
    const json::value page = signed_client(cloud).data("/gallery/user/galleries?ts=1&pageNum=0&pageSize=500");
    bool text = false;
    bool number = false;
    for (const auto& item : page.at("galleries").as_array()) {
        text = text || item.at("groupId").is_string();
        number = number || item.at("groupId").is_int64();
        EXPECT_GT(std::stoull(std::string(item.at("id").as_string())), 1ULL << 53);
    }
    EXPECT_TRUE(text && number);
}

TEST(lists, the_end_is_null_or_empty) {
    server cloud(demo_scenario());
    const signed_client client(cloud);
    const std::string beyond = "/gallery/user/galleries?ts=1&pageNum=9&pageSize=100";
    EXPECT_TRUE(client.data(beyond).at("galleries").is_null());
    EXPECT_TRUE(client.data(beyond).at("isLastPage").as_bool());
    cloud.mutate([](scenario& s) { s.api.null_for_empty = false; });
    EXPECT_TRUE(client.data(beyond).at("galleries").as_array().empty());
    cloud.mutate([](scenario& s) { s.api.last_page = last_page_form::never; });
    EXPECT_FALSE(client.data(beyond).at("isLastPage").as_bool());
    cloud.mutate([](scenario& s) { s.api.last_page = last_page_form::missing; });
    EXPECT_FALSE(client.data(beyond).as_object().contains("isLastPage"));
}

TEST(lists, page_sizes_are_cut_to_the_most) {
    scenario from = demo_scenario();
    from.api.page_size_max = 25;
    const server cloud(from);
    const signed_client client(cloud);
    EXPECT_EQ(client.data("/gallery/user/galleries?ts=1&pageNum=0&pageSize=9999").at("galleries").as_array().size(),
              25U);
    EXPECT_EQ(client.ids("pageSize=25").size(), 120U);
}

TEST(lists, parameters_are_wanted) {
    const server cloud(demo_scenario());
    const signed_client client(cloud);
    for (const char* query : {"", "pageNum=0", "pageNum=0&pageSize=0", "pageNum=-1&pageSize=5", "pageNum=0&pageSize=x",
                              "pageNum=0&pageSize=5&startDate=2018"}) {
        EXPECT_EQ(client.api(std::string("/gallery/user/galleries?ts=1&") + query).json().at("code"), 10016) << query;
    }
}

TEST(lists, an_empty_gallery_and_an_ended_one_are_told_apart) {
    scenario from;
    from.library.items = 0;
    from.library.private_items = 0;
    const server empty(from);
    const signed_client client(empty);
    EXPECT_TRUE(client.ids("pageSize=10").empty());
    EXPECT_TRUE(client.data("/gallery/user/timeline?ts=1").at("dayCount").as_object().empty());
    EXPECT_FALSE(album_ids(client, 100).empty());
    from.api.gallery_ended = true;
    const server ended(from);
    const signed_client other(ended);
    const json::value answer = other.api("/gallery/user/galleries?ts=1&pageNum=0&pageSize=10").json();
    EXPECT_EQ(answer.at("code"), 10019);
    EXPECT_EQ(answer.at("data").at("serviceStatus"), "ended");
    EXPECT_EQ(other.api("/common/check?ts=1").json().at("code"), 0);
    EXPECT_FALSE(other.data("/status/lite/alldetail?ts=1").at("usedDetail").as_object().contains("GalleryImage"));
}

TEST(lists, quota_is_the_sum_of_the_sizes) {
    const server cloud(demo_scenario());
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < cloud.item_count(); ++i) sum += cloud.item(i).size;
    EXPECT_EQ(signed_client(cloud).data("/status/lite/alldetail?ts=1").at("used").to_number<std::uint64_t>(), sum);
}

TEST(lists, removal_while_walking_hides_a_photo_from_who_pages_by_offset) {
    scenario from = demo_scenario();
    from.moving = {.every = 1, .insert = 0, .remove = 1, .limit = 1};
    const server cloud(from);
    const auto seen = signed_client(cloud).ids("pageSize=20");
    const std::set<std::string> found(seen.begin(), seen.end());
    EXPECT_EQ(cloud.stats().removed, 1U);
    std::uint64_t missed = 0;
    for (std::uint64_t i = 0; i < 120; ++i) missed += found.contains(cloud.item(i).id) ? 0U : 1U;
    EXPECT_EQ(missed, 1U) << "the photo that slid over the page's edge";
}

TEST(lists, insertion_while_walking_shows_a_photo_twice) {
    scenario from = demo_scenario();
    from.moving = {.every = 1, .insert = 1, .remove = 0, .limit = 1};
    const server cloud(from);
    const auto seen = signed_client(cloud).ids("pageSize=20");
    EXPECT_EQ(cloud.stats().inserted, 1U);
    EXPECT_EQ(seen.size(), 121U);
    EXPECT_EQ(std::set(seen.begin(), seen.end()).size(), 120U);
    const auto again = signed_client(cloud).ids("pageSize=20");
    EXPECT_EQ(std::set(again.begin(), again.end()).size(), 121U);
    EXPECT_EQ(again.front(), cloud.item(125).id) << "at the head";
}

TEST(lists, counts_can_lie_for_a_while_or_for_good) {
    scenario from = demo_scenario();
    from.counts.push_back({.day = "last", .album = "", .delta = 1, .times = 1});
    from.counts.push_back({.day = "", .album = "2", .delta = -3, .times = 0});
    from.counts.push_back({.day = "first", .album = "1", .delta = 2, .times = 0});
    const server cloud(from);
    const signed_client client(cloud);
    const auto sum = [&](const std::string& query) {
        std::int64_t out = 0;
        const json::value answer = client.data("/gallery/user/timeline?ts=1" + query);
        for (const auto& day : answer.at("dayCount").as_object()) {
            out += day.value().as_int64();
        }
        return out;
    };
    EXPECT_EQ(sum(""), 121);
    EXPECT_EQ(sum(""), 120);
    const auto camera = static_cast<std::int64_t>(client.ids("pageSize=500&albumId=1").size());
    EXPECT_EQ(sum("&albumId=1"), camera + 2);
    EXPECT_EQ(sum("&albumId=1"), camera + 2);
    const auto shots = static_cast<std::int64_t>(client.ids("pageSize=500&albumId=2").size());
    const json::value albums = client.data("/gallery/user/album/list?ts=1&pageNum=0&pageSize=100");
    EXPECT_EQ(albums.at("albums").at(1).at("mediaCount").as_int64(), shots - 3);
}

// Faults of lists and bursts

raw_reply faulty(list_fault_kind kind, std::uint64_t bytes = 0) {
    scenario from = demo_scenario();
    from.list_faults.push_back({.on = request_group::galleries, .kind = kind, .bytes = bytes});
    const server cloud(from);
    const signed_client client(cloud);
    raw_reply reply = client.api("/gallery/user/galleries?ts=1&pageNum=0&pageSize=50");
    EXPECT_EQ(client.ids("pageSize=50").size(), 120U) << "the next one is right";
    return reply;
}

TEST(lists, an_item_may_be_listed_twice_or_not_at_all) {
    const auto ids = [](list_fault_kind kind) {
        std::vector<std::string> out;
        const json::value page = faulty(kind).json();
        for (const auto& item : page.at("data").at("galleries").as_array())
            out.push_back(json::serialize(item.at("id")));
        return out;
    };
    const auto twice = ids(list_fault_kind::twice), omitted = ids(list_fault_kind::omitted);
    ASSERT_EQ(twice.size(), 51U);
    ASSERT_EQ(omitted.size(), 49U);
    EXPECT_EQ(twice[0], twice[1]);
    EXPECT_EQ(twice[2], omitted[0]);
}

TEST(lists, a_page_cut_in_half_fits_its_length) {
    const raw_reply reply = faulty(list_fault_kind::cut);
    EXPECT_FALSE(reply.short_of_length);
    EXPECT_ANY_THROW(reply.json());
}

TEST(lists, an_endless_page_is_made_as_it_is_sent) {
    scenario from = demo_scenario();
    from.list_faults.push_back({.kind = list_fault_kind::endless});
    const server cloud(from);
    const signed_client client(cloud);
    raw_connection connection(cloud.api_url());
    connection.send("GET /gallery/user/galleries?ts=1&pageNum=0&pageSize=50 HTTP/1.1\r\nHost: x\r\n" +
                    client.cookies() + "\r\n");
    std::string seen;
    while (seen.find("\r\n\r\n") == std::string::npos) seen += connection.receive(1);
    EXPECT_NE(seen.find("Content-Length: 10000000000\r\n"), std::string::npos);
    const std::string page = connection.receive(3'000'000);
    ASSERT_EQ(page.size(), 3'000'000U);
    std::size_t items = 0;
    for (std::size_t at = 0; (at = page.find("{\"id\":", at)) != std::string::npos; ++at) ++items;
    EXPECT_GT(items, 1000U);
}

TEST(lists, endless_values_are_of_one_piece) {
    EXPECT_NE(faulty(list_fault_kind::endless_string, 100'000).body.find(std::string(90'000, 'n')), std::string::npos);
    EXPECT_NE(faulty(list_fault_kind::endless_number, 100'000).body.find(std::string(90'000, '7')), std::string::npos);
    EXPECT_NE(faulty(list_fault_kind::deep, 100'000).body.find(std::string(90'000, '[')), std::string::npos);
    EXPECT_EQ(faulty(list_fault_kind::endless, 100'000).body.size(), 100'000U);
}

TEST(lists, other_ways_a_page_goes_wrong) {
    EXPECT_EQ(faulty(list_fault_kind::html).header("Content-Type"), "text/html");
    EXPECT_ANY_THROW(faulty(list_fault_kind::bad_utf8).json());
    EXPECT_EQ(faulty(list_fault_kind::error).json().at("code"), 10001);
    EXPECT_EQ(faulty(list_fault_kind::unauthorized).status, 401);
    EXPECT_EQ(faulty(list_fault_kind::redirect).status, 302);
    const raw_reply reset = faulty(list_fault_kind::reset, 700);
    EXPECT_TRUE(reset.reset);
    EXPECT_TRUE(reset.short_of_length);
}

TEST(lists, a_stalled_list_stands_still) {
    scenario from = demo_scenario();
    from.list_faults.push_back({.on = request_group::timeline, .kind = list_fault_kind::stall, .bytes = 40});
    const server cloud(from);
    const signed_client client(cloud);
    raw_connection connection(cloud.api_url());
    connection.send("GET /gallery/user/timeline?ts=1 HTTP/1.1\r\nHost: x\r\n" + client.cookies() + "\r\n");
    std::string seen;
    while (seen.find("\r\n\r\n") == std::string::npos) seen += connection.receive(1);
    EXPECT_EQ(connection.receive(40).size(), 40U);
    cloud.wait_idle();
    EXPECT_EQ(cloud.stats().stalled, 1U);
}

TEST(lists, list_faults_keep_to_their_group_and_number) {
    scenario from = demo_scenario();
    from.list_faults.push_back({.on = request_group::timeline, .kind = list_fault_kind::error, .first = 2, .times = 2});
    const server cloud(from);
    const signed_client client(cloud);
    const std::vector<std::int64_t> wanted{0, 10001, 10001, 0};
    for (const std::int64_t code : wanted) {
        EXPECT_EQ(client.api("/gallery/user/galleries?ts=1&pageNum=0&pageSize=5").json().at("code"), 0);
        EXPECT_EQ(client.api("/gallery/user/timeline?ts=1").json().at("code"), code);
    }
}

TEST(lists, bursts_come_every_so_many_requests) {
    scenario from = demo_scenario();
    from.bursts = {
        {.on = request_group::timeline, .every = 4, .length = 2, .times = 2, .status = 503, .retry_after = 3}};
    const server cloud(from);
    const signed_client client(cloud);
    std::string seen;
    for (int i = 0; i < 14; ++i) {
        const raw_reply reply = client.api("/gallery/user/timeline?ts=1");
        seen.push_back(reply.status == 503 ? 'x' : '.');
        EXPECT_EQ(reply.header("Retry-After"), reply.status == 503 ? "3" : "");
        EXPECT_EQ(client.api("/common/check?ts=1").status, 200);
    }
    EXPECT_EQ(seen, "...xx..xx.....");
}

TEST(lists, two_servers_of_one_seed_say_the_same_and_of_two_seeds_do_not) {
    scenario from = demo_scenario();
    const server one(from);
    const server two(from);
    from.library.seed = 2;
    const server other(from);
    const std::string target = "/gallery/user/timeline?ts=1";
    EXPECT_EQ(signed_client(one).api(target).body, signed_client(two).api(target).body);
    EXPECT_EQ(one.bytes_of(9), two.bytes_of(9));
    EXPECT_NE(one.bytes_of(9), other.bytes_of(9));
    EXPECT_NE(one.item(9).id, other.item(9).id);
}

}  // namespace
}  // namespace decamp::samplecloud::test
