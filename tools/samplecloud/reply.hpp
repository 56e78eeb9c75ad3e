#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "tools/samplecloud/http_response.hpp"

namespace decamp::samplecloud {

/// One response on its way out as bytes, a piece at a time, so that a reply of 10 GB needs the memory of one piece.
class reply {
  public:
    explicit reply(http_response& of)
        : of_(&of), end_(of.send_only ? std::min(of.body_length(), *of.send_only) : of.body_length()) {}

    /// Status line and header.
    std::string head() const;
    /// Adds at most `most` bytes of the body, framed; the last piece adds what ends the body.
    void append_body(std::string& out, std::uint64_t most);
    bool done() const { return sent_ == end_; }
    /// Bytes of the body given out so far.
    std::uint64_t sent() const { return sent_; }
    /// Whether the connection is over once this reply is.
    bool closes() const;

  private:
    http_response* of_;
    std::uint64_t end_;
    std::uint64_t sent_ = 0;
};

}  // namespace decamp::samplecloud
