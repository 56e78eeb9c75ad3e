#include "formats/jsonl.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "formats/unicode.hpp"
#include "random_text.hpp"

namespace decamp::formats {
namespace {

TEST(json_line, kinds_of_values) {
    json_line line;
    EXPECT_EQ(line.str(), "{}");
    json_line inside;
    inside.add("n", 1);
    line.add("text", "x").add("string", std::string("y")).add("view", std::string_view("z")).add("empty", "");
    line.add("low", std::numeric_limits<std::int64_t>::min()).add("high", std::numeric_limits<std::uint64_t>::max());
    line.add("yes", true).add("no", false).add("nothing", nullptr).add("inside", inside).add("small", std::uint8_t{7});
    EXPECT_EQ(
        line.str(),
        R"({"text":"x","string":"y","view":"z","empty":"","low":-9223372036854775808,"high":18446744073709551615,)"
        R"("yes":true,"no":false,"nothing":null,"inside":{"n":1},"small":7})");
}

TEST(json_line, escapes) {
    const std::pair<std::string, std::string_view> table[] = {
        {"\"\\/", R"("\"\\/")"},
        {"\n\r\t", R"("\n\r\t")"},
        {std::string("\0\x01\x1f\x7f", 4), R"("\u0000\u0001\u001f\u007f")"},
        {"\u0085\u2028\u2029", R"("\u0085\u2028\u2029")"},
        {"a\u202Eb\u2066\u200F\uFEFF", R"("a\u202eb\u2066\u200f\ufeff")"},
        {"\u7167\U0001F600", "\"\u7167\U0001F600\""},
        {"a\xFF", "\"a\uFFFD\""},
    };
    for (const auto& [text, literal] : table) {
        std::string out;
        append_json_string(out, text);
        EXPECT_EQ(out, literal);
        json_line line;
        line.add(text, text);
        EXPECT_EQ(line.str(), "{" + out + ":" + out + "}");
    }
}

// A reader of JSON strings of its own, just enough to undo the escapes.
std::string unescaped(std::string_view literal) {
    std::string out;
    for (std::size_t i = 1; i + 1 < literal.size(); ++i) {
        if (literal[i] != '\\') {
            out += literal[i];
            continue;
        }
        char kind = literal[++i];
        if (kind == 'u') {
            append_utf8(out, static_cast<char32_t>(std::stoul(std::string(literal.substr(i + 1, 4)), nullptr, 16)));
            i += 4;
        } else {
            out += kind == 'n' ? '\n' : kind == 'r' ? '\r' : kind == 't' ? '\t' : kind;
        }
    }
    return out;
}

TEST(json_line, any_text_is_one_line_of_valid_utf8_and_comes_back) {
    test::random_text random(60);
    for (int i = 0; i < test::rounds(5000); ++i) {
        std::string text = random.any();
        std::string out;
        append_json_string(out, text);
        EXPECT_TRUE(is_valid_utf8(out));
        for (char c : out) ASSERT_GE(static_cast<unsigned char>(c), 0x20);
        EXPECT_EQ(unescaped(out), to_valid_utf8(text));
    }
}

}  // namespace
}  // namespace decamp::formats
