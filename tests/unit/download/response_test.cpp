#include "engine/download/response.hpp"

#include <gtest/gtest.h>

#include "engine/download/errors.hpp"

namespace decamp::download {
namespace {

transport::response_head head(int status, std::vector<transport::header_field> fields = {},
                              std::optional<std::uint64_t> length = std::nullopt) {
    transport::response_head h;
    h.status = status;
    h.headers = std::move(fields);
    h.content_length = length;
    return h;
}

asked photo(std::uint64_t offset = 0, std::optional<std::uint64_t> size = std::nullopt) {
    return {offset, {}, size, {}, "IMG_1.jpg"};
}

TEST(Judge, StatusesAndWhatTheyMean) {
    const struct {
        int status;
        download_errc expected;
    } table[] = {{401, download_errc::link_expired},    {403, download_errc::link_expired},
                 {410, download_errc::link_expired},    {404, download_errc::gone},
                 {416, download_errc::wrong_range},     {429, download_errc::throttled},
                 {503, download_errc::throttled},       {500, download_errc::server_error},
                 {502, download_errc::server_error},    {412, download_errc::changed},
                 {400, download_errc::link_expired},    {405, download_errc::refused},
                 {302, download_errc::redirected_away}, {206, download_errc::wrong_range}};
    for (const auto& [status, expected] : table) {
        const auto answer = judge(head(status), photo());
        ASSERT_FALSE(answer) << status;
        EXPECT_TRUE(answer.error().code == expected) << status;
    }
}

TEST(Judge, AWholeFile) {
    const auto answer = judge(head(200, {{"ETag", "\"v1\""}, {"Accept-Ranges", "bytes"}}, 500), photo());
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer.value().whole());
    EXPECT_EQ(answer.value().total, 500u);
    EXPECT_EQ(answer.value().version.tag, "\"v1\"");
    EXPECT_TRUE(answer.value().ranges);
}

TEST(Judge, TheRestOfAFile) {
    const auto answer = judge(head(206, {{"Content-Range", "bytes 100-499/500"}}, 400), photo(100, 500));
    ASSERT_TRUE(answer);
    EXPECT_FALSE(answer.value().whole());
    EXPECT_EQ(answer.value().first, 100u);
    EXPECT_EQ(answer.value().end, 500u);
    EXPECT_EQ(answer.value().total, 500u);
}

TEST(Judge, APartOfAFile) {
    asked question = photo(100, 500);
    question.end = 200;
    EXPECT_TRUE(judge(head(206, {{"Content-Range", "bytes 100-199/500"}}, 100), question));
    EXPECT_FALSE(judge(head(206, {{"Content-Range", "bytes 100-199/500"}}, 101), question));
    EXPECT_FALSE(judge(head(206, {{"Content-Range", "bytes 100-499/500"}}, 400), question));
    EXPECT_FALSE(judge(head(206, {{"Content-Range", "bytes 101-199/500"}}, 99), question));
    question = photo(0, 500);
    question.end = 100;
    EXPECT_TRUE(judge(head(206, {{"Content-Range", "bytes 0-99/500"}}, 100), question));
}

TEST(Judge, AnIgnoredRangeBeginsAtZero) {
    const auto answer = judge(head(200, {}, 500), photo(100, 500));
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer.value().whole());
}

// RFC 9110, sections 14.4 and 15.3.7.
TEST(Judge, ARangeNeedNotBeTheOneAskedFor) {
    const struct {
        const char* range;
        std::optional<std::uint64_t> asked_end;
        std::uint64_t first, end;
        std::optional<std::uint64_t> total;
    } table[] = {
        {"bytes 100-498/500", {}, 100, 499, 500},                                           // shorter
        {"bytes 100-100/500", {}, 100, 101, 500},  {"bytes 99-499/500", {}, 99, 500, 500},  // begins earlier
        {"bytes 0-499/500", {}, 0, 500, 500},      {"bytes 64-101/500", {}, 64, 102, 500},
        {"bytes 100-499/*", {}, 100, 500, {}},  // no total
        {"bytes 100-150/500", 200, 100, 151, 500}, {"bytes 64-199/500", 200, 64, 200, 500},
    };
    for (const auto& row : table) {
        for (const int status : {206, 200}) {  // some servers give the range and call it 200
            asked question = photo(100, 500);
            question.end = row.asked_end;
            const auto answer = judge(head(status, {{"Content-Range", row.range}}, row.end - row.first), question);
            ASSERT_TRUE(answer) << row.range;
            EXPECT_FALSE(answer.value().whole()) << row.range;
            EXPECT_EQ(answer.value().first, row.first) << row.range;
            EXPECT_EQ(answer.value().end, row.end) << row.range;
            EXPECT_EQ(answer.value().total, row.total) << row.range;
        }
    }
}

TEST(Judge, APartThatNobodyAskedForIsNotTheWhole) {
    for (const int status : {200, 206}) {
        const auto rest = judge(head(status, {{"Content-Range", "bytes 100-499/500"}}), photo());
        ASSERT_FALSE(rest);
        EXPECT_TRUE(rest.error().code == download_errc::wrong_range);
        for (const std::uint64_t end : {100u, 500u}) {  // the beginning may be, and the rest is asked for
            const auto answer =
                judge(head(status, {{"Content-Range", "bytes 0-" + std::to_string(end - 1) + "/500"}}, end), photo());
            ASSERT_TRUE(answer) << status << ' ' << end;
            EXPECT_EQ(answer.value().first, 0u);
            EXPECT_EQ(answer.value().end, end);
        }
    }
}

TEST(Judge, RangesOtherThanAsked) {
    for (const char* range :
         {"bytes 101-499/500", "bytes 0-99/500", "bytes 100-499/501", "bytes 100-499/", "100-499/500",
          "bytes 499-100/500", "bytes 100-500/500", "", "bytes 100-99999999999999999999/500"}) {
        const auto answer = judge(head(206, {{"Content-Range", range}}), photo(100, 500));
        ASSERT_FALSE(answer) << range;
        EXPECT_TRUE(answer.error().code == download_errc::wrong_range) << range;
    }
    EXPECT_FALSE(judge(head(206, {{"Content-Range", "bytes 100-499/500"}}, 399), photo(100, 500)));
}

TEST(Judge, ARangeOfAnotherVersion) {
    asked question = photo(100, 500);
    question.before.tag = "\"v1\"";
    EXPECT_FALSE(judge(head(206, {{"Content-Range", "bytes 100-499/500"}, {"ETag", "\"v2\""}}), question));
    const auto same = judge(head(206, {{"Content-Range", "bytes 100-499/500"}, {"ETag", "\"v1\""}}), question);
    ASSERT_TRUE(same);
    EXPECT_EQ(same.value().same, same_version::yes);
    const auto unknown = judge(head(206, {{"Content-Range", "bytes 100-499/500"}}), question);
    ASSERT_TRUE(unknown);
    EXPECT_EQ(unknown.value().same, same_version::unknown);
}

TEST(Judge, PagesAndErrorsAreNoPhotos) {
    for (const char* type : {"text/html", "TEXT/HTML; charset=utf-8", "application/json", "application/xhtml+xml"}) {
        const auto answer = judge(head(200, {{"Content-Type", type}}), photo());
        ASSERT_FALSE(answer) << type;
        EXPECT_TRUE(answer.error().code == download_errc::error_body) << type;
    }
    EXPECT_TRUE(judge(head(200, {{"Content-Type", "image/jpeg"}}), photo()));
    EXPECT_TRUE(judge(head(200, {{"Content-Type", "text/html"}}), asked{0, {}, {}, {}, "saved page.HTML"}));
    EXPECT_TRUE(judge(head(200, {{"Content-Type", "application/json"}}), asked{0, {}, {}, {}, "notes.json"}));
}

TEST(Judge, AnXmlErrorIsNoPhoto) {
    const struct {
        const char *type, *name;
        std::optional<std::uint64_t> announced, length;
        bool good;
    } table[] = {
        {"application/xml", "IMG_1.jpg", 500, 499, false},
        {"text/xml; charset=utf-8", "IMG_1.jpg", 500, 499, false},
        {"Application/XML", "notes", 500, 231, false},
        {"application/xml", "IMG_1.jpg", 500, 500, true},  // its name is odd, or its type
        {"application/xml", "IMG_1.jpg", {}, 499, true},
        {"application/xml", "IMG_1.jpg", 500, {}, true},
        {"application/xml", "a.xml", 500, 499, true},
        {"text/xml", "track.GPX", 500, 499, true},
        {"text/xml", "drawing.svg", 500, 499, true},
        {"image/svg+xml", "IMG_1.jpg", 500, 499, true},
    };
    for (const auto& row : table) {
        const auto answer =
            judge(head(200, {{"Content-Type", row.type}}, row.length), asked{0, {}, row.announced, {}, row.name});
        EXPECT_EQ(answer.has_value(), row.good) << row.type << ' ' << row.name;
        if (!answer) {
            EXPECT_TRUE(answer.error().code == download_errc::error_body) << row.type << ' ' << row.name;
        }
    }
}

TEST(Judge, AnEncodingNobodyAskedFor) {
    const auto answer = judge(head(200, {{"Content-Encoding", "gzip"}}), photo());
    ASSERT_FALSE(answer);
    EXPECT_TRUE(answer.error().code == download_errc::encoded);
    EXPECT_TRUE(judge(head(200, {{"Content-Encoding", "identity"}}), photo()));
}

}  // namespace
}  // namespace decamp::download
