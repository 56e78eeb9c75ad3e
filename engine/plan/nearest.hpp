#pragma once
// Of all names there are, the one that comes nearest to what was asked for and matched nothing. Pure.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace decamp::plan {

// Changes of one character (insert, remove, replace) that lead from one to the other, capitals aside; of long names
// only the first longest_compared bytes count.
std::size_t edit_distance(std::string_view a, std::string_view b);
inline constexpr std::size_t longest_compared = 96;

class nearest_name {
  public:
    // Patterns as for --include, or names of albums.
    explicit nearest_name(const std::vector<std::string>& asked);
    void album(std::string_view name);
    void file(std::string_view name);
    // Where an album is named exactly as asked, a file's; empty: nothing comes near.
    std::string best() const;

  private:
    struct candidate {
        std::string name;
        std::size_t distance = 0;
        bool any = false;
    };
    static void offer(const std::vector<std::string>& asked, std::string_view name, candidate& to);

    std::vector<std::string> albums_, files_;  // what was asked, without wildcards
    candidate album_, file_;
};

}  // namespace decamp::plan
