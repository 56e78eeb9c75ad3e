#include "engine/transport/framing.hpp"

#include <algorithm>
#include <cstring>

namespace decamp::transport {

namespace {

constexpr std::size_t size_line_limit = 1024, trailer_limit = 8192;
constexpr unsigned digit_limit = 16;
// A chunk pays for 16 bytes of framing and for twice its data; 16 KiB are free. More is an attack on the line, not a
// body.
constexpr std::int64_t debt_limit = 16384, chunk_allowance = 16;

bool is_text(unsigned char c) {
    return c == '\t' || (c >= 0x20 && c != 0x7f);
}

}  // namespace

const char* chunk_decoder::size_digit(unsigned char c) {
    unsigned value = 0;
    if (c >= '0' && c <= '9')
        value = c - '0';
    else if (c >= 'a' && c <= 'f')
        value = c - 'a' + 10u;
    else if (c >= 'A' && c <= 'F')
        value = c - 'A' + 10u;
    else
        return digits_ == 0 ? "chunk without a size" : "bad chunk size";
    if (++digits_ > digit_limit) return "chunk size too long";
    left_ = (left_ << 4) | value;
    return nullptr;
}

void chunk_decoder::end_of_size_line() {
    debt_ = std::max<std::int64_t>(0, debt_ + static_cast<std::int64_t>(line_) - chunk_allowance);
    line_ = 0;
    digits_ = 0;
    state_ = left_ == 0 ? state::trailer_start : state::data;
}

// One byte of framing; the text of an error, or null.
const char* chunk_decoder::step(unsigned char c) {
    switch (state_) {
        case state::size:
            if (line_grew(size_line_limit)) return "chunk line too long";
            if (digits_ > 0 && c == '\r') {
                state_ = state::size_lf;
                return nullptr;
            }
            if (digits_ > 0 && (c == ';' || c == ' ' || c == '\t')) {
                state_ = state::extension;
                return nullptr;
            }
            return size_digit(c);
        case state::extension:
            if (line_grew(size_line_limit)) return "chunk line too long";
            if (c == '\r') state_ = state::size_lf;
            return c == '\r' || is_text(c) ? nullptr : "control character in a chunk line";
        case state::size_lf:
            if (c != '\n') return "chunk line without its end";
            end_of_size_line();
            return debt_ > debt_limit ? "more chunk framing than data" : nullptr;
        case state::data_cr:
            state_ = state::data_lf;
            return c == '\r' ? nullptr : "chunk longer than its size";
        case state::data_lf:
            state_ = state::size;
            return c == '\n' ? nullptr : "chunk longer than its size";
        case state::trailer_start:
            if (line_grew(trailer_limit)) return "trailer too long";
            state_ = c == '\r' ? state::last_lf : state::trailer;
            return c == '\r' || is_text(c) ? nullptr : "control character in the trailer";
        case state::trailer:
            if (line_grew(trailer_limit)) return "trailer too long";
            if (c == '\r') state_ = state::trailer_lf;
            return c == '\r' || is_text(c) ? nullptr : "control character in the trailer";
        case state::trailer_lf:
            state_ = state::trailer_start;
            return c == '\n' ? nullptr : "trailer line without its end";
        case state::last_lf:
            state_ = state::finished;
            return c == '\n' ? nullptr : "trailer without its end";
        case state::data:
        case state::finished:
            break;
    }
    return "chunk decoder in a wrong state";
}

result<unframed> chunk_decoder::decode(std::span<std::byte> raw) {
    std::size_t in = 0, out = 0;
    while (in < raw.size() && state_ != state::finished) {
        if (state_ != state::data) {
            if (const char* fault = step(static_cast<unsigned char>(raw[in++])))
                return failure(http_errc::bad_response, fault);
            continue;
        }
        const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, raw.size() - in));
        if (in != out) std::memmove(raw.data() + out, raw.data() + in, n);
        in += n;
        out += n;
        left_ -= n;
        debt_ = std::max<std::int64_t>(0, debt_ - 2 * static_cast<std::int64_t>(n));
        if (left_ == 0) state_ = state::data_cr;
    }
    return unframed{out, raw.size() - in};
}

bool body_machine::finished() const {
    switch (framing_.kind) {
        case body_kind::none:
            return true;
        case body_kind::length:
            return left_ == 0;
        case body_kind::chunked:
            return chunks_.finished();
        case body_kind::until_close:
            return ended_;
    }
    return true;
}

result<unframed> body_machine::received(std::span<std::byte> raw) {
    switch (framing_.kind) {
        case body_kind::none:
            return unframed{0, raw.size()};
        case body_kind::length: {
            const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, raw.size()));
            left_ -= n;
            return unframed{n, raw.size() - n};
        }
        case body_kind::chunked:
            return chunks_.decode(raw);
        case body_kind::until_close:
            return unframed{raw.size(), 0};
    }
    return unframed{};
}

result<void> body_machine::connection_ended() {
    if (framing_.kind == body_kind::until_close) ended_ = true;
    if (finished()) return {};
    if (framing_.kind == body_kind::length)
        return failure(http_errc::body_truncated,
                       std::to_string(left_) + " of " + std::to_string(framing_.length) + " bytes missing");
    return failure(http_errc::body_truncated, "before the last chunk");
}

}  // namespace decamp::transport
