#include "formats/compressible.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "formats/bytes.hpp"
#include "random_text.hpp"

namespace decamp::formats {
namespace {

std::string prose(std::size_t length) {
    std::string out;
    for (unsigned i = 0; out.size() < length; ++i) out += "This is sentence " + std::to_string(i) + ". ";
    out.resize(length);
    return out;
}

bool worth(std::string_view name, std::string_view beginning) {
    return worth_compressing(name, as_bytes(beginning));
}

TEST(compressible, by_name) {
    const std::string text = prose(5000);
    for (const char* name : {"a.txt", "a", "", ".jpg/a", "jpg", "a.jpgx", "a.", "d.zip/notes", "a.bmp", "a.wav",
                             "a.tar", "a.pdf", "a.dng", "a.xml", "a.jpg.txt", "a.verylongextension"})
        EXPECT_TRUE(worth(name, text)) << name;
    for (const char* name :
         {"a.jpg",  "A.JPG",  "d/e.Jpeg", "a.heic", "a.heif",   "a.png",  "a.gif",  "a.webp", "a.avif",    "a.mp4",
          "a.mov",  "a.m4v",  "a.3gp",    "a.mkv",  "a.avi",    "a.webm", "a.mp3",  "a.m4a",  "a.aac",     "a.ogg",
          "a.opus", "a.flac", "a.amr",    "a.zip",  "a.tar.gz", "a.xz",   "a.zst",  "a.bz2",  "a.7z",      "a.rar",
          "a.jar",  "a.apk",  "a.docx",   "a.xlsx", "a.pptx",   "a.odt",  "a.epub", ".jpg",   "a.txt.jpg", "a.numbers"})
        EXPECT_FALSE(worth(name, text)) << name;
}

TEST(compressible, by_magic_number) {
    using namespace std::string_literals;
    const std::string text = prose(5000);
    for (const std::string& magic : {"\xFF\xD8\xFF\xE0"s,
                                     "\x89PNG\r\n\x1A\n"s,
                                     "GIF87a"s,
                                     "GIF89a"s,
                                     "RIFF\x10\0\0\0WEBP"s,
                                     "RIFF\x10\0\0\0AVI "s,
                                     "\0\0\0\x18"
                                     "ftypheic"s,
                                     "\0\0\0\x20"
                                     "ftypqt  "s,
                                     "\x1A\x45\xDF\xA3"s,
                                     "ID3\x03"s,
                                     "ID3\x04"s,
                                     "\xFF\xFB\x90"s,
                                     "\xFF\xF1\x50"s,
                                     "fLaC"s,
                                     "OggS"s,
                                     "#!AMR\n"s,
                                     "PK\x03\x04"s,
                                     "\x1F\x8B\x08"s,
                                     "\xFD\x37zXZ\0"s,
                                     "\x28\xB5\x2F\xFD"s,
                                     "BZh91AY&SY"s,
                                     "7z\xBC\xAF\x27\x1C"s,
                                     "Rar!\x1A\x07\x01"s})
        EXPECT_FALSE(worth("no extension", magic + text)) << magic;
    for (const std::string& like : {"\xFF\xFEt\0e\0x\0t\0"s, "\xEF\xBB\xBFtext"s, "GIF"s, "RIFF\x10\0\0\0WAVEfmt "s,
                                    "ID3 tags are"s, "PK is a name"s, "BZh9 is a level"s, "ftyp"s, "WEBP"s,
                                    "12345678AVI "s, "\x1F\x8B and then"s, "BM"s, "%PDF-1.7"s})
        EXPECT_TRUE(worth("no extension", like + text)) << like;
}

TEST(compressible, by_trial) {
    test::random_text random(9);
    const std::string noise = random.bytes(200'000);
    const std::string_view noise_view = noise;
    EXPECT_FALSE(worth("a.bin", noise));
    EXPECT_FALSE(worth("a.bin", ""));
    EXPECT_FALSE(worth("a.txt", "x"));
    EXPECT_FALSE(worth("a.txt", "short"));
    EXPECT_TRUE(worth("a.bin", std::string(100, '\0')));
    EXPECT_TRUE(worth("a.bin", std::string(1 << 20, '\0')));
    EXPECT_TRUE(worth("a.txt", prose(1000)));
    // The first 64 KiB alone count.
    EXPECT_FALSE(worth("a.bin", noise.substr(0, compressible_sample) + prose(1'000'000)));
    EXPECT_TRUE(worth("a.bin", prose(compressible_sample) + noise));
    // A little less than a sixteenth of zeros is not enough, a little more is.
    const auto mixed = [&](std::size_t zeros) {
        return std::string(noise_view.substr(0, compressible_sample - zeros)) + std::string(zeros, '\0');
    };
    EXPECT_FALSE(worth("a.bin", mixed(3900)));
    EXPECT_TRUE(worth("a.bin", mixed(4400)));
}

}  // namespace
}  // namespace decamp::formats
