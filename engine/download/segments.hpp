#pragma once
// Which part of a large file is asked for next when several connections fetch it, and how far it is here without a gap.
// Pure; one thread. docs/decisions/0009-parallel-ranges.md.

#include <cstdint>
#include <map>
#include <optional>

namespace decamp::download {

struct segment_settings {
    std::uint64_t segment_bytes = std::uint64_t{16} << 20;  // a multiple of formats::block_size
    unsigned window = 8;                                    // segments from the head's on that may be fetched
    std::uint64_t least_left = std::uint64_t{64} << 20;     // fewer bytes are not worth it
};

// Bytes [begin, end) of the file, within one segment.
struct piece {
    std::uint64_t begin = 0, end = 0;
    bool operator==(const piece&) const = default;
};

class segment_plan {
  public:
    // Bytes before `head` are here and hashed.
    segment_plan(std::uint64_t head, std::uint64_t total, segment_settings settings);

    // The first missing piece within the window. It is the taker's until it has arrived whole or is given back.
    std::optional<piece> take();
    // The piece that begins at `at`, if it is missing: for a stream that could go on there.
    std::optional<piece> take_at(std::uint64_t at);
    // The next bytes of a piece that is taken, which begin at `at`.
    void arrived(std::uint64_t at, std::uint64_t bytes);
    // The taker of the piece that `within` lies in ends. What has not arrived is missing again.
    void give_back(std::uint64_t within);
    // The head moves; not beyond readable_to().
    void hashed_to(std::uint64_t head);

    std::uint64_t head() const { return head_; }
    std::uint64_t total() const { return total_; }
    std::uint64_t readable_to() const;  // what has arrived without a gap from the head on ends here
    unsigned open() const;              // pieces that take() would give, one after the other
    std::uint64_t segment_of(std::uint64_t at) const { return at / settings_.segment_bytes; }
    std::uint64_t begin_of(std::uint64_t segment) const { return segment * settings_.segment_bytes; }

  private:
    struct state {
        std::uint64_t arrived_to = 0;
        bool taken = false;
    };
    std::uint64_t end_of(std::uint64_t segment) const;
    std::optional<piece> missing_in(std::uint64_t segment) const;
    piece take_whole(piece missing);

    segment_settings settings_;
    std::uint64_t head_, total_;
    std::map<std::uint64_t, state> segments_;  // begun and not yet behind the head: at most `window`
};

}  // namespace decamp::download
