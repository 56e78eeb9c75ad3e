#include "engine/world/user_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/world/posix_path.hpp"

namespace decamp::world {

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
