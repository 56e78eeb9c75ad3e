#include "engine/source/webdav/folder_reader.hpp"

#include <gtest/gtest.h>

#include "formats/hex.hpp"

namespace decamp::source::webdav {
namespace {

const transport::url asked = *transport::parse_url("http://nas.example/dav/My%20Files/");

struct understood {
    result<void> ended;
    std::vector<listed_item> items;
    std::vector<std::string> folders;
    std::vector<list_gap> gaps;
    std::string short_of_count;
    bool is_file = false;
};

understood read(const std::string& text, std::size_t piece = 1 << 20, const std::string& folder = "/My Files") {
    folder_reader reader("/dav/", asked, folder);
    understood out;
    for (std::size_t at = 0; at < text.size() && out.ended; at += piece)
        out.ended = reader.feed(std::string_view(text).substr(at, piece));
    if (out.ended) out.ended = reader.finish();
    reader.end_list();
    out.items = reader.take_items(1'000'000);
    out.folders = reader.take_folders();
    out.gaps = reader.take_gaps();
    out.short_of_count = reader.short_of_count();
    out.is_file = reader.is_file();
    return out;
}

std::string multistatus(const std::string& responses) {
    return R"(<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">)" + responses + "</D:multistatus>";
}
std::string entry(const std::string& href, const std::string& properties, const std::string& status = "200 OK") {
    return "<D:response><D:href>" + href + "</D:href><D:propstat><D:prop>" + properties +
           "</D:prop><D:status>HTTP/1.1 " + status + "</D:status></D:propstat></D:response>";
}
const std::string itself = entry("/dav/My%20Files/", "<D:resourcetype><D:collection/></D:resourcetype>");
const std::string file_type = "<D:resourcetype/>";
const std::string folder_type = "<D:resourcetype><D:collection/></D:resourcetype>";

TEST(FolderReader, UnderstandsServersAsTheyAre) {
    // In the manners of Apache, Nextcloud, a server with a namespace of its own making, and one with the default one.
    const std::string text = R"(<?xml version="1.0" encoding="utf-8"?>
<d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns">
 <d:response><d:href>/dav/My%20Files/</d:href><d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype>
  <d:getlastmodified>Fri, 01 Mar 2024 10:00:00 GMT</d:getlastmodified></d:prop><d:status>HTTP/1.1 200 OK</d:status>
  </d:propstat><d:propstat><d:prop><d:getcontentlength/></d:prop><d:status>HTTP/1.1 404 Not Found</d:status>
  </d:propstat></d:response>
 <d:response><d:href>/dav/My%20Files/a%20(b).jpg</d:href><d:propstat><d:prop><d:resourcetype/>
  <d:getcontentlength>1234</d:getcontentlength><d:getlastmodified>Sun, 06 Nov 1994 08:49:37 GMT</d:getlastmodified>
  <d:getetag>"5f3e"</d:getetag><oc:checksums><oc:checksum>SHA1:a9993e364706816aba3e25717850c26c9cd0d89d
   MD5:900150983cd24fb0d6963f7d28e17f72 ADLER32:024d0127</oc:checksum></oc:checksums></d:prop>
  <d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>
 <R xmlns="urn:x"/>
 <x:response xmlns:x="DAV:"><x:href>http://nas.example/dav/My%20Files/sub</x:href><x:propstat><x:status>HTTP/1.1 200</x:status>
  <x:prop><x:resourcetype><x:collection/></x:resourcetype></x:prop></x:propstat></x:response>
 <response xmlns="DAV:"><href>/dav/My%20Files/plain.txt</href><propstat><prop><resourcetype/>
  <getcontentlength> 0 </getcontentlength><getetag>W/"weak"</getetag></prop><status>HTTP/1.1 200 OK</status></propstat></response>
</d:multistatus>)";
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 20}) {
        const understood got = read(text, piece);
        ASSERT_TRUE(got.ended) << to_string(got.ended.error());
        ASSERT_EQ(got.items.size(), 2U);
        const listed_item& one = got.items[0];
        EXPECT_EQ(one.id.value, "My Files/a (b).jpg");
        EXPECT_EQ(one.home.value, "/My Files");
        EXPECT_EQ(one.name, "a (b).jpg");
        EXPECT_EQ(one.size, 1234U);
        EXPECT_EQ(one.modified_ms, 784111777000);
        EXPECT_EQ(formats::to_hex(*one.sha1), "a9993e364706816aba3e25717850c26c9cd0d89d");
        EXPECT_EQ(formats::to_hex(*one.md5), "900150983cd24fb0d6963f7d28e17f72");
        EXPECT_EQ(one.locator, "\"5f3e\"\n/dav/My%20Files/a%20(b).jpg");
        EXPECT_EQ(got.items[1].id.value, "My Files/plain.txt");
        EXPECT_EQ(got.items[1].size, 0U);
        EXPECT_EQ(got.items[1].locator, "");
        EXPECT_EQ(got.folders, std::vector<std::string>{"/My Files/sub"});
    }
}

TEST(FolderReader, ReadsDates) {
    const struct {
        const char* text;
        std::optional<std::int64_t> want;
    } table[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777000},
        {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777000},
        {"Sun Nov  6 08:49:37 1994", 784111777000},
        {"1994-11-06T08:49:37Z", 784111777000},
        {"yesterday", std::nullopt},
        {"", std::nullopt},
    };
    for (const auto& row : table) {
        const std::string said = "<D:getlastmodified>" + std::string(row.text) + "</D:getlastmodified>";
        const auto got = read(multistatus(itself + entry("/dav/My%20Files/f", file_type + said)));
        ASSERT_EQ(got.items.size(), 1U);
        EXPECT_EQ(got.items[0].modified_ms, row.want) << row.text;
    }
}

TEST(FolderReader, OnlyGoodPropertiesCount) {
    const std::string two =
        "<D:response><D:href>f</D:href><D:propstat><D:prop><D:getcontentlength>7</D:getcontentlength></D:prop>"
        "<D:status>HTTP/1.1 403 "
        "Forbidden</D:status></D:propstat><D:propstat><D:prop><D:getetag>\"e\"</D:getetag></D:prop>"
        "</D:propstat></D:response>";
    const auto got =
        read(multistatus(itself + two + entry("g", "<D:getcontentlength>-1</D:getcontentlength>") +
                         entry("h", "<D:getcontentlength>99999999999999999999</D:getcontentlength>") +
                         "<D:response><D:href>gone</D:href><D:status>HTTP/1.1 404 Gone</D:status></D:response>" +
                         "<D:response><D:href>shut/</D:href><D:status>HTTP/1.1 403 No</D:status></D:response>"));
    ASSERT_EQ(got.items.size(), 3U);
    for (const auto& item : got.items) EXPECT_FALSE(item.size);
    EXPECT_EQ(got.items[0].locator, "\"e\"");
    EXPECT_EQ(got.folders, std::vector<std::string>{"/My Files/shut"});
}

TEST(FolderReader, NamesThatClimbStayNames) {
    const auto got =
        read(multistatus(itself + entry("/dav/My%20Files/%2e%2e", file_type) +
                         entry("/dav/My%20Files/x%2Fy", file_type) + entry("/dav/My%20Files/%FF", file_type) +
                         entry("/dav/My%20Files/%2E%2E/", "<D:resourcetype><D:collection/></D:resourcetype>") +
                         entry("/dav/My%20Files/", "") + entry("/dav/", "") + entry("/dav/secret", file_type) +
                         entry("http://elsewhere.example/dav/My%20Files/x", file_type)));
    ASSERT_EQ(got.items.size(), 4U);
    EXPECT_EQ(got.items[3].id.value, "My Files/x") << "a path of the server that was asked";
    ASSERT_EQ(got.gaps.size(), 1U);
    EXPECT_EQ(got.gaps[0].id, "/dav/secret");
    EXPECT_EQ(got.items[0].id.value, "My Files/bytes:%2E%2E");
    EXPECT_EQ(got.items[0].name, "..");
    EXPECT_EQ(got.items[0].locator, "\n/dav/My%20Files/%2e%2e");
    EXPECT_EQ(got.items[1].id.value, "My Files/bytes:x%2Fy");
    EXPECT_EQ(got.items[1].name, "x/y");
    EXPECT_EQ(got.items[1].locator, "");
    EXPECT_EQ(got.items[2].id.value, "My Files/bytes:%FF");
    EXPECT_EQ(got.items[2].name, "\xef\xbf\xbd");
    EXPECT_EQ(got.folders, std::vector<std::string>{"/My Files/bytes:%2E%2E"});
}

TEST(FolderReader, RefusesWhatIsNoAnswerToTheQuestion) {
    const std::string bomb = R"(<!DOCTYPE x [<!ENTITY a "aaaa">]><D:multistatus xmlns:D="DAV:">&a;</D:multistatus>)";
    const struct {
        std::string text;
        const char* detail;
    } table[] = {
        {"", "no element found"},
        {"<html></html>", "no WebDAV multistatus"},
        {"<html>" + std::string(100, 'x'), "no WebDAV multistatus"},
        {R"(<multistatus xmlns="DAV"/>)", "no WebDAV multistatus"},
        {"HTTP", "syntax error"},
        {bomb, "document type"},
        {"<D:multistatus xmlns:D=\"DAV:\">" + itself, "no element found"},
        {multistatus(""), "another folder"},
        {multistatus(entry("/other/", "") + entry("/other/a", file_type)), "another folder"},
        {multistatus("<D:x>" + std::string(20000, 'x') + "</D:x>"), "text"},
    };
    for (const auto& row : table) {
        const auto got = read(row.text);
        ASSERT_FALSE(got.ended) << row.text.substr(0, 80);
        EXPECT_EQ(got.ended.error().code, make_error_code(source_errc::unusable_answer));
        EXPECT_NE(got.ended.error().detail.find(row.detail), std::string::npos) << to_string(got.ended.error());
    }
    std::string endless = R"(<D:multistatus xmlns:D="DAV:">)";
    for (int i = 0; i < 200'000; ++i) endless += "<D:x/>   ";
    EXPECT_FALSE(read(endless, 4096).ended);
}

std::vector<std::string> ids(const understood& got) {
    std::vector<std::string> out;
    for (const list_gap& gap : got.gaps) out.push_back(std::string(word_of(gap.reason)) + " " + gap.id);
    return out;
}

TEST(FolderReader, NamesWhatCannotBeAskedFor) {
    const std::string far = "/dav/My%20Files/" + std::string(path_limit, 'x');
    const auto got = read(multistatus(itself + entry(far, file_type) + entry(far + "y/", folder_type) +
                                      entry("/dav/My%20Files/near", file_type)));
    ASSERT_TRUE(got.ended);
    EXPECT_EQ(got.items.size(), 1U);
    ASSERT_EQ(got.gaps.size(), 2U);
    EXPECT_NE(got.gaps[0].id, got.gaps[1].id) << "cut alike";
    EXPECT_EQ(got.gaps[1].reason, exception_reason::folder_not_listed);
    for (const list_gap& gap : got.gaps) EXPECT_LT(gap.id.size(), 300U);
}

TEST(FolderReader, NamesWhatItCannotPlace) {
    const std::string refused = "<D:response><D:href>shut</D:href><D:status>HTTP/1.1 403 No</D:status></D:response>";
    const auto got =
        read(multistatus(itself + entry("nothing", "") + refused + entry("", file_type) + entry("/dav/", folder_type) +
                         "<response xmlns=\"\"><href>x</href></response>" + entry("hidden", file_type, "403 No") +
                         "<D:propstat><D:response><D:href>y</D:href></D:response></D:propstat>" +
                         entry("/dav/Other/z?sig=1", file_type) +
                         "<D:response><D:href>gone</D:href><D:status>HTTP/1.1 410 Gone</D:status></D:response>"));
    ASSERT_TRUE(got.ended) << to_string(got.ended.error());
    EXPECT_TRUE(got.items.empty());
    EXPECT_EQ(ids(got), (std::vector<std::string>{"entry_not_read nothing", "entry_not_read shut",
                                                  "entry_not_read ? 4 of /My Files", "entry_not_read ? 6 of /My Files",
                                                  "entry_not_read hidden", "entry_not_read ? 8 of /My Files",
                                                  "entry_not_read /dav/Other/z"}));
    EXPECT_EQ(got.gaps[1].detail, "HTTP 403 Forbidden");
    EXPECT_EQ(got.gaps[1].collection.value, "/My Files");
}

TEST(FolderReader, NamesSoManyOneByOneAndThenTheirNumber) {
    std::string strangers;
    for (int i = 0; i < 1500; ++i) strangers += entry("/dav/Other/" + std::to_string(i), file_type);
    const auto got = read(multistatus(itself + strangers));
    ASSERT_EQ(got.gaps.size(), folder_reader::gap_limit + 1);
    EXPECT_EQ(got.gaps.back().detail, "500 more in this folder");
}

TEST(FolderReader, SpeaksOfEachHrefOfAResponse) {
    const auto got = read(multistatus(itself + "<D:response><D:href>a</D:href><D:href>b</D:href><D:propstat><D:prop>" +
                                      file_type + "</D:prop></D:propstat></D:response>"));
    EXPECT_EQ(got.items.size(), 2U);
}

TEST(FolderReader, WhatLiesDeeperBelongsToItsFolder) {
    const auto got =
        read(multistatus(itself + entry("b/2", file_type) + entry("a/1", file_type) + entry("a/", folder_type) +
                         entry("%61/3", file_type) + entry("%2e%2e/up", file_type)));
    EXPECT_EQ(got.folders, (std::vector<std::string>{"/My Files/a", "/My Files/b"}));
    EXPECT_TRUE(got.items.empty());
    EXPECT_EQ(ids(got), std::vector<std::string>{"entry_not_read %2e%2e/up"});
}

TEST(FolderReader, KeepsNamesApart) {
    const auto got =
        read(multistatus(itself + entry("a b", file_type) + entry("a%20b", file_type) + entry("c d/", folder_type) +
                         entry("c%20d/", folder_type) + entry("c d", folder_type)));
    ASSERT_EQ(got.items.size(), 2U);
    EXPECT_EQ(got.items[0].id, got.items[1].id);
    EXPECT_EQ(got.items[0].raw_name, "a b");
    EXPECT_EQ(got.items[1].raw_name, "a%20b");
    EXPECT_EQ(got.folders, std::vector<std::string>{"/My Files/c d"});
    EXPECT_EQ(ids(got), std::vector<std::string>{"names_collide c%20d/"});
    const auto hosts = read(multistatus(itself + entry("http://one/dav/My%20Files/a", file_type) +
                                        entry("https://two/dav/My%20Files/a", file_type)));
    EXPECT_EQ(hosts.items[0].raw_name, hosts.items[1].raw_name) << "backends that take turns";
}

TEST(FolderReader, HoldsAFolderAgainstItsOwnCounts) {
    const auto self = [](const std::string& files, const std::string& folders, const std::string& bytes) {
        std::string props = folder_type + "<n:contained-file-count xmlns:n=\"http://nextcloud.org/ns\">" + files +
                            "</n:contained-file-count><n:contained-folder-count xmlns:n=\"http://nextcloud.org/ns\">" +
                            folders + "</n:contained-folder-count>";
        if (!bytes.empty()) props += "<o:size xmlns:o=\"http://owncloud.org/ns\">" + bytes + "</o:size>";
        return entry("/dav/My%20Files/", props);
    };
    const std::string five = file_type + "<D:getcontentlength>5</D:getcontentlength>";
    const std::string file = entry("a", five), sub = entry("s/", folder_type);
    const struct {
        std::string text;
        const char* want;
    } table[] = {
        {self("1", "1", "") + file + sub, ""},
        {self("0", "0", "") + file + sub, ""},
        {self("2", "1", "") + file + sub, "it counts 2 files and lists 1"},
        {self("2", "1", "") + file + file + sub, "it counts 2 files and lists 1"},
        {self("1", "2", "") + file + sub, "it counts 2 folders and lists 1"},
        {self("2", "1", "") + file + sub + entry("odd", ""), ""},  // it has a name of its own
        {self("1", "0", "5") + file, ""},
        {self("1", "0", "6") + file, "it counts 6 bytes and lists 5"},
        {self("1", "0", "6") + entry("a", file_type), ""},
        {self("1", "1", "6") + file + sub, ""},
        {self("-1", "x", "-3") + file, ""},
        {file + self("2", "1", "") + sub, ""},  // too late to know what stood twice
    };
    for (const auto& row : table) EXPECT_EQ(read(multistatus(row.text)).short_of_count, row.want) << row.text;
}

TEST(FolderReader, UnderstandsServersBehindOthers) {
    const auto got =
        read(multistatus(entry("/My%20Files/", folder_type) + entry("/My%20Files/a", file_type) +
                         entry("/My%20Files/My%20Files/", folder_type) + entry("/dav/My%20Files/x", file_type)));
    ASSERT_TRUE(got.ended);
    ASSERT_EQ(got.items.size(), 1U);
    EXPECT_EQ(got.items[0].id.value, "My Files/a");
    EXPECT_EQ(got.items[0].locator, "") << "asked for where the server in front has it";
    EXPECT_EQ(got.folders, std::vector<std::string>{"/My Files/My Files"});
    EXPECT_EQ(got.gaps.size(), 1U);
    // The folder above, behind the folder itself, changes nothing.
    EXPECT_EQ(
        read(multistatus(itself + entry("/dav/", folder_type) + entry("/dav/My%20Files/x", file_type))).items.size(),
        1U);
}

TEST(FolderReader, NothingButNotFoundIsNoEmptyFolder) {
    const auto alone = [](const std::string& status) {
        return read(
            multistatus("<D:response><D:href>/dav/My%20Files/</D:href><D:propstat><D:prop/><D:status>HTTP/1.1 " +
                        status + "</D:status></D:propstat></D:response>"));
    };
    EXPECT_EQ(alone("404 Not Found").ended.error().code, make_error_code(source_errc::gone));
    EXPECT_EQ(alone("403 Forbidden").ended.error().code, make_error_code(source_errc::refused));
    EXPECT_EQ(alone("403 Forbidden").ended.error().detail, "HTTP 403 Forbidden");
    EXPECT_TRUE(alone("200 OK").ended);
    // What it does give, and what is in it, says enough.
    const std::string missing = "<D:propstat><D:prop/><D:status>HTTP/1.1 404 x</D:status></D:propstat>";
    EXPECT_TRUE(read(multistatus("<D:response><D:href>/dav/My%20Files/</D:href>" + missing + "</D:response>" +
                                 entry("a", file_type)))
                    .ended);
}

TEST(FolderReader, PagesAreOneList) {
    folder_reader reader("/dav/", asked, "/My Files");
    ASSERT_TRUE(reader.feed(multistatus(itself + entry("a", file_type) + entry("s/", folder_type))));
    ASSERT_TRUE(reader.finish());
    EXPECT_EQ(reader.page_entries(), 2U);
    const auto digest = reader.page_digest();
    reader.begin_page(*transport::parse_url("http://nas.example/dav/My%20Files/?mark=1"));
    ASSERT_TRUE(reader.feed(multistatus(entry("a", file_type) + entry("s/", folder_type))));
    ASSERT_TRUE(reader.finish()) << "a later page need not hold the folder itself";
    EXPECT_EQ(reader.page_digest(), digest);
    reader.begin_page(asked);
    ASSERT_TRUE(reader.feed(multistatus("")));
    ASSERT_TRUE(reader.finish());
    EXPECT_EQ(reader.page_entries(), 0U);
    reader.end_list();
    EXPECT_EQ(reader.take_folders(), std::vector<std::string>{"/My Files/s"});
    EXPECT_EQ(reader.own_status(), 0);
}

TEST(FolderReader, KnowsAListThatWasCut) {
    folder_reader reader("/dav/", asked, "/My Files");
    ASSERT_TRUE(reader.feed(multistatus(
        itself + "<D:response><D:href>/dav/My%20Files/</D:href><D:status>HTTP/1.1 507 x</D:status></D:response>")));
    EXPECT_EQ(reader.own_status(), 507);
}

TEST(FolderReader, KnowsAFile) {
    EXPECT_TRUE(read(multistatus(entry("/dav/My%20Files", file_type))).is_file);
    EXPECT_FALSE(read(multistatus(itself)).is_file);
    EXPECT_FALSE(read(multistatus(entry("/dav/My%20Files", ""))).is_file);
}

TEST(FolderReader, GivesItemsInOrderAndPieces) {
    folder_reader reader("/dav/", asked, "/My Files");
    std::string text = itself;
    for (int i = 0; i < 10; ++i) text += entry("f" + std::to_string(i), file_type);
    ASSERT_TRUE(reader.feed(multistatus(text)));
    EXPECT_EQ(reader.waiting(), 10U);
    EXPECT_EQ(reader.take_items(4).back().name, "f3");
    EXPECT_EQ(reader.take_items(4).front().name, "f4");
    EXPECT_EQ(reader.take_items(4).back().name, "f9");
    EXPECT_EQ(reader.waiting(), 0U);
}

TEST(Checksums, WhatIsNoneIsLeftOut) {
    expectation got;
    read_checksums("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad SHA1:short MD5: : x", got);
    EXPECT_TRUE(got.sha256);
    EXPECT_FALSE(got.sha1);
    EXPECT_FALSE(got.md5);
}

}  // namespace
}  // namespace decamp::source::webdav
