#pragma once
// Texts for property tests: the same seed gives the same texts on every machine, so no std distribution is used.

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "formats/unicode.hpp"

namespace decamp::formats::test {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define DECAMP_TEST_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DECAMP_TEST_SANITIZED 1
#endif

// How often a property is tried; sanitized builds are unoptimised and many times slower.
constexpr int rounds(int wanted) {
#ifdef DECAMP_TEST_SANITIZED
    return wanted / 10;
#else
    return wanted;
#endif
}

class random_text {
  public:
    explicit random_text(std::uint64_t seed) : engine_(seed) {}

    std::uint64_t below(std::uint64_t n) { return engine_() % n; }

    std::string bytes(std::size_t length) {
        std::string out;
        for (std::size_t i = 0; i < length; ++i) out += static_cast<char>(static_cast<unsigned char>(engine_()));
        return out;
    }

    // Valid UTF-8, dense in the characters that names trip over.
    std::string hostile(std::size_t code_points) {
        static constexpr char32_t troubles[] = {
            U'.',   U'.',   U' ',   U'/',   U'\\',  U':',    U'*',    U'?',    U'"',    U'<',    U'>',     U'|',
            U'%',   U'~',   U'$',   U'_',   U'\n',  U'\r',   U'\t',   0,       0x7F,    0x85,    0xA0,     0xAD,
            0x200B, 0x200D, 0x200E, 0x202E, 0x2066, 0x2028,  0xFEFF,  0xFE0F,  0x301,   0x307,   0x323,    0x338,
            0x345,  0x3099, 0xAC00, 0x1161, 0x11A8, 0x1100,  U'e',    U'i',    U'I',    0x130,   0x131,    0xDF,
            0x1E9E, 0x3A3,  0x3C3,  0x3C2,  0x212A, 0x1F469, 0x1F1E9, 0x1F1EA, 0x1F3FD, 0xFFFF,  0x10FFFF, 0xF022,
            0xF8FF, 0x4E2D, 0x3000, 0xB9,   0xB2,   0x1D15E, 0xFB01,  0x37E,   0x1FEF,  0x2F800, U'1',     U'0'};
        std::string out;
        for (std::size_t i = 0; i < code_points; ++i) {
            switch (below(4)) {
                case 0:
                    append_utf8(out, static_cast<char32_t>(below(0x110000)));
                    break;
                case 1:
                    append_utf8(out, static_cast<char32_t>(0x20 + below(0x5F)));
                    break;
                default:
                    append_utf8(out, troubles[below(std::size(troubles))]);
            }
        }
        return out;
    }

    // Pieces with a meaning, glued together.
    std::string pieces(std::size_t count) {
        static constexpr std::string_view words[] = {"CON",         "nul",
                                                     "COM1",        "lpt\u00B2",
                                                     "aux",         ".",
                                                     "..",          ".jpg",
                                                     ".tar.gz",     " ",
                                                     "~",           "~$",
                                                     "~1",          "IMG_",
                                                     "._",          "Thumbs.db",
                                                     ".DS_Store",   "desktop.ini",
                                                     ".decamp",     ".Trash-1000",
                                                     "/",           "\\",
                                                     "\u00E9",      "e\u0301",
                                                     "\u200B",      "\u202E",
                                                     "%2e",         "\xFF",
                                                     "\xE2\x82",    "\xED\xA0\x80",
                                                     "lost+found",  "FOUND.000",
                                                     "照片",        "\U0001F468\u200D\U0001F469\u200D\U0001F467",
                                                     "CONIN$",      "a",
                                                     "$RECYCLE.BIN"};
        std::string out;
        for (std::size_t i = 0; i < count; ++i) out += words[below(std::size(words))];
        return out;
    }

    std::string any() {
        switch (below(4)) {
            case 0:
                return bytes(below(40));
            case 1:
                return hostile(below(40));
            case 2:
                return pieces(below(7));
            default:
                return hostile(below(400)) + pieces(below(3));
        }
    }

  private:
    std::mt19937_64 engine_;
};

}  // namespace decamp::formats::test
