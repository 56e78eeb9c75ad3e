#pragma once
// How SQLite reaches a simulated drive: by a VFS of its own, and native paths that begin with the drive's number.

#include <memory>
#include <string>

#include "tests/sim/disk.hpp"

namespace decamp::sim {

// "/N/": native paths of that drive, until it is forgotten. One thread.
std::string vfs_name_of(const std::shared_ptr<disk>& of);
void forget_vfs_name(const std::string& name);

}  // namespace decamp::sim
