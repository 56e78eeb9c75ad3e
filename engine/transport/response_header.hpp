#pragma once
// Reads the header of a response (RFC 9112, sections 2 to 6) with Beast's parser, without I/O. What Beast lets pass and
// a cautious client does not is refused here: codings nobody asked for, an answer to an upgrade nobody wanted.

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "engine/model/error.hpp"
#include "engine/transport/framing.hpp"
#include "engine/transport/http.hpp"

namespace decamp::transport {

inline constexpr std::size_t header_limit = 16384;

struct parsed_header {
    response_head head;
    body_framing framing;
    bool keep_alive = false;   // the peer keeps the connection after this message; false wherever its end is uncertain
    bool interim = false;      // 1xx: the real response follows
    std::size_t consumed = 0;  // bytes of the header
};

// One header at a time.
class header_reader {
  public:
    explicit header_reader(bool answers_head);
    ~header_reader();
    // `so_far`: everything received since the message's first byte, more at each call. None: not whole yet.
    result<std::optional<parsed_header>> put(std::span<const std::byte> so_far);
    void restart();  // for the response after an interim one

  private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace decamp::transport
