#include "formats/compressible.hpp"

#include <algorithm>
#include <new>
#include <string>
#include <vector>

#include <zstd.h>

#include "formats/bytes.hpp"

namespace decamp::formats {
namespace {

constexpr std::string_view compressed_kinds[] = {
    // pictures
    "jpg", "jpeg", "jpe", "jfif", "jxl", "jp2", "heic", "heif", "hif", "avif", "png", "apng", "gif", "webp", "svgz",
    // films
    "mp4", "m4v", "mov", "3gp", "3g2", "mkv", "webm", "avi", "wmv", "flv", "mpg", "mpeg", "mts", "m2ts", "vob",
    // sound
    "mp3", "m4a", "m4b", "aac", "ogg", "oga", "ogv", "opus", "flac", "amr", "wma", "ape",
    // archives and packages
    "zip", "gz", "tgz", "xz", "txz", "zst", "tzst", "bz2", "tbz2", "lz4", "lz", "br", "7z", "rar", "cab", "jar", "apk",
    "aab", "apks", "ipa", "deb", "rpm", "whl", "crx", "xpi", "dmg",
    // documents that are such archives
    "docx", "xlsx", "pptx", "docm", "xlsm", "pptm", "odt", "ods", "odp", "odg", "epub", "cbz", "cbr", "kmz", "pages",
    "numbers", "woff", "woff2"};

constexpr std::size_t longest_kind = 7;

std::string extension_of(std::string_view name) {
    name = name.substr(name.rfind('/') + 1);
    const auto dot = name.rfind('.');
    if (dot == std::string_view::npos || name.size() - dot - 1 > longest_kind) return {};
    std::string out(name.substr(dot + 1));
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

struct magic {
    std::size_t at;
    std::string_view bytes;
};

using namespace std::string_view_literals;

// Long enough that no text begins so by accident. Formats not listed here are left to the trial; these are here since
// their beginning may be a table or a picture of a title, which says nothing about the rest.
constexpr magic compressed_magics[] = {
    {0, "\xFF\xD8\xFF"sv},                      // JPEG
    {0, "\x89PNG\r\n\x1A\n"sv},                 // PNG
    {0, "GIF87a"sv},                            //
    {0, "GIF89a"sv},                            //
    {8, "WEBP"sv},                              // in RIFF
    {8, "AVI "sv},                              // in RIFF
    {4, "ftyp"sv},                              // ISO base media: HEIC, AVIF, MP4, MOV, M4A, 3GP
    {0, "\0\0\0\x0CJXL \r\n\x87\n"sv},          // JPEG XL
    {0, "\x1A\x45\xDF\xA3"sv},                  // Matroska, WebM
    {0, "\x30\x26\xB2\x75\x8E\x66\xCF\x11"sv},  // ASF: WMV, WMA
    {0, "ID3\x02"sv},                           // MP3 behind a tag
    {0, "ID3\x03"sv},                           //
    {0, "ID3\x04"sv},                           //
    {0, "\xFF\xFB"sv},                          // MPEG audio, layer III
    {0, "\xFF\xF3"sv},                          //
    {0, "\xFF\xF1"sv},                          // AAC in ADTS
    {0, "\xFF\xF9"sv},                          //
    {0, "fLaC"sv},                              //
    {0, "OggS"sv},                              //
    {0, "#!AMR"sv},                             //
    {0, "PK\x03\x04"sv},                        // zip, and all that are zips
    {0, "\x1F\x8B\x08"sv},                      // gzip
    {0, "\xFD\x37zXZ\0"sv},                     //
    {0, "\x28\xB5\x2F\xFD"sv},                  // zstd
    {0, "BZh"sv},                               // bzip2, where what follows is its own too
    {0, "7z\xBC\xAF\x27\x1C"sv},                //
    {0, "Rar!\x1A\x07"sv},                      //
    {0, "\x04\x22\x4D\x18"sv},                  // lz4
    {0, "LZIP\x01"sv},                          //
};

bool has_at(std::string_view text, std::size_t at, std::string_view what) {
    return text.size() >= at && text.substr(at).starts_with(what);
}

bool begins_compressed(std::string_view text) {
    return std::any_of(std::begin(compressed_magics), std::end(compressed_magics), [&](const magic& kind) {
        if (!has_at(text, kind.at, kind.bytes)) return false;
        if (kind.at == 8) return text.starts_with("RIFF");
        if (kind.bytes == "BZh") return has_at(text, 4, "1AY&SY");
        return true;
    });
}

bool gets_smaller(std::span<const std::byte> sample) {
    std::vector<std::byte> packed(ZSTD_compressBound(sample.size()));
    const std::size_t size = ZSTD_compress(packed.data(), packed.size(), sample.data(), sample.size(), 1);
    if (ZSTD_isError(size) != 0) throw std::bad_alloc();  // nothing else can be missing
    return size + std::max<std::size_t>(1, sample.size() / 16) <= sample.size();
}

}  // namespace

bool worth_compressing(std::string_view name, std::span<const std::byte> beginning) {
    if (beginning.empty()) return false;
    const std::string kind = extension_of(name);
    if (std::find(std::begin(compressed_kinds), std::end(compressed_kinds), kind) != std::end(compressed_kinds))
        return false;
    const auto sample = beginning.first(std::min(beginning.size(), compressible_sample));
    return !begins_compressed(as_text(sample)) && gets_smaller(sample);
}

}  // namespace decamp::formats
