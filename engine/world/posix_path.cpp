#include "engine/world/posix_path.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "engine/model/layout.hpp"

namespace decamp::world::posix {

void descriptor::reset() noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

file_errc errc_of(int error) noexcept {
    switch (error) {
        case ENOSPC:
        case EDQUOT:
            return file_errc::no_space;
        case ENOENT:
            return file_errc::not_found;
        case EEXIST:
        case ENOTEMPTY:
            return file_errc::exists;
        case ENOTDIR:
            return file_errc::not_a_folder;
        case EISDIR:
            return file_errc::is_a_folder;
        case EROFS:
        case EACCES:
        case EPERM:
            return file_errc::read_only;
        case ENODEV:
        case ENXIO:
        case ESTALE:
        case ESHUTDOWN:
        case ENOTCONN:
            return file_errc::device_gone;
        case ELOOP:
        case EXDEV:
            return file_errc::outside;
        case EFBIG:
        case EOVERFLOW:
            return file_errc::too_large;
        case ENAMETOOLONG:
        case EILSEQ:
            return file_errc::name_refused;
        default:
            return file_errc::io;
    }
}

failure failure_of(int error, std::string_view subject) {
    return {errc_of(error),
            std::string(subject.empty() ? "." : subject) + ": " + std::generic_category().message(error)};
}

result<void> check_path(std::string_view path) {
    if (path.empty()) return {};
    if (path.size() > 4095)
        return failure(file_errc::name_refused, "a path of " + std::to_string(path.size()) + " bytes");
    if (path.find('\0') != path.npos) return failure(file_errc::name_refused, "NUL in a path");
    if (path.front() == '/') return failure(file_errc::outside, std::string(path));
    for (std::size_t at = 0; at <= path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        const std::string_view part = path.substr(at, end - at);
        if (part == "..") return failure(file_errc::outside, std::string(path));
        if (part.empty() || part == ".") return failure(file_errc::name_refused, std::string(path));
        at = end + 1;
    }
    return {};
}

std::pair<std::string, std::string> split_path(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    if (slash == path.npos) return {std::string(), std::string(path)};
    return {std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

// What is made in .decamp/ to be renamed out of it has the mode it is to have there; the folder keeps others out so
// long.
mode_t file_mode(std::string_view path) {
    const auto parent = layout::parent_of(path);
    const bool leaves = parent == layout::staging_folder || parent == layout::draft_folder ||
                        parent == layout::open_volumes_folder || parent == layout::mended_folder;
    return layout::is_state(path) && !leaves ? 0600 : 0644;
}
mode_t folder_mode(std::string_view path) {
    return layout::is_state(path) ? 0700 : 0755;
}

namespace {

int call_openat2(int root, const char* path, int flags, mode_t mode) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(static_cast<unsigned>(flags | O_CLOEXEC));
    how.mode = (flags & O_CREAT) != 0 ? mode : 0;  // openat2 refuses a mode that is not used
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    for (int tries = 0;; ++tries) {
        const long fd = ::syscall(SYS_openat2, root, path, &how, sizeof how);
        // EAGAIN: a rename elsewhere disturbed the check of "beneath".
        if (fd < 0 && (errno == EINTR || errno == EAGAIN) && tries < 100) continue;
        return static_cast<int>(fd);
    }
}

descriptor open_by_components(int root, std::string_view path, int flags, mode_t mode) {
    descriptor folder;
    int at = root;
    for (;;) {
        const std::size_t slash = path.find('/');
        const std::string part(path.substr(0, slash));
        if (slash == path.npos) return descriptor(::openat(at, part.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode));
        descriptor next(::openat(at, part.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!next) {
            struct stat st {};
            // O_DIRECTORY says ENOTDIR of a link; the caller wants to know that it was one.
            const int error = errno;
            const bool link =
                error == ENOTDIR && ::fstatat(at, part.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
            errno = link ? ELOOP : error;
            return descriptor();
        }
        folder = std::move(next);
        at = folder.get();
        path.remove_prefix(slash + 1);
    }
}

}  // namespace

beneath_method best_beneath_method(int root) {
    const descriptor tried(call_openat2(root, ".", O_PATH | O_DIRECTORY, 0));
    return tried ? beneath_method::openat2 : beneath_method::components;
}

descriptor open_beneath(beneath_method method, int root, std::string_view path, int flags, mode_t mode) {
    if (path.empty()) path = ".";
    if (method == beneath_method::components) {
        descriptor got = open_by_components(root, path, flags, mode);
        // openat(O_DIRECTORY | O_NOFOLLOW) of a link at the end: the same story.
        if (!got && errno == ENOTDIR && (flags & O_DIRECTORY) != 0) {
            const descriptor link = open_by_components(root, path, O_PATH, 0);
            struct stat st {};
            const bool is_link = link && ::fstat(link.get(), &st) == 0 && S_ISLNK(st.st_mode);
            errno = is_link ? ELOOP : ENOTDIR;
        }
        return got;
    }
    const std::string terminated(path);
    return descriptor(call_openat2(root, terminated.c_str(), flags, mode));
}

}  // namespace decamp::world::posix
