// Lists of lines as they stream.
#include "engine/source/links/text_list.hpp"

#include <gtest/gtest.h>

#include <string>

namespace decamp::source::links {
namespace {

std::string shown(const found_entry& one) {
    std::string out = std::to_string(one.at.line) + "@" + std::to_string(one.at.offset) + " ";
    if (const auto* wrong = std::get_if<fault>(&one.what))
        return out + "line " + std::to_string(one.fault_line) + ": " + std::string(to_string(*wrong)) + "\n";
    const auto& good = std::get<entry>(one.what);
    return out + id_of(good.target) + (good.path.empty() ? "" : " " + good.path) + "\n";
}

// All of a text, `step` bytes at a time, `most` entries a page.
std::string read(std::string_view text, std::size_t step, std::size_t most = 1000) {
    std::string out;
    list_position at;
    for (bool more = true; more;) {
        text_list list(at, most);
        more = false;
        std::size_t from = static_cast<std::size_t>(at.offset);
        for (; from < text.size() && !more; from += step) more = !list.feed(text.substr(from, step));
        if (!more) more = !list.finish();
        for (const auto& one : list.found()) out += shown(one);
        EXPECT_LE(list.found().size(), most);
        if (!more) break;
        const auto again = read_position(to_text(list.next()));
        if (!again || *again == at) return out + "stuck";
        at = *again;
    }
    return out;
}

const std::string every_kind =
    "\xef\xbb\xbf# a list\r\n"                              // 1
    "\r\n"                                                  // 2
    "https://x.example/a\r\n"                               // 3
    "  out=first.jpg\r\n"                                   // 4
    "# between\r\n"                                         // 5
    "  # indented\r\n"                                      // 6
    "\tsplit=5\n"                                           // 7
    "{\"url\":\"https://x.example/b\",\"path\":\"c/d\"}\n"  // 8
    "  out=stray.jpg\n"                                     // 9
    "garbage\n"                                             // 10
    "  out=of the garbage\n"                                // 11
    "https://x.example/e\thttps://mirror.example/e\n"       // 12
    "  checksum=md5=00\n"                                   // 13
    "{\"url\":\n"                                           // 14
    "  https://x.example/f?SECRET";                         // 15, without an end

const std::string expected =
    "3@15 https://x.example:443/a first.jpg\n"
    "8@87 https://x.example:443/b c/d\n"
    "9@130 line 9: an option without a URL above it\n"
    "10@146 line 10: no http or https URL, or one with a user name in it\n"
    "12@175 line 13: a digest that is none\n"
    "14@238 line 14: no JSON object with a url in it\n"
    "15@246 https://x.example:443/f?";

TEST(LinksText, IsReadTheSameHoweverItIsCutAndPaged) {
    const std::string whole = read(every_kind, every_kind.size());
    EXPECT_EQ(whole.substr(0, expected.size()), expected);
    EXPECT_EQ(whole.find("SECRET"), std::string::npos);
    for (std::size_t step = 1; step < every_kind.size(); ++step) EXPECT_EQ(read(every_kind, step), whole) << step;
    for (std::size_t most = 1; most < 9; ++most) {
        EXPECT_EQ(read(every_kind, every_kind.size(), most), whole) << most;
        EXPECT_EQ(read(every_kind, 7, most), whole) << most;
    }
}

TEST(LinksText, EmptyOnes) {
    for (const char* text : {"", "\n", "\r\n\r\n", "#", "# only\n# comments", "\xef\xbb\xbf", "  \t \n"})
        EXPECT_EQ(read(text, 1), "") << text;
}

TEST(LinksText, LinesBeyondTheLimitAreNamedAndNotHeld) {
    const std::string start = "https://x.example/", tail = "\nhttps://x.example/z\n";
    const std::string fits = "{\"url\":\"https://x.example/a\",\"note\":\"" + std::string(line_limit - 39, 'n') + "\"}";
    ASSERT_EQ(fits.size(), line_limit);
    EXPECT_EQ(read(fits + tail, 1000), "1@0 https://x.example:443/a\n2@65537 https://x.example:443/z\n");
    const std::string one_more = fits + " ";
    const std::string too_long = "1@0 line 1: longer than 64 KiB\n2@65538 https://x.example:443/z\n";
    for (const std::size_t step :
         {std::size_t{1000}, line_limit, line_limit + 1, line_limit + 2, std::size_t{1} << 20}) {
        EXPECT_EQ(read(one_more + tail, step), too_long) << step;
        EXPECT_EQ(read(one_more + tail, step, 1), too_long) << step << ", paged";
    }
    const std::string huge(std::size_t{5} << 20, 'x');
    EXPECT_EQ(read(huge + tail, 65536, 1), "1@0 line 1: longer than 64 KiB\n2@5242881 https://x.example:443/z\n");
    EXPECT_EQ(read(huge, 65536), "1@0 line 1: longer than 64 KiB\n");
    EXPECT_EQ(read("# " + huge + tail, 65536), "2@5242883 https://x.example:443/z\n")
        << "a comment may be of any length";
    EXPECT_EQ(read("https://x.example/a\n" + huge + "\n  out=b", 65536, 1),
              "1@0 https://x.example:443/a\n2@20 line 2: longer than 64 KiB\n"
              "3@5242901 line 3: an option without a URL above it\n");
}

TEST(LinksText, AnEntryEndsEvenWhereCommentsDoNot) {
    std::string text = "https://x.example/a\n";
    while (text.size() < (std::size_t{300} << 10)) text += "# and so on\n";
    const std::string before = read(text, 65536);
    EXPECT_EQ(before, "1@0 https://x.example:443/a\n");
    EXPECT_NE(read(text + "  out=b\n", 65536).find("an option without a URL"), std::string::npos);
    text_list one({}, 1);
    EXPECT_FALSE(one.feed(text)) << "what follows is not waited for without an end";
}

TEST(LinksText, WhereToGoOnIsNotWithinAnEntry) {
    text_list list({}, 10);
    EXPECT_TRUE(list.feed("https://x.example/a\nhttps://x.example/b\n  out=c\n# d\n"));
    ASSERT_EQ(list.found().size(), 1U);
    EXPECT_EQ(list.next(), (list_position{20, 2, false})) << "b's options are read again with it";
    text_list long_line({}, 10);
    EXPECT_TRUE(long_line.feed(std::string(line_limit + 9, 'x')));
    EXPECT_EQ(long_line.next(), (list_position{line_limit + 9, 1, true}));
}

TEST(LinksText, SaysWhichOptionsItLeavesOut) {
    const auto left_out = [](std::string_view text) {
        text_list list({}, 10);
        list.feed(text);
        list.finish();
        return list.left_out();
    };
    EXPECT_EQ(left_out("https://x.example/a\n  out=b\n  split=3\n"), 0U);
    EXPECT_EQ(left_out("https://x.example/a\n  header=Cookie: SECRET\nhttps://x.example/b\n  referer=c\n"), 2U);
}

TEST(LinksText, Positions) {
    for (const list_position at : {list_position{}, list_position{5, 2, false}, list_position{~0ULL, ~0ULL, true}})
        EXPECT_EQ(read_position(to_text(at)), at);
    for (const char* text : {"", "1", "1:", ":1", "1:2:3", "1:2-", "x:1", "1:2+ ", "99999999999999999999:1"})
        EXPECT_EQ(read_position(text), std::nullopt) << text;
}

}  // namespace
}  // namespace decamp::source::links
