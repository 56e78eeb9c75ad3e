#include "engine/world/posix_store.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "engine/model/layout.hpp"
#include "engine/world/drive_facts.hpp"
#include "engine/world/posix_file.hpp"
#include "engine/world/write_probe.hpp"

namespace decamp::world::posix {

namespace {

bool there(int folder, const std::string& name) {
    struct stat st {};
    return ::fstatat(folder, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0;
}

// What cannot be opened as a file of ours without harm: a pipe would wait for ever, a device is another world.
result<void> expect_regular(int fd, std::string_view path) {
    struct stat st {};
    if (::fstat(fd, &st) != 0) return failure_of(errno, path);
    if (S_ISDIR(st.st_mode)) return failure_of(EISDIR, path);
    if (!S_ISREG(st.st_mode)) return failure(file_errc::outside, std::string(path) + ": not a regular file");
    return {};
}

}  // namespace

struct posix_store::place {
    descriptor folder;
    std::string name;
};

posix_store::posix_store(descriptor root, std::string native, drive_facts facts, beneath_method method)
    : root_(std::move(root)),
      native_(std::move(native)),
      facts_(std::move(facts)),
      method_(method),
      may_read_uncached_(facts_.uncached_reads) {
    facts_.uncached_reads = false;  // until tried
}

result<posix_store::place> posix_store::place_of(std::string_view path) const {
    if (auto checked = check_path(path); !checked) return checked.error();
    if (path.empty()) return failure(file_errc::is_a_folder, "the destination itself");
    auto [folder, name] = split_path(path);
    place where{beneath(folder, O_PATH | O_DIRECTORY), std::move(name)};
    if (!where.folder) return failure_of(errno, path);
    return where;
}

result<descriptor> posix_store::open_new(std::string_view path) const {
    auto where = place_of(path);
    if (!where) return where.error();
    const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC;
    descriptor fd(::openat(where->folder.get(), where->name.c_str(), flags, file_mode(path)));
    if (fd) return fd;
    // The folder is there, so a name "not found" is one that cannot be (a colon on exFAT).
    if (errno == ENOENT || errno == EINVAL) return failure(file_errc::name_refused, std::string(path));
    return failure_of(errno, path);
}

result<std::unique_ptr<file>> posix_store::open(std::string_view path, open_mode mode) {
    const auto wrap = [&](descriptor fd, bool uncached) -> std::unique_ptr<file> {
        return std::make_unique<posix_file>(std::move(fd), std::string(path), uncached, facts_);
    };
    if (mode == open_mode::create_new) {
        auto fd = open_new(path);
        if (!fd) return fd.error();
        return wrap(std::move(*fd), false);
    }
    if (auto checked = check_path(path); !checked) return checked.error();
    const int flags = O_NONBLOCK | O_NOCTTY | (mode == open_mode::read_write ? O_RDWR : O_RDONLY);
    descriptor fd = beneath(path, flags);
    if (!fd) return failure_of(errno, path);
    if (auto regular = expect_regular(fd.get(), path); !regular) return regular.error();
    if (mode != open_mode::read_uncached) return wrap(std::move(fd), false);

    if (!may_read_uncached_ || !reads_uncached(fd.get())) return failure(file_errc::cached_only, std::string(path));
    descriptor direct = beneath(path, O_RDONLY | O_DIRECT | O_NONBLOCK | O_NOCTTY);
    if (!direct && errno == EINVAL) return failure(file_errc::cached_only, std::string(path));
    if (!direct) return failure_of(errno, path);
    if (auto regular = expect_regular(direct.get(), path); !regular) return regular.error();
    return wrap(std::move(direct), true);
}

result<void> posix_store::rename(std::string_view from, std::string_view to) {
    auto source = place_of(from);
    if (!source) return source.error();
    auto target = place_of(to);
    if (!target) return target.error();
    const int folder = source->folder.get(), into = target->folder.get();
    if (::renameat2(folder, source->name.c_str(), into, target->name.c_str(), RENAME_NOREPLACE) == 0) return {};
    int error = errno;
    if (error == EINVAL || error == ENOSYS || error == EOPNOTSUPP) {
        // The file system does not know the flag. Nobody else writes here while we hold the lock, so looking first will
        // do.
        if (there(into, target->name)) return failure_of(EEXIST, to);
        if (::renameat(folder, source->name.c_str(), into, target->name.c_str()) == 0) return {};
        error = errno;
    }
    if (error == ENOENT && there(folder, source->name)) return failure(file_errc::name_refused, std::string(to));
    return failure_of(error, error == EEXIST ? to : from);
}

result<void> posix_store::replace(std::string_view from, std::string_view to) {
    auto source = place_of(from);
    if (!source) return source.error();
    auto target = place_of(to);
    if (!target) return target.error();
    if (::renameat(source->folder.get(), source->name.c_str(), target->folder.get(), target->name.c_str()) == 0)
        return {};
    if (errno == ENOENT && there(source->folder.get(), source->name))
        return failure(file_errc::name_refused, std::string(to));
    return failure_of(errno, from);
}

result<void> posix_store::link(std::string_view existing, std::string_view added) {
    auto source = place_of(existing);
    if (!source) return source.error();
    auto target = place_of(added);
    if (!target) return target.error();
    // Flags 0: a symbolic link is linked itself, not what it points to.
    if (::linkat(source->folder.get(), source->name.c_str(), target->folder.get(), target->name.c_str(), 0) == 0)
        return {};
    switch (errno) {
        case EPERM:
        case ENOSYS:
        case EOPNOTSUPP:
        case EMLINK:
        case EXDEV:
            return failure(file_errc::no_links, std::string(added));
        case ENOENT:
            if (there(source->folder.get(), source->name)) return failure(file_errc::name_refused, std::string(added));
            return failure_of(ENOENT, existing);
        default:
            return failure_of(errno, added);
    }
}

result<void> posix_store::remove(std::string_view path) {
    auto where = place_of(path);
    if (!where) return where.error();
    if (::unlinkat(where->folder.get(), where->name.c_str(), 0) != 0) return failure_of(errno, path);
    return {};
}

result<void> posix_store::remove_folder(std::string_view path) {
    auto where = place_of(path);
    if (!where) return where.error();
    if (::unlinkat(where->folder.get(), where->name.c_str(), AT_REMOVEDIR) != 0) return failure_of(errno, path);
    return {};
}

result<void> posix_store::make_folders(std::string_view path, std::vector<std::string>* made) {
    if (auto checked = check_path(path); !checked) return checked.error();
    if (beneath(path, O_PATH | O_DIRECTORY)) return {};
    if (errno != ENOENT) return failure_of(errno, path);
    descriptor folder = beneath("", O_PATH | O_DIRECTORY);
    if (!folder) return failure_of(errno, path);
    for (std::size_t at = 0; at < path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        const std::string name(path.substr(at, end - at));
        const std::string_view so_far = path.substr(0, end);
        if (::mkdirat(folder.get(), name.c_str(), folder_mode(so_far)) == 0) {
            if (made) made->emplace_back(so_far);
        } else if (errno == ENOENT || errno == EINVAL) {
            return failure(file_errc::name_refused, std::string(so_far));
        } else if (errno != EEXIST) {
            return failure_of(errno, so_far);
        }
        descriptor next = open_beneath(method_, folder.get(), name, O_PATH | O_DIRECTORY, 0);
        if (!next) return failure_of(errno, so_far);
        folder = std::move(next);
        at = end + 1;
    }
    return {};
}

result<void> posix_store::set_modified(std::string_view path, std::int64_t unix_ns) {
    auto where = place_of(path);
    if (!where) return where.error();
    const modified_times times(unix_ns, facts_.oldest_time_ns, facts_.newest_time_ns);
    if (::utimensat(where->folder.get(), where->name.c_str(), times.values, AT_SYMLINK_NOFOLLOW) != 0)
        return failure_of(errno, path);
    return {};
}

result<void> posix_store::sync_folder(std::string_view path) {
    if (auto checked = check_path(path); !checked) return checked.error();
    const descriptor folder = beneath(path, O_RDONLY | O_DIRECTORY);
    if (!folder) return failure_of(errno, path);
    while (::fsync(folder.get()) != 0) {
        if (errno == EINTR) continue;
        // Some network file systems have no flush of folders to offer; there is nothing more to ask for.
        if (errno == EINVAL || errno == EOPNOTSUPP) return {};
        return failure_of(errno, path);
    }
    return {};
}

result<void> posix_store::sync_all() {
    while (::syncfs(root_.get()) != 0)
        if (errno != EINTR) return failure_of(errno, "");
    return {};
}

result<drive_space> posix_store::space() {
    struct statvfs fs {};
    while (::fstatvfs(root_.get(), &fs) != 0)
        if (errno != EINTR) return failure_of(errno, "");
    const auto bytes = [&](fsblkcnt_t blocks) {
        const std::uint64_t unit = fs.f_frsize != 0 ? fs.f_frsize : fs.f_bsize;
        std::uint64_t product = 0;
        return __builtin_mul_overflow(std::uint64_t{blocks}, unit, &product) ? std::numeric_limits<std::uint64_t>::max()
                                                                             : product;
    };
    drive_space space;
    space.free_bytes = bytes(fs.f_bavail);
    space.total_bytes = bytes(fs.f_blocks);
    space.free_files = fs.f_files == 0 ? std::numeric_limits<std::uint64_t>::max() : fs.f_favail;
    return space;
}

result<write_rates> posix_store::measure_writes() {
    if (auto made = make_folders(layout::probe_folder, nullptr); !made) return made.error();
    const descriptor own = beneath(layout::probe_folder, O_RDONLY | O_DIRECTORY);
    if (!own) return failure_of(errno, layout::probe_folder);
    const write_rates rates = try_writing(own.get(), facts_.flush);
    (void)remove_folder(layout::probe_folder);
    return rates;
}

result<void> posix_store::lock_exclusively() {
    if (lock_) return {};
    if (auto made = make_folders(layout::state_folder, nullptr); !made) return made.error();
    descriptor fd = beneath(layout::lock_file, O_RDWR | O_NONBLOCK | O_NOCTTY);
    if (!fd && errno == ENOENT) {
        auto created = open_new(layout::lock_file);
        if (created) {
            fd = std::move(*created);
        } else if (created.error().code == make_error_code(file_errc::exists)) {
            fd = beneath(layout::lock_file, O_RDWR | O_NONBLOCK | O_NOCTTY);  // another process was faster
        } else {
            return created.error();
        }
    }
    if (!fd) return failure_of(errno, layout::lock_file);
    if (auto regular = expect_regular(fd.get(), layout::lock_file); !regular) return regular.error();
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    while (::fcntl(fd.get(), F_OFD_SETLK, &whole) != 0) {
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EACCES) return failure(file_errc::in_use, native_);
        return failure_of(errno, layout::lock_file);
    }
    lock_ = std::move(fd);
    if (!probed_) probe_by_writing();
    return {};
}

std::string posix_store::native_path(std::string_view path) const {
    if (path.empty()) return native_;
    return native_ == "/" ? native_ + std::string(path) : native_ + "/" + std::string(path);
}

void posix_store::probe_by_reading() {
    if (!may_read_uncached_) return;
    for (const std::string_view path :
         {layout::lock_file, layout::catalogue, layout::bag_declaration, layout::manifest}) {
        const descriptor fd = beneath(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
        if (!fd || !expect_regular(fd.get(), path)) continue;
        facts_.uncached_reads = reads_uncached(fd.get());
        if (facts_.uncached_reads) return;
    }
}

void posix_store::probe_by_writing() {
    std::vector<std::string> made;
    if (!make_folders(layout::state_folder, &made)) return;
    if (const descriptor own = beneath(layout::state_folder, O_RDONLY | O_DIRECTORY); own) {
        facts_.uncached_reads = may_read_uncached_;
        try_out(own.get(), facts_);
        probed_ = true;
    }
    if (!made.empty()) (void)remove_folder(layout::state_folder);
}

}  // namespace decamp::world::posix
