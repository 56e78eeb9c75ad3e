#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace decamp::samplecloud {

/// How a reply ends on the wire.
enum class reply_end {
    whole,  ///< as announced
    close,  ///< closed in good order where `send_only` says
    reset,  ///< reset there
    stall,  ///< nothing more comes there until the client gives up
};

/// A reply as a handler wants it sent. The body is either `body` or, when `stream` is set, drawn from it.
struct http_response {
    int status = 200;
    std::string content_type = "application/json; charset=UTF-8";
    std::string headers;  ///< further header lines, each ended by CR LF
    std::string body;

    /// Writes bytes offset .. offset + count - 1 of the body.
    std::function<void(std::uint64_t offset, char* out, std::size_t count)> stream;
    std::uint64_t stream_offset = 0;  ///< where the body begins within the stream
    std::uint64_t stream_length = 0;

    std::optional<std::uint64_t> announced_length;  ///< when it is to differ from the body's
    bool no_length = false;                         ///< neither length nor chunks: ends with the connection
    bool chunked = false;
    std::optional<std::uint64_t> send_only;  ///< bytes of the body after which `end` happens
    reply_end end = reply_end::whole;
    bool close_after = false;  ///< says Connection: close
    bool drop_after = false;   ///< closes without saying so
    unsigned delay_ms = 0;     ///< before the first byte
    std::uint64_t bytes_per_second = 0;
    std::uint64_t record = 0;           ///< the log's number of this exchange; 0: not counted
    std::optional<std::uint64_t> item;  ///< whose bytes these are, when they are an item's

    std::uint64_t body_length() const { return stream ? stream_length : body.size(); }
};

}  // namespace decamp::samplecloud
