#include "engine/world/posix_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <limits>

namespace decamp::world::posix {

namespace {

constexpr std::size_t direct_alignment = 4096;
constexpr std::uint64_t largest_offset = std::numeric_limits<off_t>::max();

bool fits(std::uint64_t offset, std::size_t size) {
    return offset <= largest_offset && size <= largest_offset - offset;
}

}  // namespace

file_info info_of(const struct stat& st) {
    file_info info;
    info.size = st.st_size > 0 ? static_cast<std::uint64_t>(st.st_size) : 0;
    // Times beyond what 64 bits of nanoseconds hold (1677 to 2262) are cut.
    constexpr std::int64_t most = 9'223'372'035;
    const std::int64_t seconds = std::max<std::int64_t>(-most, std::min<std::int64_t>(st.st_mtim.tv_sec, most));
    info.modified_ns = seconds * 1'000'000'000 + st.st_mtim.tv_nsec;
    info.folder = S_ISDIR(st.st_mode);
    info.symlink = S_ISLNK(st.st_mode);
    info.special = !S_ISDIR(st.st_mode) && !S_ISLNK(st.st_mode) && !S_ISREG(st.st_mode);
    info.links = static_cast<std::uint64_t>(st.st_nlink);
    info.inode = static_cast<std::uint64_t>(st.st_ino);
    return info;
}

modified_times::modified_times(std::int64_t unix_ns, std::int64_t oldest_ns, std::int64_t newest_ns) : values{} {
    constexpr std::int64_t second = 1'000'000'000;
    const std::int64_t when = std::clamp(unix_ns, oldest_ns, std::max(oldest_ns, newest_ns));
    // Not UTIME_OMIT: libfuse 2 (exfat-fuse, ntfs-3g) answers 0 and sets nothing unless both times are given.
    ::clock_gettime(CLOCK_REALTIME, &values[0]);
    values[1].tv_sec = when / second - (when % second < 0 ? 1 : 0);
    values[1].tv_nsec = when % second + (when % second < 0 ? second : 0);
}

result<void> posix_file::write_at(std::uint64_t offset, std::span<const std::byte> from) {
    if (!fits(offset, from.size())) return failed(EFBIG);
    while (!from.empty()) {
        const ssize_t put = ::pwrite(fd_.get(), from.data(), from.size(), static_cast<off_t>(offset));
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return failed(errno);
        if (put == 0) return failed(EIO);
        from = from.subspan(static_cast<std::size_t>(put));
        offset += static_cast<std::uint64_t>(put);
    }
    return {};
}

result<std::size_t> posix_file::read_at(std::uint64_t offset, std::span<std::byte> into) {
    if (!fits(offset, into.size())) return std::size_t{0};
    if (uncached_) {
        const auto address = reinterpret_cast<std::uintptr_t>(into.data());
        if (((offset | into.size() | address) % direct_alignment) != 0) return failed(EINVAL);
    }
    std::size_t done = 0;
    while (done < into.size()) {
        const ssize_t got =
            ::pread(fd_.get(), into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed(errno);
        done += static_cast<std::size_t>(got);
        if (got == 0) break;
        // The unaligned tail is the end of the file; to ask on from there would be refused.
        if (uncached_ && done % direct_alignment != 0) break;
    }
    return done;
}

result<void> posix_file::truncate(std::uint64_t size) {
    if (size > largest_offset) return failed(EFBIG);
    while (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0)
        if (errno != EINTR) return failed(errno);
    return {};
}

result<void> posix_file::sync() {
    // Never again after an error: the kernel may have dropped the pages, and a second call would answer 0.
    while (::fdatasync(fd_.get()) != 0)
        if (errno != EINTR) return failed(errno);
    return {};
}

result<file_info> posix_file::info() {
    struct stat st {};
    if (::fstat(fd_.get(), &st) != 0) return failed(errno);
    return info_of(st);
}

result<void> posix_file::set_modified(std::int64_t unix_ns) {
    const modified_times times(unix_ns, oldest_ns_, newest_ns_);
    if (::futimens(fd_.get(), times.values) != 0) return failed(errno);
    return {};
}

}  // namespace decamp::world::posix
