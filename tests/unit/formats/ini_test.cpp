#include "formats/ini.hpp"

#include <gtest/gtest.h>

#include <string>

namespace decamp::formats {
namespace {

std::string shown(std::string_view text) {
    const auto sections = read_ini(text);
    if (!sections) return "none";
    std::string out;
    for (const auto& section : *sections) {
        out += '[' + std::string(section.name) + ']';
        for (const auto& [name, value] : section.entries) out += std::string(name) + '=' + std::string(value) + ';';
    }
    return out;
}

TEST(ini, lines) {
    const std::pair<std::string, std::string> cases[] = {
        {"", "[]"},
        {"a=1", "[]a=1;"},
        {"\xef\xbb\xbf"
         "a=1",
         "[]a=1;"},
        {"a = 1 \r\n b=2=3\n", "[]a=1;b=2=3;"},
        {"[x]\na=1\n[ y ] # note\na=2\na=3\n", "[][x]a=1;[y]a=2;a=3;"},
        {"# a=1\n; b=2\nnothing\n=5\n", "[]"},
        {"s3 =\n  region = no\n  x = y\nregion = yes\n", "[]s3=;region=yes;"},
        {"s3 =\n[x]\na=1", "[]s3=;[x]a=1;"},
        {"[open\na=1", "[][open]a=1;"},
        {"[]\na=1", "[][]a=1;"},
        {"a=\n\n  b=1\nc=2", "[]a=;c=2;"},
    };
    for (const auto& [text, expected] : cases) EXPECT_EQ(shown(text), expected) << text;
    EXPECT_EQ(shown(std::string(ini_line_limit, '\n')), "[]");
    EXPECT_EQ(shown(std::string(ini_line_limit + 1, '\n')), "none");
}

}  // namespace
}  // namespace decamp::formats
