#include "engine/world/user_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "engine/world/posix_path.hpp"
#include "engine/world/posix_write.hpp"

namespace decamp::world {

namespace {

class open_file final : public user_file {
  public:
    open_file(posix::descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

    result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
        constexpr auto last = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
        if (offset > last || into.size() > last - offset) return std::size_t{0};
        std::size_t done = 0;
        while (done < into.size()) {
            const ssize_t got =
                ::pread(fd_.get(), into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return posix::failure_of(errno, path_);
            if (got == 0) break;
            done += static_cast<std::size_t>(got);
        }
        return done;
    }

  private:
    posix::descriptor fd_;
    std::string path_;
};

}  // namespace

result<std::unique_ptr<user_file>> open_user_file(const std::string& path) {
    if (path.empty() || path.find('\0') != path.npos) return failure(file_errc::not_found, "no file is named");
    // Without O_NONBLOCK a pipe would be waited for until somebody writes.
    posix::descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!fd) return posix::failure_of(errno, path);
    struct stat what {};
    if (::fstat(fd.get(), &what) != 0) return posix::failure_of(errno, path);
    if (S_ISDIR(what.st_mode)) return posix::failure_of(EISDIR, path);
    if (!S_ISREG(what.st_mode)) return failure(file_errc::io, path + ": can be read only once");
    return std::unique_ptr<user_file>(std::make_unique<open_file>(std::move(fd), path));
}

result<std::string> read_user_file(const std::string& path, std::size_t limit) {
    if (path.empty() || path.find('\0') != path.npos) return failure(file_errc::not_found, "no file is named");
    const posix::descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!fd) return posix::failure_of(errno, path);
    std::string text;
    char part[4096];
    for (;;) {
        const ssize_t got = ::read(fd.get(), part, std::min(sizeof part, limit - text.size() + 1));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return posix::failure_of(errno, path);
        if (got == 0) break;
        text.append(part, static_cast<std::size_t>(got));
        if (text.size() > limit)
            return failure(file_errc::too_large, path + ": more than " + std::to_string(limit) + " bytes");
    }
    return text;
}

namespace {

result<void> make_private_folders(const std::string& folder) {
    for (std::size_t end = folder.find('/', 1);; end = folder.find('/', end + 1)) {
        const std::string part = folder.substr(0, end);
        if (::mkdir(part.c_str(), S_IRWXU) != 0 && errno != EEXIST) return posix::failure_of(errno, part);
        if (end == folder.npos) return {};
    }
}

result<void> flush_folder(const std::string& folder) {
    const posix::descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return posix::failure_of(errno, folder);
    if (::fsync(fd.get()) != 0 && errno != EINVAL) return posix::failure_of(errno, folder);
    return {};
}

}  // namespace

result<void> write_private_file(const std::string& path, std::string_view text) {
    const auto slash = path.rfind('/');
    if (slash == path.npos || slash == 0 || path.find('\0') != path.npos) return failure(file_errc::not_found, path);
    const std::string folder = path.substr(0, slash), beside = path + ".new";
    if (auto r = make_private_folders(folder); !r) return r;
    if (::unlink(beside.c_str()) != 0 && errno != ENOENT) return posix::failure_of(errno, beside);
    {
        const posix::descriptor fd(
            ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
        if (!fd) return posix::failure_of(errno, beside);
        if (!posix::write_whole(fd.get(), text) || ::fsync(fd.get()) != 0) return posix::failure_of(errno, beside);
    }
    if (::rename(beside.c_str(), path.c_str()) != 0) return posix::failure_of(errno, path);
    return flush_folder(folder);
}

}  // namespace decamp::world
