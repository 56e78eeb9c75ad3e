#include "engine/source/s3/keys.hpp"
#include "engine/source/ids.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace decamp::source::s3 {
namespace {

struct key_case {
    std::string key, id, home, name;
};

TEST(keys, ids_and_places) {
    const key_case cases[] = {
        {"a.jpg", "a.jpg", "/", "a.jpg"},
        {"a/b/c.jpg", "a/b/c.jpg", "/a/b", "c.jpg"},
        {"/a//b/c", "/a//b/c", "/a/b", "c"},
        {"x/y/../z", "x/y/../z", "/x/y/..", "z"},
        {"./a", "./a", "/.", "a"},
        {"..", "..", "/", ".."},
        {"фото/ü.jpg", "фото/ü.jpg", "/фото", "ü.jpg"},
        {"a\xff/b\xfe", "bytes:a%FF%2Fb%FE", "/a\uFFFD", "b\uFFFD"},
        {"bytes:a", "bytes:bytes%3Aa", "/", "bytes:a"},
        {"line\nend", "bytes:line%0Aend", "/", "line\nend"},
        {std::string("nul\0", 4), "bytes:nul%00", "/", std::string("nul\0", 4)},
        {"", "bytes:", "/", ""},
        {"a/b/", "a/b/", "/a", "b"},
        {"//", "//", "/", ""},
        {"a%2Fb", "a%2Fb", "/", "a%2Fb"},
    };
    std::set<std::string> ids;
    for (const auto& c : cases) {
        EXPECT_EQ(id_of_path(c.key), c.id) << c.id;
        EXPECT_EQ(key_of_id(c.id), c.key) << c.id;
        EXPECT_EQ(place_of_path(c.key).home, c.home) << c.id;
        EXPECT_EQ(place_of_path(c.key).name, c.name) << c.id;
        EXPECT_TRUE(ids.insert(c.id).second) << c.id;
    }
}

TEST(keys, what_is_no_id) {
    for (const std::string& id : {std::string("bytes:%"), std::string("bytes:plain"), std::string("bytes:%zz"),
                                  std::string("\xff"), std::string(), std::string(key_limit + 1, 'k')})
        EXPECT_FALSE(key_of_id(id)) << id.substr(0, 20);
}

TEST(keys, folder_marks) {
    EXPECT_TRUE(is_folder_mark("a/", 0));
    EXPECT_FALSE(is_folder_mark("a/", 1));
    EXPECT_FALSE(is_folder_mark("a/", std::nullopt));
    EXPECT_FALSE(is_folder_mark("a", 0));
}

}  // namespace
}  // namespace decamp::source::s3
