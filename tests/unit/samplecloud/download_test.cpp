#include <gtest/gtest.h>

#include <bit>
#include <boost/json.hpp>
#include <string>

#include "raw_client.hpp"

namespace decamp::samplecloud::test {
namespace {

/// A small library of plain photos on the first storage host, with one fault on item 3.
scenario quiet() {
    scenario out;
    out.library.items = 12;
    out.library.private_items = 2;
    out.library.size_min = 20'000;
    out.library.size_max = 40'000;
    out.library.twins_percent = 0;
    out.library.videos_percent = 0;
    out.storage.second_host_percent = 0;
    return out;
}

scenario with(item_fault fault) {
    scenario out = quiet();
    fault.which.items = {3};
    out.faults.push_back(fault);
    return out;
}

class clouds {
  public:
    explicit clouds(const scenario& from) : cloud(from), client(cloud), item(cloud.item(3)), bytes(cloud.bytes_of(3)) {}
    raw_reply download(const std::string& headers = {}) const { return client.download(item.id, headers); }

    server cloud;
    signed_client client;
    true_item item;
    std::string bytes;
};

TEST(download, three_requests_give_the_announced_bytes) {
    const server cloud(demo_scenario());
    const signed_client client(cloud);
    cloud.wait_idle();
    for (std::uint64_t i : {0ULL, 17ULL, 60ULL, 77ULL, 121ULL}) {
        const true_item item = cloud.item(i);
        const raw_reply reply = client.download(item.id);
        ASSERT_EQ(reply.status, 200);
        EXPECT_EQ(reply.body, cloud.bytes_of(i));
        EXPECT_EQ(reply.body.size(), item.announced_size);
        cloud.wait_idle();
        EXPECT_EQ(cloud.downloads_of(item.id), 1U);
        EXPECT_EQ(cloud.completed_downloads_of_index(i), 1U);
    }
    EXPECT_EQ(cloud.item(77).size, 0U);
    EXPECT_EQ(cloud.stats().downloads, 5U);
    EXPECT_EQ(cloud.stats().cookies_leaked, 0U);
}

TEST(download, the_jsonp_name_varies_and_follows_the_call) {
    const clouds at(quiet());
    const auto page = [&](const std::string& query) {
        const auto answer = at.client.data("/gallery/storage?ts=1&id=" + query);
        return fetch(std::string(answer.at("url").as_string())).body;
    };
    EXPECT_TRUE(page(at.item.id + "&callBack=dl_img_cb_1795392000000_0").starts_with("dl_img_cb_1795392000000_0({"));
    EXPECT_TRUE(page(at.cloud.item(0).id).starts_with("dl_img_cb({"));
    EXPECT_TRUE(page(at.cloud.item(1).id).starts_with("dl_callback({"));
    EXPECT_TRUE(page(at.cloud.item(2).id).starts_with("callback({"));
}

TEST(download, items_live_on_two_storage_hosts) {
    scenario from = quiet();
    from.library.items = 100;
    from.storage.second_host_percent = 50;
    const server cloud(from);
    const signed_client client(cloud);
    int second = 0;
    for (std::uint64_t i = 0; i < 40; ++i) {
        const auto link = client.link(cloud.item(i).id);
        const bool on_first = link.url.starts_with(cloud.storage_url() + "/2/");
        const bool on_second = link.url.starts_with(cloud.second_storage_url() + "/2/");
        EXPECT_NE(on_first, on_second) << link.url;
        second += on_second ? 1 : 0;
    }
    EXPECT_GT(second, 5);
    EXPECT_LT(second, 35);
}

TEST(download, a_forged_link_is_refused) {
    const clouds at(quiet());
    auto link = at.client.link(at.item.id);
    const auto whole = link;
    link.url.back() = link.url.back() == '0' ? '1' : '0';
    EXPECT_EQ(signed_client::download(link).status, 403);
    link = whole;
    link.meta[8] = link.meta[8] == '0' ? '1' : '0';
    EXPECT_EQ(signed_client::download(link).status, 403);
    EXPECT_EQ(fetch(whole.url).status, 404) << "bytes come by POST";
    EXPECT_EQ(signed_client::download(whole).status, 200);
}

TEST(download, an_unknown_id_is_an_error_of_the_envelope) {
    const clouds at(quiet());
    for (const char* id : {"1", "", "abc", "18446744073709551615", "-4"}) {
        const auto reply = at.client.api(std::string("/gallery/storage?ts=1&id=") + id).json();
        EXPECT_EQ(reply.at("result"), "error") << id;
    }
}

struct range_case {
    const char* asked;
    int status;
    std::size_t first;
    std::size_t length;  ///< from the end when 0
};

class ranges : public testing::TestWithParam<range_case> {};

TEST_P(ranges, are_as_rfc_9110_has_them) {
    const clouds at(quiet());
    const std::size_t size = at.bytes.size();
    const range_case& c = GetParam();
    const raw_reply reply = at.download(std::string("Range: ") + c.asked + "\r\n");
    ASSERT_EQ(reply.status, c.status);
    if (c.status == 416) {
        EXPECT_EQ(reply.header("Content-Range"), "bytes */" + std::to_string(size));
        return;
    }
    const std::size_t length = c.length != 0 ? c.length : size - c.first;
    EXPECT_EQ(reply.body, at.bytes.substr(c.first, length));
    if (c.status == 206) {
        EXPECT_EQ(reply.header("Content-Range"), "bytes " + std::to_string(c.first) + "-" +
                                                     std::to_string(c.first + length - 1) + "/" + std::to_string(size));
    }
}

INSTANTIATE_TEST_SUITE_P(table, ranges,
                         testing::Values(range_case{"bytes=0-", 206, 0, 0}, range_case{"bytes=5000-", 206, 5000, 0},
                                         range_case{"bytes=100-199", 206, 100, 100},
                                         range_case{"bytes=100-99999999", 206, 100, 0},
                                         range_case{"bytes=99999999-", 416, 0, 0}, range_case{"bytes=9-3", 200, 0, 0},
                                         range_case{"bytes=0-1,5-6", 200, 0, 0}, range_case{"lines=1-2", 200, 0, 0},
                                         range_case{"bytes=x-", 200, 0, 0}));

TEST(download, a_suffix_range_is_the_end) {
    const clouds at(quiet());
    EXPECT_EQ(at.download("Range: bytes=-70\r\n").body, at.bytes.substr(at.bytes.size() - 70));
}

TEST(download, if_range_guards_a_resume) {
    const clouds at(quiet());
    const std::string etag = at.download().header("ETag");
    ASSERT_FALSE(etag.empty());
    EXPECT_EQ(at.download("Range: bytes=10-\r\nIf-Range: " + etag + "\r\n").status, 206);
    EXPECT_EQ(at.download("Range: bytes=10-\r\nIf-Range: \"other\"\r\n").status, 200);
}

TEST(download, the_second_host_ignores_ranges) {
    scenario from = quiet();
    from.storage.second_host_percent = 100;
    const clouds at(from);
    const raw_reply reply = at.download("Range: bytes=100-\r\n");
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, at.bytes);
    EXPECT_EQ(reply.header("Accept-Ranges"), "");
}

TEST(download, a_link_can_be_used_so_often) {
    scenario from = quiet();
    from.storage.link_uses = 2;
    const clouds at(from);
    const auto link = at.client.link(at.item.id);
    EXPECT_EQ(signed_client::download(link).status, 200);
    EXPECT_EQ(signed_client::download(link).status, 200);
    EXPECT_EQ(signed_client::download(link).status, 403);
    EXPECT_EQ(at.download().status, 200) << "a fresh link works";
}

// Faults: each first shows, then heals, and never touches the neighbour.

class byte_faults : public testing::TestWithParam<item_fault_kind> {};

TEST_P(byte_faults, show_so_often_and_on_chosen_items_only) {
    for (const std::uint64_t times : {1ULL, 2ULL, 0ULL}) {
        item_fault fault;
        fault.kind = GetParam();
        fault.times = times;
        const clouds at(with(fault));
        const std::string ask = "Range: bytes=6000-\r\n";
        const std::string tail = at.bytes.substr(6000);
        const auto good = [&](const raw_reply& reply) {
            return reply.status == 206 && reply.body == tail && !reply.short_of_length &&
                   reply.header("Content-Range").starts_with("bytes 6000-") &&
                   reply.header("Content-Encoding").empty() && !reply.header("Content-Length").empty();
        };
        const std::string etag = at.client.download(at.cloud.item(4).id).header("ETag");
        EXPECT_FALSE(etag.empty());
        for (std::uint64_t attempt = 0; attempt < 4; ++attempt) {
            const raw_reply reply = at.download(ask);
            const bool spoiled = times == 0 || attempt < times;
            if (GetParam() == item_fault_kind::changed_etag || GetParam() == item_fault_kind::encoded) continue;
            EXPECT_EQ(good(reply), !spoiled) << "attempt " << attempt << " of a fault that shows " << times << " times";
        }
        const true_item neighbour = at.cloud.item(5);
        EXPECT_EQ(at.client.download(neighbour.id).body, at.cloud.bytes_of(5));
        EXPECT_EQ(at.cloud.stats().faults_shown, times == 0 ? 4 : times);
    }
}

INSTANTIATE_TEST_SUITE_P(kinds, byte_faults,
                         testing::Values(item_fault_kind::status, item_fault_kind::expired_link,
                                         item_fault_kind::redirect, item_fault_kind::short_body,
                                         item_fault_kind::corrupt, item_fault_kind::reset,
                                         item_fault_kind::length_too_long, item_fault_kind::length_too_short,
                                         item_fault_kind::html, item_fault_kind::json, item_fault_kind::ignore_range,
                                         item_fault_kind::wrong_range, item_fault_kind::chunked,
                                         item_fault_kind::no_length, item_fault_kind::changed_etag,
                                         item_fault_kind::encoded));

TEST(download, a_short_body_keeps_its_right_length) {
    const clouds at(with({.kind = item_fault_kind::short_body, .bytes = 5000}));
    const raw_reply reply = at.download();
    EXPECT_EQ(reply.header("Content-Length"), std::to_string(at.bytes.size()));
    EXPECT_EQ(reply.body, at.bytes.substr(0, 5000));
    EXPECT_FALSE(reply.reset) << "closed in good order";
    at.cloud.wait_idle();
    EXPECT_EQ(at.cloud.completed_downloads_of_index(3), 0U);
}

TEST(download, a_reset_is_one) {
    const clouds at(with({.kind = item_fault_kind::reset, .bytes = 5000}));
    const raw_reply reply = at.download();
    EXPECT_TRUE(reply.short_of_length);
    EXPECT_TRUE(reply.reset);
}

TEST(download, a_stalled_body_stands_still_until_the_client_leaves) {
    const clouds at(with({.kind = item_fault_kind::stall, .bytes = 5000}));
    const auto link = at.client.link(at.item.id);
    {
        raw_connection connection(link.url);
        const std::string target = link.url.substr(at.cloud.storage_url().size());
        const std::string body = "meta=" + percent_encoded(link.meta);
        connection.send("POST " + target + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
                        "\r\n\r\n" + body);
        std::string seen;
        while (seen.find("\r\n\r\n") == std::string::npos) seen += connection.receive(1);
        EXPECT_EQ(connection.receive(5000), at.bytes.substr(0, 5000));
        at.cloud.wait_idle();
        EXPECT_EQ(at.cloud.stats().stalled, 1U);
    }
    EXPECT_EQ(at.download().body, at.bytes);
}

TEST(download, a_corrupt_body_differs_in_one_bit_wherever_it_is_asked_for) {
    for (const char* headers : {"", "Range: bytes=6000-\r\n"}) {
        const clouds at(with({.kind = item_fault_kind::corrupt}));
        const raw_reply reply = at.download(headers);
        const std::string right = at.bytes.substr(at.bytes.size() - reply.body.size());
        int bits = 0;
        for (std::size_t i = 0; i < right.size(); ++i) {
            bits += std::popcount(static_cast<unsigned>(static_cast<unsigned char>(right[i] ^ reply.body[i])));
        }
        EXPECT_EQ(bits, 1);
    }
}

TEST(download, lengths_lie_in_both_directions) {
    const clouds longer(with({.kind = item_fault_kind::length_too_long, .bytes = 77}));
    raw_reply reply = longer.download();
    EXPECT_EQ(reply.header("Content-Length"), std::to_string(longer.bytes.size() + 77));
    EXPECT_EQ(reply.body, longer.bytes);
    EXPECT_TRUE(reply.short_of_length);

    const clouds shorter(with({.kind = item_fault_kind::length_too_short, .bytes = 77}));
    const auto link = shorter.client.link(shorter.item.id);
    raw_connection connection(link.url);
    const std::string target = link.url.substr(shorter.cloud.storage_url().size());
    reply = connection.post(target, "meta=" + percent_encoded(link.meta));
    EXPECT_EQ(reply.body, shorter.bytes.substr(0, shorter.bytes.size() - 77));
    EXPECT_EQ(connection.receive(77), shorter.bytes.substr(shorter.bytes.size() - 77))
        << "the rest lies on the connection";
}

TEST(download, html_and_json_come_with_200) {
    const raw_reply html = clouds(with({.kind = item_fault_kind::html})).download();
    EXPECT_EQ(html.status, 200);
    EXPECT_EQ(html.header("Content-Type"), "text/html");
    const raw_reply error = clouds(with({.kind = item_fault_kind::json})).download();
    EXPECT_EQ(error.status, 200);
    EXPECT_EQ(error.json().at("result"), "error");
}

TEST(download, a_wrong_range_is_labelled_as_what_it_is) {
    const clouds at(with({.kind = item_fault_kind::wrong_range}));
    const raw_reply reply = at.download("Range: bytes=6000-\r\n");
    EXPECT_EQ(reply.status, 206);
    EXPECT_TRUE(reply.header("Content-Range").starts_with("bytes 3000-"));
    EXPECT_EQ(reply.body, at.bytes.substr(3000, at.bytes.size() - 6000));
}

TEST(download, chunked_and_closed_bodies_are_whole) {
    const raw_reply chunked = clouds(with({.kind = item_fault_kind::chunked})).download();
    EXPECT_EQ(chunked.header("Transfer-Encoding"), "chunked");
    const clouds at(with({.kind = item_fault_kind::no_length}));
    EXPECT_EQ(chunked.body, at.bytes);
    const raw_reply closed = at.download();
    EXPECT_EQ(closed.header("Content-Length"), "");
    EXPECT_EQ(closed.body, at.bytes);
}

TEST(download, an_encoded_body_is_gzip_of_stored_blocks) {
    const clouds at(with({.kind = item_fault_kind::encoded}));
    const raw_reply reply = at.download();
    EXPECT_EQ(reply.header("Content-Encoding"), "gzip");
    ASSERT_EQ(reply.body.size(), at.bytes.size() + 10 + 5 + 8) << "one stored block";
    EXPECT_EQ(reply.body.substr(0, 3), "\x1f\x8b\x08");
    EXPECT_EQ(reply.body.substr(15, at.bytes.size()), at.bytes);
}

TEST(download, the_validator_can_change) {
    const clouds at(with({.kind = item_fault_kind::changed_etag}));
    const raw_reply odd = at.download();
    const raw_reply even = at.download();
    EXPECT_EQ(odd.body, even.body);
    EXPECT_NE(odd.header("ETag"), even.header("ETag"));
}

TEST(download, statuses_and_retry_after) {
    const raw_reply busy = clouds(with({.kind = item_fault_kind::status, .status = 429, .retry_after = 7})).download();
    EXPECT_EQ(busy.status, 429);
    EXPECT_EQ(busy.header("Retry-After"), "7");
    const clouds at(with({.kind = item_fault_kind::link_status, .status = 503}));
    const std::string target = "/gallery/storage?ts=1&id=" + at.item.id;
    EXPECT_EQ(at.client.api(target).status, 503);
    EXPECT_EQ(at.client.api(target).status, 200);
}

TEST(download, redirects_lead_to_nobody_s_host_or_where_they_are_told) {
    const clouds at(with({.kind = item_fault_kind::redirect}));
    const raw_reply away = at.download();
    EXPECT_EQ(away.status, 302);
    EXPECT_TRUE(away.header("Location").starts_with(at.cloud.foreign_url() + "/2/"));
    EXPECT_EQ(fetch(away.header("Location"), at.client.cookies()).status, 404);
    EXPECT_EQ(at.cloud.stats().cookies_leaked, 1U) << "who follows with cookies is counted";
    EXPECT_EQ(
        clouds(with({.kind = item_fault_kind::redirect, .to = "http://there.invalid/x"})).download().header("Location"),
        "http://there.invalid/x");
}

TEST(download, cookies_at_a_storage_host_are_counted_by_name) {
    const clouds at(quiet());
    at.download(at.client.cookies());
    EXPECT_EQ(at.cloud.stats().cookies_leaked, 1U);
    const request_record last = at.cloud.log().back();
    EXPECT_EQ(last.where, origin::storage);
    EXPECT_TRUE(last.has_cookie);
    EXPECT_EQ(last.cookie_names, (std::vector<std::string>{"userId", "serviceToken"}));
}

TEST(download, ssrf_links_point_inwards) {
    scenario from = quiet();
    from.faults.push_back({.kind = item_fault_kind::ssrf_page, .which = {0, {2, 3}}, .times = 0});
    from.faults.push_back({.kind = item_fault_kind::ssrf_file, .which = {0, {4, 5}}, .times = 0});
    const server cloud(from);
    const signed_client client(cloud);
    const auto page_url = [&](std::uint64_t i) {
        return client.data("/gallery/storage?ts=1&id=" + cloud.item(i).id).at("url").as_string();
    };
    EXPECT_TRUE(page_url(2).starts_with("http://169.254.169.254/"));
    EXPECT_TRUE(page_url(3).starts_with("http://127.0.0.9:1/"));
    EXPECT_TRUE(client.link(cloud.item(4).id).url.starts_with("http://169.254.169.254/"));
    EXPECT_TRUE(client.link(cloud.item(5).id).url.starts_with("http://127.0.0.9:1/"));
}

TEST(download, pages_can_be_spoiled) {
    const auto page = [](const clouds& at) {
        const auto answer = at.client.data("/gallery/storage?ts=1&id=" + at.item.id);
        return fetch(std::string(answer.at("url").as_string()));
    };
    EXPECT_EQ(page(clouds(with({.kind = item_fault_kind::page_html}))).header("Content-Type"), "text/html");
    EXPECT_EQ(page(clouds(with({.kind = item_fault_kind::page_broken}))).body.find(')'), std::string::npos);
    EXPECT_EQ(page(clouds(with({.kind = item_fault_kind::page_status, .status = 502}))).status, 502);
    EXPECT_EQ(page(clouds(with({.kind = item_fault_kind::page_redirect}))).status, 302);
}

TEST(download, refused_items_and_removed_ones) {
    clouds at(with({.kind = item_fault_kind::refused, .times = 0}));
    const auto code = [&](std::uint64_t i) {
        return at.client.api("/gallery/storage?ts=1&id=" + at.cloud.item(i).id).json().at("code").as_int64();
    };
    EXPECT_EQ(code(3), 10001);
    EXPECT_EQ(code(6), 0);
    const auto link = at.client.link(at.cloud.item(6).id);
    at.cloud.remove_item(6);
    EXPECT_EQ(code(6), 50050);
    EXPECT_EQ(signed_client::download(link).status, 404);
}

TEST(download, several_faults_of_one_item_show_one_after_the_other) {
    scenario from = with({.kind = item_fault_kind::expired_link});
    from.faults.push_back({.kind = item_fault_kind::html, .which = {0, {3}}, .times = 2});
    const clouds at(from);
    EXPECT_EQ(at.download().status, 403);
    EXPECT_EQ(at.download().header("Content-Type"), "text/html");
    EXPECT_EQ(at.download().header("Content-Type"), "text/html");
    EXPECT_EQ(at.download().body, at.bytes);
}

TEST(download, announced_digests_and_sizes_can_be_wrong_for_good) {
    scenario from = quiet();
    from.library.wrong_sha1.items = {1};
    from.library.wrong_size.items = {2};
    from.library.shared_sha1.items = {7};
    const server cloud(from);
    const signed_client client(cloud);
    EXPECT_NE(cloud.item(1).announced_sha1, cloud.item(1).sha1);
    EXPECT_EQ(cloud.item(2).announced_size, cloud.item(2).size + 1);
    EXPECT_EQ(cloud.item(7).announced_sha1, cloud.item(6).sha1);
    EXPECT_EQ(cloud.item(7).announced_size, cloud.item(6).size);
    EXPECT_NE(cloud.bytes_of(7), cloud.bytes_of(6));
    EXPECT_EQ(cloud.item(0).announced_sha1, cloud.item(0).sha1);
    EXPECT_EQ(client.download(cloud.item(7).id).body, cloud.bytes_of(7));
}

TEST(download, thumbnails_are_small_pictures) {
    const clouds at(quiet());
    const auto page = at.client.data("/gallery/user/galleries?ts=1&pageNum=0&pageSize=1");
    const auto& url = page.at("galleries").at(0).at("thumbnailInfo").at("data").as_string();
    const raw_reply reply = fetch(std::string(url));
    EXPECT_EQ(reply.header("Content-Type"), "image/jpeg");
    EXPECT_EQ(reply.body.substr(0, 2), "\xff\xd8");
}

TEST(download, a_large_item_is_served_by_ranges_without_being_made) {
    scenario from = quiet();
    from.library.size_min = 40'000'000'000;
    from.library.size_max = 40'000'000'000;
    from.library.wrong_sha1 = {};
    const server cloud(from);
    const signed_client client(cloud);
    // The link needs no list: a list would announce the digest of 40 GB.
    const scenario same = from;
    const std::string id = [&] {
        server small([&] {
            scenario s = same;
            s.library.size_min = s.library.size_max = 2000;
            return s;
        }());
        return small.item(3).id;
    }();
    const raw_reply reply = client.download(id, "Range: bytes=39999999990-\r\n");
    EXPECT_EQ(reply.status, 206);
    EXPECT_EQ(reply.body.size(), 10U);
    EXPECT_EQ(reply.body.substr(8), "\xff\xd9");
}

}  // namespace
}  // namespace decamp::samplecloud::test
