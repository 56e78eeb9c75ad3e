#include "formats/jsonp.hpp"

#include <gtest/gtest.h>

#include "random_text.hpp"

namespace decamp::formats {
namespace {

TEST(jsonp, wrappers_that_are_taken_off) {
    const std::pair<std::string_view, std::string_view> table[] = {
        {R"(cb({"a":1}))", R"({"a":1})"},
        {R"(cb({"a":1});)", R"({"a":1})"},
        {R"(dl_img_cb_12345 ( {"a":1} ) ; )", R"({"a":1})"},
        {R"(/**/cb({"a":1}) /* end */;)", R"({"a":1})"},
        {"\xEF\xBB\xBF \r\n cb({})\r\n;;\n", "{}"},
        {"// a comment (\ncb([1,2])", "[1,2]"},
        {R"(window["cb"]({}))", "{}"},
        {R"-(a.b.c({"x":")"}))-", R"-({"x":")"})-"},
        {R"-(cb({"x":"\")\\"}))-", R"-({"x":"\")\\"})-"},
        {R"(cb({"x":"(((" }))", R"({"x":"(((" })"},
        {R"(typeof cb === 'function' && cb({"x":1});)", R"({"x":1})"},
        {R"(({"x":1}))", R"({"x":1})"},
        {"cb({}) // done", "{}"},
    };
    for (auto [text, inner] : table) EXPECT_EQ(unwrap_jsonp(text), inner) << text;
}

TEST(jsonp, what_is_none) {
    for (std::string_view bad : {"",
                                 " ",
                                 "cb",
                                 "cb(",
                                 "cb()",
                                 "cb( )",
                                 "cb(1)",
                                 "cb(\"x\")",
                                 "cb({}",
                                 "cb({})x",
                                 "cb({}) cb({})",
                                 "cb({}))",
                                 "cb({})({})",
                                 "{\"a\":1}",
                                 "{\"a\":\"(x)\"}",
                                 "[1]",
                                 "<html><script>cb({})</script></html>",
                                 "function f(){return {}}",
                                 "cb({)",
                                 "cb([})",
                                 "/* cb({})",
                                 "cb({}) /* open",
                                 "cb({\"x\":\"})",
                                 "cb(null)",
                                 "if(x){cb({})}"}) {
        EXPECT_FALSE(unwrap_jsonp(bad)) << bad;
    }
}

TEST(jsonp, limit) {
    std::string text = "cb({" + std::string(100, ' ') + "})";
    EXPECT_TRUE(unwrap_jsonp(text, text.size()));
    EXPECT_FALSE(unwrap_jsonp(text, text.size() - 1));
    EXPECT_FALSE(unwrap_jsonp("cb({" + std::string(jsonp_limit, ' ') + "})"));
}

TEST(jsonp, any_value_comes_out_as_it_went_in) {
    test::random_text random(40);
    for (int i = 0; i < test::rounds(3000); ++i) {
        std::string value;
        for (char c : random.any()) {
            if (c == '"' || c == '\\') value += '\\';
            value += c;
        }
        std::string inner = "{\"k\":\"" + value + "\"}";
        EXPECT_EQ(unwrap_jsonp("name(" + inner + ");"), inner);
    }
}

}  // namespace
}  // namespace decamp::formats
