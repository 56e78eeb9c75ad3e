#include "engine/verify/parity_keeper.hpp"

#include "formats/par2.hpp"

namespace decamp::verify {

std::vector<std::string> parity_names(const volume_row& volume, unsigned percent) {
    const bool sealed = volume.state == volume_state::sealed || volume.state == volume_state::proven;
    if (percent == 0 || !sealed) return {};
    const auto layout = formats::plan_par2(volume.bytes, percent * 10);
    return {formats::par2_index_name(volume.name), formats::par2_volume_name(volume.name, layout)};
}

}  // namespace decamp::verify
