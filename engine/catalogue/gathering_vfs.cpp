#include "engine/catalogue/gathering_vfs.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

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

struct layered_file {
    sqlite3_file own;  // what SQLite sees: first
    gathered* waiting;
    sqlite3_file* below;  // in the memory behind this struct
};

layered_file& of(sqlite3_file* file) { return *reinterpret_cast<layered_file*>(file); }

// What cannot be written stays, so that it can be read, and is tried again.
int write_out(layered_file& f) {
    gathered& w = *f.waiting;
    if (w.bytes.empty()) return SQLITE_OK;
    const int code = f.below->pMethods->xWrite(f.below, w.bytes.data(), static_cast<int>(w.bytes.size()), w.at);
    if (code == SQLITE_OK) w.bytes.clear();
    return code;
}

int close_file(sqlite3_file* file) {
    layered_file& f = of(file);
    const int written = write_out(f);
    const int closed = f.below->pMethods->xClose(f.below);
    delete f.waiting;
    return written != SQLITE_OK ? written : closed;
}

int read_file(sqlite3_file* file, void* into, int size, sqlite3_int64 offset) {
    layered_file& f = of(file);
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
    layered_file& f = of(file);
    const auto count = static_cast<std::size_t>(size);
    if (!f.waiting->takes(offset, count)) {
        if (const int code = write_out(f); code != SQLITE_OK) return code;
    }
    if (f.waiting->bytes.empty()) {
        sqlite3_int64 there = 0;
        if (const int code = f.below->pMethods->xFileSize(f.below, &there); code != SQLITE_OK) return code;
        // What leaves a hole is not kept: reading in the hole would meet the end of the file.
        if (offset > there || !f.waiting->takes(offset, count)) return f.below->pMethods->xWrite(f.below, from, size, offset);
    }
    try {
        f.waiting->put(from, count, offset);
    } catch (const std::bad_alloc&) {
        return SQLITE_IOERR_NOMEM;
    }
    return SQLITE_OK;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
    layered_file& f = of(file);
    if (const int code = write_out(f); code != SQLITE_OK) return code;
    return f.below->pMethods->xTruncate(f.below, size);
}

int sync_file(sqlite3_file* file, int how) {
    layered_file& f = of(file);
    if (const int code = write_out(f); code != SQLITE_OK) return code;
    return f.below->pMethods->xSync(f.below, how);
}

int size_of(sqlite3_file* file, sqlite3_int64* size) {
    layered_file& f = of(file);
    const int code = f.below->pMethods->xFileSize(f.below, size);
    if (code == SQLITE_OK && !f.waiting->bytes.empty()) *size = std::max(*size, f.waiting->end());
    return code;
}

int lock_file(sqlite3_file* file, int how) { return of(file).below->pMethods->xLock(of(file).below, how); }
int unlock_file(sqlite3_file* file, int how) { return of(file).below->pMethods->xUnlock(of(file).below, how); }
int check_lock(sqlite3_file* file, int* held) { return of(file).below->pMethods->xCheckReservedLock(of(file).below, held); }
int control_file(sqlite3_file* file, int what, void* with) {
    return of(file).below->pMethods->xFileControl(of(file).below, what, with);
}
int sector_size(sqlite3_file* file) { return of(file).below->pMethods->xSectorSize(of(file).below); }
int characteristics(sqlite3_file* file) { return of(file).below->pMethods->xDeviceCharacteristics(of(file).below); }

const sqlite3_io_methods methods = {
    1,           close_file,   read_file,  write_file,   truncate_file,   sync_file, size_of, lock_file,
    unlock_file, check_lock,   control_file, sector_size, characteristics, nullptr,   nullptr, nullptr,
    nullptr,     nullptr,      nullptr};

sqlite3_vfs* below_of(sqlite3_vfs* layer) { return static_cast<sqlite3_vfs*>(layer->pAppData); }

int open_file(sqlite3_vfs* layer, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    layered_file& f = of(file);
    f.own.pMethods = nullptr;
    f.below = reinterpret_cast<sqlite3_file*>(&f + 1);
    const int code = below_of(layer)->xOpen(below_of(layer), name, f.below, flags, out_flags);
    if (code != SQLITE_OK) {
        if (f.below->pMethods != nullptr) f.below->pMethods->xClose(f.below);
        return code;
    }
    f.waiting = new (std::nothrow) gathered;
    if (f.waiting == nullptr) {
        f.below->pMethods->xClose(f.below);
        return SQLITE_NOMEM;
    }
    f.own.pMethods = &methods;
    return SQLITE_OK;
}

int remove_path(sqlite3_vfs* layer, const char* name, int and_flush) {
    return below_of(layer)->xDelete(below_of(layer), name, and_flush);
}
int access_path(sqlite3_vfs* layer, const char* name, int flags, int* out) {
    return below_of(layer)->xAccess(below_of(layer), name, flags, out);
}
int full_path(sqlite3_vfs* layer, const char* name, int size, char* out) {
    return below_of(layer)->xFullPathname(below_of(layer), name, size, out);
}
int randomness(sqlite3_vfs* layer, int size, char* out) { return below_of(layer)->xRandomness(below_of(layer), size, out); }
int pass_time(sqlite3_vfs* layer, int microseconds) { return below_of(layer)->xSleep(below_of(layer), microseconds); }
int julian_day(sqlite3_vfs* layer, double* now) { return below_of(layer)->xCurrentTime(below_of(layer), now); }
int last_error(sqlite3_vfs* layer, int size, char* out) { return below_of(layer)->xGetLastError(below_of(layer), size, out); }

struct layer {
    std::string name;
    sqlite3_vfs vfs{};
};

}  // namespace

std::string gathering_vfs(const std::string& base) {
    static std::mutex making;
    static std::map<std::string, std::unique_ptr<layer>> made;  // SQLite keeps pointers to them
    const std::lock_guard lock(making);
    sqlite3_vfs* const below = sqlite3_vfs_find(base.empty() ? nullptr : base.c_str());
    if (below == nullptr) return {};
    std::unique_ptr<layer>& known = made[below->zName];
    if (known) return known->name;
    auto fresh = std::make_unique<layer>();
    fresh->name = std::string("decamp-gathering-") + below->zName;
    fresh->vfs = {1, static_cast<int>(sizeof(layered_file)) + below->szOsFile, below->mxPathname, nullptr, fresh->name.c_str(),
                  below, open_file, remove_path, access_path, full_path, nullptr, nullptr, nullptr, nullptr, randomness,
                  pass_time, julian_day, last_error, nullptr, nullptr, nullptr, nullptr};
    if (sqlite3_vfs_register(&fresh->vfs, 0) != SQLITE_OK) return {};
    known = std::move(fresh);
    return known->name;
}

}  // namespace decamp::catalogue
