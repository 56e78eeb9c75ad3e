#pragma once
// Under which name an item is listed and taken out. The lists say where bytes lie: for a twin, and for what an album
// merely shows, that is another item's name. Each gets a name in its own album all the same, as the plan would have
// given it. Pure.
//
// Memory: eight bytes a file, sixteen for each name that is chosen here.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "engine/model/item.hpp"
#include "engine/retrieval/list_line.hpp"

namespace decamp::retrieval {

// Which list a line stands in.
struct list_context {
    arrangement how = arrangement::albums;
    std::string folder;  // of the album, below data/albums
};

// How a line's name came about, so that it can be told again from the line alone.
enum class naming : std::uint8_t {
    of_bytes = 0,   // the name its bytes have
    chosen = 1,     // the plan's first choice; each further number is one attempt more
    planned = 255,  // as the catalogue has it
};

class name_book {
  public:
    // Every line of every list, in order; then done(), then choose() in the same order.
    void note(const list_context& in, const list_line& line);
    void done();
    // `planned`: the catalogue's name for this item, where there is one.
    naming choose(const list_context& in, const list_line& line, const std::optional<std::string>& planned = {});

  private:
    bool is_file(std::uint64_t key) const;
    bool claim(std::uint64_t key);  // false: another line has it

    std::vector<std::uint64_t> files_, owned_;
    std::vector<bool> claimed_;
    std::unordered_set<std::uint64_t> given_;
};

// Below the folder it is taken out to: albums/Camera/IMG_0001.jpg. Each component is safe.
std::string target_of(const list_context& in, const list_line& line, naming how,
                      const std::optional<std::string>& planned = {});

// As the user may write it: with "data/" or "./" in front, or not.
std::string_view plain_name(std::string_view typed);

}  // namespace decamp::retrieval
