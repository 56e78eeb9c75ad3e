#include "engine/source/webdav/next_link.hpp"

#include <gtest/gtest.h>

#include "engine/source/webdav/status_words.hpp"

namespace decamp::source::webdav {
namespace {

TEST(NextLink, IsFoundAmongOthers) {
    const struct {
        std::vector<std::string_view> fields;
        std::optional<std::string> want;
    } table[] = {
        {{}, std::nullopt},
        {{""}, std::nullopt},
        {{"</dav/?mark=2>; rel=\"next\""}, "/dav/?mark=2"},
        {{"<?mark=2>;REL=Next"}, "?mark=2"},
        {{"</a>; rel=\"prev\"", "</b>; rel=\"next\""}, "/b"},
        {{"</a,b;c>; title=\"x, <y>; rel=next\"; rel=prev, , </d>; rel=\"last  next\"; x"}, "/d"},
        {{"</a>; title=\"\\\"\"; rel=next"}, "/a"},
        {{"</a> ; rel = next"}, "/a"},
        {{"</a>; rel=prev; rel=next"}, std::nullopt},
        {{"</a>; rel=next; anchor=\"/other\", </b>; rel=next"}, "/b"},
        {{"</a>; rel=nextish, </b>; rev=next"}, std::nullopt},
        {{"<>; rel=next"}, ""},
        {{"/a; rel=next"}, std::nullopt},
        {{"</a; rel=next"}, std::nullopt},
        {{"</a>; rel=\"next"}, "/a"},
    };
    for (const auto& row : table)
        EXPECT_EQ(next_link(row.fields), row.want) << (row.fields.empty() ? "" : row.fields[0]);
}

TEST(StatusWords, SayWhatTheServerSaid) {
    EXPECT_EQ(status_words(403), "HTTP 403 Forbidden");
    EXPECT_EQ(status_words(299), "HTTP 299");
    EXPECT_EQ(status_words(403, "<html>no</html>"), "HTTP 403 Forbidden");
    const std::string sabre =
        "<?xml version=\"1.0\"?><d:error xmlns:d=\"DAV:\" "
        "xmlns:s=\"http://sabredav.org/ns\"><s:exception>A\\B</s:exception>"
        "<s:message>No\nway</s:message></d:error>";
    EXPECT_EQ(status_words(403, sabre), "HTTP 403 Forbidden: A\\B: No?way");
    EXPECT_EQ(status_words(503, sabre.substr(0, sabre.find("<s:message>"))), "HTTP 503 Service Unavailable: A\\B");
}

}  // namespace
}  // namespace decamp::source::webdav
