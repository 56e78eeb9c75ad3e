#include "engine/source/ids.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "formats/unicode.hpp"

namespace decamp::source {
namespace {

using namespace std::string_literals;

TEST(Ids, TextStandsAsItIsAndAllElseIsEncoded) {
    const std::pair<std::string, std::string> table[] = {
        {"a", "a"},
        {"folder/相片 1.jpg", "folder/相片 1.jpg"},
        {"100%", "100%"},
        {"..", ".."},
        {"a//b/", "a//b/"},
        {"", "bytes:"},
        {"bytes:a", "bytes:bytes%3Aa"},
        {"Bytes:a", "Bytes:a"},
        {"a\xff", "bytes:a%FF"},
        {"a\nb", "bytes:a%0Ab"},
        {"a\0b"s, "bytes:a%00b"},
        {"\x7f", "bytes:%7F"},
        {"\xed\xa0\x80", "bytes:%ED%A0%80"},  // half a surrogate pair
    };
    std::set<std::string> ids;
    for (const auto& [path, id] : table) {
        EXPECT_EQ(id_of_path(path), id);
        EXPECT_EQ(path_of_id(id), path);
        EXPECT_TRUE(ids.insert(id).second) << id;
    }
}

TEST(Ids, WhatNoPathGivesIsNone) {
    for (const std::string& id : {"bytes:a"s, "bytes:%4"s, "bytes:%zz"s, "bytes:%ff"s, "a\nb"s, "a\xff"s, ""s})
        EXPECT_EQ(path_of_id(id), std::nullopt) << id;
}

TEST(Ids, EveryByteComesBack) {
    for (unsigned one = 0; one < 256; ++one) {
        for (const char* const around : {"", "x", "bytes:", "/"}) {
            const std::string path = around + std::string(1, static_cast<char>(one));
            const std::string id = id_of_path(path);
            EXPECT_EQ(path_of_id(id), path) << one;
            EXPECT_TRUE(formats::is_valid_utf8(id)) << one;
        }
    }
}

TEST(TreePlace, Table) {
    const struct {
        std::string path, home, name;
    } table[] = {
        {"a", "/", "a"},
        {"a/b", "/a", "b"},
        {"/a/b/c", "/a/b", "c"},
        {"a//b/../c", "/a/b/..", "c"},
        {"a/b/", "/a", "b"},
        {"a/b//", "/a", "b"},
        {"", "/", ""},
        {"/", "/", ""},
        {"//", "/", ""},
        {"./a", "/.", "a"},
        {"\xff/\xfe", "/\uFFFD", "\uFFFD"},
    };
    for (const auto& row : table) {
        const tree_place found = place_of_path(row.path);
        EXPECT_EQ(found.home, row.home) << row.path;
        EXPECT_EQ(found.name, row.name) << row.path;
    }
}

}  // namespace
}  // namespace decamp::source
