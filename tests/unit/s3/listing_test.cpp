#include "engine/source/s3/listing.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "engine/source/source.hpp"
#include "formats/bytes.hpp"
#include "tests/unit/s3/lists.hpp"

namespace decamp::source::s3 {
namespace {

using testing::contents;
using testing::list_xml;

location bucket(const std::string& prefix = {}) {
    return parse_location("s3://b/" + prefix, "http://127.0.0.1", "").value();
}

// Whole, and byte by byte: the same.
result<raw_list> read(const std::string& xml) {
    answer_reader whole, pieces;
    bool fed = true;
    for (const char c : xml) fed = fed && pieces.feed(formats::as_bytes(std::string_view(&c, 1)));
    const bool good = whole.feed(formats::as_bytes(xml)) && whole.finish();
    EXPECT_EQ(good, fed && pieces.finish()) << xml.substr(0, 200);
    if (!good) return failure(source_errc::unusable_answer, whole.why());
    EXPECT_EQ(whole.list.objects.size(), pieces.list.objects.size());
    return whole.list;
}

result<item_page> page_of(const std::string& xml, const location& where = bucket(), const list_cursor& asked = {}) {
    const auto list = read(xml);
    if (!list) return list.error();
    return read_page(*list, where, asked);
}

TEST(listing, a_page) {
    const auto got = page_of(list_xml(
        "<KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType>",
        contents("a+b%2B%C3%BC/c%26.jpg", 7, "&quot;0123&quot;") + contents("d/", 0) + contents("e/", 3), false));
    ASSERT_TRUE(got) << to_string(got.error());
    ASSERT_EQ(got->items.size(), 2U);
    const auto& item = got->items[0];
    EXPECT_EQ(item.id.value, "a b+ü/c&.jpg");
    EXPECT_EQ(item.home.value, "/a b+ü");
    EXPECT_EQ(item.name, "c&.jpg");
    EXPECT_EQ(item.size, 7U);
    EXPECT_EQ(item.modified_ms, 1714564800123);
    EXPECT_EQ(item.locator, "0123");
    EXPECT_FALSE(item.md5);
    EXPECT_EQ(item.bucket, "");
    EXPECT_EQ(got->items[1].id.value, "e/");
    EXPECT_EQ(got->next, "");
}

TEST(listing, keys_that_are_not_encoded) {
    const auto got = page_of(list_xml("", contents("a+b%2B/&lt;c>", 1), false));
    ASSERT_TRUE(got) << to_string(got.error());
    EXPECT_EQ(got->items.at(0).id.value, "a+b%2B/<c>");
}

TEST(listing, ids_below_the_folder_of_the_prefix) {
    const auto got = page_of(list_xml("", contents("a/b1", 1) + contents("a/b2/c", 1), false), bucket("a/b"));
    ASSERT_TRUE(got) << to_string(got.error());
    EXPECT_EQ(got->items.at(0).id.value, "b1");
    EXPECT_EQ(got->items.at(0).home.value, "/");
    EXPECT_EQ(got->items.at(1).id.value, "b2/c");
    EXPECT_EQ(got->items.at(1).home.value, "/b2");
}

TEST(listing, what_is_odd_about_an_item_costs_only_that) {
    const auto got = page_of(list_xml(
        "", "<Contents><Key>a</Key><LastModified>yesterday</LastModified><ETag>\"a b\"</ETag></Contents>", false));
    ASSERT_TRUE(got) << to_string(got.error());
    EXPECT_FALSE(got->items.at(0).size);
    EXPECT_FALSE(got->items.at(0).modified_ms);
    EXPECT_EQ(got->items.at(0).locator, "");
}

struct unusable_page {
    const char* what;
    std::string xml;
};

TEST(listing, pages_that_cannot_be_used) {
    std::string many;
    for (int i = 0; i < 1001; ++i) many += contents("k" + std::to_string(i), 1);
    const std::string url = "<EncodingType>url</EncodingType>";
    const unusable_page cases[] = {
        {"cut", list_xml("", contents("a", 1), false).substr(0, 200)},
        {"HTML", "<html><body>Sign in</body></html>"},
        {"no XML", "{}"},
        {"nothing", ""},
        {"a document type", "<!DOCTYPE x><ListBucketResult/>"},
        {"does not say whether there is more", "<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>"},
        {"says something else", "<ListBucketResult><IsTruncated>maybe</IsTruncated></ListBucketResult>"},
        {"an empty key", list_xml("", contents("", 1), false)},
        {"a broken encoding", list_xml(url, contents("a%zz", 1), false)},
        {"an unknown encoding", list_xml("<EncodingType>base64</EncodingType>", contents("a", 1), false)},
        {"a negative size", list_xml("", contents("a", -1), false)},
        {"a key beyond the limit", list_xml("", contents(std::string(3073, 'k'), 1), false)},
        {"a token beyond the limit",
         list_xml("<NextContinuationToken>" + std::string(8193, 't') + "</NextContinuationToken>", contents("a", 1),
                  true)},
        {"more than a page", list_xml("", many, false)},
        {"more, and nowhere", list_xml("<KeyCount>1</KeyCount>", contents("a", 1), true)},
        {"more, and nothing at all", list_xml("", "", true)},
    };
    for (const auto& c : cases) {
        const auto got = page_of(c.xml);
        ASSERT_FALSE(got) << c.what;
        EXPECT_EQ(got.error().code, make_error_code(source_errc::unusable_answer)) << c.what;
    }
    const auto outside = page_of(list_xml("", contents("b/x", 1), false), bucket("a/"));
    ASSERT_FALSE(outside);
    EXPECT_EQ(outside.error().code, make_error_code(source_errc::unusable_answer));
    answer_reader endless;
    const std::string piece(1 << 20, ' ');
    bool fed = endless.feed(formats::as_bytes("<ListBucketResult>"));
    for (int i = 0; i < 17 && fed; ++i) fed = endless.feed(formats::as_bytes(piece));
    EXPECT_FALSE(fed);
}

list_cursor next_of(const result<item_page>& page) {
    return parse_cursor(page.value().next, list_form::v2).value();
}

TEST(listing, goes_on_with_what_the_service_says) {
    const std::string token = "<NextContinuationToken>1/abc+=</NextContinuationToken>";
    const auto newer = page_of(list_xml("<KeyCount>1</KeyCount>" + token, contents("a", 1), true));
    EXPECT_EQ(next_of(newer).form, list_form::v2);
    EXPECT_EQ(next_of(newer).after, "1/abc+=");
    EXPECT_EQ(next_of(newer).page, 1U);
    // Asked for the newer form, answered in the older one: by the last key, also of a folder's mark.
    const std::string url = "<EncodingType>url</EncodingType>";
    const auto last = page_of(list_xml(url, contents("a", 1) + contents("b%FF/", 0), true));
    EXPECT_EQ(next_of(last).form, list_form::v1);
    EXPECT_EQ(next_of(last).after, "b\xff/");
}

// Ceph's radosgw sends NextMarker as it is, in a list whose keys are encoded: "f+%41" decoded would be another key, and
// those between the two would never be listed.
TEST(listing, the_last_key_goes_before_what_is_called_the_next_marker) {
    const std::string marked = "<EncodingType>url</EncodingType><NextMarker>f+%41</NextMarker>";
    const auto keys = page_of(list_xml(marked, contents("f%2B%2541", 1), true));
    EXPECT_EQ(next_of(keys).after, "f+%41");
    // Without keys, whatever it means, nothing is skipped.
    EXPECT_EQ(next_of(page_of(list_xml(marked, "", true))).after, "f A");
    const std::string higher = "<EncodingType>url</EncodingType><NextMarker>f%7A</NextMarker>";
    EXPECT_EQ(next_of(page_of(list_xml(higher, "", true))).after, "f%7A");
    EXPECT_EQ(next_of(page_of(list_xml("<NextMarker>f+%41</NextMarker>", "", true))).after, "f+%41");
    const std::string broken = "<EncodingType>url</EncodingType><NextMarker>100%</NextMarker>";
    EXPECT_EQ(next_of(page_of(list_xml(broken, "", true))).after, "100%");
}

TEST(listing, walks_in_circles_end) {
    for (const int length : {1, 2, 3, 5, 17}) {
        list_cursor at;
        int pages = 0;
        for (; pages < 200; ++pages) {
            // Three pages lead into the circle.
            const int number = pages < 3 ? pages : 3 + (pages - 3) % length;
            const std::string name = std::to_string(number);
            const auto got = page_of(list_xml("<KeyCount>1</KeyCount><NextContinuationToken>" + name + "-" +
                                                  std::to_string(pages) + "</NextContinuationToken>",
                                              contents(name, 1), true),
                                     bucket(), at);
            if (!got) break;
            at = next_of(got);
        }
        EXPECT_LE(pages, 3 * (length + 3)) << length;
    }
    list_cursor asked{list_form::v2, 1, 0, "same"};
    EXPECT_FALSE(page_of(
        list_xml("<KeyCount>1</KeyCount><NextContinuationToken>same</NextContinuationToken>", contents("a", 1), true),
        bucket(), asked));
    asked = {list_form::v1, 1, 0, "a"};
    EXPECT_FALSE(page_of(list_xml("", contents("a", 1), true), bucket(), asked));
}

TEST(listing, long_walks_are_no_circles) {
    list_cursor at;
    for (int page = 0; page < 300; ++page) {
        const std::string name = std::to_string(page);
        const std::string objects = page % 3 == 0 ? std::string() : contents("k" + name, 1);
        const auto got =
            page_of(list_xml("<KeyCount>1</KeyCount><NextContinuationToken>" + name + "</NextContinuationToken>",
                             objects, true),
                    bucket(), at);
        ASSERT_TRUE(got) << page;
        at = next_of(got);
    }
    EXPECT_EQ(at.page, 300U);
}

TEST(listing, cursors) {
    const list_cursor cases[] = {{list_form::v2, 3, 77, "tok/en+="},
                                 {list_form::v1, 1, 0xffffffffffffffffULL, "k\xff:\n"}};
    for (const auto& c : cases) {
        const std::string text = to_text(c);
        EXPECT_EQ(text.find_first_of("/+= \n"), std::string::npos);
        EXPECT_EQ(parse_cursor(text, list_form::v2), c) << text;
    }
    EXPECT_EQ(parse_cursor("", list_form::v1), (list_cursor{list_form::v1, 0, 0, ""}));
    for (const char* text : {"3:1:1:a", "2:1:1", "2:1:1:", "2::1:a", "2:1:x:a", "2:1:1:%z", "a", ":::", "2:-1:1:a"})
        EXPECT_FALSE(parse_cursor(text, list_form::v2)) << text;
    EXPECT_FALSE(parse_cursor("2:1:1:" + std::string(30000, 'a'), list_form::v2));
}

}  // namespace
}  // namespace decamp::source::s3
