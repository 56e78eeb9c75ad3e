#include "engine/world/file_system_id.hpp"

#include <sys/stat.h>
#include <sys/vfs.h>

#include <linux/magic.h>
#include <cstdint>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

namespace decamp::world {

namespace {

// As udev links them. A device can have several names; the smallest is as good as any.
std::string uuid_of(dev_t device) {
    std::string found;
    std::error_code error;
    for (std::filesystem::directory_iterator at("/dev/disk/by-uuid", error), end; !error && at != end;
         at.increment(error)) {
        struct stat there {};
        if (::stat(at->path().c_str(), &there) != 0 || !S_ISBLK(there.st_mode) || there.st_rdev != device) continue;
        const std::string name = at->path().filename().string();
        if (found.empty() || name < found) found = name;
    }
    return found;
}

}  // namespace

std::string file_system_id(const std::string& path) {
    struct stat there {};
    if (::stat(path.c_str(), &there) != 0) return {};
    if (const std::string uuid = uuid_of(there.st_dev); !uuid.empty()) return "uuid " + uuid;
    struct statfs fs {};
    if (::statfs(path.c_str(), &fs) != 0) return {};
    // Others make theirs of the device's number, which changes with the port.
    const auto magic = static_cast<std::uint64_t>(fs.f_type);
    if (magic != EXT4_SUPER_MAGIC && magic != BTRFS_SUPER_MAGIC) return {};
    std::uint64_t id = 0;
    static_assert(sizeof(fs.f_fsid) == sizeof(id));
    std::memcpy(&id, &fs.f_fsid, sizeof(id));
    return id == 0 ? std::string() : fmt::format("fsid {:016x}", id);
}

}  // namespace decamp::world
