#pragma once
// Where each member of a volume lies, as the catalogue would have noted it: read from a volume that decamp wrote and
// whose catalogue is gone. Whoever had the drive may have changed it. Blocking.

#include <cstdint>
#include <functional>
#include <string>

#include "engine/model/error.hpp"
#include "engine/model/volume.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::retrieval {

struct found_member {
    std::string name;        // as the volume has it
    std::string link_to;     // of a link
    std::uint64_t size = 0;  // bytes, as they are read out
    volume_member where;     // kind body or link; file and blob are not known
};
// False: enough.
using member_visitor = std::function<bool(const found_member&)>;

// In the order in which they lie. True: the volume is one of decamp's from its first byte to its last, and every member
// was seen. Their bytes are passed over, not judged. Fails only where the volume cannot be opened.
result<bool> scan_members(world::file_store& files, const std::string& path, container kind, const member_visitor& see);

}  // namespace decamp::retrieval
