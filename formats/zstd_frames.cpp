#include "formats/zstd_frames.hpp"

#include <algorithm>
#include <new>
#include <stdexcept>

#include <xxhash.h>
#include <zstd.h>

#include "formats/bytes.hpp"
#include "formats/little_endian.hpp"

namespace decamp::formats {
namespace {

constexpr std::uint32_t frame_magic = 0xFD2FB528, table_magic = 0x184D2A5E, seekable_magic = 0x8F92EAB1;
constexpr std::size_t block_limit = std::size_t{128} << 10;  // RFC 8878, 3.1.1.2.4
constexpr std::size_t skippable_header_bytes = 8;

// A stored frame: magic, descriptor, window, content size; then blocks of 3 bytes more than they hold; then the
// checksum. A window is named, although nothing refers back: without one it would be the whole content, and decoders
// refuse large ones.
constexpr std::size_t stored_header_bytes = 4 + 1 + 1 + 4, block_header_bytes = 3, checksum_bytes = 4;
constexpr std::uint8_t stored_descriptor = 2U << 6 | 1U << 2;  // content size in 4 bytes, checksum
constexpr std::uint8_t stored_window = 7U << 3;                // 2^(10 + 7): one block

std::size_t stored_bytes(std::size_t raw) {
    const std::size_t blocks = std::max<std::size_t>(1, raw / block_limit + (raw % block_limit != 0 ? 1 : 0));
    return stored_header_bytes + blocks * block_header_bytes + raw + checksum_bytes;
}

void append(std::vector<std::byte>& to, std::span<const std::byte> bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

void require_frame_size(std::span<const std::byte> raw) {
    if (raw.size() > frame_limit) throw std::length_error("a zstd frame of too many bytes");
}

struct seek_footer {
    std::uint32_t frames = 0;
    std::size_t entry_bytes = 0;  // 8, with checksums 12
    std::uint64_t table_bytes() const {
        return skippable_header_bytes + std::uint64_t{frames} * entry_bytes + seek_footer_bytes;
    }
};

std::optional<seek_footer> read_footer(std::span<const std::byte> last) {
    const auto descriptor = std::to_integer<unsigned>(last[4]);
    if (little_at<std::uint32_t>(last, 5) != seekable_magic) return std::nullopt;
    if ((descriptor & 0x7C) != 0) return std::nullopt;  // reserved; bits 0 and 1 are unused and may be anything
    const seek_footer out{little_at<std::uint32_t>(last, 0), (descriptor & 0x80) != 0 ? 12U : 8U};
    if (out.frames > seek_frames_limit) return std::nullopt;
    return out;
}

}  // namespace

void zstd_compressor::free_context::operator()(ZSTD_CCtx_s* context) const noexcept {
    ZSTD_freeCCtx(context);
}

void zstd_decompressor::free_context::operator()(ZSTD_DCtx_s* context) const noexcept {
    ZSTD_freeDCtx(context);
}

zstd_compressor::zstd_compressor(int level) : context_(ZSTD_createCCtx()) {
    if (context_ == nullptr) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, std::clamp(level, 1, 19));
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_contentSizeFlag, 1);
}

void zstd_compressor::append_frame(std::vector<std::byte>& to, std::span<const std::byte> raw) {
    require_frame_size(raw);
    const std::size_t before = to.size();
    to.resize(before + frame_bound(raw.size()));
    const std::size_t written =
        ZSTD_compress2(context_.get(), to.data() + before, to.size() - before, raw.data(), raw.size());
    if (ZSTD_isError(written) == 0) {
        to.resize(before + written);
        return;
    }
    // Nothing but memory can be missing: there is room for whatever comes out.
    to.resize(before);
    throw std::bad_alloc();
}

void append_stored_frame(std::vector<std::byte>& to, std::span<const std::byte> raw) {
    require_frame_size(raw);
    to.reserve(to.size() + stored_bytes(raw.size()));
    std::string head;
    append_little(head, frame_magic);
    append_little(head, stored_descriptor);
    append_little(head, stored_window);
    append_little(head, static_cast<std::uint32_t>(raw.size()));
    append(to, as_bytes(head));
    auto rest = raw;
    do {
        const auto block = rest.first(std::min(block_limit, rest.size()));
        rest = rest.subspan(block.size());
        // 24 bits: the last block, the kind (0, raw), the length.
        const std::size_t header = (rest.empty() ? 1U : 0U) | block.size() << 3;
        for (const unsigned shift : {0U, 8U, 16U}) to.push_back(static_cast<std::byte>(header >> shift & 0xFF));
        append(to, block);
    } while (!rest.empty());
    std::string checksum;
    append_little(checksum, static_cast<std::uint32_t>(XXH64(raw.data(), raw.size(), 0)));
    append(to, as_bytes(checksum));
}

std::size_t frame_bound(std::size_t raw) {
    return std::max(ZSTD_compressBound(raw), stored_bytes(raw));
}

zstd_decompressor::zstd_decompressor() : context_(ZSTD_createDCtx()) {
    if (context_ == nullptr) throw std::bad_alloc();
}

bool zstd_decompressor::frame(std::span<const std::byte> packed, std::span<std::byte> raw) {
    // The library would pass over skippable frames, read several, and, built so, the formats before version 1.
    if (packed.size() < sizeof(frame_magic) || little_at<std::uint32_t>(packed, 0) != frame_magic) return false;
    if (ZSTD_findFrameCompressedSize(packed.data(), packed.size()) != packed.size()) return false;
    std::byte none{};
    std::byte* const into = raw.empty() ? &none : raw.data();
    return ZSTD_decompressDCtx(context_.get(), into, raw.size(), packed.data(), packed.size()) == raw.size();
}

std::string seek_table(std::span<const seek_entry> frames) {
    if (frames.size() > seek_frames_limit) throw std::length_error("too many frames for a seek table");
    const seek_footer footer{static_cast<std::uint32_t>(frames.size()), 8};
    std::string out;
    out.reserve(static_cast<std::size_t>(footer.table_bytes()));
    append_little(out, table_magic);
    append_little(out, static_cast<std::uint32_t>(footer.table_bytes() - skippable_header_bytes));
    for (const seek_entry& frame : frames) {
        append_little(out, frame.packed);
        append_little(out, frame.raw);
    }
    append_little(out, footer.frames);
    append_little(out, std::uint8_t{0});  // no checksums
    append_little(out, seekable_magic);
    return out;
}

std::optional<std::uint64_t> seek_table_bytes(std::span<const std::byte, seek_footer_bytes> last) {
    const auto footer = read_footer(last);
    if (!footer) return std::nullopt;
    return footer->table_bytes();
}

std::optional<std::vector<seek_entry>> parse_seek_table(std::span<const std::byte> frame) {
    if (frame.size() < skippable_header_bytes + seek_footer_bytes) return std::nullopt;
    if (little_at<std::uint32_t>(frame, 0) != table_magic) return std::nullopt;
    if (little_at<std::uint32_t>(frame, 4) != frame.size() - skippable_header_bytes) return std::nullopt;
    const auto footer = read_footer(frame.last(seek_footer_bytes));
    if (!footer || footer->table_bytes() != frame.size()) return std::nullopt;
    std::vector<seek_entry> out;
    out.reserve(footer->frames);
    for (std::size_t at = skippable_header_bytes; out.size() < footer->frames; at += footer->entry_bytes)
        out.push_back({little_at<std::uint32_t>(frame, at), little_at<std::uint32_t>(frame, at + 4)});
    return out;
}

std::string zstd_version() {
    return ZSTD_versionString();
}

}  // namespace decamp::formats
