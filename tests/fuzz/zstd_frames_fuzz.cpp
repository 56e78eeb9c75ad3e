// A file of zstd frames with a seek table behind them, by anybody: the table is what its own length says or none, and
// each frame fills exactly what it was asked for or is refused. What we write ourselves of the same bytes comes back.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "formats/bytes.hpp"
#include "formats/zstd_frames.hpp"

namespace {

using namespace decamp::formats;
using bytes = std::vector<std::byte>;

void check(bool good) {
    if (!good) std::abort();
}

void read_frames(std::span<const std::byte> file, const std::vector<seek_entry>& frames) {
    constexpr std::size_t most = 64;
    zstd_decompressor decompressor;
    std::size_t at = 0;
    for (const seek_entry& frame : std::span(frames).first(std::min(frames.size(), most))) {
        if (frame.packed > file.size() - at || frame.raw > (1U << 20)) return;
        bytes raw(frame.raw), again(frame.raw);
        const bool good = decompressor.frame(file.subspan(at, frame.packed), raw);
        // The same answer a second time, and from a fresh one.
        check(zstd_decompressor().frame(file.subspan(at, frame.packed), again) == good && (!good || raw == again));
        at += frame.packed;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::byte> file(reinterpret_cast<const std::byte*>(data), size);
    if (file.size() >= seek_footer_bytes) {
        const auto length = seek_table_bytes(file.last<seek_footer_bytes>());
        if (const auto whole = parse_seek_table(file)) check(length == file.size());
        if (length && *length <= file.size()) {
            const auto table = file.last(static_cast<std::size_t>(*length));
            if (const auto frames = parse_seek_table(table)) {
                check(parse_seek_table(as_bytes(seek_table(*frames))) == frames);
                read_frames(file.first(file.size() - table.size()), *frames);
            }
        }
    }
    // As one frame of a guessed length, and as content of frames of ours.
    bytes raw(size);
    static_cast<void>(zstd_decompressor().frame(file, raw));
    bytes packed;
    zstd_compressor(1).append_frame(packed, file);
    check(packed.size() <= frame_bound(size) && zstd_decompressor().frame(packed, raw) &&
          std::ranges::equal(raw, file));
    packed.clear();
    std::ranges::fill(raw, std::byte{});
    append_stored_frame(packed, file);
    check(packed.size() <= frame_bound(size) && zstd_decompressor().frame(packed, raw) &&
          std::ranges::equal(raw, file));
    return 0;
}
