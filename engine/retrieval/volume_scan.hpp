#pragma once
// A volume read from its start, where no catalogue tells what lies where, or what it says does not hold. Behind damage
// it goes on with the next header that stands whole. Blocking.

#include <functional>
#include <optional>
#include <string>

#include "engine/model/error.hpp"
#include "engine/model/volume.hpp"
#include "engine/world/file_store.hpp"
#include "formats/archive_reader.hpp"

namespace decamp::retrieval {

// The next bytes of an entry's body: 0 at its end, none where they are damaged.
using body_reader = std::function<std::optional<std::size_t>(std::span<std::byte>)>;
// False: enough.
using entry_visitor = std::function<bool(const formats::archived_entry&, const body_reader&)>;

struct scan_end {
    bool damaged = false;  // somewhere nothing could be read
};

// Fails only where the volume cannot be opened.
result<scan_end> scan_volume(world::file_store& files, const std::string& path, container kind,
                             const entry_visitor& see);

}  // namespace decamp::retrieval
