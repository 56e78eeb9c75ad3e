#include "engine/source/s3/listing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

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
    spelling spelled;
    return read_page(*list, where, asked, spelled);
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
    EXPECT_TRUE(got->gaps.empty());
    // That nothing lies behind the last key is asked for.
    const auto next = parse_cursor(got->next, list_form::v2).value();
    EXPECT_TRUE(next.closing && next.by_key);
    EXPECT_EQ(next.after, "e/");
    EXPECT_EQ(page_of(list_xml("<KeyCount>0</KeyCount>", "", false), bucket(), next).value().next, "");
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
    std::string what;
    std::string xml;
};

TEST(listing, pages_that_cannot_be_used) {
    std::string many, many_prefixes;
    for (std::size_t i = 0; i <= rows_limit; ++i)
        many_prefixes += "<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>";
    for (std::size_t i = 0; i <= rows_limit; ++i) many += contents("k" + std::to_string(i), 1);
    const unusable_page cases[] = {
        {"cut", list_xml("", contents("a", 1), false).substr(0, 200)},
        {"HTML", "<html><body>Sign in</body></html>"},
        {"no XML", "{}"},
        {"nothing", ""},
        {"a document type", "<!DOCTYPE x><ListBucketResult/>"},
        {"does not say whether there is more", "<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>"},
        {"says something else", "<ListBucketResult><IsTruncated>maybe</IsTruncated></ListBucketResult>"},
        {"as many prefixes", list_xml("", many_prefixes, false)},
        {"an unknown encoding", list_xml("<EncodingType>base64</EncodingType>", contents("a", 1), false)},
        {"a token beyond the limit",
         list_xml("<NextContinuationToken>" + std::string(8193, 't') + "</NextContinuationToken>", contents("a", 1),
                  true)},
        {"more than a page", list_xml("", many, false)},
        {"more, and nothing at all", list_xml("", "", true)},
    };
    for (const auto& c : cases) {
        const auto got = page_of(c.xml);
        ASSERT_FALSE(got) << c.what;
        EXPECT_EQ(got.error().code, make_error_code(source_errc::unusable_answer)) << c.what;
    }
    answer_reader endless;
    const std::string piece(1 << 20, ' ');
    bool fed = endless.feed(formats::as_bytes("<ListBucketResult>"));
    for (int i = 0; i < 17 && fed; ++i) fed = endless.feed(formats::as_bytes(piece));
    EXPECT_FALSE(fed);
}

// Each costs itself alone.
TEST(listing, rows_that_no_item_stands_for) {
    const std::string url = "<EncodingType>url</EncodingType>";
    const unusable_page cases[] = {
        {"behind a", contents("a", 1) + contents("", 1)},
        {"b%zz", contents("a", 1) + contents("b%zz", 1)},
        {std::string(128, 'k'), contents("a", 1) + contents(std::string(3073, 'k'), 1)},
        {"p/q/", contents("a", 1) + "<CommonPrefixes><Prefix>p%2Fq%2F</Prefix></CommonPrefixes>"},
    };
    for (const auto& c : cases) {
        const auto got = page_of(list_xml(url, c.xml, false));
        ASSERT_TRUE(got) << c.what;
        EXPECT_EQ(got->items.size(), 1U) << c.what;
        ASSERT_EQ(got->gaps.size(), 1U) << c.what;
        EXPECT_EQ(got->gaps[0].id, c.what);
        EXPECT_EQ(got->gaps[0].reason, exception_reason::entry_not_read);
    }
    const auto outside =
        page_of(list_xml("", contents("a/x", 1) + contents("b/x", 1) + contents("c", 1), false), bucket("a/"));
    ASSERT_TRUE(outside);
    EXPECT_EQ(outside->items.size(), 1U);
    ASSERT_EQ(outside->gaps.size(), 1U);
    EXPECT_EQ(outside->gaps[0].id, "b/x");
    // A prefix whose rows are here all the same.
    const auto both =
        page_of(list_xml("", contents("a/x", 1) + "<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>", false));
    EXPECT_TRUE(both.value().gaps.empty());
    EXPECT_FALSE(page_of(list_xml("", contents("a", -1), false)).value().items.at(0).size);
}

TEST(listing, keys_that_came_as_one_text) {
    const std::string odd = "a\xef\xbf\xbd";
    const std::string rows = contents(odd, 1) + contents(odd, 1) + contents(odd, 2);
    const auto got = page_of(list_xml("", rows, false));
    ASSERT_TRUE(got);
    EXPECT_EQ(got->items.size(), 1U);
    ASSERT_EQ(got->gaps.size(), 2U);
    EXPECT_EQ(got->gaps[0].id, odd + " (2)");
    EXPECT_EQ(got->gaps[1].id, odd + " (3)");
    EXPECT_EQ(got->gaps[1].reason, exception_reason::key_not_spelled);
    EXPECT_EQ(parse_cursor(got->next, list_form::v2).value().after, odd);
    // Where there is more, it goes on where no key is passed over, as long as that leads on.
    list_cursor at = parse_cursor(page_of(list_xml("", rows, true)).value().next, list_form::v2).value();
    EXPECT_EQ(at.after, "a");
    at = parse_cursor(page_of(list_xml("", rows, true), bucket(), at).value().next, list_form::v2).value();
    EXPECT_EQ(at.after, odd);
    // A key of that name where keys are encoded; and what is alike in all is one.
    const std::string url = "<EncodingType>url</EncodingType>";
    const auto encoded = page_of(list_xml(url, contents("a%EF%BF%BD", 1) + contents("b", 1) + contents("b", 1), false));
    EXPECT_EQ(encoded.value().items.size(), 2U);
    EXPECT_TRUE(encoded.value().gaps.empty());
    EXPECT_EQ(page_of(list_xml("", contents("b", 1) + contents("b", 2), false)).value().gaps.size(), 1U);
}

TEST(listing, controls) {
    const auto got = page_of(list_xml("", contents("a&#x1;b\x02&amp;&#27;&#65;&#x9;&#x;&#1", 1), false));
    EXPECT_FALSE(got);  // "&#x;" is no reference
    const auto good = page_of(list_xml("", contents("a&#x1;b\x02&amp;&#27;&#65;&#x9;", 1), false));
    ASSERT_TRUE(good) << to_string(good.error());
    EXPECT_EQ(good->items.at(0).id.value, "bytes:a%01b%02%26%1BA%09");
    EXPECT_EQ(page_of(list_xml("", contents("a\xef\xb7\x91", 1), false)).value().items.at(0).id.value, "a\xef\xb7\x91");
}

TEST(listing, one_key_looked_for) {
    listed_item of;
    of.id.value = "k";
    of.size = 1;
    of.locator = "e";
    of.modified_ms = 1714564800123;
    const auto look = [&](const std::string& xml) { return look_for(read(xml).value(), bucket(), "k", of); };
    using finding = second_look::finding;
    EXPECT_EQ(look(list_xml("", contents("k", 1) + contents("k2", 1), true)).value().found, finding::same);
    const auto other = look(list_xml("", contents("k", 2), false));
    ASSERT_EQ(other.value().found, finding::other);
    EXPECT_EQ(other.value().now.value().size, 2U);
    EXPECT_EQ(look(list_xml("", contents("k2", 1), false)).value().found, finding::missing);
    EXPECT_EQ(look(list_xml("", contents("k2", 1), true)).value().found, finding::missing);
    EXPECT_EQ(look(list_xml("", "", false)).value().found, finding::missing);
    for (const std::string& xml : {list_xml("", "", true), list_xml("", contents("a", 1), false),
                                   list_xml("", contents("k3", 1) + contents("k2", 1), true),
                                   list_xml("<NextContinuationToken>t</NextContinuationToken>", "", false)})
        EXPECT_FALSE(look(xml)) << xml;
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

// What a service of four keys, that gives them as `answer` says, is asked for.
std::vector<std::string> walked(const std::function<std::string(const list_cursor&)>& answer) {
    std::vector<std::string> out;
    list_cursor at;
    for (int pages = 0; pages < 200; ++pages) {
        const auto got = page_of(answer(at), bucket(), at);
        if (!got) {
            out.push_back("failed");
            return out;
        }
        for (const auto& item : got->items) out.push_back(item.id.value);
        for (const auto& gap : got->gaps) out.push_back(gap.detail);
        if (got->next.empty()) return out;
        at = next_of(got);
    }
    out.push_back("no end");
    return out;
}

TEST(listing, walks_in_circles_end) {
    for (const int length : {1, 2, 3, 5, 17}) {
        int pages = 0;
        const auto got = walked([&](const list_cursor&) {
            // Three pages lead into the circle.
            const int number = pages < 3 ? pages : 3 + (pages - 3) % length;
            const std::string name = std::to_string(number);
            const std::string token = name + "-" + std::to_string(pages++);
            return list_xml("<KeyCount>1</KeyCount><NextContinuationToken>" + token + "</NextContinuationToken>",
                            contents(name, 1), true);
        });
        EXPECT_EQ(got.back(), "failed") << length;
        EXPECT_LE(pages, 8 * (length + 3)) << length;
    }
    const list_cursor asked{list_form::v1, 1, 0, "a"};
    EXPECT_FALSE(page_of(list_xml("", contents("a", 1), true), bucket(), asked));
}

std::string from_four(const list_cursor& at, const std::string& head, bool truncated) {
    for (const std::string key : {"a", "b", "c", "d"})
        if (!at.asks_behind_a_key() || key > at.after) return list_xml(head, contents(key, 1), truncated);
    return list_xml(head.empty() ? head : "<KeyCount>0</KeyCount>", "", false);
}

std::vector<std::string> unlike(std::vector<std::string> texts) {
    texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
    return texts;
}

TEST(listing, ends_that_are_none) {
    const std::vector<std::string> four{"a", "b", "c", "d"};
    const std::string counted = "<KeyCount>1</KeyCount>";
    const std::string token = counted + "<NextContinuationToken>same</NextContinuationToken>";
    for (const std::string& head : {counted, token, std::string()}) {
        for (const bool truncated : {true, false})
            EXPECT_EQ(unlike(walked([&](const list_cursor& at) { return from_four(at, head, truncated); })), four)
                << head << truncated;
    }
    const auto promised = walked([&](const list_cursor& at) {
        return at.after == "d" ? list_xml("<KeyCount>2</KeyCount>", "", false) : from_four(at, counted, false);
    });
    EXPECT_EQ(promised.back(), "6 counted, 4 listed");
    // A service that does not look at where it should start.
    EXPECT_EQ(walked([&](const list_cursor&) { return list_xml(counted, contents("a", 1) + contents("b", 1), false); }),
              (std::vector<std::string>{"a", "b", "a", "b"}));
    int pages = 0;
    const auto nothing = walked([&](const list_cursor&) {
        return list_xml("<NextContinuationToken>" + std::to_string(++pages) + "</NextContinuationToken>", "", true);
    });
    EXPECT_EQ(nothing.back(), "no end");  // of 200; 500 such pages are too many
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

TEST(listing, shortly_before_a_key) {
    for (const auto& [key, before] : std::map<std::string, std::string>{
             {"a/b1", "a/b0~~~~"}, {"dir/", "dir.~~~~"}, {"a b ", "a b"}, {"ü", ""}, {"aü", "a"}, {"a\x01", "a"}}) {
        EXPECT_EQ(before_key(key, list_form::v2).after, before);
        EXPECT_LT(before, key);
    }
}

TEST(listing, cursors) {
    list_cursor full{list_form::v2, 3, 77, "tok/en+="};
    full.by_key = full.keys_only = full.closing = true;
    full.empties = 5;
    full.listed = 6;
    full.promised = 7;
    full.counted = 8;
    full.last = "k\xff:";
    for (const auto& c : {full, list_cursor{list_form::v1, 1, 0xffffffffffffffffULL, "k\xff:\n"}}) {
        const std::string text = to_text(c);
        EXPECT_EQ(text.find_first_of("/+= \n"), std::string::npos);
        EXPECT_EQ(parse_cursor(text, list_form::v2), c) << text;
    }
    EXPECT_EQ(parse_cursor("", list_form::v1), (list_cursor{list_form::v1, 0, 0, ""}));
    EXPECT_TRUE(parse_cursor("2:1:1:0:0:0:0:0::a", list_form::v2));
    for (const char* text :
         {"3:1:1:0:0:0:0:0::a", "2:1:1", "2:1:1:0:0:0:0:0::", "2::1:0:0:0:0:0::a", "2:1:x:0:0:0:0:0::a",
          "2:1:1:8:0:0:0:0::a", "2:1:1:0:0:0:0:0:%z:a", "2:1:1:0:0:0:0:0::%z", "a", ":::::::::", "2:-1:1:0:0:0:0:0::a"})
        EXPECT_FALSE(parse_cursor(text, list_form::v2)) << text;
    EXPECT_FALSE(parse_cursor("2:1:1:0:0:0:0:0::" + std::string(60000, 'a'), list_form::v2));
}

}  // namespace
}  // namespace decamp::source::s3
