#pragma once
// What a SQLite VFS (https://www.sqlite.org/vfs.html) that stands on another hands on to it: everything but opening,
// closing, reading, writing and flushing. No memory is shared (the catalogue locks exclusively) and none is mapped.
// Inner to this folder.

#include <sqlite3.h>

#include <string>

namespace decamp::catalogue {

// The first part of a layer's own files, in memory that SQLite has made.
struct layered_file {
    sqlite3_file own;     // what SQLite sees
    sqlite3_file* below;  // behind the layer's file, in the same memory
};

// A VFS that hands on. SQLite keeps pointers into it: it stays where it is while it is registered.
struct vfs_layer {
    std::string name;
    sqlite3_vfs* below = nullptr;
    sqlite3_vfs vfs{};
    using opener = int (*)(sqlite3_vfs*, const char*, sqlite3_file*, int, int*);

    // `file_bytes`: of the layer's own file, which begins with a layered_file.
    void stand_on(sqlite3_vfs* other, std::string as, std::size_t file_bytes, opener open);
};
vfs_layer& layer_of(sqlite3_vfs* vfs);

// Opens the file below; in `file` only `below` is set then. What is not opened is closed.
int open_below(sqlite3_vfs* vfs, const char* name, layered_file& file, int flags, int* out_flags);

// Handed on, all but xClose, xRead and xWrite, which are the layer's to say; so is what else it holds back or changes.
sqlite3_io_methods methods_that_hand_on();

}  // namespace decamp::catalogue
