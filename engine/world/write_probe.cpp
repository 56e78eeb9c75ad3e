#include "engine/world/write_probe.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "engine/world/posix_path.hpp"

namespace decamp::world::posix {

namespace {

using ticks = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr nanoseconds time_for_each = std::chrono::milliseconds(400);
constexpr std::size_t piece = std::size_t{256} << 10;
constexpr std::array<std::size_t, 5> steps{2, 4, 8, 16, 32};  // pieces between two flushes: 15.5 MiB in all
constexpr int most_small_files = 24;
constexpr std::size_t small_file = 4096;
constexpr std::uint64_t room_needed = std::uint64_t{64} << 20;
constexpr const char* large_name = "large.tmp";
constexpr const char* new_name = "new.tmp";

std::string name_of_small(int number) {
    return "small-" + std::to_string(number) + ".tmp";
}

void sweep(int folder) {
    ::unlinkat(folder, large_name, 0);
    ::unlinkat(folder, new_name, 0);
    for (int i = 0; i < most_small_files; ++i) ::unlinkat(folder, name_of_small(i).c_str(), 0);
}

// Not zeros: some drives and file systems write none.
std::vector<std::byte> noise() {
    std::vector<std::byte> bytes(piece);
    std::uint64_t state = 0x9E37'79B9'7F4A'7C15 ^ static_cast<std::uint64_t>(ticks::now().time_since_epoch().count());
    for (std::byte& b : bytes) {
        state = state * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
        b = static_cast<std::byte>(state >> 56);
    }
    return bytes;
}

descriptor make(int folder, const char* name) {
    return descriptor(::openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
}

bool write_whole(int fd, std::span<const std::byte> bytes) {
    return ::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
}

// The best of several steps: the first ones wait for what the drive was about, and hardly write.
std::uint64_t rate_of_large(int folder, std::span<const std::byte> bytes) {
    const descriptor file = make(folder, large_name);
    if (!file) return 0;
    std::uint64_t best = 0;
    const auto begun = ticks::now();
    for (const std::size_t pieces : steps) {
        const auto from = ticks::now();
        for (std::size_t i = 0; i < pieces; ++i) {
            if (!write_whole(file.get(), bytes)) return best;
        }
        if (::fdatasync(file.get()) != 0) return best;
        const auto took = std::max<std::int64_t>(1, nanoseconds(ticks::now() - from).count());
        const double per_second = static_cast<double>(pieces * piece) * 1e9 / static_cast<double>(took);
        best = std::max(best, static_cast<std::uint64_t>(per_second));
        // The next step is twice this one.
        if (nanoseconds(ticks::now() - begun) + 2 * nanoseconds(took) > time_for_each) break;
    }
    return best;
}

bool write_small(int folder, int number, std::span<const std::byte> bytes, flush_rule rule) {
    const descriptor file = make(folder, new_name);
    if (!file || !write_whole(file.get(), bytes)) return false;
    if (rule == flush_rule::each_file && ::fsync(file.get()) != 0) return false;
    return ::renameat(folder, new_name, folder, name_of_small(number).c_str()) == 0;
}

std::int64_t time_of_small(int folder, std::span<const std::byte> bytes, flush_rule rule) {
    const auto begun = ticks::now();
    int written = 0;
    do {  // one at least: whoever waits for the processor has no time left for any
        if (!write_small(folder, written, bytes.first(small_file), rule)) return 0;
        ++written;
    } while (written < most_small_files && ticks::now() - begun < time_for_each);
    const bool flushed = rule == flush_rule::each_file ? ::fsync(folder) == 0 : ::syncfs(folder) == 0;
    return flushed ? std::max<std::int64_t>(1, nanoseconds(ticks::now() - begun).count() / written) : 0;
}

}  // namespace

write_rates try_writing(int folder, flush_rule rule) {
    write_rates rates;
    sweep(folder);
    struct statvfs fs {};
    if (::fstatvfs(folder, &fs) != 0 || std::uint64_t{fs.f_bavail} * fs.f_frsize < room_needed) return rates;
    const std::vector<std::byte> bytes = noise();
    rates.bytes_per_s = rate_of_large(folder, bytes);
    rates.file_ns = time_of_small(folder, bytes, rule);
    sweep(folder);
    return rates;
}

}  // namespace decamp::world::posix
