#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "engine/world/posix_file.hpp"
#include "engine/world/posix_store.hpp"

namespace decamp::world::posix {

namespace {

constexpr std::size_t deepest = 128;  // open folders at once; our own trees stay below half of it

struct close_folder {
    void operator()(DIR* folder) const { ::closedir(folder); }
};

struct level {
    std::unique_ptr<DIR, close_folder> folder;
    std::size_t path_size;  // of the path so far that belongs to this folder
};

// Takes over the descriptor.
result<std::unique_ptr<DIR, close_folder>> list(descriptor fd, std::string_view path) {
    if (!fd) return failure_of(errno, path);
    std::unique_ptr<DIR, close_folder> folder(::fdopendir(fd.get()));
    if (!folder) return failure_of(errno, path);
    (void)fd.release();
    return folder;
}

class posix_folder_reader final : public folder_reader {
  public:
    posix_folder_reader(std::unique_ptr<DIR, close_folder> folder, std::string path)
        : folder_(std::move(folder)), path_(std::move(path)) {}

    result<std::optional<entry>> next() override {
        for (;;) {
            errno = 0;
            const dirent* found = ::readdir(folder_.get());
            if (found == nullptr && errno != 0) return failure_of(errno, path_);
            if (found == nullptr) return std::optional<entry>();
            const std::string_view name = found->d_name;
            if (name == "." || name == "..") continue;
            struct stat st {};
            if (::fstatat(::dirfd(folder_.get()), found->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
                if (errno == ENOENT) continue;
                return failure_of(errno, path_);
            }
            return std::optional<entry>(entry{std::string(name), info_of(st)});
        }
    }

  private:
    std::unique_ptr<DIR, close_folder> folder_;
    std::string path_;
};

}  // namespace

result<std::optional<file_info>> posix_store::info(std::string_view path) {
    if (auto checked = check_path(path); !checked) return checked.error();
    const auto [folder_path, name] = split_path(path);
    const descriptor folder = beneath(folder_path, O_PATH | O_DIRECTORY);
    struct stat st {};
    if (!folder || ::fstatat(folder.get(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) != 0) {
        // A file where a folder is expected, or a name that cannot be: nothing is there either.
        if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG) return std::optional<file_info>();
        return failure_of(errno, path);
    }
    return std::optional<file_info>(info_of(st));
}

result<std::unique_ptr<folder_reader>> posix_store::read_folder(std::string_view path) {
    if (auto checked = check_path(path); !checked) return checked.error();
    auto folder = list(beneath(path, O_RDONLY | O_DIRECTORY), path);
    if (!folder) return folder.error();
    return std::unique_ptr<folder_reader>(std::make_unique<posix_folder_reader>(std::move(*folder), std::string(path)));
}

result<void> posix_store::walk(std::string_view path,
                               const std::function<bool(std::string_view path, const file_info&)>& visit) {
    if (auto checked = check_path(path); !checked) return checked.error();
    auto top = list(beneath(path, O_RDONLY | O_DIRECTORY), path);
    if (!top) return top.error();
    std::string current(path);
    std::vector<level> levels;
    levels.push_back({std::move(*top), current.size()});
    while (!levels.empty()) {
        DIR* const folder = levels.back().folder.get();
        current.resize(levels.back().path_size);
        errno = 0;
        const dirent* entry = ::readdir(folder);
        if (entry == nullptr && errno != 0) return failure_of(errno, current);
        if (entry == nullptr) {
            levels.pop_back();
            continue;
        }
        const std::string_view name = entry->d_name;
        if (name == "." || name == "..") continue;
        struct stat st {};
        if (!current.empty()) current += '/';
        current += name;
        if (::fstatat(::dirfd(folder), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno == ENOENT) continue;  // went away meanwhile
            return failure_of(errno, current);
        }
        if (!visit(current, info_of(st))) return {};
        if (!S_ISDIR(st.st_mode)) continue;
        if (levels.size() == deepest)
            return failure(file_errc::name_refused, "folders nested deeper than " + std::to_string(deepest));
        descriptor below(::openat(::dirfd(folder), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!below && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) continue;  // changed meanwhile
        auto next = list(std::move(below), current);
        if (!next) return next.error();
        levels.push_back({std::move(*next), current.size()});
    }
    return {};
}

}  // namespace decamp::world::posix
