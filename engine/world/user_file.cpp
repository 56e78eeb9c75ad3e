#include "engine/world/user_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "engine/world/posix_path.hpp"

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

}  // namespace decamp::world
