// The source over a service in memory.
#include "engine/source/s3/s3.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/fake_cloud.hpp"
#include "tests/support/still_world.hpp"
#include "tests/unit/s3/lists.hpp"

namespace decamp::testing {
namespace {

using source::source_errc;

const std::string keys = "AWS_ACCESS_KEY_ID=AKID\nAWS_SECRET_ACCESS_KEY=SECRET\n";
const std::string bucket_url = "http://127.0.0.1:80/b";
const std::string empty_list = list_xml("<KeyCount>0</KeyCount>", "", false);

struct s3_fixture {
    explicit s3_fixture(const std::string& at = "s3://b/a/", const std::string& endpoint = "http://127.0.0.1",
                        const std::string& who = keys)
        : place(source::s3::parse_s3(at, endpoint, who).value()),
          workers(world::make_thread_workers(1)),
          source(place->open({cloud, clock, random, *workers, folders, {}})) {}

    fake_cloud cloud;
    still_clock clock;
    counting_random random;
    folders_in_memory folders;
    std::unique_ptr<source::place> place;
    std::unique_ptr<world::workers> workers;
    std::unique_ptr<source::source> source;
};

bool is_list_v2(const transport::request& what) {
    return what.target.query.find("list-type=2") != std::string::npos;
}

canned xml(std::string body, int code = 200, std::vector<transport::header_field> headers = {}) {
    return {code, std::move(body), std::move(headers), {}, {}};
}

std::vector<std::string> walk(source::source& from) {
    std::vector<std::string> out;
    std::string cursor;
    do {
        const auto page = run(from.page({}, cursor));
        if (!page) {
            out.push_back(to_string(page.error()));
            break;
        }
        for (const auto& item : page->items) out.push_back(item.id.value);
        cursor = page->next;
    } while (!cursor.empty());
    return out;
}

TEST(s3_source, as_a_place) {
    const s3_fixture f;
    EXPECT_EQ(f.place->kind(), "s3");
    EXPECT_EQ(f.place->name(), "127.0.0.1/b");
    EXPECT_EQ(f.place->origin(), "127.0.0.1/b/a/");
    EXPECT_EQ(f.place->arranged(), arrangement::tree);
    EXPECT_TRUE(f.place->addresses().allowed({"127.0.0.1", 80}, "127.0.0.1"));
    EXPECT_FALSE(f.place->addresses().allowed({"other.example", 80}, "127.0.0.1"));
    EXPECT_EQ(f.source->kind(), "s3");
    EXPECT_EQ(f.source->page_size(), 1000U);
    EXPECT_TRUE(run(f.source->keep_alive()));
    EXPECT_EQ(run(f.source->announced({})).value(), std::nullopt);
    EXPECT_TRUE(run(f.source->collections("")).value().collections.empty());
    EXPECT_TRUE(f.cloud.sent.empty());
    EXPECT_FALSE(source::s3::parse_s3("s3://b", "", "rubbish"));
    EXPECT_FALSE(source::s3::parse_s3("webdav://b", "", ""));
}

TEST(s3_source, signing_in) {
    s3_fixture f;
    f.cloud.on(bucket_url, xml(empty_list));
    const auto got = run(f.source->sign_in());
    ASSERT_TRUE(got) << to_string(got.error());
    EXPECT_EQ(got->display, "redacted");
    EXPECT_EQ(got->endpoint, "http://127.0.0.1/b/a/");
    ASSERT_EQ(f.cloud.sent.size(), 1U);
    EXPECT_EQ(f.cloud.sent[0].target.target(), "/b?encoding-type=url&list-type=2&max-keys=1&prefix=a%2F");
    EXPECT_EQ(header_of(f.cloud.sent[0], "x-amz-date"), "20231114T221320Z");
    EXPECT_TRUE(header_of(f.cloud.sent[0], "Authorization")
                    .starts_with("AWS4-HMAC-SHA256 Credential=AKID/20231114/us-east-1/s3/aws4_request, "
                                 "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature="));

    s3_fixture nobody("s3://b", "http://127.0.0.1", "");
    nobody.cloud.on(bucket_url, xml(empty_list));
    EXPECT_EQ(run(nobody.source->sign_in()).value().display, "anonymous");
    EXPECT_TRUE(nobody.cloud.sent.at(0).headers.empty());
}

TEST(s3_source, refusals) {
    s3_fixture f;
    f.cloud.on(bucket_url, xml(error_xml("SignatureDoesNotMatch"), 403));
    EXPECT_CODE(run(f.source->sign_in()), source_errc::login_refused);
    // The same while a run lasts: what it came in with has ended.
    EXPECT_CODE(run(f.source->page({}, "")), source_errc::session_died);
    f.cloud.on(bucket_url, xml(error_xml("ExpiredToken"), 400));
    EXPECT_CODE(run(f.source->page({}, "")), source_errc::session_died);
    f.cloud.on(bucket_url, xml(error_xml("NoSuchBucket"), 404));
    EXPECT_CODE(run(f.source->sign_in()), source_errc::not_found);
    f.cloud.on(bucket_url, xml(error_xml("SlowDown")));
    EXPECT_CODE(run(f.source->page({}, "")), source_errc::throttled);
    EXPECT_CODE(run(f.source->page({}, "rubbish")), source_errc::unusable_answer);
    canned cut = xml("<ListBucketResult>");
    cut.then_fails = failure(transport::http_errc::body_truncated);
    f.cloud.on(bucket_url, cut);
    EXPECT_CODE(run(f.source->page({}, "")), transport::http_errc::body_truncated);
    cut.status = 503;
    f.cloud.on(bucket_url, cut);
    EXPECT_CODE(run(f.source->page({}, "")), source_errc::throttled);
}

TEST(s3_source, walks_by_tokens) {
    s3_fixture f;
    f.cloud.piece = 7;
    f.cloud.on(bucket_url, [](const transport::request& what) {
        if (what.target.query.find("start-after=a%2Fx%2F2") != std::string::npos) return xml(empty_list);
        const bool first = what.target.query.find("continuation-token=t%2F1") == std::string::npos;
        if (first)
            return xml(list_xml("<KeyCount>2</KeyCount><NextContinuationToken>t/1</NextContinuationToken>",
                                contents("a/", 0) + contents("a/1", 1), true));
        return xml(list_xml("<KeyCount>1</KeyCount>", contents("a/x/2", 2), false));
    });
    EXPECT_EQ(walk(*f.source), (std::vector<std::string>{"1", "x/2"}));
    EXPECT_EQ(f.cloud.sent.size(), 3U);  // the third behind the last key
    EXPECT_TRUE(run(f.source->page(scope{{"/x"}, {}, {}}, "")).value().items.empty());
}

// Knows ListObjects alone. `refuses`: says so, else it takes list-type for something it need not know.
fake_cloud::rule older_service(bool refuses) {
    return [refuses](const transport::request& what) {
        if (refuses && is_list_v2(what)) return xml(error_xml("NotImplemented"), 501);
        if (what.target.query.find("marker=a%2F2") != std::string::npos) return xml(list_xml("", "", false));
        const bool first = what.target.query.find("marker=a%2F1%2B") == std::string::npos;
        const std::string url = "<EncodingType>url</EncodingType><Marker/>";
        return first ? xml(list_xml(url, contents("a%2F1%2B", 1), true))
                     : xml(list_xml(url, contents("a%2F2", 1), false));
    };
}

TEST(s3_source, walks_by_markers) {
    for (const bool refuses : {true, false}) {
        s3_fixture f;
        f.cloud.on(bucket_url, older_service(refuses));
        EXPECT_EQ(walk(*f.source), (std::vector<std::string>{"1+", "2"})) << refuses;
        EXPECT_EQ(f.cloud.sent.size(), refuses ? 4U : 3U);
        EXPECT_FALSE(is_list_v2(f.cloud.sent.back()));
        // Found out once.
        const auto before = f.cloud.sent.size();
        walk(*f.source);
        EXPECT_EQ(f.cloud.sent.size(), before + 3);
    }
}

TEST(s3_source, the_region_is_adopted_once) {
    s3_fixture f("s3://b", "", keys);
    const std::string there = "https://b.s3.eu-west-3.amazonaws.com:443/";
    f.cloud.on("https://b.s3.us-east-1.amazonaws.com:443/",
               xml(error_xml("PermanentRedirect"), 301, {{"x-amz-bucket-region", "eu-west-3"}}));
    f.cloud.on(there, xml(empty_list));
    const auto got = run(f.source->sign_in());
    ASSERT_TRUE(got) << to_string(got.error());
    EXPECT_EQ(got->endpoint, "https://s3.eu-west-3.amazonaws.com/b");
    EXPECT_NE(header_of(f.cloud.sent.at(1), "Authorization").find("/eu-west-3/s3/"), std::string::npos);
    listed_item of;
    of.id.value = "k";
    EXPECT_EQ(run(f.source->link(of)).value().request.target.host, "b.s3.eu-west-3.amazonaws.com");
    f.cloud.on(there, xml("", 301, {{"x-amz-bucket-region", "us-west-2"}}));
    EXPECT_CODE(run(f.source->page({}, "")), source_errc::cut_by_redirect);
    EXPECT_EQ(f.cloud.sent.size(), 3U);
}

TEST(s3_source, two_calls_find_out_the_region_together) {
    s3_fixture f("s3://b", "", keys);
    f.cloud.on("https://b.s3.us-east-1.amazonaws.com:443/",
               xml(error_xml("AuthorizationHeaderMalformed", "<Region>eu-west-3</Region>"), 400));
    f.cloud.on("https://b.s3.eu-west-3.amazonaws.com:443/", xml(empty_list));
    boost::asio::io_context context;
    started<result<source::account_info>> one(context, f.source->sign_in());
    started<result<item_page>> two(context, f.source->page({}, ""));
    context.run();
    EXPECT_TRUE(one.get());
    EXPECT_TRUE(two.get());
    EXPECT_EQ(f.cloud.sent.size(), 4U);
}

TEST(s3_source, a_wrong_clock_is_made_up_for) {
    s3_fixture f;
    f.cloud.on(bucket_url, [](const transport::request& what) {
        if (header_of(what, "x-amz-date") == "20130524T000000Z") return xml(empty_list);
        return xml(error_xml("RequestTimeTooSkewed"), 403, {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}});
    });
    const auto got = run(f.source->sign_in());
    ASSERT_TRUE(got) << to_string(got.error());
    listed_item of;
    of.id.value = "k";
    EXPECT_EQ(header_of(run(f.source->link(of)).value().request, "x-amz-date"), "20130524T000000Z");

    s3_fixture hopeless;
    hopeless.cloud.on(bucket_url,
                      xml(error_xml("RequestTimeTooSkewed"), 403, {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}}));
    EXPECT_CODE(run(hopeless.source->sign_in()), source_errc::clock_skewed);
    EXPECT_EQ(hopeless.cloud.sent.size(), 2U);
}

TEST(s3_source, a_bucket_called_like_its_host) {
    s3_fixture f("s3://minio", "http://minio.example.org", keys);
    f.cloud.on("http://minio.example.org:80/minio", xml(empty_list));
    f.cloud.on("http://example.org", xml("", 500));
    f.cloud.on("http://minio.example.org:80/", [](const transport::request& what) {
        return what.target.path == "/" ? xml("<ListAllMyBucketsResult/>") : xml(empty_list);
    });
    EXPECT_TRUE(run(f.source->sign_in()));
    EXPECT_EQ(f.cloud.sent.back().target.path, "/minio");
}

TEST(s3_source, an_empty_list_of_what_holds_keys) {
    s3_fixture f;
    f.cloud.on(bucket_url, xml(list_xml("<KeyCount>1</KeyCount>", contents("a/1", 1), true)));
    ASSERT_TRUE(run(f.source->sign_in()));
    f.cloud.on(bucket_url, [](const transport::request& what) {
        const bool of_key = what.target.query.find("prefix=a%2F1") != std::string::npos;
        return xml(of_key ? list_xml("<KeyCount>1</KeyCount>", contents("a/1", 1), false) : empty_list);
    });
    EXPECT_CODE(run(f.source->page({}, "")), source_errc::unusable_answer);
    f.cloud.on(bucket_url, xml(empty_list));
    EXPECT_TRUE(run(f.source->page({}, "")));
}

TEST(s3_source, looks_again) {
    s3_fixture f;
    f.cloud.on(bucket_url, xml(list_xml("<KeyCount>1</KeyCount>", contents("a/k", 1), false)));
    listed_item of = run(f.source->page({}, "")).value().items.at(0);
    f.cloud.sent.clear();
    EXPECT_EQ(run(f.source->look_again(of)).value().found, source::second_look::finding::same);
    ASSERT_EQ(f.cloud.sent.size(), 1U);
    EXPECT_EQ(f.cloud.sent[0].target.query, "encoding-type=url&list-type=2&max-keys=10&prefix=a%2Fk");
    of.size = 2;
    EXPECT_EQ(run(f.source->look_again(of)).value().now.value().size, 1U);
    f.cloud.on(bucket_url, xml(empty_list));
    EXPECT_EQ(run(f.source->look_again(of)).value().found, source::second_look::finding::missing);
    // Twice: what is named like the prefix may be left out.
    EXPECT_EQ(f.cloud.sent.back().target.query,
              "encoding-type=url&list-type=2&max-keys=1000&prefix=a%2F&start-after=a%2Fj~~~~");
    f.cloud.on(bucket_url, [](const transport::request& what) {
        const bool of_key = what.target.query.find("prefix=a%2Fk") != std::string::npos;
        return xml(of_key ? empty_list : list_xml("<KeyCount>1</KeyCount>", contents("a/k", 2), false));
    });
    EXPECT_EQ(run(f.source->look_again(of)).value().found, source::second_look::finding::same);
    f.cloud.on(bucket_url, xml(error_xml("ExpiredToken"), 400));
    EXPECT_CODE(run(f.source->look_again(of)), source_errc::session_died);
}

TEST(s3_source, an_etag_that_never_matches) {
    s3_fixture f;
    f.cloud.on(bucket_url, xml(list_xml("<KeyCount>1</KeyCount>", contents("a/k", 1), false)));
    const listed_item of = run(f.source->page({}, "")).value().items.at(0);
    const auto link = run(f.source->link(of)).value();
    EXPECT_EQ(header_of(link.request, "If-Match"), "\"e\"");
    transport::response_head head;
    head.status = 412;
    EXPECT_EQ(link.explain(head, error_xml("PreconditionFailed")).value().code, make_error_code(source_errc::changed));
    EXPECT_TRUE(run(f.source->look_again(of)));
    EXPECT_EQ(header_of(run(f.source->link(of)).value().request, "If-Match"), "");
}

TEST(s3_source, links) {
    const s3_fixture f;
    listed_item of;
    of.id.value = "x/ü \U0001F4F7.jpg";
    of.size = 5;
    of.locator = "5d41402abc4b2a76b9719d911017c592";
    const auto got = run(f.source->link(of));
    ASSERT_TRUE(got) << to_string(got.error());
    EXPECT_EQ(got->request.target.target(), "/b/a/x/%C3%BC%20%F0%9F%93%B7.jpg");
    EXPECT_EQ(header_of(got->request, "If-Match"), "\"5d41402abc4b2a76b9719d911017c592\"");
    EXPECT_EQ(header_of(got->request, "x-amz-checksum-mode"), "ENABLED");
    EXPECT_FALSE(header_of(got->request, "Authorization").empty());
    EXPECT_TRUE(got->ranges);
    EXPECT_TRUE(got->expected.md5);
    ASSERT_TRUE(got->learn);
    source::expectation expected = got->expected;
    transport::response_head head;
    head.status = 200;
    head.headers = {{"x-amz-server-side-encryption", "aws:kms"}};
    got->learn(head, expected);
    EXPECT_FALSE(expected.md5);

    of.id.value = "bytes:%FF";
    of.locator.clear();
    const auto bytes = run(f.source->link(of));
    EXPECT_EQ(bytes->request.target.path, "/b/a/%FF");
    EXPECT_EQ(header_of(bytes->request, "If-Match"), "");
    of.id.value = "bytes:%";
    EXPECT_CODE(run(f.source->link(of)), source_errc::refused);
    EXPECT_TRUE(f.cloud.sent.empty());
}

}  // namespace
}  // namespace decamp::testing
