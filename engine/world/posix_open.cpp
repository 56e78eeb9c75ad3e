#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "engine/model/layout.hpp"
#include "engine/world/drive_facts.hpp"
#include "engine/world/posix_store.hpp"

namespace decamp::world {

namespace {

using posix::descriptor;
using posix::failure_of;

// The name of a folder that was made is durable once its parent is flushed.
void flush_parent(const std::string& path) {
    const std::size_t slash =
        path.find_last_not_of('/') == path.npos ? path.npos : path.rfind('/', path.find_last_not_of('/'));
    const std::string parent = slash == path.npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
    const descriptor folder(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder) (void)::fsync(folder.get());
}

result<void> make_with_parents(const std::string& path) {
    for (std::size_t at = 0; at < path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        const std::string so_far = path.substr(0, end);
        at = end + 1;
        if (so_far.empty()) continue;
        if (::mkdir(so_far.c_str(), 0755) == 0) {
            flush_parent(so_far);
            continue;
        }
        // EACCES, EROFS and the like count only if the folder is not there already.
        const int error = errno;
        struct stat st {};
        if (::stat(so_far.c_str(), &st) != 0) return failure_of(error, so_far);
        if (!S_ISDIR(st.st_mode)) return failure_of(ENOTDIR, so_far);
    }
    return {};
}

bool is_empty(int root) {
    const int again = ::openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* const folder = again < 0 ? nullptr : ::fdopendir(again);
    if (folder == nullptr) {
        if (again >= 0) ::close(again);
        return false;
    }
    bool empty = true;
    while (const dirent* entry = ::readdir(folder)) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") empty = false;
    }
    ::closedir(folder);
    return empty;
}

}  // namespace

result<std::unique_ptr<file_store>> open_posix_store(const std::string& destination, bool create) {
    if (destination.empty() || destination.find('\0') != destination.npos)
        return failure(file_errc::name_refused, "no folder is named");
    if (create) {
        if (auto made = make_with_parents(destination); !made) return made.error();
    }
    descriptor root(::open(destination.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root) return failure_of(errno, destination);
    char* const resolved = ::realpath(destination.c_str(), nullptr);
    if (resolved == nullptr) return failure_of(errno, destination);
    const std::string native(resolved);
    std::free(resolved);

    auto facts = posix::facts_of(root.get());
    if (!facts) return facts.error();
    const auto method = posix::best_beneath_method(root.get());
    const bool empty = is_empty(root.get());
    auto store = std::make_unique<posix::posix_store>(std::move(root), native, std::move(*facts), method);
    store->probe_by_reading();
    // A folder full of somebody else's things is not written to before the caller has looked at it.
    const auto own = store->info(layout::state_folder);
    const bool ours = empty || (own.has_value() && own->has_value() && (*own)->folder);
    if (create && ours) store->probe_by_writing();
    return std::unique_ptr<file_store>(std::move(store));
}

}  // namespace decamp::world
