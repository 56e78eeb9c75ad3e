#include "engine/catalogue/gathering_vfs.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

#include "engine/catalogue/vfs_layer.hpp"

namespace decamp::catalogue {

namespace {

// SQLite's VFS for Unix takes fewer than 128 KiB at once.
constexpr std::size_t most_gathered = std::size_t{120} << 10;

// What was written behind each other and is not with the file below yet.
struct gathered {
    std::vector<std::byte> bytes;
    sqlite3_int64 at = 0;

    sqlite3_int64 end() const { return at + static_cast<sqlite3_int64>(bytes.size()); }
    // Within what is here, or right behind it, and not too much.
    bool takes(sqlite3_int64 offset, std::size_t size) const {
        if (bytes.empty()) return size <= most_gathered;
        return offset >= at && offset <= end() && static_cast<std::size_t>(offset - at) + size <= most_gathered;
    }
    void put(const void* from, std::size_t size, sqlite3_int64 offset) {
        if (bytes.empty()) at = offset;
        const auto where = static_cast<std::size_t>(offset - at);
        bytes.resize(std::max(bytes.size(), where + size));
        std::memcpy(bytes.data() + where, from, size);
    }
    bool holds(sqlite3_int64 offset, int size) const { return offset >= at && offset + size <= end(); }
};

struct gathering_file : layered_file {
    gathered* waiting;
};

gathering_file& of(sqlite3_file* file) {
    return *reinterpret_cast<gathering_file*>(file);
}

// What cannot be written stays, so that it can be read, and is tried again.
int write_out(gathering_file& f) {
    gathered& w = *f.waiting;
    if (w.bytes.empty()) return SQLITE_OK;
    const int code = f.below->pMethods->xWrite(f.below, w.bytes.data(), static_cast<int>(w.bytes.size()), w.at);
    if (code == SQLITE_OK) w.bytes.clear();
    return code;
}

int close_file(sqlite3_file* file) {
    gathering_file& f = of(file);
    const int written = write_out(f);
    const int closed = f.below->pMethods->xClose(f.below);
    delete f.waiting;
    return written != SQLITE_OK ? written : closed;
}

int read_file(sqlite3_file* file, void* into, int size, sqlite3_int64 offset) {
    gathering_file& f = of(file);
    const gathered& w = *f.waiting;
    if (!w.bytes.empty() && offset + size > w.at) {
        if (w.holds(offset, size)) {
            std::memcpy(into, w.bytes.data() + (offset - w.at), static_cast<std::size_t>(size));
            return SQLITE_OK;
        }
        // In part, or behind it, where the file below would seem to end too early.
        if (const int code = write_out(f); code != SQLITE_OK) return code;
    }
    return f.below->pMethods->xRead(f.below, into, size, offset);
}

int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
    gathering_file& f = of(file);
    const auto count = static_cast<std::size_t>(size);
    if (!f.waiting->takes(offset, count)) {
        if (const int code = write_out(f); code != SQLITE_OK) return code;
    }
    if (f.waiting->bytes.empty()) {
        sqlite3_int64 there = 0;
        if (const int code = f.below->pMethods->xFileSize(f.below, &there); code != SQLITE_OK) return code;
        // What leaves a hole is not kept: reading in the hole would meet the end of the file.
        if (offset > there || !f.waiting->takes(offset, count))
            return f.below->pMethods->xWrite(f.below, from, size, offset);
    }
    try {
        f.waiting->put(from, count, offset);
    } catch (const std::bad_alloc&) {
        return SQLITE_IOERR_NOMEM;
    }
    return SQLITE_OK;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
    gathering_file& f = of(file);
    if (const int code = write_out(f); code != SQLITE_OK) return code;
    return f.below->pMethods->xTruncate(f.below, size);
}

int sync_file(sqlite3_file* file, int how) {
    gathering_file& f = of(file);
    if (const int code = write_out(f); code != SQLITE_OK) return code;
    return f.below->pMethods->xSync(f.below, how);
}

int size_of(sqlite3_file* file, sqlite3_int64* size) {
    gathering_file& f = of(file);
    const int code = f.below->pMethods->xFileSize(f.below, size);
    if (code == SQLITE_OK && !f.waiting->bytes.empty()) *size = std::max(*size, f.waiting->end());
    return code;
}

const sqlite3_io_methods methods = [] {
    sqlite3_io_methods m = methods_that_hand_on();
    m.xClose = close_file;
    m.xRead = read_file;
    m.xWrite = write_file;
    m.xTruncate = truncate_file;
    m.xSync = sync_file;
    m.xFileSize = size_of;
    return m;
}();

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    gathering_file& f = of(file);
    if (const int code = open_below(vfs, name, f, flags, out_flags); code != SQLITE_OK) return code;
    f.waiting = new (std::nothrow) gathered;
    if (f.waiting == nullptr) {
        f.below->pMethods->xClose(f.below);
        return SQLITE_NOMEM;
    }
    f.own.pMethods = &methods;
    return SQLITE_OK;
}

}  // namespace

std::string gathering_vfs(const std::string& base) {
    static std::mutex making;
    static std::map<std::string, std::unique_ptr<vfs_layer>> made;  // SQLite keeps pointers to them
    const std::lock_guard lock(making);
    sqlite3_vfs* const below = sqlite3_vfs_find(base.empty() ? nullptr : base.c_str());
    if (below == nullptr) return {};
    std::unique_ptr<vfs_layer>& known = made[below->zName];
    if (known) return known->name;
    auto fresh = std::make_unique<vfs_layer>();
    fresh->stand_on(below, std::string("decamp-gathering-") + below->zName, sizeof(gathering_file), open_file);
    if (sqlite3_vfs_register(&fresh->vfs, 0) != SQLITE_OK) return {};
    known = std::move(fresh);
    return known->name;
}

}  // namespace decamp::catalogue
