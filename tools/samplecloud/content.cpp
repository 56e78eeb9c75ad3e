#include "tools/samplecloud/content.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <utility>

#include "tools/samplecloud/civil_time.hpp"
#include "tools/samplecloud/hash.hpp"
#include "tools/samplecloud/picture.hpp"

namespace decamp::samplecloud {
namespace {

/// An APP15 segment at its longest: marker, length 65535 (which counts itself), 65533 bytes (T.81, B.2.4.6).
constexpr std::uint64_t segment_bytes = 65537;

/// Bytes begin .. begin + count - 1 of an endless random stream: word n is a function of key and n alone.
void noise(std::uint64_t key, std::uint64_t begin, char* out, std::size_t count) {
    std::uint64_t word = begin / 8;
    const std::size_t skip = begin % 8;
    if (skip != 0) {
        const std::uint64_t value = mix64(key + word * 0x9e3779b97f4a7c15ULL);
        const std::size_t take = std::min<std::size_t>(8 - skip, count);
        std::memcpy(out, reinterpret_cast<const char*>(&value) + skip, take);
        out += take;
        count -= take;
        ++word;
    }
    for (; count >= 8; count -= 8, out += 8, ++word) {
        const std::uint64_t value = mix64(key + word * 0x9e3779b97f4a7c15ULL);
        std::memcpy(out, &value, 8);
    }
    if (count != 0) {
        const std::uint64_t value = mix64(key + word * 0x9e3779b97f4a7c15ULL);
        std::memcpy(out, &value, count);
    }
}

/// The byte of the segment structure at `at` in a filler area of `length` bytes, or -1 where noise may stay.
int structure_byte(std::uint64_t at, std::uint64_t length) {
    const std::uint64_t segment = at / segment_bytes * segment_bytes;
    const std::uint64_t in = at - segment;
    const std::uint64_t here = std::min(segment_bytes, length - segment);
    if (here < 4) return 0xff;  // too short for a segment: fill bytes before the next marker (T.81, B.1.1.2)
    switch (in) {
        case 0:
            return 0xff;
        case 1:
            return 0xef;
        case 2:
            return static_cast<int>((here - 2) >> 8 & 0xffU);
        case 3:
            return static_cast<int>((here - 2) & 0xffU);
        default:
            return -1;
    }
}

void segments(std::uint64_t key, std::uint64_t begin, std::uint64_t length, char* out, std::size_t count) {
    noise(key, begin, out, count);
    const std::uint64_t end = begin + count;
    for (std::uint64_t segment = begin / segment_bytes * segment_bytes; segment < end; segment += segment_bytes) {
        for (std::uint64_t at = std::max(begin, segment); at < std::min(end, segment + 4); ++at) {
            out[at - begin] = static_cast<char>(structure_byte(at, length));
        }
    }
}

void put_be32(std::string& out, std::uint64_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift & 0xffU));
}

}  // namespace

content::content(const content_recipe& recipe) : key_(recipe.key) {
    switch (recipe.kind) {
        case content_kind::jpeg:
            add_jpeg(recipe, std::max(recipe.size, least_jpeg_bytes), false, 0);
            break;
        case content_kind::live_photo: {
            const std::uint64_t all = std::max(recipe.size, least_live_photo_bytes);
            const std::uint64_t clip = all / 3;
            add_jpeg(recipe, all - clip, true, clip);
            add_video(recipe, clip);
            break;
        }
        case content_kind::video:
            add_video(recipe, std::max(recipe.size, least_video_bytes));
            break;
        case content_kind::empty:
            break;
    }
}

void content::add_literal(std::string bytes) {
    const std::uint64_t length = bytes.size();
    parts_.push_back(part{part_kind::literal, size_, length, std::move(bytes)});
    size_ += length;
}

void content::add_filler(part_kind kind, std::uint64_t length) {
    if (length == 0) return;
    parts_.push_back(part{kind, size_, length, {}});
    size_ += length;
}

void content::add_jpeg(const content_recipe& recipe, std::uint64_t length, bool live, std::uint64_t video_bytes) {
    std::string head = jpeg_head(recipe.key, recipe.taken_local_ms, live, video_bytes);
    std::string tail = jpeg_tail(recipe.key);
    const std::uint64_t fixed = head.size() + tail.size();
    if (fixed > length) throw std::logic_error("samplecloud: the least JPEG size is too small");
    add_literal(std::move(head));
    add_filler(part_kind::segments, length - fixed);
    add_literal(std::move(tail));
}

void content::add_video(const content_recipe& recipe, std::uint64_t length) {
    std::string head;
    put_be32(head, 24);
    head += "ftypisom";
    put_be32(head, 512);
    head += "isommp42";
    put_be32(head, 116);
    head += "moov";
    put_be32(head, 108);
    head += "mvhd";
    put_be32(head, 0);
    // Seconds since 1904 in UTC.
    const auto made = static_cast<std::uint64_t>((recipe.taken_local_ms - utc8_ms) / 1000 + 2'082'844'800);
    put_be32(head, made);
    put_be32(head, made);
    put_be32(head, 1000);
    put_be32(head, 3000);
    put_be32(head, 0x00010000);
    head.append("\x01\x00", 2);
    head.append(10, '\0');
    for (int row = 0; row < 3; ++row) {
        for (int column = 0; column < 3; ++column) {
            put_be32(head, row != column ? 0 : row == 2 ? 0x40000000 : 0x00010000);
        }
    }
    head.append(24, '\0');
    put_be32(head, 2);
    // A box of 4 GiB or more says its length in 64 bits (ISO/IEC 14496-12, 4.2).
    const std::uint64_t left = length - head.size();
    if (left > 0xffffffffULL) {
        put_be32(head, 1);
        head += "mdat";
        put_be32(head, left >> 32);
        put_be32(head, left);
    } else {
        put_be32(head, left);
        head += "mdat";
    }
    const std::uint64_t filler = length - head.size();
    add_literal(std::move(head));
    add_filler(part_kind::noise, filler);
}

void content::fill(std::uint64_t offset, char* out, std::size_t count) const {
    for (std::size_t i = 0; i < parts_.size() && count != 0; ++i) {
        const part& here = parts_[i];
        if (offset >= here.begin + here.length) continue;
        const std::uint64_t inside = offset - here.begin;
        const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(here.length - inside, count));
        const std::uint64_t key = mix64(key_ + i);
        switch (here.kind) {
            case part_kind::literal:
                std::memcpy(out, here.bytes.data() + inside, take);
                break;
            case part_kind::segments:
                segments(key, inside, here.length, out, take);
                break;
            case part_kind::noise:
                noise(key, inside, out, take);
                break;
        }
        offset += take;
        out += take;
        count -= take;
    }
}

sha1_digest sha1_of(const content& bytes) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    static const EVP_MD* const algorithm = EVP_sha1();
    if (!context || EVP_DigestInit_ex(context.get(), algorithm, nullptr) != 1) throw std::runtime_error("SHA-1");
    std::array<char, 16384> block;
    for (std::uint64_t at = 0; at < bytes.size();) {
        const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), bytes.size() - at));
        bytes.fill(at, block.data(), take);
        if (EVP_DigestUpdate(context.get(), block.data(), take) != 1) throw std::runtime_error("SHA-1");
        at += take;
    }
    sha1_digest digest{};
    unsigned length = 0;
    if (EVP_DigestFinal_ex(context.get(), digest.data(), &length) != 1) throw std::runtime_error("SHA-1");
    return digest;
}

std::string hex(const sha1_digest& digest) {
    constexpr const char* digits = "0123456789abcdef";
    std::string out;
    out.reserve(40);
    for (const unsigned char byte : digest) {
        out.push_back(digits[byte >> 4]);
        out.push_back(digits[byte & 15]);
    }
    return out;
}

}  // namespace decamp::samplecloud
