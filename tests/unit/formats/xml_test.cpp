#include "formats/xml.hpp"

#include <gtest/gtest.h>

#include "formats/digest.hpp"

namespace decamp::formats {
namespace {

struct recorder final : xml_handler {
    std::string told;
    void on_open(std::string_view name, const xml_attributes& attributes) override {
        told += "<" + std::string(name);
        for (const auto& [key, value] : attributes) told += " " + key + "=" + value;
        told += ">";
    }
    void on_close(std::string_view name, std::string text) override { told += text + "</" + std::string(name) + ">"; }
};

struct outcome {
    bool whole;
    std::string told, why;
};

outcome read(std::string_view text, std::size_t step, xml_limits limits = {}) {
    recorder r;
    xml_reader reader(r, limits);
    for (std::size_t at = 0; at < text.size(); at += step) {
        if (!reader.feed(text.substr(at, step))) return {false, r.told, reader.why()};
    }
    const bool whole = reader.finish();
    return {whole, r.told, reader.why()};
}

TEST(Xml, IsReadTheSameHoweverItIsCut) {
    const std::string_view text =
        "<?xml version=\"1.0\"?><d:a xmlns:d=\"DAV:\"><d:href>/x&amp;y</d:href><b k='v'>\xe7\x85\xa7<c/>z</b></d:a>";
    for (std::size_t step = 1; step <= text.size(); ++step) {
        const outcome o = read(text, step);
        EXPECT_TRUE(o.whole) << step;
        EXPECT_EQ(o.told, "<DAV:|a><DAV:|href>/x&y</DAV:|href><b k=v><c></c>\xe7\x85\xa7z</b></DAV:|a>") << step;
    }
}

TEST(Xml, RefusesDocumentTypesAndSoAllBombs) {
    const outcome bomb = read("<!DOCTYPE a [<!ENTITY x \"xxxxxxxx\"><!ENTITY y \"&x;&x;&x;&x;\">]><a>&y;</a>", 7);
    EXPECT_FALSE(bomb.whole);
    EXPECT_EQ(bomb.told, "");
    EXPECT_EQ(bomb.why, "a document type, where none belongs");
    EXPECT_FALSE(read("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", 100).whole);
    EXPECT_FALSE(read("<a>&unknown;</a>", 100).whole);
}

TEST(Xml, HasLimits) {
    std::string deep;
    for (int i = 0; i < 100; ++i) deep += "<a>";
    EXPECT_EQ(read(deep, 1000).why, "elements within elements beyond the limit");
    EXPECT_EQ(read("<a>" + std::string(17000, 'x') + "</a>", 1000).why, "a text beyond the limit");
    std::string wide = "<a";
    for (int i = 0; i < 65; ++i) wide += " k" + std::to_string(i) + "='v'";
    EXPECT_EQ(read(wide + "/>", 1000).why, "too many attributes");
}

TEST(Xml, RefusesWhatIsCutOrNotXml) {
    for (const char* text : {"", "<a>", "<a></b>", "{\"a\":1}", "<a/><b/>", "<a>\xff</a>", "<x:a/>"}) {
        const outcome o = read(text, 100);
        EXPECT_FALSE(o.whole) << text;
        EXPECT_FALSE(o.why.empty()) << text;
    }
}

struct place_recorder final : xml_handler {
    const xml_reader* reader = nullptr;
    std::string told;
    void note(std::string_view name) {
        told += std::string(name) + ":" + std::to_string(reader->tag_begin()) + "-" +
                std::to_string(reader->tag_end()) + " ";
    }
    void on_open(std::string_view name, const xml_attributes&) override { note(name); }
    void on_close(std::string_view name, std::string) override { note(name); }
};

TEST(Xml, TellsWhereItsTagsAreHoweverItIsCut) {
    const std::string_view text = "\xef\xbb\xbf<?xml version='1.0'?>\r\n<a  k='&lt;'>\xe7\x85\xa7<b>&amp;</b></a >";
    for (std::size_t step = 1; step <= text.size(); ++step) {
        place_recorder places;
        xml_reader reader(places);
        places.reader = &reader;
        for (std::size_t at = 0; at < text.size(); at += step) ASSERT_TRUE(reader.feed(text.substr(at, step))) << step;
        ASSERT_TRUE(reader.finish()) << step;
        EXPECT_EQ(places.told, "a:26-39 b:42-45 b:50-54 a:54-59 ") << step;
    }
}

TEST(Xml, LocalNames) {
    EXPECT_EQ(xml_local_name("DAV:|href"), "href");
    EXPECT_EQ(xml_local_name("Key"), "Key");
}

}  // namespace
}  // namespace decamp::formats
