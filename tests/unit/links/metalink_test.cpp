// Metalink documents.
#include "engine/source/links/metalink.hpp"

#include <gtest/gtest.h>

#include <string>

namespace decamp::source::links {
namespace {

const std::string begin = "<?xml version='1.0' encoding='UTF-8'?>\n<metalink xmlns='urn:ietf:params:xml:ns:metalink'>";

struct outcome {
    std::string files, why;
};

outcome read(const std::string& text, std::size_t step) {
    metalink document;
    outcome out;
    bool good = true;
    for (std::size_t at = 0; at < text.size() && good; at += step) good = document.feed(text.substr(at, step));
    if (good) good = document.finish();
    if (!good) out.why = document.why();
    for (const found_file& one : document.found()) {
        out.files += std::to_string(one.number) + " ";
        if (const auto* wrong = std::get_if<fault>(&one.what)) {
            out.files += std::string(to_string(*wrong)) + "\n";
            continue;
        }
        const auto& e = std::get<entry>(one.what);
        out.files += e.target.origin() + e.target.target() + " " + e.path;
        if (e.size) out.files += " " + std::to_string(*e.size);
        out.files += std::string(e.sha256 ? " sha256" : "") + (e.sha1 ? " sha1" : "") + (e.md5 ? " md5" : "") + "\n";
        EXPECT_EQ(text.substr(one.offset, 5), "<file") << one.number;
    }
    return out;
}

std::string whole(const std::string& files) {
    return begin + files + "</metalink>";
}

TEST(LinksMetalink, Files) {
    const std::string text = whole(
        "<generator>x</generator>"
        "<file name='a/b.iso'><identity>x</identity><size> 14471447 </size>"
        "<hash type='sha-256'>" +
        std::string(64, '1') +
        "</hash><hash type='sha-512'>zz</hash>"
        "<pieces length='262144' type='sha-1'><hash>bad</hash><hash>bad</hash></pieces>"
        "<url location='de' priority='2'>https://two.example/b.iso</url>"
        "<url priority='1'>ftp://one.example/b.iso</url>"
        "<url priority='1'>\n https://one.example/b.iso?x=1&amp;y=2 </url><url>https://last.example/b.iso</url>"
        "<metaurl mediatype='torrent' priority='1'>https://t.example/b.torrent</metaurl></file>"
        "<file name='../c'><url>https://x.example/c</url><url>https://y.example/c</url></file>"
        "<file name='none'><url>ftp://x.example/c</url></file>"
        "<file name='d'><hash type='md5'>00</hash><url>https://x.example/d</url></file>"
        "<file name='d'><size>many</size><url>https://x.example/d</url></file>"
        "<file name='..'><url>https://x.example/d</url></file>"
        "<file/>"
        "<other xmlns='urn:x'><file name='e'><url>https://x.example/e</url></file></other>"
        "<file name='f'><hash type='sha-1'>" +
        std::string(40, 'A') + "</hash><hash type='md5'>" + std::string(32, 'b') +
        "</hash><url>https://x.example/f</url></file>");
    const std::string expected =
        "1 https://one.example:443/b.iso?x=1&y=2 a/b.iso 14471447 sha256\n"
        "2 https://x.example:443/c ../c\n"
        "3 no http or https URL, or one with a user name in it\n"
        "4 a digest that is none\n"
        "5 a size that is none\n"
        "6 https://x.example:443/d ..\n"
        "7 no http or https URL, or one with a user name in it\n"
        "8 https://x.example:443/f f sha1 md5\n";
    for (const std::size_t step : {text.size(), std::size_t{1}, std::size_t{7}, std::size_t{100}}) {
        const outcome got = read(text, step);
        EXPECT_EQ(got.files, expected) << step;
        EXPECT_EQ(got.why, "") << step;
    }
}

TEST(LinksMetalink, WhatIsNone) {
    for (const std::string text :
         {"<html><body>x</body></html>", "<metalink><file/></metalink>",
          "<metalink version='3.0' xmlns='http://www.metalinker.org/'><files/></metalink>", "<a", "",
          "<!DOCTYPE x [<!ENTITY a 'b'>]><metalink xmlns='urn:ietf:params:xml:ns:metalink'/>"}) {
        const outcome got = read(text, 1000);
        EXPECT_EQ(got.files, "") << text;
        EXPECT_NE(got.why, "") << text;
    }
    const outcome late = read("<?xml version='1.0'?><!--" + std::string(metalink_head_limit, '-'), 1000);
    EXPECT_NE(late.why, "");
    metalink endless;
    bool good = true;
    for (int i = 0; i < 100 && good; ++i) good = endless.feed(i == 0 ? "<a b='" : std::string(1000, 'x'));
    EXPECT_FALSE(good) << "a beginning without an end is not held";
}

TEST(LinksMetalink, WhatWasWholeStandsWhenTheRestBreaks) {
    const outcome got = read(whole("<file name='a'><url>https://x.example/a</url></file><file name='b'></wrong>"), 10);
    EXPECT_EQ(got.files, "1 https://x.example:443/a a\n");
    EXPECT_NE(got.why, "");
    EXPECT_NE(read(begin + "<file name='a'>", 10).why, "");
}

TEST(LinksMetalink, TheHeadMakesAFileReadableByItself) {
    const std::string text =
        "\xef\xbb\xbf<?xml version='1.0'?>\n<!-- > -->\n<m:metalink xmlns:m='urn:ietf:params:xml:ns:metalink' "
        "xmlns='x'>\n"
        "<m:file name='a'><m:url>https://x.example/a</m:url></m:file>\n"
        "<m:file name='b'><m:url>https://x.example/b</m:url></m:file></m:metalink>";
    metalink all;
    ASSERT_TRUE(all.feed(text));
    ASSERT_EQ(all.found().size(), 2U);
    metalink one;
    ASSERT_TRUE(one.feed(all.head()));
    ASSERT_TRUE(one.feed(text.substr(all.found()[1].offset)));
    ASSERT_EQ(one.found().size(), 1U);
    EXPECT_EQ(one.found()[0].offset, all.head().size());
    EXPECT_EQ(std::get<entry>(one.found()[0].what).path, "b");
}

}  // namespace
}  // namespace decamp::source::links
