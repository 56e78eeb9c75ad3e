#pragma once
// What a source that signs its links by itself knows of their fate: nobody tells it that a download was refused. One
// asked for again means that the one before did not work, and that it is worth finding out whether the login still
// does.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <utility>

namespace decamp::source {

// One thread. Bounded.
class recent_links {
  public:
    static constexpr std::size_t limit = 512;
    // True: this item was given one under this version of the login before. Either way it counts as given now.
    bool again(std::string_view id, std::uint64_t version);

  private:
    std::deque<std::pair<std::uint64_t, std::uint64_t>> given_;  // XXH3 of the id, version
};

}  // namespace decamp::source
