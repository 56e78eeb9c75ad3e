#include "engine/plan/naming.hpp"

#include <gtest/gtest.h>

#include "formats/unicode.hpp"

namespace decamp::plan {
namespace {

listed_item item(std::string name, std::string id = "9007199254740993") {
    listed_item i;
    i.id.value = std::move(id);
    i.name = std::move(name);
    return i;
}

TEST(FolderName, OfAnAlbum) {
    EXPECT_EQ(folder_candidate({{"1"}, "Camera", {}, false}), "Camera");
    EXPECT_EQ(folder_candidate({{"77"}, "", {}, false}), "Album 77");
    EXPECT_EQ(folder_candidate({{"77"}, " \t", {}, false}), "Album 77");
    EXPECT_EQ(folder_candidate({{"5"}, "a/b", {}, false}), "a_b");
    EXPECT_EQ(folder_candidate_with_id({{"5501"}, "Trip", {}, false}, 1), "Trip~5501");
    EXPECT_EQ(folder_candidate_with_id({{"5501"}, "Trip", {}, false}, 2), "Trip~5501-2");
}

TEST(PathName, OfAnItem) {
    EXPECT_EQ(path_candidate(arrangement::albums, "Camera", item("IMG_1.jpg")), "data/albums/Camera/IMG_1.jpg");
    EXPECT_EQ(path_candidate_with_id(arrangement::albums, "Camera", item("IMG_1.jpg"), 1),
              "data/albums/Camera/IMG_1~9007199254740993.jpg");
    EXPECT_EQ(path_candidate_with_id(arrangement::albums, "Camera", item("IMG_1.jpg"), 3),
              "data/albums/Camera/IMG_1~9007199254740993-3.jpg");
}

TEST(PathName, OfAChangedItem) {
    auto changed = item("IMG_1.jpg");
    changed.modified_ms = 1714558830000;  // 2024-05-01T10:20:30Z
    EXPECT_EQ(path_candidate_changed(arrangement::albums, "Camera", changed, 1),
              "data/albums/Camera/IMG_1~20240501T102030Z.jpg");
    changed.modified_ms.reset();
    EXPECT_EQ(path_candidate_changed(arrangement::albums, "Camera", changed, 1),
              "data/albums/Camera/IMG_1~9007199254740993.jpg");
}

TEST(PathName, NeverLeavesTheFolder) {
    for (const char* name : {"../../etc/passwd", "..", "/abs", "a/../../b", "..\\..\\x", "", "\0"}) {
        const std::string path = path_candidate(arrangement::albums, "Camera", item(name));
        EXPECT_TRUE(path.starts_with("data/albums/Camera/")) << path;
        EXPECT_FALSE(path.ends_with("/..") || path.ends_with("/.")) << path;
        EXPECT_EQ(std::count(path.begin(), path.end(), '/'), 3) << path;
    }
}

TEST(PathName, StaysWithinTwoHundredUnits) {
    std::string album, name;
    for (int i = 0; i < 100; ++i) album += "相";
    for (int i = 0; i < 300; ++i) name += "😀";
    const std::string folder = folder_candidate({{"5"}, album, {}, false});
    EXPECT_LE(formats::utf16_length(folder), 80u);
    for (const std::string& path : {path_candidate(arrangement::albums, folder, item(name + ".jpg")),
                                    path_candidate_with_id(arrangement::albums, folder, item(name + ".jpg"), 7)}) {
        EXPECT_LE(formats::utf16_length(path), 200u);
        EXPECT_TRUE(path.ends_with(".jpg"));
    }
}

TEST(TreeName, NestsAsTheSourceDoes) {
    EXPECT_EQ(parent_folder({"/"}).value, "/");
    EXPECT_EQ(parent_folder({"/a"}).value, "/");
    EXPECT_EQ(parent_folder({"/a/b"}).value, "/a");
    EXPECT_EQ(tree_candidate("", {"/"}), "");
    EXPECT_EQ(tree_candidate("", {"/a"}), "a");
    EXPECT_EQ(tree_candidate("a", {"/a/b:c"}), "a/b_c");
    EXPECT_EQ(tree_candidate("a", {"/a/.."}).find(".."), std::string::npos);
    const std::string marked = tree_candidate_with_id("a", {"/a/b"}, 1);
    EXPECT_TRUE(marked.starts_with("a/b~")) << marked;
    EXPECT_EQ(marked.size(), std::string("a/b~").size() + 8);
    EXPECT_NE(marked, tree_candidate_with_id("a", {"/a/B"}, 1));
    EXPECT_EQ(path_candidate(arrangement::tree, "", item("x.jpg")), "data/files/x.jpg");
    EXPECT_EQ(path_candidate(arrangement::tree, "a/b", item("x.jpg")), "data/files/a/b/x.jpg");
}

TEST(TreeName, LongPathsKeepRoomForNames) {
    collection_id folder{"/"};
    std::string path;
    for (int depth = 0; depth < 60; ++depth) {
        folder.value += (depth == 0 ? "" : "/") + std::string("folder") + std::to_string(depth);
        path = tree_candidate(path, folder);
        EXPECT_LE(formats::utf16_length(path), 120u);
        const std::string file =
            path_candidate_with_id(arrangement::tree, path, item(std::string(300, 'x') + ".jpg"), 7);
        EXPECT_LE(formats::utf16_length(file), 200u);
        EXPECT_TRUE(file.ends_with(".jpg"));
    }
    EXPECT_TRUE(path.starts_with("long paths/")) << path;
}

}  // namespace
}  // namespace decamp::plan
