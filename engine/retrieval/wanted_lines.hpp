#pragma once
// What is to be taken out, as few bytes an item: where its line is read again, and whose bytes it has. Inside
// engine/retrieval only.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "engine/retrieval/lists.hpp"
#include "engine/retrieval/names.hpp"

namespace decamp::retrieval {

struct wanted_line {
    std::uint32_t volume = 0;  // 0: a file of its own
    naming how = naming::of_bytes;
    bool done = false;        // taken out, or named
    std::uint64_t bytes = 0;  // key of the name that the bytes have
    list_place place;
};
using wanted_group = std::vector<wanted_line*>;

class wanted_lines {
  public:
    void add(const list_line& line, list_place place, naming how);
    void sort();  // once, after all were added

    std::size_t size() const { return all_.size(); }
    const std::string& volume(std::uint32_t number) const { return volumes_[number]; }
    std::uint32_t volumes() const { return static_cast<std::uint32_t>(volumes_.size()); }  // 0 is none
    // All of a volume.
    std::vector<wanted_group> groups_of(std::uint32_t volume);
    // Those whose bytes have this name; empty: nobody wants them.
    wanted_group group(std::uint32_t volume, std::string_view file);

  private:
    std::vector<wanted_line> all_;
    std::vector<std::string> volumes_{std::string()};
    std::map<std::string, std::uint32_t, std::less<>> numbers_;
};

bool settled(const wanted_group& items);

}  // namespace decamp::retrieval
