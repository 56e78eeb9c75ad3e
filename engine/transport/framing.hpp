#pragma once
// Where a response's body ends (RFC 9112, section 6) and how chunks are undone (section 7.1). Machines without I/O: the
// driver reads from the connection straight into its caller's memory and hands the bytes here, which are put right in
// place.

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/model/error.hpp"
#include "engine/transport/http.hpp"

namespace decamp::transport {

enum class body_kind { none, length, chunked, until_close };

struct body_framing {
    body_kind kind = body_kind::none;
    std::uint64_t length = 0;  // of body_kind::length
    bool operator==(const body_framing&) const = default;
};

// What became of bytes that lay at the start of a piece of memory: `produced` bytes of body now lie there instead;
// `surplus` bytes at the end belong to no part of this message.
struct unframed {
    std::size_t produced = 0;
    std::size_t surplus = 0;
};

// Chunked transfer coding. Limits: 16 digits of size, 1 KiB of a line, 8 KiB of trailer (dropped), and framing that
// outweighs the data by far.
class chunk_decoder {
  public:
    result<unframed> decode(std::span<std::byte> raw);
    bool finished() const { return state_ == state::finished; }

  private:
    enum class state {
        size,
        extension,
        size_lf,
        data,
        data_cr,
        data_lf,
        trailer_start,
        trailer,
        trailer_lf,
        last_lf,
        finished
    };
    const char* step(unsigned char c);
    const char* size_digit(unsigned char c);
    void end_of_size_line();
    bool line_grew(std::size_t limit) { return ++line_ > limit; }

    state state_ = state::size;
    std::uint64_t left_ = 0;  // of the chunk
    unsigned digits_ = 0;
    std::size_t line_ = 0;   // bytes of the size line, or of the trailer
    std::int64_t debt_ = 0;  // framing bytes not earned by data
};

// One message body of any framing.
class body_machine {
  public:
    body_machine() = default;
    explicit body_machine(body_framing framing) : framing_(framing), left_(framing.length) {}
    bool finished() const;
    result<unframed> received(std::span<std::byte> raw);
    // The connection ended. An error when that is not the body's end.
    result<void> connection_ended();
    const body_framing& framing() const { return framing_; }

  private:
    body_framing framing_;
    std::uint64_t left_ = 0;
    bool ended_ = false;
    chunk_decoder chunks_;
};

}  // namespace decamp::transport
