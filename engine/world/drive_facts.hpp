#pragma once
// What a file system is and can do, from its magic number, the mount table and a few tries. Inside engine/world only.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/world/file_store.hpp"

namespace decamp::world::posix {

// A line of /proc/self/mountinfo, as far as it matters. See proc_pid_mountinfo(5).
struct mount_entry {
    std::uint64_t id = 0;
    unsigned major = 0, minor = 0;
    std::string type;     // "ext4", "fuseblk", "fuse.sshfs" ...
    std::string source;   // "/dev/sda1", octal escapes undone
    std::string options;  // the file system's own ("super") options
};
// The entry with this mount id, else the last one on this device; none when neither is there. Pure.
std::optional<mount_entry> find_mount(std::string_view mountinfo, std::uint64_t id, unsigned major, unsigned minor);

// Facts that follow from the magic number of statfs(2) and the mount's type alone. Pure.
drive_facts facts_by_kind(std::uint64_t magic, std::string_view type);

// "exfat", "ntfs", "vfat" or nothing, from a volume's first sector. Pure.
std::string_view kind_of_boot_sector(std::string_view sector);

// Facts of the file system under `root` that need no writing. `uncached_reads`: may be, by kind and device.
result<drive_facts> facts_of(int root);

// Whether reads of this regular file can pass the page cache, on a file system that facts_of() thinks able to.
bool reads_uncached(int file_descriptor);

// Tries in the folder `scratch`, where a file of ours may come and go: hard links, reading past the cache, late times.
void try_out(int scratch, drive_facts& facts);

}  // namespace decamp::world::posix
