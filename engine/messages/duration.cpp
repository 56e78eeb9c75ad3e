#include "engine/messages/duration.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "engine/messages/messages.hpp"

namespace decamp::messages {

std::string duration_text(double seconds, language words) {
    const auto whole = seconds > 0 ? static_cast<std::uint64_t>(std::ceil(std::min(seconds, 1e12))) : std::uint64_t{0};
    if (whole < 60) return say(words, id::duration_s, whole);
    if (whole < 3600) return say(words, id::duration_min, whole / 60, whole % 60);
    if (whole < std::uint64_t{48} * 3600) return say(words, id::duration_h, whole / 3600, whole % 3600 / 60);
    return say(words, id::duration_d, whole / 86400, whole % 86400 / 3600);
}

}  // namespace decamp::messages
