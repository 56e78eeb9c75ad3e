#include "engine/store/publish.hpp"

#include <gtest/gtest.h>

#include "formats/bytes.hpp"
#include "formats/digest.hpp"
#include "tests/unit/world/temporary_folder.hpp"

namespace decamp::store {
namespace {

class PublishTest : public ::testing::Test {
  protected:
    PublishTest() : files_(world::open_posix_store(folder_ / "dest", true).value()) {
        files_->lock_exclusively().value();
    }

    void write(const std::string& path, const std::string& text) {
        const auto slash = path.rfind('/');
        if (slash != std::string::npos) files_->make_folders(path.substr(0, slash)).value();
        auto file = files_->open(path, world::open_mode::create_new).value();
        file->write_at(0, formats::as_bytes(text)).value();
    }
    std::string read(const std::string& path) {
        auto file = files_->open(path, world::open_mode::read);
        if (!file) return "<none>";
        std::string text(file.value()->size().value(), '\0');
        file.value()->read_at(0, std::as_writable_bytes(std::span(text))).value();
        return text;
    }

    testing::temporary_folder folder_;
    std::unique_ptr<world::file_store> files_;
};

TEST_F(PublishTest, GivesAStagedFileItsNameAndTime) {
    write(".decamp/staging/1.1", "bytes");
    publisher names(*files_);
    names.publish(".decamp/staging/1.1", "data/albums/Camera/a.jpg", 1714558830000).value();
    names.flush().value();
    EXPECT_EQ(read("data/albums/Camera/a.jpg"), "bytes");
    EXPECT_EQ(files_->info("data/albums/Camera/a.jpg").value()->modified_ns, 1714558830000 * 1'000'000);
    EXPECT_FALSE(files_->info(".decamp/staging/1.1").value());
}

TEST_F(PublishTest, AStrangersFileIsSetAsideAndNotLost) {
    write("data/a.jpg", "yours");
    write("data/a~found.jpg", "yours too");
    write(".decamp/staging/1.1", "ours");
    publisher names(*files_);
    names.publish(".decamp/staging/1.1", "data/a.jpg", std::nullopt).value();
    EXPECT_EQ(read("data/a.jpg"), "ours");
    EXPECT_EQ(read("data/a~found.jpg"), "yours too");
    EXPECT_EQ(read("data/a~found-2.jpg"), "yours");
}

TEST_F(PublishTest, AnotherNameOfBytesThatStayIsNoStrangersFile) {
    write("data/leader.jpg", "bytes");
    files_->link("data/leader.jpg", "data/a.jpg").value();
    write(".decamp/staging/1.1", "ours");
    publisher names(*files_);
    names.publish(".decamp/staging/1.1", "data/a.jpg", std::nullopt).value();
    EXPECT_EQ(read("data/a.jpg"), "ours");
    EXPECT_EQ(read("data/leader.jpg"), "bytes");
    EXPECT_EQ(read("data/a~found.jpg"), "<none>");
}

TEST_F(PublishTest, TimesBeyondTheDriveAreClamped) {
    write(".decamp/staging/1.1", "bytes");
    publisher names(*files_);
    names.publish(".decamp/staging/1.1", "data/a.jpg", INT64_MAX / 1000).value();
    EXPECT_LE(files_->info("data/a.jpg").value()->modified_ns, files_->facts().newest_time_ns);
}

TEST_F(PublishTest, LinksTwiceAreOneLink) {
    if (!files_->facts().hard_links) GTEST_SKIP() << "no hard links in the temporary folder";
    write("data/a.jpg", "bytes");
    publisher names(*files_);
    names.link("data/a.jpg", "data/b.jpg", std::nullopt).value();
    names.link("data/a.jpg", "data/b.jpg", std::nullopt).value();
    EXPECT_EQ(files_->info("data/a.jpg").value()->links, 2u);
    EXPECT_FALSE(files_->info("data/b~found.jpg").value());
}

TEST_F(PublishTest, BytesAreComparedWhole) {
    write("data/a.jpg", "bytes");
    const auto digest = formats::sha256_of(formats::as_bytes("bytes"));
    EXPECT_TRUE(has_bytes(*files_, "data/a.jpg", 5, digest));
    EXPECT_FALSE(has_bytes(*files_, "data/a.jpg", 4, digest));
    EXPECT_FALSE(has_bytes(*files_, "data/a.jpg", 6, digest));
    EXPECT_FALSE(has_bytes(*files_, "data/none.jpg", 5, digest));
    EXPECT_FALSE(has_bytes(*files_, "data/a.jpg", 5, formats::sha256_of(formats::as_bytes("other"))));
    EXPECT_TRUE(has_sha1(*files_, "data/a.jpg", 5, formats::sha1_of(formats::as_bytes("bytes"))));
}

}  // namespace
}  // namespace decamp::store
