#pragma once
// A layer between SQLite and the drive that gathers writes. SQLite writes a page at a time, and a page of the
// write-ahead log in two parts; on FUSE each such write is a round trip to another process. What follows each other is
// written in one piece: before a flush, at the latest, so that nothing that SQLite holds to be flushed waits here. What
// it does not hold to be flushed may be lost when the process is killed, as in a power cut.
//
// https://www.sqlite.org/vfs.html. No memory is shared (the catalogue locks exclusively) and none is mapped.

#include <string>

namespace decamp::catalogue {

// The name of the layer over that VFS, or over the system's where `base` is empty; empty: there is no such VFS.
// Registered on first use, for good. Any thread.
std::string gathering_vfs(const std::string& base);

}  // namespace decamp::catalogue
