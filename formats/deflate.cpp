#include "formats/deflate.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <stdexcept>

#include <zlib.h>

namespace decamp::formats {
namespace {

constexpr int raw_window = -15;  // the largest, without zlib's header
constexpr int memory_level = 8;  // zlib's default
constexpr std::size_t most_at_once = std::numeric_limits<uInt>::max();

// zlib reads what it is given, but does not say so.
Bytef* input(std::span<const std::byte> bytes) {
    return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
}

Bytef* output(std::byte* bytes) {
    return reinterpret_cast<Bytef*>(bytes);
}

void require_memory(int answer) {
    if (answer == Z_MEM_ERROR) throw std::bad_alloc();
    if (answer != Z_OK) throw std::logic_error("zlib: not the library that was compiled for");
}

class deflating {
  public:
    explicit deflating(int level) {
        require_memory(
            deflateInit2(&stream_, std::clamp(level, 1, 9), Z_DEFLATED, raw_window, memory_level, Z_DEFAULT_STRATEGY));
    }
    ~deflating() { deflateEnd(&stream_); }
    deflating(const deflating&) = delete;
    deflating& operator=(const deflating&) = delete;
    z_stream* operator->() { return &stream_; }
    z_stream* get() { return &stream_; }

  private:
    z_stream stream_{};
};

// Feeds `raw` with that flush at its end; `used` bytes of `to` are written so far.
std::size_t deflate_all(deflating& stream, std::vector<std::byte>& to, std::size_t used, std::span<const std::byte> raw,
                        int flush) {
    for (;;) {
        const std::size_t in = std::min(raw.size(), most_at_once), out = std::min(to.size() - used, most_at_once);
        stream->next_in = input(raw);
        stream->avail_in = static_cast<uInt>(in);
        stream->next_out = output(to.data() + used);
        stream->avail_out = static_cast<uInt>(out);
        const int answer = deflate(stream.get(), in == raw.size() ? flush : Z_NO_FLUSH);
        raw = raw.subspan(in - stream->avail_in);
        used += out - stream->avail_out;
        // A flush is done when it leaves room; called again it would flush again.
        if (answer == Z_STREAM_END || (raw.empty() && flush != Z_FINISH && stream->avail_out != 0)) return used;
        if (used == to.size()) to.resize(used + used / 2 + 64);
    }
}

}  // namespace

void append_deflate_piece(std::vector<std::byte>& to, std::span<const std::byte> raw, int level, bool last) {
    if (raw.empty() && !last) return;
    constexpr std::size_t flush_bytes = 16;  // an empty stored block, and whatever it begins within
    const std::size_t before = to.size();
    try {
        deflating stream(level);
        to.resize(before + deflateBound(stream.get(), static_cast<uLong>(raw.size())) + flush_bytes);
        to.resize(deflate_all(stream, to, before, raw, last ? Z_FINISH : Z_FULL_FLUSH));
    } catch (...) {
        to.resize(before);
        throw;
    }
}

std::uint32_t crc32_joined(std::uint32_t first, std::uint32_t second, std::uint64_t second_bytes) {
    // Appending 2^32-1 zero bytes changes nothing: so the powers of x repeat in this field. The rest is passed in two
    // halves, each of which fits zlib's off_t even where that has 32 bits.
    const std::uint64_t length = second_bytes % 0xFFFFFFFF, half = length / 2;
    const uLong shifted = crc32_combine(first, 0, static_cast<z_off_t>(half));
    return static_cast<std::uint32_t>(crc32_combine(shifted, second, static_cast<z_off_t>(length - half)));
}

void inflater::free_stream::operator()(z_stream_s* stream) const noexcept {
    inflateEnd(stream);
    delete stream;
}

inflater::inflater(std::uint64_t limit) : limit_(limit) {
    auto stream = std::make_unique<z_stream>();
    require_memory(inflateInit2(stream.get(), raw_window));
    stream_.reset(stream.release());
}

inflater::step inflater::feed(std::span<const std::byte> packed, std::span<std::byte> raw) {
    step out;
    out.state = state_;
    if (state_ == inflate_state::ended || state_ == inflate_state::damaged) return out;
    do {
        // At the limit the stream may still end, but not give one byte more: this one catches it.
        std::byte beyond{};
        const std::uint64_t left = limit_ - given_;
        const std::size_t in = std::min(packed.size() - out.taken, most_at_once);
        const auto room =
            static_cast<std::size_t>(std::min<std::uint64_t>({raw.size() - out.given, most_at_once, left}));
        stream_->next_in = input(packed.subspan(out.taken));
        stream_->avail_in = static_cast<uInt>(in);
        stream_->next_out = output(room == 0 ? &beyond : raw.data() + out.given);
        stream_->avail_out = static_cast<uInt>(left == 0 ? 1 : room);
        const int answer = inflate(stream_.get(), Z_NO_FLUSH);
        if (answer == Z_MEM_ERROR) throw std::bad_alloc();

        out.taken += in - stream_->avail_in;
        const bool full = stream_->avail_out == 0, too_much = left == 0 && full;
        const std::size_t given = left == 0 ? 0 : room - stream_->avail_out;
        out.given += given;
        given_ += given;
        if (too_much || (answer != Z_OK && answer != Z_BUF_ERROR && answer != Z_STREAM_END))
            state_ = inflate_state::damaged;
        else if (answer == Z_STREAM_END)
            state_ = inflate_state::ended;
        else
            state_ = full ? inflate_state::needs_room : inflate_state::needs_input;
    } while ((state_ == inflate_state::needs_room && given_ == limit_) ||
             (state_ == inflate_state::needs_input && out.taken != packed.size()));
    out.state = state_;
    return out;
}

}  // namespace decamp::formats
