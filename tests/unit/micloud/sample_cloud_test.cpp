// The source against the sample cloud, over real sockets: two readings of the same API, written apart.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/transport/client.hpp"
#include "formats/digest.hpp"
#include "formats/hex.hpp"
#include "formats/unicode.hpp"
#include "tests/unit/micloud/answers.hpp"
#include "tools/samplecloud/scenario.hpp"
#include "tools/samplecloud/server.hpp"

namespace decamp::testing {
namespace {

namespace mc = source::micloud;
using samplecloud::credential_form;
using source::source_errc;

class sample {
  public:
    explicit sample(const std::string& scenario, credential_form form = credential_form::both)
        : cloud(samplecloud::parse_scenario(scenario)),
          where_(mc::parse_endpoint("micloud:" + cloud.api_url()).value()),
          addresses_(mc::local_hosts(where_)) {
        sign_up(form);
    }
    ~sample() {
        const auto stats = cloud.stats();
        EXPECT_EQ(stats.cookies_leaked, 0U);
        EXPECT_EQ(stats.pass_token_misplaced, 0U);
        for (const auto& record : cloud.log()) EXPECT_NE(record.where, samplecloud::origin::foreign) << record.target;
    }

    void sign_up(credential_form form) {
        source::source_observer observer;
        observer.session_renewed = [this] { ++renewed; };
        mc::micloud_options options{where_, mc::parse_credentials(cloud.credentials_json(form)).value()};
        source = mc::make_micloud(std::move(options), client_, *clock_, random_, observer);
    }

    // Several at once, each to its end. The clock is real and nothing waits on it but the client's own limits.
    template <class T>
    std::vector<T> run_all(std::vector<task<T>> work) {
        std::vector<started<T>> all;
        for (auto& one : work) all.emplace_back(context_, std::move(one));
        context_.restart();
        // Not run(): kept connections hold timers long after the work is done.
        while (!std::ranges::all_of(all, [](const auto& one) { return one.ended(); })) context_.run_one();
        std::vector<T> out;
        for (auto& one : all) out.push_back(std::move(one.get()));
        return out;
    }
    template <class T>
    T run(task<T> work) {
        std::vector<task<T>> one;
        one.push_back(std::move(work));
        return std::move(run_all(std::move(one)).front());
    }

    std::vector<collection> collections() {
        std::vector<collection> out;
        std::string cursor;
        do {
            auto page = run(source->collections(cursor));
            EXPECT_TRUE(page) << to_string(page.error());
            if (!page) break;
            std::ranges::move(page->collections, std::back_inserter(out));
            cursor = page->next;
        } while (!cursor.empty());
        return out;
    }
    std::vector<listed_item> items(const scope& where) {
        std::vector<listed_item> out;
        std::string cursor;
        do {
            auto page = run(source->page(where, cursor));
            EXPECT_TRUE(page) << to_string(page.error());
            if (!page) break;
            std::ranges::move(page->items, std::back_inserter(out));
            cursor = page->next;
        } while (!cursor.empty());
        return out;
    }
    result<std::string> bytes_of(source::download_link link) { return run(fetch(std::move(link))); }

    samplecloud::server cloud;
    std::unique_ptr<source::source> source;
    int renewed = 0;

  private:
    task<result<std::string>> fetch(source::download_link link) {
        auto sent = co_await client_.send(std::move(link.request));
        if (!sent) co_return sent.error();
        EXPECT_EQ((*sent)->head().status, 200);
        co_return co_await transport::read_all(**sent, 64U << 20);
    }

    mc::endpoint where_;
    boost::asio::io_context context_;
    std::unique_ptr<world::network> network_ = world::make_tcp_network();
    std::unique_ptr<world::clock> clock_ = world::make_system_clock();
    counting_random random_;
    transport::tls_context tls_{""};
    transport::public_addresses_only addresses_;
    transport::client client_{*network_, *clock_, tls_, addresses_, {}};
};

std::map<std::string, samplecloud::true_item> truth_of(const sample& s) {
    std::map<std::string, samplecloud::true_item> out;
    for (std::uint64_t i = 0; i < s.cloud.item_count(); ++i) {
        auto item = s.cloud.item(i);
        out.emplace(item.id, item);
    }
    return out;
}

void expect_listed(const listed_item& got, const samplecloud::true_item& expected) {
    EXPECT_EQ(got.name, formats::to_valid_utf8(expected.name));
    EXPECT_EQ(got.size, expected.announced_size);
    ASSERT_TRUE(got.sha1);
    EXPECT_EQ(formats::to_hex(*got.sha1), expected.announced_sha1);
    EXPECT_EQ(got.taken_ms, expected.taken_ms);
    EXPECT_EQ(got.home.value, expected.album_ids.at(0));
}

const char* const everything_odd =
    R"({"library":{"seed":5,"items":700,"private_items":7,"albums":230,"twins_percent":10,
    "hostile_names":{"per_mille":300},"duplicate_names":{"per_mille":100},"sparse_fields":{"per_mille":200},
    "hostile_album_names":true,"id_type":"alternate","private_in_album_list":false,"thumbnails_inline_bytes":2000},
    "session":{"rotate_every":7,"shard_every":11,"expire_after":40},
    "api":{"last_page":"missing","page_size_max":150}})";

TEST(sample_cloud, all_that_it_holds_is_listed) {
    sample s(everything_odd);
    const auto truth = truth_of(s);
    const auto account = s.run(s.source->sign_in());
    ASSERT_TRUE(account) << to_string(account.error());
    EXPECT_EQ(account->display, "样本用户 Sample");

    const auto albums = s.collections();
    std::map<std::string, std::set<std::string>> members;
    for (const auto& [id, item] : truth)
        for (const auto& album : item.album_ids) members[album].insert(id);
    EXPECT_EQ(albums.size(), 231U);
    EXPECT_EQ(albums.back(), (collection{{"1000"}, "Private", std::nullopt, true}));
    EXPECT_EQ(albums.front().name, "Camera");

    // Everything, day by day as counted; the private album beside it.
    const auto counts = s.run(s.source->announced({}));
    ASSERT_TRUE(counts) << to_string(counts.error());
    std::set<std::string> seen;
    for (const auto& day : counts->value()) {
        const auto listed = s.items({{}, day.bucket, day.bucket});
        EXPECT_EQ(listed.size(), day.count) << day.bucket;
        for (const auto& item : listed) {
            EXPECT_TRUE(seen.insert(item.id.value).second) << item.id.value;
            EXPECT_EQ(item.bucket, day.bucket);
            ASSERT_TRUE(truth.contains(item.id.value));
            expect_listed(item, truth.at(item.id.value));
        }
    }
    for (const auto& item : s.items({{"1000"}, "", ""})) EXPECT_TRUE(seen.insert(item.id.value).second);
    EXPECT_EQ(seen.size(), truth.size());

    // The same in one walk: the day each item is given is the day the cloud counts it for.
    std::map<std::string, std::uint64_t> days;
    for (const auto& item : s.items({})) ++days[item.bucket];
    EXPECT_EQ(days.size(), counts->value().size());
    for (const auto& day : counts->value()) EXPECT_EQ(days[day.bucket], day.count) << day.bucket;

    for (const auto& album : {albums[0], albums[1], albums[5], albums[100], albums[230]}) {
        std::set<std::string> listed;
        for (const auto& item : s.items({album.id, "", ""})) listed.insert(item.id.value);
        EXPECT_EQ(listed, members[album.id.value]) << album.id.value;
        if (album.announced) {
            EXPECT_EQ(*album.announced, listed.size());
        }
    }
    EXPECT_GT(s.renewed, 0);
}

TEST(sample_cloud, links_lead_to_the_bytes) {
    sample s(R"({"library":{"items":60,"zero_bytes":{"items":[3]},"live_photos":{"items":[4]}},
                 "session":{"expire_after":9,"rotate_every":4}})");
    std::vector<task<result<source::download_link>>> work;
    for (std::uint64_t i = 0; i < 40; ++i) work.push_back(s.source->link({{s.cloud.item(i).id}}));
    auto links = s.run_all(std::move(work));
    for (std::uint64_t i = 0; i < links.size(); ++i) {
        ASSERT_TRUE(links[i]) << to_string(links[i].error());
        const auto bytes = s.bytes_of(std::move(*links[i]));
        ASSERT_TRUE(bytes) << to_string(bytes.error());
        const auto sha1 = formats::sha1_of(std::as_bytes(std::span(bytes->data(), bytes->size())));
        EXPECT_EQ(formats::to_hex(sha1), s.cloud.item(i).sha1);
    }
}

TEST(sample_cloud, sessions) {
    struct {
        const char* what;
        const char* session;
        credential_form form;
        int renewals;  // -1: not let in
    } const cases[] = {
        {"both tokens", "{}", credential_form::both, 0},
        {"pass token only", "{}", credential_form::pass_token_only, 1},
        {"service token only", R"({"pass_token_dead":true})", credential_form::service_token_only, 0},
        {"pass token dead, service token good", R"({"pass_token_dead":true})", credential_form::both, 0},
        {"pass token dead", R"({"pass_token_dead":true})", credential_form::pass_token_only, -1},
        {"worn out, old form", R"({"expire_after":2,"unauthorized":"old"})", credential_form::both, 2},
        {"worn out, old form with 200", R"({"expire_after":2,"unauthorized":"old_with_200"})", credential_form::both,
         2},
        {"worn out, nothing to renew it", R"({"expire_after":2})", credential_form::service_token_only, -1},
        {"one renewal too many", R"({"expire_after":2,"renewals_allowed":1})", credential_form::both, -1},
        {"rotated at each answer", R"({"rotate_every":1,"rotation_grace":0})", credential_form::service_token_only, 0},
        {"to the shard each time", R"({"shard_every":1})", credential_form::service_token_only, 0},
        {"the login lands on the shard", R"({"login_lands_on_shard":true})", credential_form::pass_token_only, 1},
        {"never trusted", R"({"untrusted":true})", credential_form::both, -1},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.what);
        sample s(R"({"library":{"items":20},"session":)" + std::string(c.session) + "}", c.form);
        const auto account = s.run(s.source->sign_in());
        const auto albums = account ? s.run(s.source->collections("")) : result<collection_page>(account.error());
        const auto counts =
            albums ? s.run(s.source->announced({})) : result<std::optional<std::vector<bucket_count>>>(albums.error());
        EXPECT_EQ(counts.has_value(), c.renewals >= 0) << to_string(counts.error());
        if (c.renewals >= 0) {
            EXPECT_EQ(s.renewed, c.renewals);
        }
        if (!counts) {
            const auto code = counts.error().code;
            EXPECT_TRUE(code == source_errc::session_died || code == source_errc::login_refused)
                << to_string(counts.error());
        }
    }
}

TEST(sample_cloud, killed_sessions) {
    sample s(R"({"library":{"items":20}})");
    ASSERT_TRUE(s.run(s.source->sign_in()));
    s.cloud.kill_service_token();
    EXPECT_TRUE(s.run(s.source->announced({})));
    EXPECT_EQ(s.renewed, 1);
    s.cloud.kill_service_token();
    s.cloud.kill_pass_token();
    EXPECT_CODE(s.run(s.source->announced({})), source_errc::session_died);
    const auto before = s.cloud.stats().total_requests;
    EXPECT_CODE(s.run(s.source->link({{s.cloud.item(0).id}})), source_errc::session_died);
    EXPECT_EQ(s.cloud.stats().total_requests, before);
}

TEST(sample_cloud, keep_alive_brings_a_new_token) {
    sample s(R"({"library":{"items":20},"session":{"rotation_grace":0}})", credential_form::service_token_only);
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(s.run(s.source->keep_alive()));
        ASSERT_TRUE(s.run(s.source->announced({})));
    }
}

TEST(sample_cloud, accounts_that_cannot_be_exported) {
    sample encrypted(R"({"session":{"e2ee":"open"}})");
    EXPECT_CODE(encrypted.run(encrypted.source->sign_in()), source_errc::end_to_end_encrypted);
    sample without(R"({"session":{"e2ee":"open_without_token"}})", credential_form::pass_token_only);
    EXPECT_CODE(without.run(without.source->sign_in()), source_errc::login_refused);
    sample ended(R"({"api":{"gallery_ended":true}})");
    ASSERT_TRUE(ended.run(ended.source->sign_in()));
    EXPECT_CODE(ended.run(ended.source->collections("")), source_errc::region_ended);
    EXPECT_CODE(ended.run(ended.source->announced({})), source_errc::region_ended);
    sample empty(R"({"library":{"items":0,"private_items":0,"albums":1}})");
    ASSERT_TRUE(empty.run(empty.source->sign_in()));
    EXPECT_TRUE(empty.items({}).empty());
    EXPECT_EQ(empty.run(empty.source->announced({})).value()->size(), 0U);
}

TEST(sample_cloud, items_it_will_not_give) {
    struct {
        const char* fault;
        boost::system::error_code expected;
    } const cases[] = {
        {R"("kind":"deleted")", source_errc::gone},
        {R"("kind":"refused")", source_errc::refused},
        {R"("kind":"link_status","status":503)", source_errc::throttled},
        {R"("kind":"link_status","status":403)", source_errc::refused},
        {R"("kind":"ssrf_page")", transport::http_errc::host_not_allowed},
        {R"("kind":"page_html")", source_errc::unusable_answer},
        {R"("kind":"page_broken")", source_errc::unusable_answer},
        {R"("kind":"page_status","status":403)", source_errc::link_expired},
        {R"("kind":"page_redirect")", transport::http_errc::host_not_allowed},
        {R"("kind":"ssrf_file")", transport::http_errc::host_not_allowed},
    };
    for (const auto& c : cases) {
        sample s(R"({"library":{"items":10},"faults":[{)" + std::string(c.fault) + R"(,"items":[0,1],"times":0}]})");
        for (const std::uint64_t index : {0U, 1U}) {
            const auto got = s.run(s.source->link({{s.cloud.item(index).id}}));
            ASSERT_FALSE(got) << c.fault;
            EXPECT_EQ(got.error().code, c.expected) << c.fault << to_string(got.error());
        }
        EXPECT_TRUE(s.run(s.source->link({{s.cloud.item(2).id}})));
    }
}

TEST(sample_cloud, lists_it_spoils) {
    struct {
        const char* fault;
        boost::system::error_code expected;  // none: usable all the same
    } const cases[] = {
        {R"("kind":"cut")", source_errc::unusable_answer},
        {R"("kind":"endless")", source_errc::unusable_answer},
        {R"("kind":"endless_string","bytes":100000000)", source_errc::unusable_answer},
        {R"("kind":"endless_number")", source_errc::unusable_answer},
        {R"("kind":"deep")", source_errc::unusable_answer},
        {R"("kind":"html")", source_errc::unusable_answer},
        {R"("kind":"error")", {}},  // asked for once more, with dates
        {R"("kind":"redirect")", source_errc::cut_by_redirect},
        {R"("kind":"reset")", world::network_errc::reset},
        {R"("kind":"bad_utf8")", {}},
        {R"("kind":"unauthorized")", {}},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.fault);
        sample s(R"({"library":{"items":50},"list_faults":[{"on":"galleries","first":1,"times":1,)" +
                 std::string(c.fault) + "}]}");
        const auto spoiled = s.run(s.source->page({}, ""));
        EXPECT_EQ(spoiled.has_value(), !c.expected);
        if (!spoiled && c.expected != make_error_code(world::network_errc::reset)) {
            EXPECT_EQ(spoiled.error().code, c.expected) << to_string(spoiled.error());
        }
        EXPECT_EQ(s.items({}).size(), 50U);
    }
}

}  // namespace
}  // namespace decamp::testing
