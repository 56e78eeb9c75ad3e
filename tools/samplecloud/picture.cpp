#include "tools/samplecloud/picture.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstdlib>
#include <string_view>

#include "tools/samplecloud/civil_time.hpp"
#include "tools/samplecloud/hash.hpp"

namespace decamp::samplecloud {
namespace {

void put8(std::string& out, unsigned value) {
    out.push_back(static_cast<char>(value & 0xffU));
}

void put_be16(std::string& out, unsigned value) {
    put8(out, value >> 8);
    put8(out, value);
}

void put_le16(std::string& out, unsigned value) {
    put8(out, value);
    put8(out, value >> 8);
}

void put_le32(std::string& out, unsigned value) {
    put_le16(out, value);
    put_le16(out, value >> 16);
}

/// One TIFF directory: entries of 12 bytes, then a next pointer, then the values that do not fit an entry.
class directory {
  public:
    directory(unsigned offset, unsigned entries) : values_at_(offset + 2 + entries * 12 + 4) {
        put_le16(head_, entries);
    }

    void text(unsigned tag, std::string value) {
        value.push_back('\0');
        entry(tag, 2, static_cast<unsigned>(value.size()));
        if (value.size() <= 4) {
            value.resize(4, '\0');
            head_ += value;
        } else {
            place(value);
        }
    }

    void undefined4(unsigned tag, std::string_view four) {
        entry(tag, 7, 4);
        head_ += four;
    }

    void short_value(unsigned tag, unsigned value) {
        entry(tag, 3, 1);
        put_le16(head_, value);
        put_le16(head_, 0);
    }

    void long_value(unsigned tag, unsigned value) {
        entry(tag, 4, 1);
        put_le32(head_, value);
    }

    void rational(unsigned tag, unsigned numerator, unsigned denominator) {
        entry(tag, 5, 1);
        std::string value;
        put_le32(value, numerator);
        put_le32(value, denominator);
        place(value);
    }

    /// Offset just behind this directory and its values.
    unsigned end() const { return values_at_ + static_cast<unsigned>(values_.size()); }

    std::string bytes() const {
        std::string all = head_;
        put_le32(all, 0);
        return all + values_;
    }

  private:
    void entry(unsigned tag, unsigned type, unsigned count) {
        put_le16(head_, tag);
        put_le16(head_, type);
        put_le32(head_, count);
    }

    void place(const std::string& value) {
        put_le32(head_, end());
        values_ += value;
        if (values_.size() % 2 != 0) values_.push_back('\0');
    }

    unsigned values_at_;
    std::string head_;
    std::string values_;
};

std::string exif_segment(std::uint64_t key, std::int64_t taken_local_ms) {
    const std::int64_t days = floor_div(taken_local_ms, day_ms);
    const std::int64_t seconds = (taken_local_ms - days * day_ms) / 1000;
    const civil_day date = civil_from_days(days);
    const std::string taken = fmt::format("{:04}:{:02}:{:02} {:02}:{:02}:{:02}", date.year, date.month, date.day,
                                          seconds / 3600, seconds / 60 % 60, seconds % 60);
    constexpr std::array<std::string_view, 4> models{"Mi 10", "Redmi Note 8", "M2102K1AC", "Xiaomi 13"};
    std::string tiff("II*\0\x08\0\0\0", 8);
    constexpr unsigned first_entries = 5;
    // The EXIF directory's place is only known when the first one is complete: build that twice.
    auto first = [&](unsigned exif_at) {
        directory ifd(8, first_entries);
        ifd.text(0x010f, "Xiaomi");
        ifd.text(0x0110, std::string(models[key % models.size()]));
        ifd.short_value(0x0112, 1);
        ifd.text(0x0132, taken);
        ifd.long_value(0x8769, exif_at);
        return ifd;
    };
    const unsigned exif_at = first(0).end();
    directory exif(exif_at, 7);
    exif.rational(0x829a, 1, 30 + static_cast<unsigned>(key % 470));
    exif.rational(0x829d, 18, 10);
    exif.undefined4(0x9000, "0232");
    exif.text(0x9003, taken);
    exif.text(0x9011, "+08:00");
    exif.short_value(0xa002, 64);
    exif.short_value(0xa003, 48);
    tiff += first(exif_at).bytes() + exif.bytes();
    std::string segment("\xff\xe1", 2);
    put_be16(segment, static_cast<unsigned>(2 + 6 + tiff.size()));
    segment.append("Exif\0\0", 6);
    return segment + tiff;
}

std::string xmp_segment(std::uint64_t clip_bytes) {
    std::string body("http://ns.adobe.com/xap/1.0/\0", 29);
    body += fmt::format(
        R"(<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">)"
        R"(<rdf:Description rdf:about="" xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" )"
        R"(GCamera:MicroVideo="1" GCamera:MicroVideoVersion="1" GCamera:MicroVideoOffset="{}"/></rdf:RDF></x:xmpmeta>)",
        clip_bytes);
    std::string segment("\xff\xe1", 2);
    put_be16(segment, static_cast<unsigned>(2 + body.size()));
    return segment + body;
}

/// Writes Huffman codes most significant bit first, with the zero byte JPEG wants after each 0xFF (T.81, F.1.2.3).
class bit_writer {
  public:
    explicit bit_writer(std::string& out) : out_(out) {}

    void put(unsigned bits, unsigned count) {
        held_ = (held_ << count) | (bits & ((1U << count) - 1U));
        filled_ += count;
        while (filled_ >= 8) {
            filled_ -= 8;
            byte((held_ >> filled_) & 0xffU);
        }
    }

    void finish() {
        if (filled_ != 0) put((1U << (8 - filled_)) - 1U, 8 - filled_);
    }

  private:
    void byte(unsigned value) {
        put8(out_, value);
        if (value == 0xff) put8(out_, 0);
    }

    std::string& out_;
    std::uint32_t held_ = 0;
    unsigned filled_ = 0;
};

/// Table K.3 of T.81: code and length for the DC categories 0 to 8.
constexpr std::array<std::pair<unsigned, unsigned>, 9> dc_codes{
    {{0x0, 2}, {0x2, 3}, {0x3, 3}, {0x4, 3}, {0x5, 3}, {0x6, 3}, {0xe, 4}, {0x1e, 5}, {0x3e, 6}}};

void put_dc(bit_writer& bits, int difference) {
    const unsigned magnitude = static_cast<unsigned>(std::abs(difference));
    const unsigned category = static_cast<unsigned>(std::bit_width(magnitude));
    bits.put(dc_codes[category].first, dc_codes[category].second);
    if (category != 0) {
        bits.put(difference > 0 ? magnitude : ~magnitude, category);
    }
    bits.put(0, 1);  // end of block: every block is one flat colour
}

constexpr int columns = 8;
constexpr int rows = 6;

std::string scan(std::uint64_t key) {
    std::string out;
    bit_writer bits(out);
    std::array<int, 3> last{};
    const std::array<int, 3> sky{static_cast<int>(key >> 8 & 0x3f) + 20, static_cast<int>(key >> 16 & 0x7f) - 64,
                                 static_cast<int>(key >> 24 & 0x7f) - 64};
    const std::array<int, 3> mark{static_cast<int>(key >> 32 & 0x3f) - 84, static_cast<int>(key >> 40 & 0x7f) - 64,
                                  static_cast<int>(key >> 48 & 0x7f) - 64};
    const std::uint64_t pattern = mix64(key);
    for (int row = 0; row < rows; ++row) {
        for (int column = 0; column < columns; ++column) {
            const int mirrored = column < columns / 2 ? column : columns - 1 - column;
            const bool marked = (pattern >> (row * (columns / 2) + mirrored) & 1U) != 0;
            for (std::size_t c = 0; c < 3; ++c) {
                const int shade = c == 0 ? 4 * row : 0;
                const int value = marked ? mark[c] + shade : sky[c] + shade;
                put_dc(bits, value - last[c]);
                last[c] = value;
            }
        }
    }
    bits.finish();
    return out;
}

}  // namespace

std::string jpeg_head(std::uint64_t key, std::int64_t taken_local_ms, bool live, std::uint64_t clip_bytes) {
    std::string out("\xff\xd8", 2);
    out += exif_segment(key, taken_local_ms);
    if (live) out += xmp_segment(clip_bytes);
    return out;
}

std::string jpeg_tail(std::uint64_t key) {
    std::string out;
    out.reserve(512);
    out.append("\xff\xdb\x00\x43\x00", 5);  // quantisation: every step 8, so that a flat block's DC is its level
    out.append(64, '\x08');
    out.append("\xff\xc0\x00\x11\x08", 5);  // baseline frame, three components, no subsampling
    put_be16(out, rows * 8);
    put_be16(out, columns * 8);
    out.append("\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00", 10);
    out.append("\xff\xc4\x00\x1f\x00", 5);  // DC table K.3
    out.append("\x00\x01\x05\x01\x01\x01\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00", 16);
    out.append("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b", 12);
    out.append("\xff\xc4\x00\x14\x10", 5);  // AC table with the single code 0: end of block
    out.append("\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 17);
    out.append("\xff\xda\x00\x0c\x03\x01\x00\x02\x00\x03\x00\x00\x3f\x00", 14);
    out += scan(key);
    out.append("\xff\xd9", 2);
    return out;
}

}  // namespace decamp::samplecloud
