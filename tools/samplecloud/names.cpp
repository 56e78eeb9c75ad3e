#include "tools/samplecloud/names.hpp"

#include <array>
#include <string_view>

namespace decamp::samplecloud {
namespace {

using namespace std::string_view_literals;

// clang-format off
constexpr std::array hostile_names{
    "../x.jpg"sv, "a/b.jpg"sv, "%41.jpg"sv, "CON.jpg"sv,
    "\xf0\x9f\x98\x80\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7.jpg"sv,  // emoji, with joiners
    "<300>"sv,                                             // 300 ASCII bytes
    "<300 cjk>"sv,                                         // 100 characters of 3 bytes
    "trailing dot."sv, "trailing space "sv,
    "same.jpg"sv, "same.jpg"sv,
    "Case.JPG"sv, "case.jpg"sv,
    "caf\xc3\xa9.jpg"sv, "cafe\xcc\x81.jpg"sv,             // NFC, NFD
    "line\r\nbreak.jpg"sv, "back\\slash.jpg"sv, ""sv,
    "bidi\xe2\x80\xaegpj.exe"sv,                           // right-to-left override
    "/etc/passwd"sv, ".."sv, "."sv, "..\\..\\x.jpg"sv, "C:\\x.jpg"sv,
    "com1"sv, "LPT9.txt"sv, "aux.tar.gz"sv, "nul"sv,
    ".hidden"sv, "-rf.jpg"sv, "tab\there.jpg"sv, "bell\x07.jpg"sv,
    "question?star*pipe|quote\"less<more>.jpg"sv, "colon:stream.jpg"sv,
    "nul\0byte.jpg"sv,
    "%2e%2e%2fx.jpg"sv, "%"sv, "100%.jpg"sv,
    " leading space.jpg"sv, "   "sv, "..."sv,
    "IMG~1.JPG"sv, "Stra\xc3\x9f" "e.jpg"sv, "STRASSE.jpg"sv,  // equal when case is folded in full
    "\xe2\x84\xab.jpg"sv, "\xc3\x85.jpg"sv,                // ANGSTROM SIGN and its normal form
    "\xef\xbc\x8e\xef\xbc\x8e\xef\xbc\x8fx.jpg"sv,         // fullwidth ../x
    "zero\xe2\x80\x8bwidth.jpg"sv, "zerowidth.jpg"sv,
    "no extension"sv, "photo.jpg.exe"sv,
    "manifest-sha256.txt"sv, ".decamp"sv,
};

constexpr std::array hostile_album_names{
    "../up"sv, "a/b"sv, "CON"sv, ".."sv, "."sv, ""sv, "   "sv, "dots..."sv, "space "sv,
    "Same"sv, "Same"sv, "same"sv, "caf\xc3\xa9"sv, "cafe\xcc\x81"sv, "line\nbreak"sv, "back\\slash"sv, "%2e%2e"sv,
    "\xf0\x9f\x8f\x96\xef\xb8\x8f"sv, "<300>"sv, "/abs"sv, "private"sv, "Camera"sv, "unproven"sv,
};
// clang-format on

std::string spelled(std::string_view name, std::string_view ending) {
    if (name == "<300>") return std::string(300 - ending.size(), 'n') + std::string(ending);
    if (name == "<300 cjk>") {
        std::string out;
        for (int i = 0; i < 100; ++i) out += "\xe7\x85\xa7";
        return out + std::string(ending);
    }
    return std::string(name);
}

}  // namespace

std::uint64_t hostile_name_count() {
    return hostile_names.size();
}

std::string hostile_name(std::uint64_t number) {
    return spelled(hostile_names[number % hostile_names.size()], ".jpg");
}

std::uint64_t hostile_album_name_count() {
    return hostile_album_names.size();
}

std::string hostile_album_name(std::uint64_t number) {
    return spelled(hostile_album_names[number % hostile_album_names.size()], "");
}

}  // namespace decamp::samplecloud
