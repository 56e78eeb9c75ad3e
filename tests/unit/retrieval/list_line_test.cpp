#include "engine/retrieval/list_line.hpp"

#include <gtest/gtest.h>

#include "formats/hex.hpp"

namespace decamp::retrieval {
namespace {

const std::string digest(64, 'a');

TEST(list_line, as_it_is_written) {
    const auto read =
        read_list_line(R"({"file":"albums/Camera/a.jpg","volume":"data/volumes/volume-0001.tar.zst","name":"ä.jpg",)"
                       R"("id":"7","taken":"2024-05-01T04:00:00.250Z","size":12,"sha256":")" +
                       digest + R"("})");
    const auto* line = std::get_if<list_line>(&read);
    ASSERT_NE(line, nullptr);
    EXPECT_EQ(line->file, "data/albums/Camera/a.jpg");
    EXPECT_EQ(line->volume, "data/volumes/volume-0001.tar.zst");
    EXPECT_EQ(line->name, "ä.jpg");
    EXPECT_EQ(line->id, "7");
    EXPECT_EQ(line->taken_ms, 1'714'536'000'250);
    EXPECT_EQ(line->time_ms(), line->taken_ms);
    EXPECT_EQ(line->size, 12U);
    EXPECT_EQ(formats::to_hex(*line->sha256), digest);
}

TEST(list_line, what_was_never_stored) {
    const auto read = read_list_line(R"({"file":null,"name":"a","id":"7","size":null})");
    ASSERT_TRUE(std::holds_alternative<list_line>(read));
    EXPECT_FALSE(std::get<list_line>(read).stored());
    EXPECT_FALSE(std::get<list_line>(read).size);
}

TEST(list_line, malformed) {
    const std::string table[] = {
        "",
        "x",
        "[]",
        "{",
        "null",
        R"({"file":5})",
        R"({"file":"data/a","size":-1})",
        R"({"file":"data/a","size":1.5})",
        R"({"file":"data/a","size":"1"})",
        R"({"file":"data/a","sha256":"zz"})",
        R"({"file":"data/a","name":[]})",
        R"({"file":"data/a"} {})",
        R"({"volume":"data/volumes/a.tar"})",
        "{\"file\":\"\xff\"}",
        std::string(5000, '['),
        R"({"name":")" + std::string(longest_list_line, 'a') + R"("})",
    };
    for (const auto& text : table) {
        const auto read = read_list_line(text);
        ASSERT_TRUE(std::holds_alternative<line_fault>(read)) << text.substr(0, 100);
        EXPECT_EQ(std::get<line_fault>(read), line_fault::malformed) << text.substr(0, 100);
    }
}

TEST(list_line, unsafe_paths) {
    const std::string in_volume = R"(","volume":"data/volumes/volume-0001.tar"})";
    const std::string table[] = {
        R"({"file":"a.jpg"})",
        R"({"file":"data"})",
        R"({"file":"data/"})",
        R"({"file":"/data/a"})",
        R"({"file":"data/../a"})",
        R"({"file":"data/a//b"})",
        R"({"file":"data/a\u0000b"})",
        R"({"file":"data/a\\b"})",
        R"({"file":".decamp/lock"})",
        R"({"file":"database/a"})",
        R"({"file":"../a)" + in_volume,
        R"({"file":"/a)" + in_volume,
        R"({"file":"a","volume":"volume-0001.tar"})",
        R"({"file":"a","volume":"data/volumes/../x.tar"})",
        R"({"file":"a","volume":"data/volumes/a/x.tar"})",
        R"({"file":"a","volume":"data/volumes/x.rar"})",
        R"({"file":"a","volume":"data/volumes/.tar"})",
        R"({"file":"a","volume":"data/volumes/x.tree"})",
    };
    for (const auto& text : table) {
        const auto read = read_list_line(text);
        ASSERT_TRUE(std::holds_alternative<line_fault>(read)) << text;
        EXPECT_EQ(std::get<line_fault>(read), line_fault::unsafe_path) << text;
    }
}

TEST(list_line, times_beyond_counting_are_none) {
    const auto read = read_list_line(R"({"file":"data/a","taken":"9999-01-01T00:00:00Z","modified":"soon"})");
    ASSERT_TRUE(std::holds_alternative<list_line>(read));
    EXPECT_FALSE(std::get<list_line>(read).time_ms());
}

}  // namespace
}  // namespace decamp::retrieval
