#include "engine/source/micloud/json_reader.hpp"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <vector>

#include "engine/source/micloud/surrogate_filter.hpp"

namespace decamp::source::micloud {
namespace {

std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

// Writes down every event: "data.list.*.id=..."
class recorder final : public json_sink {
  public:
    std::string log;
    std::size_t room = 1000;

  private:
    static std::string name(const json_path& at) { return std::to_string(at.depth()) + ":" + std::string(at.key()); }
    bool on_begin(const json_path& at, json_kind kind) override {
        log += name(at) + (kind == json_kind::object ? "{ " : "[ ");
        return true;
    }
    bool on_end(const json_path& at, json_kind kind) override {
        log += name(at) + (kind == json_kind::object ? "} " : "] ");
        return true;
    }
    std::size_t wanted(const json_path&) override { return room; }
    bool on_text(const json_path& at, std::string_view text) override {
        log += name(at) + "='" + std::string(text) + "' ";
        return text != "stop";
    }
    bool on_number(const json_path& at, std::string_view text) override {
        log += name(at) + "=" + std::string(text) + " ";
        return true;
    }
    bool on_bool(const json_path& at, bool value) override {
        log += name(at) + (value ? "=true " : "=false ");
        return true;
    }
    bool on_null(const json_path& at) override {
        log += name(at) + "=null ";
        return true;
    }
};

struct outcome {
    std::string log;
    json_fault fault;
};

outcome read(std::string_view text, std::size_t piece = 1000000, std::size_t limit = 1000000, std::size_t room = 1000) {
    recorder sink;
    sink.room = room;
    json_reader reader(sink, limit);
    for (std::size_t at = 0; at < text.size(); at += piece)
        if (!reader.feed(bytes(text.substr(at, piece)))) break;
    const bool good = reader.finish();
    EXPECT_EQ(good, reader.fault() == json_fault::none);
    return {sink.log, reader.fault()};
}

TEST(json_reader, events_and_paths) {
    const auto got =
        read(R"( {"a":{"b":[1,{"id":"x"},[null]],"c":true},"d":-12345678901234567890,"e":1.50E+3,"*":"s"} )");
    EXPECT_EQ(got.fault, json_fault::none);
    EXPECT_EQ(got.log,
              "0:{ 1:a{ 2:b[ 3:*=1 3:*{ 4:id='x' 3:*} 3:*[ 4:*=null 3:*] 2:b] 2:c=true 1:a} "
              "1:d=-12345678901234567890 1:e=1.50E+3 1:\x01='s' 0:} ");
}

TEST(json_reader, pieces_make_no_difference) {
    const std::string text =
        "\xef\xbb\xbf\r\n{\"k\\u0065y\":\"a\\ud83d\\ude00b\\ud83dc\\\\ud83d\\ude00\\\"\xc3\xa9\xff.\",\"n\":["
        "170123456789012345678,0.25,-0,1e10],"
        "\"t\":true,\"z\":null}  \n";
    const auto whole = read(text);
    EXPECT_EQ(whole.fault, json_fault::none);
    EXPECT_EQ(
        whole.log,
        "0:{ 1:key='a\xf0\x9f\x98\x80"
        "b\xef\xbf\xbd"
        "c\\ud83d\xef\xbf\xbd\"\xc3\xa9\xef\xbf\xbd.' 1:n[ 2:*=170123456789012345678 2:*=0.25 2:*=-0 2:*=1e10 1:n] "
        "1:t=true 1:z=null 0:} ");
    for (std::size_t piece = 1; piece < text.size(); ++piece) EXPECT_EQ(read(text, piece).log, whole.log) << piece;
}

TEST(json_reader, faults) {
    struct {
        const char* what;
        std::string text;
        json_fault expected;
    } const cases[] = {
        {"nothing", "", json_fault::incomplete},
        {"white space", " \n ", json_fault::incomplete},
        {"HTML", "<!DOCTYPE html><html>", json_fault::not_json},
        {"a bare word", "true", json_fault::not_json},
        {"half a BOM", "\xef\xbb{}", json_fault::not_json},
        {"cut in an object", R"({"a":1)", json_fault::incomplete},
        {"cut in a string", R"({"a":"b)", json_fault::incomplete},
        {"cut in an escape", R"({"a":"\ud8)", json_fault::incomplete},
        {"cut behind half a pair", R"({"a":"\ud83d)", json_fault::incomplete},
        {"cut in a literal", R"({"a":tr)", json_fault::incomplete},
        {"two documents", "{} {}", json_fault::syntax},
        {"garbage behind", "{}x", json_fault::syntax},
        {"a comma too many", "[1,]", json_fault::syntax},
        {"a comment", "[1/**/]", json_fault::syntax},
        {"bad escape", R"(["\x"])", json_fault::syntax},
        {"bad hex", R"(["\u12g4"])", json_fault::syntax},
        {"control character", "[\"a\nb\"]", json_fault::syntax},
        {"single quotes", "{'a':1}", json_fault::syntax},
        {"leading zero", "[01]", json_fault::syntax},
        {"NaN", "[NaN]", json_fault::syntax},
        {"the sink says no", R"(["stop","more"])", json_fault::refused},
        {"too deep", std::string(40, '['), json_fault::refused},
        {"an endless number", "[" + std::string(100000, '7') + "]", json_fault::refused},
        {"an endless fraction", "[0." + std::string(100000, '7') + "]", json_fault::refused},
    };
    for (const auto& c : cases) {
        for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{1000000}}) {
            EXPECT_EQ(read(c.text, piece).fault, c.expected) << c.what << " by " << piece;
        }
    }
}

TEST(json_reader, depth_up_to_the_limit) {
    EXPECT_EQ(read(std::string(json_depth_limit, '[') + std::string(json_depth_limit, ']')).fault, json_fault::none);
    EXPECT_EQ(read(std::string(json_depth_limit + 1, '[') + std::string(json_depth_limit + 1, ']')).fault,
              json_fault::refused);
}

TEST(json_reader, limits_of_bytes_keys_and_strings) {
    EXPECT_EQ(read("[1,2,3]", 2, 7).fault, json_fault::none);
    EXPECT_EQ(read("[1,2,3]", 2, 6).fault, json_fault::too_large);
    const std::string key(json_key_limit, 'k');
    EXPECT_NE(read("{\"" + key + "\":1}").log.find(key), std::string::npos);
    EXPECT_EQ(read("{\"" + key + "k\":1}").log, "0:{ 1:\x01=1 0:} ");
    EXPECT_EQ(read("[\"" + std::string(100000, 'x') + "\"]", 4096, 1000000, 5).log, "0:[ 1:*='xxxxx' 0:] ");
    EXPECT_EQ(read(R"(["abcdef"])", 1, 100, 0).log, "0:[ 0:] ");
    // Never cut inside a character.
    EXPECT_EQ(read("[\"ab\xe2\x82\xac\"]", 100, 100, 4).log, "0:[ 1:*='ab' 0:] ");
    EXPECT_EQ(read("[\"ab\xe2\x82\xac\"]", 100, 100, 5).log, "0:[ 1:*='ab\xe2\x82\xac' 0:] ");
    EXPECT_EQ(read("[\"a\xf0\x9f\x98\x80\"]", 1, 100, 2).log, "0:[ 1:*='a' 0:] ");
}

TEST(json_reader, nothing_is_fed_after_a_fault) {
    recorder sink;
    json_reader reader(sink, 100);
    EXPECT_FALSE(reader.feed(bytes("{} {")));
    EXPECT_FALSE(reader.feed(bytes("\"a\":1}")));
    EXPECT_FALSE(reader.finish());
    EXPECT_EQ(sink.log, "0:{ 0:} ");
}

std::string filtered(std::string_view text, std::size_t piece) {
    surrogate_filter filter;
    std::string out;
    const auto take = [&out](std::string_view part) {
        out += part;
        return true;
    };
    for (std::size_t at = 0; at < text.size(); at += piece) filter.feed(text.substr(at, piece), take);
    filter.finish(take);
    return out;
}

TEST(surrogate_filter, replaces_halves_only) {
    struct {
        std::string_view in, out;
    } const cases[] = {
        {R"(plain)", R"(plain)"},
        {R"(\n\"\\\/)", R"(\n\"\\\/)"},
        {R"(\ud83d\ude00)", R"(\ud83d\ude00)"},
        {R"(\uD83D\uDE00!)", R"(\uD83D\uDE00!)"},
        {R"(\ud83d)", R"(\ud83d)"},  // cut: the parser says so
        {R"(\ud83dx)", R"(\ufffdx)"},
        {R"(\ud83d\n)", R"(\ufffd\n)"},
        {R"(\ud83d\u0041)", R"(\ufffd\u0041)"},
        {R"(\ud83d\ud83d\ude00)", R"(\ufffd\ud83d\ude00)"},
        {R"(\ude00)", R"(\ufffd)"},
        {R"(\ude00\ud83d.)", R"(\ufffd\ufffd.)"},
        {R"(\\ud83dx)", R"(\\ud83dx)"},
        {R"(\ud83d\u12x)", R"(\ufffd\u12x)"},
        {R"(\u)", R"(\u)"},
        {R"(\ud7ff\ue000)", R"(\ud7ff\ue000)"},
    };
    for (const auto& c : cases)
        for (std::size_t piece = 1; piece <= c.in.size(); ++piece) EXPECT_EQ(filtered(c.in, piece), c.out) << c.in;
}

}  // namespace
}  // namespace decamp::source::micloud
