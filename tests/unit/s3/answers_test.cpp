#include "engine/source/s3/answers.hpp"

#include <gtest/gtest.h>

#include <string>

#include "engine/source/source.hpp"
#include "formats/bytes.hpp"
#include "tests/unit/s3/lists.hpp"

namespace decamp::source::s3 {
namespace {

using testing::error_xml;

heard answer(int status, const std::string& body = {}) {
    heard out;
    out.status = status;
    answer_reader reader;
    if (reader.feed(formats::as_bytes(body)) && reader.finish()) {
        out.kind = reader.kind;
        out.said = reader.error;
    } else {
        out.why_unread = reader.why();
    }
    return out;
}

const location aws = parse_location("s3://photos", "", "").value();
const location own = parse_location("s3://photos", "http://127.0.0.1", "").value();

struct failing {
    int status;
    const char* code;  // empty: no body
    source_errc expected;
    const char* detail;
};

TEST(answers, failures) {
    const failing cases[] = {
        {403, "AccessDenied", source_errc::login_refused, "HTTP 403 AccessDenied"},
        {403, "InvalidAccessKeyId", source_errc::login_refused, "HTTP 403 InvalidAccessKeyId"},
        {403, "SignatureDoesNotMatch", source_errc::login_refused, "HTTP 403 SignatureDoesNotMatch"},
        {400, "ExpiredToken", source_errc::login_refused, "HTTP 400 ExpiredToken"},
        {400, "InvalidToken", source_errc::login_refused, "HTTP 400 InvalidToken"},
        {400, "AuthorizationHeaderMalformed", source_errc::login_refused, "HTTP 400 AuthorizationHeaderMalformed"},
        {403, "SomethingNew", source_errc::login_refused, "HTTP 403 SomethingNew"},
        {401, "", source_errc::login_refused, "HTTP 401"},
        {403, "", source_errc::login_refused, "HTTP 403"},
        {403, "RequestTimeTooSkewed", source_errc::clock_skewed, "HTTP 403 RequestTimeTooSkewed"},
        {404, "NoSuchBucket", source_errc::not_found, "NoSuchBucket"},
        {404, "", source_errc::not_found, "NoSuchBucket"},
        {400, "InvalidBucketName", source_errc::not_found, "InvalidBucketName"},
        {503, "SlowDown", source_errc::throttled, "HTTP 503 SlowDown"},
        {503, "", source_errc::throttled, "HTTP 503"},
        {429, "", source_errc::throttled, "HTTP 429"},
        {200, "SlowDown", source_errc::throttled, "HTTP 200 SlowDown"},
        {200, "InternalError", source_errc::server_error, "HTTP 200 InternalError"},
        {200, "AccessDenied", source_errc::login_refused, "HTTP 200 AccessDenied"},
        {200, "Unheard", source_errc::server_error, "HTTP 200 Unheard"},
        {500, "InternalError", source_errc::server_error, "HTTP 500 InternalError"},
        {502, "", source_errc::server_error, "HTTP 502"},
        {400, "RequestTimeout", source_errc::server_error, "HTTP 400 RequestTimeout"},
        {400, "InvalidRequest", source_errc::unusable_answer, "HTTP 400 InvalidRequest"},
        {418, "", source_errc::unusable_answer, "HTTP 418"},
        {302, "", source_errc::cut_by_redirect, ""},
        {301, "PermanentRedirect", source_errc::cut_by_redirect, ""},
    };
    for (const auto& c : cases) {
        const std::string code = c.code;
        const auto got = judge(answer(c.status, code.empty() ? "<html></html>" : error_xml(code)), own, {});
        EXPECT_EQ(got.what, next_step::fail) << c.status << c.code;
        EXPECT_EQ(got.why.code, make_error_code(c.expected)) << c.status << c.code << to_string(got.why);
        EXPECT_EQ(got.why.detail, c.detail);
    }
}

TEST(answers, what_others_wrote_is_not_repeated) {
    const auto got = judge(answer(403, error_xml("my key AKID is <b>bad</b>")), own, {});
    EXPECT_EQ(got.why.detail, "HTTP 403");
    EXPECT_EQ(judge(answer(403, error_xml(std::string(65, 'A'))), own, {}).why.detail, "HTTP 403");
}

TEST(answers, lists) {
    EXPECT_EQ(judge(answer(200, testing::list_xml("", "", false)), own, {}).what, next_step::take);
    const auto page = judge(answer(200, "<html></html>"), own, {});
    EXPECT_EQ(page.why.code, make_error_code(source_errc::unusable_answer));
    EXPECT_EQ(page.why.detail, "neither a list nor an error");
    // A list, but with a status that says otherwise.
    EXPECT_EQ(judge(answer(404, testing::list_xml("", "", false)), own, {}).what, next_step::fail);
}

TEST(answers, the_older_form) {
    tried before;
    for (const auto& got : {answer(501, error_xml("NotImplemented")), answer(400, error_xml("InvalidArgument")),
                            answer(501), answer(400, error_xml("NotImplemented"))}) {
        before = {};
        EXPECT_EQ(judge(got, own, before).what, next_step::older_form);
        before.form = list_form::v1;
        EXPECT_EQ(judge(got, own, before).what, next_step::fail);
        before = {};
        before.first_page = false;
        EXPECT_EQ(judge(got, own, before).what, next_step::fail);
    }
}

TEST(answers, lists_that_are_asked_for_otherwise) {
    tried before;
    before.first_page = false;
    before.by_token = true;
    EXPECT_EQ(judge(answer(400, error_xml("InvalidArgument")), own, before).what, next_step::behind_key);
    EXPECT_EQ(judge(answer(400, error_xml("ExpiredToken")), own, before).what, next_step::fail);
    EXPECT_EQ(judge(answer(503), own, before).what, next_step::fail);
    before.by_token = false;
    before.closing = true;
    EXPECT_EQ(judge(answer(400, error_xml("InvalidArgument")), own, before).what, next_step::unproven);
    EXPECT_EQ(judge(answer(501), own, before).what, next_step::unproven);
    EXPECT_EQ(judge(answer(500), own, before).what, next_step::fail);
}

TEST(answers, of_objects) {
    struct object_answer {
        int status;
        const char* code;
        bool misspelled;
        source_errc expected;
        const char* detail;
    };
    const object_answer cases[] = {
        {403, "InvalidObjectState", false, source_errc::cold_storage, "InvalidObjectState"},
        {403, "AccessDenied", false, source_errc::refused, "HTTP 403 AccessDenied"},
        {403, "", false, source_errc::refused, "HTTP 403"},
        {400, "ExpiredToken", false, source_errc::refused, "HTTP 400 ExpiredToken"},
        {404, "NoSuchKey", false, source_errc::refused, "HTTP 404 NoSuchKey"},
        {404, "NoSuchKey", true, source_errc::not_spelled, "HTTP 404 NoSuchKey"},
        {404, "", true, source_errc::not_spelled, "HTTP 404"},
        {410, "", false, source_errc::refused, "HTTP 410"},
        {412, "PreconditionFailed", false, source_errc::changed, "HTTP 412 PreconditionFailed"},
        {501, "NotImplemented", false, source_errc::refused, "HTTP 501 NotImplemented"},
        {503, "SlowDown", false, source_errc::throttled, "HTTP 503 SlowDown"},
        {400, "RequestTimeout", false, source_errc::server_error, "HTTP 400 RequestTimeout"},
        {500, "InternalError", false, source_errc::server_error, "HTTP 500 InternalError"},
    };
    for (const auto& c : cases) {
        const auto got = object_failure(c.status, c.code, c.misspelled);
        ASSERT_TRUE(got) << c.status << c.code;
        EXPECT_EQ(got->code, make_error_code(c.expected)) << c.status << c.code;
        EXPECT_EQ(got->detail, c.detail);
    }
    for (const int status : {404, 408, 416, 429, 500, 502, 503})
        EXPECT_FALSE(object_failure(status, "", false)) << status;
    EXPECT_TRUE(is_about_keys("ExpiredToken"));
    EXPECT_FALSE(is_about_keys("SlowDown"));
    EXPECT_FALSE(is_about_keys(""));
    EXPECT_TRUE(answer(400, error_xml("InvalidArgument", "<ArgumentName>x-amz-checksum-mode</ArgumentName>"))
                    .said.names_checksum_mode);
    EXPECT_FALSE(
        answer(400, error_xml("InvalidArgument", "<ArgumentName>x-amz-date</ArgumentName>")).said.names_checksum_mode);
}

struct moving {
    const char* what;
    heard got;
    std::string region;  // adopted; empty: none
};

TEST(answers, regions) {
    const auto with_header = [](heard got, std::string region) {
        got.region = std::move(region);
        return got;
    };
    const moving cases[] = {
        {"header", with_header(answer(301), "eu-west-3"), "eu-west-3"},
        {"temporary", with_header(answer(307, error_xml("TemporaryRedirect")), "eu-west-3"), "eu-west-3"},
        {"400", answer(400, error_xml("AuthorizationHeaderMalformed", "<Region>eu-west-3</Region>")), "eu-west-3"},
        {"endpoint",
         answer(301, error_xml("PermanentRedirect", "<Endpoint>photos.s3.eu-west-3.amazonaws.com</Endpoint>")),
         "eu-west-3"},
        {"older endpoint",
         answer(307, error_xml("TemporaryRedirect", "<Endpoint>b.s3-us-west-2.amazonaws.com</Endpoint>")), "us-west-2"},
        {"the one it is", with_header(answer(301), "us-east-1"), ""},
        {"none", with_header(answer(301), "evil.example/"), ""},
        {"another error", with_header(answer(403, error_xml("AccessDenied")), "eu-west-3"), ""},
        {"another 400", answer(400, error_xml("InvalidRequest", "<Region>eu-west-3</Region>")), ""},
    };
    for (const auto& c : cases) {
        const auto got = judge(c.got, aws, {});
        EXPECT_EQ(got.what == next_step::adopt_region ? got.region : std::string(), c.region) << c.what;
        tried before;
        before.region = true;
        EXPECT_EQ(judge(c.got, aws, before).what, next_step::fail) << c.what;
    }
}

TEST(answers, a_redirect_says_where_to) {
    const auto from = transport::parse_url("http://127.0.0.1/photos").value();
    transport::response_head head;
    head.status = 301;
    head.headers = {{"Location", "https://nas.example/photos?token=SECRET"}, {"Date", "Fri, 24 May 2013 00:00:00 GMT"}};
    const auto got = hear(from, head);
    EXPECT_EQ(got.date_s, 1369353600);
    const auto said = judge(got, own, {});
    EXPECT_EQ(said.why.code, make_error_code(source_errc::cut_by_redirect));
    EXPECT_EQ(said.why.detail, "nas.example");
}

TEST(answers, clocks) {
    heard got = answer(403, error_xml("RequestTimeTooSkewed"));
    EXPECT_EQ(judge(got, own, {}).what, next_step::fail);
    got.date_s = 1;
    EXPECT_EQ(judge(got, own, {}).what, next_step::correct_clock);
    tried before;
    before.clock = true;
    EXPECT_EQ(judge(got, own, before).why.code, make_error_code(source_errc::clock_skewed));
}

TEST(answers, a_list_of_buckets) {
    const auto got = answer(200, "<ListAllMyBucketsResult/>");
    const auto named = parse_location("s3://minio", "http://minio.example.org", "").value();
    EXPECT_EQ(judge(got, named, {}).what, next_step::path_style);
    tried before;
    before.path_style = true;
    EXPECT_EQ(judge(got, named, before).why.code, make_error_code(source_errc::unusable_answer));
    EXPECT_EQ(judge(got, own, {}).why.code, make_error_code(source_errc::unusable_answer));
}

}  // namespace
}  // namespace decamp::source::s3
