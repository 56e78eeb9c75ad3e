#include "engine/catalogue/vfs_layer.hpp"

#include <utility>

namespace decamp::catalogue {

namespace {

constexpr std::size_t alignment = 16;

sqlite3_file* below(sqlite3_file* file) {
    return reinterpret_cast<layered_file*>(file)->below;
}
sqlite3_vfs* below(sqlite3_vfs* vfs) {
    return layer_of(vfs).below;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
    return below(file)->pMethods->xTruncate(below(file), size);
}
int flush(sqlite3_file* file, int how) {
    return below(file)->pMethods->xSync(below(file), how);
}
int size_of(sqlite3_file* file, sqlite3_int64* size) {
    return below(file)->pMethods->xFileSize(below(file), size);
}
int lock(sqlite3_file* file, int how) {
    return below(file)->pMethods->xLock(below(file), how);
}
int unlock(sqlite3_file* file, int how) {
    return below(file)->pMethods->xUnlock(below(file), how);
}
int check_lock(sqlite3_file* file, int* held) {
    return below(file)->pMethods->xCheckReservedLock(below(file), held);
}
int control(sqlite3_file* file, int what, void* with) {
    return below(file)->pMethods->xFileControl(below(file), what, with);
}
int sector_size(sqlite3_file* file) {
    return below(file)->pMethods->xSectorSize(below(file));
}
int characteristics(sqlite3_file* file) {
    return below(file)->pMethods->xDeviceCharacteristics(below(file));
}

int remove_path(sqlite3_vfs* vfs, const char* name, int and_flush) {
    return below(vfs)->xDelete(below(vfs), name, and_flush);
}
int access_path(sqlite3_vfs* vfs, const char* name, int flags, int* out) {
    return below(vfs)->xAccess(below(vfs), name, flags, out);
}
int full_path(sqlite3_vfs* vfs, const char* name, int size, char* out) {
    return below(vfs)->xFullPathname(below(vfs), name, size, out);
}
int randomness(sqlite3_vfs* vfs, int size, char* out) {
    return below(vfs)->xRandomness(below(vfs), size, out);
}
int pass_time(sqlite3_vfs* vfs, int microseconds) {
    return below(vfs)->xSleep(below(vfs), microseconds);
}
int julian_day(sqlite3_vfs* vfs, double* now) {
    return below(vfs)->xCurrentTime(below(vfs), now);
}
int last_error(sqlite3_vfs* vfs, int size, char* out) {
    return below(vfs)->xGetLastError(below(vfs), size, out);
}

}  // namespace

vfs_layer& layer_of(sqlite3_vfs* vfs) {
    return *static_cast<vfs_layer*>(vfs->pAppData);
}

void vfs_layer::stand_on(sqlite3_vfs* other, std::string as, std::size_t file_bytes, opener open) {
    name = std::move(as);
    below = other;
    vfs.iVersion = 1;
    vfs.szOsFile = static_cast<int>((file_bytes + alignment - 1) / alignment * alignment) + other->szOsFile;
    vfs.mxPathname = other->mxPathname;
    vfs.zName = name.c_str();
    vfs.pAppData = this;
    vfs.xOpen = open;
    vfs.xDelete = remove_path;
    vfs.xAccess = access_path;
    vfs.xFullPathname = full_path;
    vfs.xRandomness = randomness;
    vfs.xSleep = pass_time;
    vfs.xCurrentTime = julian_day;
    vfs.xGetLastError = last_error;
}

int open_below(sqlite3_vfs* vfs, const char* name, layered_file& file, int flags, int* out_flags) {
    const vfs_layer& layer = layer_of(vfs);
    file.own.pMethods = nullptr;
    file.below =
        reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(&file) + (vfs->szOsFile - layer.below->szOsFile));
    file.below->pMethods = nullptr;
    const int code = layer.below->xOpen(layer.below, name, file.below, flags, out_flags);
    if (code != SQLITE_OK && file.below->pMethods != nullptr) file.below->pMethods->xClose(file.below);
    return code;
}

sqlite3_io_methods methods_that_hand_on() {
    sqlite3_io_methods m{};
    m.iVersion = 1;
    m.xTruncate = truncate;
    m.xSync = flush;
    m.xFileSize = size_of;
    m.xLock = lock;
    m.xUnlock = unlock;
    m.xCheckReservedLock = check_lock;
    m.xFileControl = control;
    m.xSectorSize = sector_size;
    m.xDeviceCharacteristics = characteristics;
    return m;
}

}  // namespace decamp::catalogue
