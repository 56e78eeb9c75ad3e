#pragma once
// What keeps recovery data beside volumes, as whoever reads them back sees it. Blocking; on world::queue::read, by one
// thread at a time.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/model/error.hpp"
#include "engine/model/volume.hpp"

namespace decamp::verify {

// Takes the bytes of a file while it is read.
class byte_watcher {
  public:
    virtual ~byte_watcher() = default;
    virtual void begin() = 0;  // from the first byte; what came before is void
    virtual void update(std::span<const std::byte> bytes) = 0;
};

class parity_keeper : public byte_watcher {
  public:
    // Whose bytes come next. What was under way of another one is given up, and its memory.
    virtual void expect(const volume_row& volume) = 0;
    virtual void forget() = 0;

    struct made {
        std::vector<parity_file> files;  // durable under their names; none: the run is ending, or
        std::string wrong;               // this one was read back other than it was written, and is gone
    };
    // All its bytes have come, and they were right.
    virtual result<made> finish() = 0;

    // The volume is gone or damaged: what it was is put in its place, where recovery data allows it; what stood there
    // is kept in .decamp/damaged. False: it does not.
    virtual result<bool> mend(const volume_row& volume) = 0;
};

// The names that recovery data of this volume has, or would have, below data/volumes. A volume that is not sealed has
// none.
std::vector<std::string> parity_names(const volume_row& volume, unsigned percent);

}  // namespace decamp::verify
