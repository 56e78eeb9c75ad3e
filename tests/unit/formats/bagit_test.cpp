#include "formats/bagit.hpp"

#include <gtest/gtest.h>

#include "formats/bytes.hpp"
#include "formats/hex.hpp"
#include "formats/safe_name.hpp"
#include "formats/unicode.hpp"
#include "random_text.hpp"

namespace decamp::formats {
namespace {

const std::string digest_of_empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const sha256_digest empty_digest = sha256_of({});

TEST(bag_declaration, is_what_the_rfc_shows) {
    EXPECT_EQ(bag_declaration(), "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
    EXPECT_TRUE(is_bag_declaration(bag_declaration()));
    EXPECT_TRUE(is_bag_declaration("BagIt-Version: 0.97\r\nTag-File-Character-Encoding: UTF-8"));
    for (std::string_view bad : {"", "BagIt-Version: 1.0\n", "BagIt-Version: 2.0\nTag-File-Character-Encoding: UTF-8\n",
                                 "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-16\n",
                                 "\xEF\xBB\xBF"
                                 "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
                                 "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\nmore\n",
                                 "Tag-File-Character-Encoding: UTF-8\nBagIt-Version: 1.0\n"}) {
        EXPECT_FALSE(is_bag_declaration(bad)) << bad;
    }
}

TEST(payload_oxum, round_trip_and_refusals) {
    payload_oxum big{18446744073709551615ULL, 4};
    EXPECT_EQ(format_payload_oxum(big), "18446744073709551615.4");
    EXPECT_EQ(parse_payload_oxum("18446744073709551615.4"), big);
    EXPECT_EQ(parse_payload_oxum("0.0"), payload_oxum{});
    for (std::string_view bad : {"", ".", "1.", ".1", "1", "-1.2", "1.-2", "1.2.3", "1.2 ", " 1.2", "+1.2", "1e3.2",
                                 "0x1.2", "18446744073709551616.1"}) {
        EXPECT_FALSE(parse_payload_oxum(bad)) << bad;
    }
}

TEST(bag_info, no_value_forges_a_line) {
    bag_info info;
    info.add("Source-Organization", "x\nPayload-Oxum: 0.0\r\nY: z").add("La:bel\n", "  a\t\tb\x01 \u2028 c  ");
    info.add_payload_oxum({12, 3}).add("Bad", "\xFF");
    EXPECT_EQ(info.text(),
              "Source-Organization: x Payload-Oxum: 0.0 Y: z\n"
              "Label: a b   c\n"
              "Payload-Oxum: 12.3\n"
              "Bad: \uFFFD\n");
}

TEST(bag_info, reads_what_it_wrote_and_folded_lines) {
    auto lines = parse_bag_info("A: 1\r\nB:2\n  more\n\tand more\nA: again: yes\n\n");
    ASSERT_TRUE(lines);
    std::vector<std::pair<std::string, std::string>> expected{
        {"A", "1"}, {"B", "2 more and more"}, {"A", "again: yes"}};
    EXPECT_EQ(*lines, expected);
    EXPECT_TRUE(parse_bag_info("")->empty());
    EXPECT_FALSE(parse_bag_info("no colon\n"));
    EXPECT_FALSE(parse_bag_info("  folded without a line before\n"));
    EXPECT_FALSE(parse_bag_info(std::string((1 << 20) + 1, 'a')));
    test::random_text random(20);
    for (int i = 0; i < test::rounds(2000); ++i) {
        bag_info info;
        info.add("L", random.any()).add("M", random.any());
        auto back = parse_bag_info(info.text());
        ASSERT_TRUE(back);
        ASSERT_EQ(back->size(), 2U);
        EXPECT_EQ((*back)[0].first, "L");
        EXPECT_EQ((*back)[1].first, "M");
    }
}

TEST(manifest_line, as_sha256sum_writes) {
    EXPECT_EQ(manifest_line(empty_digest, "data/a b.jpg"), digest_of_empty + "  data/a b.jpg\n");
    EXPECT_EQ(manifest_line(empty_digest, "data/100%\r\n.jpg"), digest_of_empty + "  data/100%25%0D%0A.jpg\n");
}

TEST(manifest_line, forms_that_are_read) {
    const std::pair<std::string, std::string> table[] = {
        {"  data/a", "data/a"},
        {" *data/a", "data/a"},
        {"  *data/a", "data/a"},
        {" data/a", "data/a"},
        {"\tdata/a", "data/a"},
        {" \t  data/a b ", "data/a b "},
        {"  data/%25%0A%0d%0a%0D", "data/%\n\r\n\r"},
        {"  data/%41%2", "data/%41%2"},
        {"  data/%", "data/%"},
        {"  data/%2525", "data/%25"},
    };
    for (const auto& [rest, path] : table) {
        auto entry = parse_manifest_line(digest_of_empty + rest);
        ASSERT_TRUE(entry) << rest;
        EXPECT_EQ(entry->path, path);
        EXPECT_EQ(entry->digest, empty_digest);
    }
    std::string upper = digest_of_empty;
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    EXPECT_EQ(parse_manifest_line(upper + "  data/a")->digest, empty_digest);
}

TEST(manifest_line, refusals) {
    for (const std::string& bad :
         {std::string(), std::string("data/a"), digest_of_empty, digest_of_empty + "  ", digest_of_empty + "data/a",
          digest_of_empty + " *", digest_of_empty.substr(1) + "  data/a", "0" + digest_of_empty + "  data/a",
          " " + digest_of_empty + "  data/a", "\\" + digest_of_empty + "  data/a",
          "\xEF\xBB\xBF" + digest_of_empty + "  data/a", "g" + digest_of_empty.substr(1) + "  data/a",
          digest_of_empty + "  data/a\r", digest_of_empty + "  a\nb",
          digest_of_empty + "  " + std::string(manifest_line_limit, 'a')}) {
        EXPECT_FALSE(parse_manifest_line(bad)) << bad.substr(0, 100);
    }
}

TEST(manifest_line, round_trip) {
    test::random_text random(21);
    for (int i = 0; i < test::rounds(1000); ++i) {
        std::string path = "data/" + random.any();
        sha256_digest digest = sha256_of(as_bytes(path));
        std::string line = manifest_line(digest, path);
        ASSERT_EQ(line.find_first_of("\r\n"), line.size() - 1);
        line.pop_back();
        EXPECT_EQ(parse_manifest_line(line), (manifest_entry{digest, path}));
    }
}

TEST(is_safe_bag_path, table) {
    for (std::string_view safe : {"data/a.jpg", "data/albums/Camera/IMG_1.jpg", "bagit.txt", "data/..a", "data/a..",
                                  "data/...", "data/~a", "data/ a", "data/\u4E2D", "data/a:b", "a"}) {
        EXPECT_TRUE(is_safe_bag_path(safe)) << safe;
    }
    for (std::string_view bad :
         {"",        "/",           "/etc/passwd",   "..",       "../a", "data/..",   "data/../a", "data/../../a",
          "data//a", "data/",       "./a",           "data/./a", ".",    "~",         "~/a",       "~root/a",
          "data\\a", "data\\..\\a", "\\\\server\\x", "C:/a",     "c:a",  "data/\xFF", "//a"}) {
        EXPECT_FALSE(is_safe_bag_path(bad)) << bad;
    }
    EXPECT_FALSE(is_safe_bag_path(std::string_view("data/a\0b", 8)));
    EXPECT_TRUE(is_safe_bag_path(std::string(4096, 'a')));
    EXPECT_FALSE(is_safe_bag_path(std::string(4097, 'a')));
}

TEST(is_safe_bag_path, safe_components_make_safe_paths_that_stand_unescaped) {
    test::random_text random(22);
    for (int i = 0; i < test::rounds(1000); ++i) {
        std::string path = "data/albums/" + safe_component(random.any()) + "/" + safe_component(random.any());
        EXPECT_TRUE(is_safe_bag_path(path)) << path;
        EXPECT_EQ(manifest_line(empty_digest, path), digest_of_empty + "  " + path + "\n");
    }
}

std::vector<manifest_record> read(std::string_view text, std::size_t piece) {
    std::vector<manifest_record> out;
    auto sink = [&out](manifest_record&& record) { out.push_back(std::move(record)); };
    manifest_reader reader;
    for (std::size_t i = 0; i < text.size(); i += piece) reader.feed(text.substr(i, piece), sink);
    reader.finish(sink);
    return out;
}

std::string shown(const std::vector<manifest_record>& records) {
    std::string out;
    for (const manifest_record& r : records) {
        out += std::to_string(r.line) + (r.terminated ? "" : "!") + ":";
        out += r.entry() ? r.entry()->path
                         : "fault" + std::to_string(static_cast<int>(std::get<manifest_fault>(r.content)));
        out += " ";
    }
    return out;
}

TEST(manifest_reader, lines_faults_and_numbers_whatever_the_pieces) {
    const std::string d = digest_of_empty;
    const std::string long_line(manifest_line_limit + 1, 'x');
    const std::string longest_line = d + "  " + std::string(manifest_line_limit - 66, 'y');
    const std::string text = d + "  data/a\n" + d + " *data/b\r\n" + "\n" + "rubbish\n" + d + "  data/c\r" + d +
                             "  data/../x\n" + d + "  data/\xFF\n" + long_line + "\n" + d + "  data/d\n" +
                             longest_line + "\r\n\r\n" + d + "  data/e";
    const std::string expected =
        "1:data/a 2:data/b 4:fault1 5:data/c 6:fault3 7:fault2 8:fault0 9:data/d 10:fault3 12!:data/e ";
    for (std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, std::size_t{64},
                              std::size_t{1000}, std::size_t{65536}, text.size()}) {
        EXPECT_EQ(shown(read(text, piece)), expected) << piece;
    }
}

TEST(manifest_reader, nothing_in_nothing_out) {
    EXPECT_TRUE(read("", 1).empty());
    EXPECT_TRUE(read("\n\r\n\r", 1).empty());
}

TEST(manifest_reader, an_endless_line_takes_no_memory_and_is_one_fault) {
    std::vector<manifest_record> out;
    auto sink = [&out](manifest_record&& record) { out.push_back(std::move(record)); };
    manifest_reader reader;
    const std::string piece(1 << 20, 'x');
    for (int i = 0; i < 100; ++i) reader.feed(piece, sink);
    EXPECT_TRUE(out.empty());
    reader.feed("\n" + digest_of_empty + "  data/a\n", sink);
    reader.finish(sink);
    EXPECT_EQ(shown(out), "1:fault0 2:data/a ");
}

TEST(manifest_reader, is_as_new_after_finish) {
    std::vector<manifest_record> out;
    auto sink = [&out](manifest_record&& record) { out.push_back(std::move(record)); };
    manifest_reader reader;
    for (int i = 0; i < 2; ++i) {
        reader.feed(digest_of_empty + "  data/a\r", sink);
        reader.finish(sink);
    }
    reader.feed("\n" + digest_of_empty + "  data/b", sink);
    reader.finish(sink);
    EXPECT_EQ(shown(out), "1:data/a 1:data/a 2!:data/b ");
}

TEST(manifest_reader, a_sink_that_throws_leaves_a_usable_reader) {
    manifest_reader reader;
    auto throws = [](manifest_record&&) { throw std::runtime_error("full"); };
    EXPECT_THROW(reader.feed(digest_of_empty + "  data/a\n", throws), std::runtime_error);
    std::vector<manifest_record> out;
    auto sink = [&out](manifest_record&& record) { out.push_back(std::move(record)); };
    reader.feed(digest_of_empty + "  data/b\n", sink);
    EXPECT_EQ(shown(out), "2:data/b ");
}

}  // namespace
}  // namespace decamp::formats
