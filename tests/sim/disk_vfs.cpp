// https://www.sqlite.org/vfs.html. No locks (one process), no shared memory (the catalogue locks exclusively), no mmap.

#include "tests/sim/disk_vfs.hpp"

#include <sqlite3.h>

#include <cstring>
#include <map>
#include <new>

namespace decamp::sim {

namespace {

std::map<std::string, std::weak_ptr<disk>>& drives() {
    static std::map<std::string, std::weak_ptr<disk>> all;
    return all;
}

struct place {
    std::shared_ptr<disk> drive;
    std::string path;
};

place place_of(const char* native) {
    const std::string text(native);
    const auto slash = text.find('/', 1);
    if (text.empty() || text[0] != '/' || slash == std::string::npos) return {};
    const auto found = drives().find(text.substr(0, slash + 1));
    if (found == drives().end()) return {};
    return {found->second.lock(), text.substr(slash + 1)};
}

int code_of(const failure& why, int otherwise) {
    if (why.code == world::file_errc::no_space) return SQLITE_FULL;
    return otherwise;
}

struct open_file {
    sqlite3_file base;
    std::shared_ptr<disk>* drive;
    std::shared_ptr<inode>* what;
    std::string* path;
    bool name_not_flushed;
};

open_file& of(sqlite3_file* file) {
    return *reinterpret_cast<open_file*>(file);
}

int close_file(sqlite3_file* file) {
    delete of(file).drive;
    delete of(file).what;
    delete of(file).path;
    return SQLITE_OK;
}

int read_file(sqlite3_file* file, void* into, int size, sqlite3_int64 offset) {
    open_file& f = of(file);
    if (!(*f.drive)->may(drive_op::read)) return SQLITE_IOERR_READ;
    const auto wanted = static_cast<std::size_t>(size);
    const std::size_t got =
        (*f.drive)->read(**f.what, static_cast<std::uint64_t>(offset), static_cast<char*>(into), wanted, false);
    if (got == wanted) return SQLITE_OK;
    std::memset(static_cast<char*>(into) + got, 0, wanted - got);
    return SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
    open_file& f = of(file);
    if (auto r = (*f.drive)->may(drive_op::write); !r) return code_of(r.error(), SQLITE_IOERR_WRITE);
    const auto r = (*f.drive)->write(**f.what, static_cast<std::uint64_t>(offset),
                                     {static_cast<const char*>(from), static_cast<std::size_t>(size)});
    return r ? SQLITE_OK : code_of(r.error(), SQLITE_IOERR_WRITE);
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
    open_file& f = of(file);
    if (!(*f.drive)->may(drive_op::truncate)) return SQLITE_IOERR_TRUNCATE;
    const auto r = (*f.drive)->resize(**f.what, static_cast<std::uint64_t>(size));
    return r ? SQLITE_OK : code_of(r.error(), SQLITE_IOERR_TRUNCATE);
}

int sync_file(sqlite3_file* file, int) {
    open_file& f = of(file);
    if (!(*f.drive)->may(drive_op::sync)) return SQLITE_IOERR_FSYNC;
    (*f.drive)->sync(**f.what);
    if (f.name_not_flushed) {  // as SQLite's own VFS for Unix does it
        f.name_not_flushed = false;
        if (!(*f.drive)->may(drive_op::sync_folder)) return SQLITE_IOERR_DIR_FSYNC;
        const auto folder = (*f.drive)->find(f.path->substr(0, f.path->rfind('/')));
        if (folder) (*f.drive)->sync_folder(*folder);
    }
    return SQLITE_OK;
}

int size_of(sqlite3_file* file, sqlite3_int64* size) {
    *size = static_cast<sqlite3_int64>((*of(file).what)->bytes.size());
    return SQLITE_OK;
}

int lock(sqlite3_file*, int) {
    return SQLITE_OK;
}
int check_lock(sqlite3_file*, int* held) {
    *held = 0;
    return SQLITE_OK;
}
int control(sqlite3_file*, int what, void* with) {
    if (what != SQLITE_FCNTL_MMAP_SIZE) return SQLITE_NOTFOUND;
    *static_cast<sqlite3_int64*>(with) = 0;  // there is none
    return SQLITE_OK;
}
int sector_size(sqlite3_file*) {
    return static_cast<int>(disk::block);
}
int characteristics(sqlite3_file*) {
    return 0;
}

const sqlite3_io_methods methods = {
    1,       close_file,  read_file,       write_file, truncate_file, sync_file, size_of, lock,    lock,   check_lock,
    control, sector_size, characteristics, nullptr,    nullptr,       nullptr,   nullptr, nullptr, nullptr};

int open_path(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    file->pMethods = nullptr;
    if (name == nullptr) return SQLITE_CANTOPEN;  // temporary files stay in memory
    place where = place_of(name);
    if (!where.drive) return SQLITE_CANTOPEN;
    if (!where.drive->may(drive_op::open)) return SQLITE_CANTOPEN;
    auto there = where.drive->find(where.path);
    bool made = false;
    if (!there) {
        if ((flags & SQLITE_OPEN_CREATE) == 0 || !where.drive->may(drive_op::write)) return SQLITE_CANTOPEN;
        there = where.drive->make(where.path, false);
        made = true;
    }
    if (!there || (*there)->folder) return SQLITE_CANTOPEN;
    open_file& f = of(file);
    f.drive = new std::shared_ptr<disk>(where.drive);
    f.what = new std::shared_ptr<inode>(*there);
    f.path = new std::string(where.path);
    f.name_not_flushed = made;
    f.base.pMethods = &methods;
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
}

int remove_path(sqlite3_vfs*, const char* name, int and_flush) {
    const place where = place_of(name);
    if (!where.drive || !where.drive->may(drive_op::remove)) return SQLITE_IOERR_DELETE;
    const auto removed = where.drive->remove(where.path, false);
    if (!removed)
        return removed.error().code == world::file_errc::not_found ? SQLITE_IOERR_DELETE_NOENT : SQLITE_IOERR_DELETE;
    if (and_flush != 0) {
        if (!where.drive->may(drive_op::sync_folder)) return SQLITE_IOERR_DIR_FSYNC;
        const auto folder = where.drive->find(where.path.substr(0, where.path.rfind('/')));
        if (folder) where.drive->sync_folder(*folder);
    }
    return SQLITE_OK;
}

int access_path(sqlite3_vfs*, const char* name, int flags, int* out) {
    const place where = place_of(name);
    if (!where.drive || where.drive->dead()) return SQLITE_IOERR_ACCESS;
    const auto there = where.drive->find(where.path);
    *out = there && (flags != SQLITE_ACCESS_EXISTS || !(*there)->bytes.empty()) ? 1 : 0;
    return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
    const std::size_t length = std::strlen(name);
    if (length + 1 > static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
    std::memcpy(out, name, length + 1);
    return SQLITE_OK;
}

// The WAL's salt: any will do, as long as it is another one each time.
int randomness(sqlite3_vfs*, int size, char* out) {
    static dice with(42);
    for (int i = 0; i < size; ++i) out[i] = static_cast<char>(with.next());
    return size;
}

int pass_time(sqlite3_vfs*, int microseconds) {
    return microseconds;
}
int julian_day(sqlite3_vfs*, double* now) {
    *now = 2461000.5;
    return SQLITE_OK;
}
int last_error(sqlite3_vfs*, int, char*) {
    return 0;
}

sqlite3_vfs vfs = {1,
                   static_cast<int>(sizeof(open_file)),
                   512,
                   nullptr,
                   "decamp-sim",
                   nullptr,
                   open_path,
                   remove_path,
                   access_path,
                   full_path,
                   nullptr,
                   nullptr,
                   nullptr,
                   nullptr,
                   randomness,
                   pass_time,
                   julian_day,
                   last_error,
                   nullptr,
                   nullptr,
                   nullptr,
                   nullptr};

}  // namespace

std::string disk_vfs() {
    static const int registered = sqlite3_vfs_register(&vfs, 0);
    if (registered != SQLITE_OK) throw std::bad_alloc();
    return vfs.zName;
}

std::string vfs_name_of(const std::shared_ptr<disk>& of) {
    static std::uint64_t last = 0;
    const std::string name = "/" + std::to_string(++last) + "/";
    drives()[name] = of;
    return name;
}

void forget_vfs_name(const std::string& name) {
    drives().erase(name);
}

}  // namespace decamp::sim
