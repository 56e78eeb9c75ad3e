#pragma once
// Keys that a list cannot spell: XML has no way to write some characters, and services that do not encode them put
// U+FFFD for each, so that several keys come as one text. One walk; pure; bounded.

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

namespace decamp::source::s3 {

// True for a text with U+FFFD in it.
bool holds_replacement(std::string_view key);
// Of a key that holds U+FFFD, what stands before it: no key is passed over by going on there.
std::string_view sure_part(std::string_view key);

class spelling {
  public:
    static constexpr std::size_t limit = 100'000;  // texts
    // The how-manyth object this is under this text, from 1 on. 0: seen before. `row`: what else is listed of it.
    // `perhaps_again`: rows seen before may come once more (a list behind a key).
    std::uint64_t ordinal(std::string_view key, std::uint64_t row, bool perhaps_again);
    void forget() { seen_.clear(); }

  private:
    std::map<std::uint64_t, std::vector<std::uint64_t>> seen_;  // XXH3 of the text, rows
};

}  // namespace decamp::source::s3
