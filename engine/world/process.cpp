#include "engine/world/process.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "engine/world/posix_path.hpp"

namespace decamp::world {

namespace {

// A line such as "VmHWM:     12345 kB" of /proc/self/status. See proc_pid_status(5).
std::uint64_t status_bytes(std::string_view field) {
    const posix::descriptor fd(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
    if (!fd) return 0;
    char buffer[8192];
    const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
    if (got <= 0) return 0;
    std::string_view text(buffer, static_cast<std::size_t>(got));
    const std::size_t at = text.find(field);
    if (at == text.npos) return 0;
    text.remove_prefix(at + field.size());
    text.remove_prefix(std::min(text.find_first_of("0123456789"), text.size()));
    std::uint64_t kibibytes = 0;
    std::from_chars(text.data(), text.data() + text.size(), kibibytes);
    return kibibytes * 1024;
}

}  // namespace

std::uint64_t resident_bytes() {
    return status_bytes("\nVmRSS:");
}
std::uint64_t peak_resident_bytes() {
    return status_bytes("\nVmHWM:");
}

}  // namespace decamp::world
