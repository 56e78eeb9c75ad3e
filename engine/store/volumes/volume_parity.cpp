#include "engine/store/volumes/volume_parity.hpp"

#include <utility>

#include "engine/model/layout.hpp"
#include "engine/store/space.hpp"
#include "engine/store/volumes/mending.hpp"

namespace decamp::store {

volume_parity::volume_parity(world::file_store& files, unsigned percent, std::uint64_t memory,
                             std::function<bool()> go_on)
    : files_(files), percent_(percent), memory_(memory), writer_(files, memory, std::move(go_on)) {}

void volume_parity::begin() {
    writer_.begin(expected_.name, formats::plan_par2(expected_.bytes, percent_ * 10));
}

result<verify::parity_keeper::made> volume_parity::finish() {
    return writer_.finish(closing_room(0));
}

// Not to be broken off: what is not mended is given up, and fetched again.
result<bool> volume_parity::mend(const volume_row& volume) {
    writer_.forget();
    const lost_volume what{layout::below(layout::volumes_folder, volume.name), volume.sha256, volume.number,
                           volume.bytes};
    const auto end = mend_volume(files_, what, memory_, [] { return true; });
    if (!end) return end.error();
    return end.value() == mend_end::mended;
}

}  // namespace decamp::store
