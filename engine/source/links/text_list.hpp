#pragma once
// A list of lines as it streams: URLs, JSON objects and aria2's input files, also mixed. Pure; one thread. Memory: one
// line of 64 KiB and the entries that nobody took yet.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/source/links/entry.hpp"

namespace decamp::source::links {

// Where reading goes on.
struct list_position {
    std::uint64_t offset = 0;  // bytes from the start of the file
    std::uint64_t line = 1;    // the line that lies there
    bool within = false;       // in the middle of a line whose beginning was too long to be looked at
    bool operator==(const list_position&) const = default;
};
std::string to_text(const list_position& at);
std::optional<list_position> read_position(std::string_view text);

struct found_entry {
    list_position at;  // where its first line begins
    reading what = fault::not_text;
    std::uint64_t fault_line = 0;  // where it is wrong, when it is
};

class text_list {
  public:
    // The first byte fed lies at `from`. Ends by itself when `most` entries (at least one) are there.
    text_list(list_position from, std::size_t most) : most_(most), line_(from), offset_(from.offset) {}
    // False: there are enough, and the rest of `bytes` was left.
    bool feed(std::string_view bytes);
    // The file has ended. False: there are enough, and more to read.
    bool finish();

    const std::vector<found_entry>& found() const { return found_; }
    // The same, and forgets them.
    std::vector<found_entry> take() { return std::exchange(found_, {}); }
    // Where to begin so that what follows those entries is read.
    list_position next() const { return open_ ? open_->at : line_; }
    // The first line, of those entries, with an option that was left out although it changes what is asked (aria2's
    // header= and the like); 0: none.
    std::uint64_t left_out() const { return left_out_; }

  private:
    void on_line(std::string_view line);
    void on_option(const option& what);
    void on_endless_line(char first);
    void end_entry();

    std::size_t most_;
    list_position line_;    // the line being read
    std::uint64_t offset_;  // of the next byte fed
    std::string held_;      // the line so far, where it came in pieces
    std::vector<found_entry> found_;
    std::optional<found_entry> open_;  // the last URL: options may follow
    std::uint64_t left_out_ = 0, open_left_out_ = 0;
    bool stopped_ = false;
};

}  // namespace decamp::source::links
