// Lists and links through the source interface.

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/micloud/source_fixture.hpp"

namespace decamp::testing {
namespace {

using source::source_errc;

// ---- collections

std::string albums(int from, int to) {
    std::string out;
    for (int i = from; i < to; ++i)
        out += (out.empty() ? "" : ",") + std::string(R"({"albumId":")") + std::to_string(i) + R"(","name":"a"})";
    return "[" + out + "]";
}

std::vector<collection> walk_collections(source_fixture& f, std::size_t pages = 100) {
    std::vector<collection> out;
    std::string cursor;
    for (std::size_t i = 0; i < pages; ++i) {
        const auto page = run(f.source->collections(cursor));
        if (!page) {
            ADD_FAILURE() << to_string(page.error());
            return out;
        }
        out.insert(out.end(), page->collections.begin(), page->collections.end());
        if (page->next.empty()) return out;
        cursor = page->next;
    }
    ADD_FAILURE() << "no end";
    return out;
}

TEST(micloud, collections_are_walked_to_the_last_page) {
    source_fixture f;
    f.cloud.on(api + "/gallery/user/album/list",
               std::deque<canned>{ok_json(fixture("albums.json")
                                              .substr(fixture("albums.json").find("{\"albums"),
                                                      fixture("albums.json").rfind(",\"desc") -
                                                          fixture("albums.json").find("{\"albums"))),
                                  ok_json(R"({"albums":)" + albums(5, 105) + R"(,"isLastPage":false})"),
                                  ok_json(R"({"albums":)" + albums(105, 107) + R"(,"isLastPage":true})")});
    const auto got = walk_collections(f);
    ASSERT_EQ(got.size(), 106U);
    EXPECT_EQ(got[0], (collection{{"1"}, "Camera", 31245}));
    EXPECT_EQ(got[1], (collection{{"2"}, "Screenshots", 12}));
    EXPECT_EQ(got[2].name, "北京 2024");
    EXPECT_EQ(got[3], (collection{{"1000"}, "Private", std::nullopt, true}));
    const auto asked = f.cloud.to("/album/list");
    ASSERT_EQ(asked.size(), 3U);
    EXPECT_EQ(asked[1].target.query, "ts=1700000000123&pageNum=1&pageSize=100&isShared=false&numOfThumbnails=1");
    EXPECT_TRUE(f.cloud.to("/galleries").empty()) << "the private album was in the list";
}

TEST(micloud, collections_end_however_the_cloud_says_it) {
    const std::string two = R"("albums":[{"albumId":"1"},{"albumId":"7","name":" "}])";
    const std::vector<std::deque<canned>> endings{
        {ok_json("{" + two + R"(,"isLastPage":true})")},
        {ok_json("{" + two + "}"), ok_json(R"({"albums":null})")},
        {ok_json("{" + two + R"(,"isLastPage":false})"), ok_json(R"({"albums":[],"isLastPage":false})")},
        {ok_json("{" + two + R"(,"isLastPage":false})"), ok_json(R"({"albums":[],"isLastPage":true})")},
        {ok_json("{" + two + R"(,"isLastPage":false})")},  // the same page for ever
    };
    for (const auto& ending : endings) {
        source_fixture f;
        f.cloud.on(api + "/gallery/user/album/list", ending);
        const auto got = walk_collections(f);
        ASSERT_EQ(got.size(), 2U);
        EXPECT_EQ(got[1], (collection{{"7"}, "", std::nullopt}));
    }
}

TEST(micloud, the_private_album_is_looked_for) {
    enum { found, empty, gap, fails };
    struct {
        canned answer;
        int outcome;
    } const cases[] = {
        {ok_json(R"({"galleries":[{"id":"5"}],"isLastPage":true})"), found},
        {ok_json(R"({"galleries":[],"isLastPage":true})"), empty},
        {ok_json(R"({"galleries":null,"isLastPage":true})"), empty},
        {ok_json(R"({"galleries":null})"), empty},
        {ok_json(R"({"galleries":[],"isLastPage":false})"), found},  // the timeline counts some
        {error_json(10001), gap},
        {error_json(50050), gap},
        {status(404), gap},
        {status(403), gap},
        {status(503), fails},
        {error_json(10001, true), fails},
        {json("<html>"), fails},
    };
    for (const auto& c : cases) {
        source_fixture f;
        f.cloud.on(api + "/gallery/user/galleries", c.answer);
        const auto got = run(f.source->collections(""));
        ASSERT_EQ(got.has_value(), c.outcome != fails) << c.answer.body;
        const auto asked = f.cloud.to("/galleries");
        EXPECT_EQ(asked[0].target.query, "ts=1700000000123&pageNum=0&pageSize=1&albumId=1000");
        if (!got) continue;
        EXPECT_EQ(got->collections.size(), c.outcome == found ? 2U : 1U) << c.answer.body;
        EXPECT_EQ(got->gaps.size(), c.outcome == gap ? 1U : 0U) << c.answer.body;
        if (c.outcome == found) {
            EXPECT_EQ(got->collections[1], (collection{{"1000"}, "Private", std::nullopt, true}));
        }
        if (c.outcome == gap) {
            EXPECT_EQ(got->gaps[0].id, "1000");
            EXPECT_EQ(got->gaps[0].reason, exception_reason::album_not_listed);
        }
    }
}

TEST(micloud, a_list_that_wants_dates_gets_both) {
    source_fixture f;
    f.cloud.on(api + "/gallery/user/galleries", [](const transport::request& what) {
        const bool both = what.target.query.find("startDate=19000101&endDate=99991231") != std::string::npos;
        return both ? ok_json(R"({"galleries":[{"id":"5"}],"isLastPage":true})") : status(400);
    });
    EXPECT_EQ(run(f.source->page({}, "")).value().items.size(), 1U);
    f.cloud.sent.clear();
    run(f.source->page({{}, "", "20200101"}, ""));
    run(f.source->page({{}, "20200102", ""}, ""));
    run(f.source->page({{}, "", "00010101"}, ""));
    ASSERT_EQ(f.cloud.sent.size(), 3U);
    EXPECT_NE(f.cloud.sent[0].target.query.find("startDate=19000101&endDate=20200101&"), std::string::npos);
    EXPECT_NE(f.cloud.sent[1].target.query.find("startDate=20200102&endDate=99991231&"), std::string::npos);
    EXPECT_NE(f.cloud.sent[2].target.query.find("startDate=00010101&endDate=00010101&"), std::string::npos);
}

// ---- a second look

listed_item photo_of(const std::string& bucket) {
    listed_item of;
    of.id.value = "5";
    of.home.value = "1";
    of.name = "a.jpg";
    of.size = 7;
    of.bucket = bucket;
    return of;
}

TEST(micloud, a_second_look_asks_the_day_and_what_lies_beside_it) {
    const std::string here = R"({"galleries":[{"id":"5","fileName":"a.jpg","size":7}],"isLastPage":true})";
    struct {
        std::string where;  // the query that lists it; empty: none
        std::size_t asked;
    } const cases[] = {
        {"startDate=20240501&endDate=20240501&pageNum=0&pageSize=200", 1},
        {"startDate=20240430&endDate=20240502&pageNum=0&pageSize=200", 2},
        {"startDate=20240430&endDate=20240502&pageNum=0&pageSize=200&albumId=1", 3},
        {"", 3},
    };
    for (const auto& c : cases) {
        source_fixture f;
        f.cloud.on(api + "/gallery/user/galleries", [&](const transport::request& what) {
            const bool listed = !c.where.empty() && what.target.query.ends_with(c.where);
            return ok_json(listed ? here : R"({"galleries":[],"isLastPage":true})");
        });
        const auto look = run(f.source->look_again(photo_of("20240501")));
        ASSERT_TRUE(look);
        EXPECT_EQ(look->found,
                  c.where.empty() ? source::second_look::finding::missing : source::second_look::finding::same);
        EXPECT_EQ(f.cloud.sent.size(), c.asked);
    }
}

TEST(micloud, a_second_look_tells_versions_apart) {
    struct {
        const char* row;
        source::second_look::finding found;
    } const cases[] = {
        {R"("fileName":"a.jpg","size":7)", source::second_look::finding::same},
        {R"("fileName":"a.jpg")", source::second_look::finding::same},  // poorer, and no other
        {R"("fileName":"b.jpg","size":7)", source::second_look::finding::other},
        {R"("fileName":"a.jpg","size":8)", source::second_look::finding::other},
    };
    for (const auto& c : cases) {
        source_fixture f;
        f.cloud.on(api + "/gallery/user/galleries",
                   ok_json(R"({"galleries":[{"id":"5",)" + std::string(c.row) + R"(}],"isLastPage":true})"));
        const auto look = run(f.source->look_again(photo_of("20240501")));
        ASSERT_TRUE(look);
        EXPECT_EQ(look->found, c.found) << c.row;
        if (c.found == source::second_look::finding::other) {
            ASSERT_TRUE(look->now);
            EXPECT_EQ(look->now->home.value, "1");
        }
    }
}

TEST(micloud, a_second_look_that_is_refused_says_nothing) {
    for (const auto& answer : {status(404), status(403), error_json(10001), error_json(50050), status(500)}) {
        source_fixture f;
        f.cloud.on(api + "/gallery/user/galleries", answer);
        const auto look = run(f.source->look_again(photo_of("20240501")));
        ASSERT_FALSE(look);
        EXPECT_EQ(classify(look.error()), error_class::transient);
    }
}

TEST(micloud, a_second_look_where_there_is_no_day) {
    source_fixture f;
    f.cloud.on(api + "/gallery/user/galleries", ok_json(R"({"galleries":[],"isLastPage":true})"));
    EXPECT_EQ(run(f.source->look_again(photo_of("")))->found, source::second_look::finding::missing);
    EXPECT_EQ(f.cloud.sent.size(), 2U);
    EXPECT_TRUE(f.cloud.sent[0].target.query.ends_with("albumId=1"));
}

// ---- counts beside the lists

TEST(micloud, counts_a_second_way_where_there_is_one) {
    struct {
        canned answer;
        bool there;
    } const cases[] = {
        {ok_json(
             R"({"albums":[{"albumId":"1","totalImageCount":3,"totalSize":"70"},{"albumId":320,"name":"S","mediaCount":4}]})"),
         true},
        {ok_json(
             R"({"albums":[{"albumId":"1","totalImageCount":18446744073709551615},{"albumId":"2","totalImageCount":5}]})"),
         true},
        {ok_json(R"({"albums":[{"albumId":"1"}]})"), false},
        {ok_json(R"({"albums":[]})"), false},
        {ok_json(R"({"list":[]})"), false},
        {status(404), false},
        {json("<html>"), false},
        {error_json(10001), false},
    };
    bool first = true;
    for (const auto& c : cases) {
        source_fixture f;
        f.cloud.on(api + "/gallery/album/full", c.answer);
        const auto got = run(f.source->counted_otherwise());
        ASSERT_TRUE(got);
        ASSERT_EQ(got->has_value(), c.there) << c.answer.body;
        if (!c.there) continue;
        EXPECT_EQ((*got)->items, first ? 7U : ~std::uint64_t{0});
        EXPECT_EQ((*got)->bytes, first ? 70U : 0U);
        EXPECT_EQ((*got)->collections.size(), 2U);
        first = false;
    }
}

TEST(micloud, bytes_by_the_quota) {
    source_fixture f;
    f.cloud.on(api + "/status/lite/alldetail",
               ok_json(R"({"used":9,"usedDetail":{"GalleryImage":{"size":7,"text":"x"}}})"));
    EXPECT_EQ(run(f.source->bytes_held())->value(), 7U);
    f.cloud.on(api + "/status/lite/alldetail", ok_json(R"({"usedDetail":{}})"));
    EXPECT_FALSE(run(f.source->bytes_held())->has_value());
    f.cloud.on(api + "/status/lite/alldetail", status(500));
    EXPECT_FALSE(run(f.source->bytes_held()));
}

TEST(micloud, cursors_from_elsewhere_are_refused) {
    source_fixture f;
    for (const char* cursor : {"x", "1000001:5:0:0", "99999999999999999999:1:0:0"}) {
        EXPECT_CODE(run(f.source->collections(cursor)), source_errc::unusable_answer);
        EXPECT_CODE(run(f.source->page({}, cursor)), source_errc::unusable_answer);
    }
    EXPECT_TRUE(f.cloud.sent.empty());
}

// ---- a region that has ended, and an empty gallery

TEST(micloud, a_region_that_has_ended_is_told_by_two_witnesses) {
    const canned signs[] = {error_json(10019), status(404), status(410), redirect("/closed.html")};
    for (const auto& sign : signs) {
        source_fixture f;
        f.cloud.on(api + "/gallery", sign);
        f.cloud.on(api + "/gallery/user/album/list", sign);
        f.cloud.on(api + "/gallery/user/timeline", sign);
        EXPECT_CODE(run(f.source->collections("")), source_errc::region_ended);
        EXPECT_CODE(run(f.source->announced({})), source_errc::region_ended);
    }
}

TEST(micloud, one_bad_answer_is_no_ended_region) {
    struct {
        canned answer;
        source_errc expected;
    } const cases[] = {
        {error_json(10019), source_errc::server_error},
        {error_json(10001), source_errc::server_error},
        {error_json(7, true), source_errc::server_error},
        {status(404), source_errc::not_found},
        {redirect("/"), source_errc::cut_by_redirect},
        {status(500), source_errc::server_error},
        {status(503), source_errc::throttled},
        {status(429), source_errc::throttled},
        {json("<html>"), source_errc::unusable_answer},
        {json("{\"code\":0"), source_errc::unusable_answer},
    };
    for (const auto& c : cases) {
        source_fixture f;
        f.cloud.on(api + "/gallery/user/album/list", c.answer);
        EXPECT_CODE(run(f.source->collections("")), c.expected);
        source_fixture g;
        g.cloud.on(api + "/gallery/user/timeline", c.answer);
        EXPECT_CODE(run(g.source->announced({})), c.expected);
        // The generic failure says nothing, however often it is said.
        if (c.answer.body.find("10001") == std::string::npos) continue;
        f.cloud.on(api + "/gallery/user/timeline", c.answer);
        EXPECT_CODE(run(f.source->collections("")), source_errc::server_error);
    }
}

TEST(micloud, an_empty_gallery_is_a_success) {
    source_fixture f;
    f.cloud.on(api + "/gallery/user/album/list", ok_json(R"({"albums":null,"isLastPage":true})"));
    f.cloud.on(api + "/gallery/user/timeline", ok_json(R"({"dayCount":{}})"));
    ASSERT_TRUE(run(f.source->sign_in()));
    EXPECT_TRUE(walk_collections(f).empty());
    const auto counts = run(f.source->announced({}));
    ASSERT_TRUE(counts);
    EXPECT_EQ(counts->value(), std::vector<bucket_count>());
    const auto page = run(f.source->page({}, ""));
    ASSERT_TRUE(page);
    EXPECT_TRUE(page->items.empty() && page->next.empty());
}

// ---- items

std::string items(int from, int to) {
    std::string out;
    for (int i = from; i < to; ++i)
        out += (out.empty() ? "" : ",") + std::string(R"({"id":")") + std::to_string(i) +
               R"(","groupId":"1","dateTaken":1714536000000})";
    return "[" + out + "]";
}

TEST(micloud, pages_of_a_scope) {
    source_fixture f;
    f.cloud.on(api + "/gallery/user/galleries",
               std::deque<canned>{ok_json(R"({"galleries":)" + items(0, 200) + R"(,"isLastPage":false})"),
                                  ok_json(R"({"galleries":)" + items(200, 250) + R"(,"isLastPage":true})")});
    const scope where{{"31415926535897932"}, "20240430", "20240502"};
    const auto first = run(f.source->page(where, ""));
    ASSERT_TRUE(first) << to_string(first.error());
    EXPECT_EQ(first->items.size(), 200U);
    EXPECT_EQ(first->items[0].bucket, "20240501");
    ASSERT_FALSE(first->next.empty());
    const auto second = run(f.source->page(where, first->next));
    ASSERT_TRUE(second);
    EXPECT_EQ(second->items.size(), 50U);
    EXPECT_TRUE(second->next.empty());
    const auto asked = f.cloud.to("/galleries");
    EXPECT_EQ(asked[0].target.query,
              "ts=1700000000123&startDate=20240430&endDate=20240502&pageNum=0&pageSize=200&albumId=31415926535897932");
    EXPECT_EQ(asked[1].target.query,
              "ts=1700000000123&startDate=20240430&endDate=20240502&pageNum=1&pageSize=200&albumId=31415926535897932");
    EXPECT_EQ(f.source->page_size(), 200U);
}

TEST(micloud, pages_end_however_the_cloud_says_it) {
    const std::string some = R"({"galleries":)" + items(0, 3);
    const std::vector<std::deque<canned>> endings{
        {ok_json(some + R"(,"isLastPage":true})")},
        {ok_json(some + "}"), ok_json(R"({"galleries":null,"isLastPage":false})")},
        {ok_json(some + "}"), ok_json(R"({"galleries":[]})")},
        {ok_json(some + R"(,"isLastPage":false})")},  // the same page for ever
    };
    for (const auto& ending : endings) {
        source_fixture f;
        f.cloud.on(api + "/gallery/user/galleries", ending);
        std::multiset<std::string> seen;
        std::string cursor;
        int pages = 0;
        do {
            const auto page = run(f.source->page({}, cursor));
            ASSERT_TRUE(page);
            for (const auto& item : page->items) seen.insert(item.id.value);
            cursor = page->next;
        } while (!cursor.empty() && ++pages < 100);
        EXPECT_EQ(seen, (std::multiset<std::string>{"0", "1", "2"}));
    }
}

TEST(micloud, items_of_one_day_carry_that_day) {
    source_fixture f;
    f.cloud.on(api + "/gallery/user/galleries", ok_json(R"({"galleries":)" + items(0, 1) + R"(,"isLastPage":true})"));
    EXPECT_EQ(run(f.source->page({{}, "20200101", "20200101"}, "")).value().items.at(0).bucket, "20200101");
}

TEST(micloud, a_bucket_that_is_no_day_is_not_asked_for) {
    source_fixture f;
    const auto page = run(f.source->page({{}, "unknown", "unknown"}, ""));
    ASSERT_TRUE(page);
    EXPECT_TRUE(page->items.empty() && page->next.empty());
    EXPECT_TRUE(f.cloud.sent.empty());
}

TEST(micloud, ids_are_encoded_into_requests) {
    source_fixture f;
    run(f.source->page({{"a&b=c/#"}, "", ""}, "")).value();
    EXPECT_EQ(f.cloud.sent[0].target.query, "ts=1700000000123&pageNum=0&pageSize=200&albumId=a%26b%3Dc%2F%23");
    run(f.source->link({{"9&x"}})).value();
    EXPECT_EQ(f.cloud.sent[1].target.query, "ts=1700000000123&id=9%26x&callBack=dl_img_cb_1700000000123_0");
}

TEST(micloud, a_page_of_any_pieces) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{17}, std::size_t{100000}}) {
        source_fixture f;
        f.cloud.piece = piece;
        f.cloud.on(api + "/gallery/user/galleries", json(fixture("galleries.json")));
        const auto page = run(f.source->page({}, ""));
        ASSERT_TRUE(page) << to_string(page.error());
        EXPECT_EQ(page->items.size(), 3U);
        EXPECT_EQ(page->items[1].bucket, "19700101");
    }
}

TEST(micloud, failures_of_pages) {
    canned cut = json(fixture("galleries.json").substr(0, 900));
    cut.then_fails = failure(transport::http_errc::body_truncated);
    source_fixture f;
    f.cloud.on(api + "/gallery/user/galleries", cut);
    EXPECT_CODE(run(f.source->page({}, "")), transport::http_errc::body_truncated);
    f.cloud.on(api + "/gallery/user/galleries", json(fixture("galleries.json").substr(0, 900)));
    EXPECT_CODE(run(f.source->page({}, "")), source_errc::unusable_answer);
    f.cloud.on(api + "/gallery/user/galleries", error_json(50050));
    EXPECT_CODE(run(f.source->page({}, "")), source_errc::not_found);
    f.cloud.on(api + "/gallery/user/galleries", status(204, ""));
    EXPECT_CODE(run(f.source->page({}, "")), source_errc::unusable_answer);
}

// ---- links

TEST(micloud, a_link_is_resolved_by_two_requests) {
    source_fixture f;
    const auto link = run(f.source->link({{"17012345678901234"}}));
    ASSERT_TRUE(link) << to_string(link.error());
    ASSERT_EQ(f.cloud.sent.size(), 2U);
    EXPECT_EQ(f.cloud.sent[0].target.target(),
              "/gallery/storage?ts=1700000000123&id=17012345678901234&callBack=dl_img_cb_1700000000123_0");
    EXPECT_EQ(f.cloud.sent[1].method, "GET");
    EXPECT_EQ(f.cloud.sent[1].target.target(), "/2/9/page?sig=SIGNED");
    EXPECT_EQ(link->request.method, "POST");
    EXPECT_EQ(link->request.target.origin() + link->request.target.target(), storage + "/2/9/download_file?sig=SIGNED");
    EXPECT_EQ(link->request.body, "meta=m%2B%2F%3D");
    EXPECT_EQ(header_of(link->request, "Content-Type"), "application/x-www-form-urlencoded; charset=UTF-8");
    EXPECT_EQ(header_of(link->request, "Cookie"), "");
    EXPECT_TRUE(link->request.safe_to_repeat);
    EXPECT_TRUE(link->ranges);
}

TEST(micloud, the_first_request_for_a_link) {
    struct {
        canned answer;
        boost::system::error_code expected;
    } const cases[] = {
        {error_json(50050), source_errc::gone},
        {json(fixture("deleted.json")), source_errc::gone},
        {status(404, fixture("deleted.json")), source_errc::gone},
        {error_json(10001), source_errc::refused},
        {error_json(10001, true), source_errc::server_error},
        {status(403), source_errc::refused},
        {status(404), source_errc::refused},
        {status(503), source_errc::throttled},
        {status(500), source_errc::server_error},
        {json("<html>"), source_errc::unusable_answer},
        {ok_json("{}"), source_errc::unusable_answer},
        {ok_json(R"({"url":"x"})"), source_errc::unusable_answer},
        {ok_json(R"({"url":"http://169.254.169.254/latest/SIGNED"})"), transport::http_errc::host_not_allowed},
        {ok_json(R"({"url":"http://127.0.0.9:1/SIGNED"})"), transport::http_errc::host_not_allowed},
        {ok_json(R"({"url":"file:///etc/SIGNED"})"), source_errc::unusable_answer},
        {ok_json(R"({"url":"http://u:p@127.0.0.3/SIGNED"})"), source_errc::unusable_answer},
    };
    for (const auto& c : cases) {
        source_fixture f;
        f.cloud.on(api + "/gallery/storage", c.answer);
        const auto got = run(f.source->link({{"9"}}));
        ASSERT_FALSE(got) << c.answer.body;
        EXPECT_EQ(got.error().code, c.expected) << c.answer.body << to_string(got.error());
        EXPECT_EQ(to_string(got.error()).find("SIGNED"), std::string::npos);
        EXPECT_EQ(f.cloud.sent.size(), 1U);
    }
}

TEST(micloud, the_second_request_for_a_link) {
    const std::string url = storage + "/2/9/download_file?sig=SIGNED";
    struct {
        canned answer;
        boost::system::error_code expected;  // none: a link
    } const cases[] = {
        {json(R"(callback({"url":")" + url + R"(","meta":"m"}))"), {}},
        {json(R"(dl_img_cb_1_0( {"meta":"m","url":")" + url + R"("} ); )"), {}},
        {json(R"({"url":")" + url + R"(","meta":"m"})"), {}},
        {json(R"(callback({"url":"http://169.254.169.254/SIGNED","meta":"m"}))"),
         transport::http_errc::host_not_allowed},
        {json(R"(callback({"url":"","meta":"m"}))"), source_errc::unusable_answer},
        {json(R"(callback({"meta":"m"}))"), source_errc::unusable_answer},
        {json(R"(callback({"url":"SIGNED"}))"), source_errc::unusable_answer},
        {json(R"(callback({"url":"http)"), source_errc::unusable_answer},
        {json(R"(<html><body>Please sign in ({"url":1})</body></html>)"), source_errc::unusable_answer},
        {json(""), source_errc::unusable_answer},
        {json(std::string(300000, ' ')), transport::http_errc::bad_response},
        {json(R"(callback({"result":"error","code":50050,"retriable":false}))"), source_errc::gone},
        {json(R"(callback({"result":"error","code":1,"retriable":true}))"), source_errc::server_error},
        {status(403), source_errc::link_expired},
        {status(410), source_errc::link_expired},
        {status(401), source_errc::link_expired},
        {status(404), source_errc::refused},
        {status(429), source_errc::throttled},
        {status(503), source_errc::throttled},
        {status(500), source_errc::server_error},
        {redirect("http://127.0.0.6/2/9/page?SIGNED"), transport::http_errc::host_not_allowed},
        {redirect("http://10.0.0.1/SIGNED"), transport::http_errc::host_not_allowed},
        {redirect("javascript:SIGNED"), source_errc::unusable_answer},
        {redirect("/2/9/page?SIGNED"), source_errc::refused},  // in circles
    };
    for (const auto& c : cases) {
        source_fixture f;
        f.cloud.on(storage + "/2/9/page", c.answer);
        const auto got = run(f.source->link({{"9"}}));
        EXPECT_EQ(got.has_value(), !c.expected) << c.answer.body;
        if (got) continue;
        EXPECT_EQ(got.error().code, c.expected) << c.answer.body << to_string(got.error());
        EXPECT_EQ(to_string(got.error()).find("SIGNED"), std::string::npos);
        for (const auto& request : f.cloud.to("127.0.0.3")) EXPECT_EQ(header_of(request, "Cookie"), "");
        EXPECT_TRUE(f.cloud.to("127.0.0.6").empty());
    }
}

TEST(micloud, a_link_page_may_redirect_among_storage_hosts) {
    source_fixture f;
    f.cloud.on(storage + "/2/9/page", redirect("http://127.0.0.5/2/9/page?x"));
    f.cloud.on("http://127.0.0.5:80/2/9/page", json(R"(cb({"url":"http://127.0.0.5/f","meta":"m"}))"));
    EXPECT_TRUE(run(f.source->link({{"9"}})));
    EXPECT_EQ(header_of(f.cloud.sent.back(), "Cookie"), "");
}

TEST(micloud, a_link_page_that_redirects_in_circles_ends) {
    source_fixture f;
    f.cloud.on(storage + "/2/9/page", redirect("/2/9/page"));
    EXPECT_FALSE(run(f.source->link({{"9"}})));
    EXPECT_LE(f.cloud.sent.size(), 8U);
}

// ---- read only

TEST(micloud, nothing_that_could_change_an_account_is_ever_sent) {
    source_fixture f;
    f.require("token2");
    run(f.source->sign_in()).value();
    run(f.source->collections("")).value();
    run(f.source->announced({"1"})).value();
    run(f.source->page({}, "")).value();
    run(f.source->keep_alive()).value();
    const auto link = run(f.source->link({{"9"}}));
    const std::set<std::string> known{"GET /status/lite/profile",
                                      "GET /status/lite/setting",
                                      "GET /mic/keybag/v1/getEncInfo",
                                      "POST /gallery/user/lite/index/prepare",
                                      "GET /gallery/user/album/list",
                                      "GET /gallery/user/timeline",
                                      "GET /gallery/user/galleries",
                                      "GET /gallery/storage",
                                      "GET /api/user/login",
                                      "GET /pass/serviceLogin",
                                      "GET /sts",
                                      "GET /2/9/page"};
    std::set<std::string> asked;
    for (const auto& request : f.cloud.sent) asked.insert(request.method + " " + request.target.path);
    EXPECT_EQ(asked, known);
    EXPECT_EQ(link.value().request.method, "POST");
}

TEST(micloud, no_writing_endpoint_stands_in_the_code) {
    for (const char* name : {"api_client", "credentials", "device_id", "endpoint", "json_page", "json_reader",
                             "listing", "micloud", "requests", "session", "surrogate_filter"}) {
        std::ifstream file(std::string(DECAMP_SOURCE_DIR "/engine/source/micloud/") + name + ".cpp");
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        ASSERT_FALSE(text.empty()) << name;
        for (const char* word :
             {"/gallery/info", "/gallery/user/full", "info/delete", "upload_block", "filemanager", "\"DELETE\"",
              "\"PUT\"", "\"PATCH\"", "/delete", "/restore", "/purge", "serviceLoginAuth"})
            EXPECT_EQ(text.find(word), std::string::npos) << name << ": " << word;
    }
}

}  // namespace
}  // namespace decamp::testing
