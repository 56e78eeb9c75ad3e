#include "engine/verify/bag_check.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "formats/bagit.hpp"
#include "formats/bytes.hpp"
#include "tests/unit/world/temporary_folder.hpp"

namespace decamp::verify {
namespace {

class BagCheckTest : public ::testing::Test {
  protected:
    void write(const std::string& path, const std::string& text) {
        const std::filesystem::path whole(folder_ / path);
        std::filesystem::create_directories(whole.parent_path());
        std::ofstream(whole, std::ios::binary) << text;
    }
    void list(const std::string& path, const std::string& text) {
        formats::append_manifest_line(manifest_, formats::sha256_of(formats::as_bytes(text)), path);
        write("manifest-sha256.txt", manifest_);
    }
    void good(const std::string& path, const std::string& text) {
        write(path, text);
        list(path, text);
    }
    result<bag_sums> check(std::uint64_t stop_after = ~std::uint64_t{0}) {
        auto files = world::open_posix_store(folder_.path().string(), false);
        std::uint64_t asked = 0;
        return check_bag(*files.value(), {[&](const finding& f) { findings_.push_back(f); },
                                          [&](std::string_view path, bool computer) {
                                              unlisted_.push_back(std::string(path) + (computer ? " (computer)" : ""));
                                          },
                                          [&](const bag_sums&) { return ++asked < stop_after; }});
    }

    testing::temporary_folder folder_;
    std::string manifest_;
    std::vector<finding> findings_;
    std::vector<std::string> unlisted_;
};

TEST_F(BagCheckTest, ASoundBag) {
    good("data/a.jpg", "a");
    good("data/empty", "");
    good("data/large", std::string(3 << 20, 'x') + "tail");
    const auto sums = check().value();
    EXPECT_TRUE(sums.sound());
    EXPECT_TRUE(sums.whole);
    EXPECT_EQ(sums.good, 3u);
    EXPECT_EQ(sums.bytes, 1 + (3u << 20) + 4);
    EXPECT_TRUE(unlisted_.empty());
}

TEST_F(BagCheckTest, EachFaultIsNamed) {
    good("data/a.jpg", "a");
    list("data/missing.jpg", "m");
    write("data/changed.jpg", "changed");
    list("data/changed.jpg", "as it was");
    manifest_ += "not a digest  data/x\n";
    manifest_ += std::string(64, '0') + "  ../outside\n";
    write("manifest-sha256.txt", manifest_);
    const auto sums = check().value();
    EXPECT_FALSE(sums.sound());
    EXPECT_EQ(sums.missing, 1u);
    EXPECT_EQ(sums.changed, 1u);
    EXPECT_EQ(sums.bad_lines, 2u);
    ASSERT_EQ(findings_.size(), 4u);
    EXPECT_EQ(findings_[0].path, "data/missing.jpg");
    EXPECT_EQ(findings_[1].path, "data/changed.jpg");
    EXPECT_EQ(findings_[2].path, "manifest-sha256.txt");
    EXPECT_EQ(findings_[2].detail, "4");
}

TEST_F(BagCheckTest, AManifestCutShortIsAFault) {
    good("data/a.jpg", "a");
    write("manifest-sha256.txt", manifest_.substr(0, manifest_.size() - 1));
    EXPECT_FALSE(check().value().sound());
}

TEST_F(BagCheckTest, TagFilesAreCheckedToo) {
    good("data/a.jpg", "a");
    write("certificate.txt", "forged");
    write("tagmanifest-sha256.txt",
          formats::manifest_line(formats::sha256_of(formats::as_bytes("true")), "certificate.txt"));
    EXPECT_EQ(check().value().changed, 1u);
}

TEST_F(BagCheckTest, WhatNobodyListsIsTold) {
    good("data/a.jpg", "a");
    write("data/.DS_Store", "finder");
    write("data/stray.jpg", "stray");
    EXPECT_TRUE(check().value().sound());
    std::sort(unlisted_.begin(), unlisted_.end());
    EXPECT_EQ(unlisted_, (std::vector<std::string>{"data/.DS_Store (computer)", "data/stray.jpg"}));
}

TEST_F(BagCheckTest, StopsWhenTold) {
    good("data/a.jpg", "a");
    good("data/b.jpg", "b");
    const auto sums = check(1).value();
    EXPECT_FALSE(sums.whole);
    EXPECT_EQ(sums.good, 1u);
}

TEST_F(BagCheckTest, NoManifestIsNoBag) {
    write("data/a.jpg", "a");
    const auto sums = check();
    ASSERT_FALSE(sums);
    EXPECT_TRUE(sums.error().code == world::file_errc::not_found);
}

}  // namespace
}  // namespace decamp::verify
