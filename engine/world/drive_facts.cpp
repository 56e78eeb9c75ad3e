#include "engine/world/drive_facts.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>

#include "engine/model/layout.hpp"
#include "engine/world/posix_file.hpp"
#include "engine/world/posix_path.hpp"

namespace decamp::world::posix {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t any_old = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t any_new = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t year_1901 = std::int64_t{std::numeric_limits<std::int32_t>::min()} * second_ns;
constexpr std::int64_t year_2038 = std::int64_t{std::numeric_limits<std::int32_t>::max()} * second_ns;
constexpr std::int64_t year_2106 = std::int64_t{std::numeric_limits<std::uint32_t>::max()} * second_ns;
// FAT and exFAT keep 1980 to 2107 in local time: a day less on both ends holds in every zone.
constexpr std::int64_t fat_oldest = std::int64_t{315'532'800 + 86'400} * second_ns;
constexpr std::int64_t fat_newest = (std::int64_t{4'354'819'199} - 86'400) * second_ns;

constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t fuse_magic = 0x65735546;

struct kind {
    std::uint64_t magic;
    std::string_view name;
    flush_rule flush;
    bool may_read_uncached;  // a kernel file system that honours O_DIRECT for every ordinary file
    std::uint64_t largest_file;
    std::int64_t oldest, newest;
};

constexpr auto group = flush_rule::one_syncfs;
constexpr auto each = flush_rule::each_file;

// linux/magic.h; numbers, since not every kernel's headers have all of them. btrfs reads inline and compressed extents
// through the cache whatever open() says, so it is never `medium`.
constexpr std::array kinds{
    kind{0xEF53, "ext4", group, true, no_limit, year_1901, any_new},
    kind{0x58465342, "xfs", group, true, no_limit, year_1901, any_new},
    kind{0x9123683E, "btrfs", group, false, no_limit, any_old, any_new},
    kind{0xF2F52010, "f2fs", each, true, no_limit, any_old, any_new},
    kind{0x01021994, "tmpfs", each, false, no_limit, any_old, any_new},
    kind{0x794C7630, "overlay", each, false, no_limit, year_1901, any_new},
    kind{0x4D44, "vfat", each, false, 0xFFFF'FFFF, fat_oldest, fat_newest},
    kind{0x2011BAB0, "exfat", each, false, no_limit, fat_oldest, fat_newest},
    kind{0x7366746E, "ntfs3", each, false, no_limit, any_old, any_new},
    kind{0x5346544E, "ntfs", each, false, no_limit, any_old, any_new},
    kind{0x6969, "nfs", each, false, no_limit, 0, year_2106},
    kind{0x01021997, "9p", each, false, no_limit, 0, year_2106},
    kind{0xFF534D42, "cifs", each, false, no_limit, any_old, any_new},
    kind{0xFE534D42, "smb2", each, false, no_limit, any_old, any_new},
    kind{0x2FC12FC1, "zfs", each, false, no_limit, 0, any_new},
    kind{0xCA451A4E, "bcachefs", each, false, no_limit, any_old, any_new},
};

std::string hex(std::uint64_t value) {
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
    return "0x" + std::string(digits.data(), end);
}

std::string_view next_field(std::string_view& line) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view field = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return field;
}

template <class T>
bool number(std::string_view text, T& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        if (text[i] == '\\' && i + 3 < text.size() &&
            std::from_chars(text.data() + i + 1, text.data() + i + 4, value, 8).ptr == text.data() + i + 4) {
            out.push_back(static_cast<char>(value));
            i += 3;
        } else {
            out.push_back(text[i]);
        }
    }
    return out;
}

std::optional<mount_entry> parse_mount(std::string_view line) {
    mount_entry entry;
    if (!number(next_field(line), entry.id)) return std::nullopt;
    next_field(line);  // parent
    const std::string_view device = next_field(line);
    const std::size_t colon = device.find(':');
    if (colon == device.npos || !number(device.substr(0, colon), entry.major) ||
        !number(device.substr(colon + 1), entry.minor))
        return std::nullopt;
    const std::size_t separator = line.find(" - ");  // after optional fields, whose number varies
    if (separator == line.npos) return std::nullopt;
    line.remove_prefix(separator + 3);
    entry.type = next_field(line);
    entry.source = unescape(next_field(line));
    entry.options = next_field(line);
    return entry;
}

// struct statx of the kernel's interface, as far as the direct I/O fields of Linux 6.1, which older headers lack.
struct statx_fields {
    std::uint32_t mask;
    std::uint32_t before_mode[6];
    std::uint16_t mode, spare;
    std::uint64_t before_device[13];
    std::uint32_t device_major, device_minor;
    std::uint64_t mount_id;
    std::uint32_t direct_memory_align, direct_offset_align;
    std::uint64_t rest[12];
};
static_assert(sizeof(statx_fields) == 256 && offsetof(statx_fields, mount_id) == 144 &&
              offsetof(statx_fields, mode) == 28 && offsetof(statx_fields, device_major) == 136);
constexpr unsigned ask_mount_id = 0x1000;
constexpr unsigned ask_direct_io = 0x2000;

std::optional<statx_fields> statx_of(int fd, unsigned ask) {
    statx_fields fields{};
    if (::syscall(SYS_statx, fd, "", AT_EMPTY_PATH, ask, &fields) != 0) return std::nullopt;
    return fields;
}

// Linux 6.1 brought STATX_DIOALIGN; from then on a file system that keeps silent has no direct I/O to promise.
bool kernel_tells_direct_io() {
    utsname name{};
    if (::uname(&name) != 0) return false;
    int major = 0, minor = 0;
    if (std::sscanf(name.release, "%d.%d", &major, &minor) != 2) return false;
    return major > 6 || (major == 6 && minor >= 1);
}

std::string read_small(const char* path, std::size_t limit) {
    const descriptor fd(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    std::string text;
    std::array<char, 16384> part{};
    while (fd && text.size() < limit) {
        const ssize_t got = ::read(fd.get(), part.data(), std::min(part.size(), limit - text.size()));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        text.append(part.data(), static_cast<std::size_t>(got));
    }
    return text;
}

bool on_block_device(int fd) {
    struct stat st {};
    if (::fstat(fd, &st) != 0) return false;
    if (major(st.st_dev) == 0 || major(st.st_dev) == 1) return false;  // none, or a RAM disk
    const std::string entry =
        "/sys/dev/block/" + std::to_string(major(st.st_dev)) + ":" + std::to_string(minor(st.st_dev));
    if (::access(entry.c_str(), F_OK) != 0) return false;
    std::array<char, 1024> target{};
    const ssize_t size = ::readlink(entry.c_str(), target.data(), target.size());
    return size > 0 &&
           std::string_view(target.data(), static_cast<std::size_t>(size)).find("/zram") == std::string_view::npos;
}

// Without STATX_DIOALIGN: a try. data=journal accepts O_DIRECT and reads through the cache all the same.
bool direct_read_works(int fd) {
    const std::string self = "/proc/self/fd/" + std::to_string(fd);
    const descriptor direct(::open(self.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC));
    if (!direct) return false;
    constexpr std::align_val_t alignment{4096};
    struct free_block {
        void operator()(void* p) const { ::operator delete(p, alignment); }
    };
    const std::unique_ptr<void, free_block> block(::operator new(4096, alignment));
    return ::pread(direct.get(), block.get(), 4096, 0) >= 0;
}

constexpr const char* scratch_names[] = {layout::probe_file, layout::probe_link};

bool holds_time(int fd, std::int64_t ns) {
    const modified_times times(ns, any_old, any_new);
    struct stat st {};
    if (::futimens(fd, times.values) != 0 || ::fstat(fd, &st) != 0) return false;
    const auto off = st.st_mtim.tv_sec - times.values[1].tv_sec;
    return off >= -2 && off <= 2;
}

}  // namespace

std::optional<mount_entry> find_mount(std::string_view mountinfo, std::uint64_t id, unsigned major, unsigned minor) {
    std::optional<mount_entry> by_device;
    while (!mountinfo.empty()) {
        const std::size_t end = std::min(mountinfo.find('\n'), mountinfo.size());
        auto entry = parse_mount(mountinfo.substr(0, end));
        mountinfo.remove_prefix(std::min(end + 1, mountinfo.size()));
        if (!entry) continue;
        if (id != 0 && entry->id == id) return entry;
        if (entry->major == major && entry->minor == minor) by_device = std::move(entry);
    }
    return by_device;
}

drive_facts facts_by_kind(std::uint64_t magic, std::string_view type) {
    drive_facts facts;
    facts.largest_file = no_limit;
    facts.oldest_time_ns = 0;
    facts.newest_time_ns = year_2038;
    facts.file_system = type.empty() ? hex(magic) : std::string(type);
    const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const kind& k) { return k.magic == magic; });
    if (found != kinds.end()) {
        if (type.empty()) facts.file_system = found->name;
        // ext2 and ext3 share ext4's magic, and their promises are not its own.
        const bool as_named = type.empty() || type == found->name;
        facts.flush = as_named ? found->flush : each;
        facts.uncached_reads = as_named && found->may_read_uncached;
        facts.largest_file = found->largest_file;
        facts.oldest_time_ns = found->oldest;
        facts.newest_time_ns = found->newest;
    } else if (magic == fuse_magic) {
        if (type.empty()) facts.file_system = "fuse";
        if (type.find("ntfs") != type.npos) {
            facts.oldest_time_ns = any_old;
            facts.newest_time_ns = any_new;
        } else if (type.starts_with("fuseblk") || type.find("fat") != type.npos) {
            facts.oldest_time_ns = fat_oldest;
            facts.newest_time_ns = fat_newest;
        } else {
            facts.newest_time_ns = year_2106;
        }
        if (type.find("vfat") != type.npos) facts.largest_file = 0xFFFF'FFFF;
    }
    return facts;
}

std::string_view kind_of_boot_sector(std::string_view sector) {
    if (sector.size() < 512) return {};
    if (sector.substr(3, 8) == "EXFAT   ") return "exfat";
    if (sector.substr(3, 8) == "NTFS    ") return "ntfs";
    if (sector.substr(82, 8) == "FAT32   " || sector.substr(54, 8) == "FAT16   ") return "vfat";
    return {};
}

result<drive_facts> facts_of(int root) {
    struct statfs fs {};
    if (::fstatfs(root, &fs) != 0) return failure_of(errno, "");
    struct stat st {};
    if (::fstat(root, &st) != 0) return failure_of(errno, "");
    const auto fields = statx_of(root, ask_mount_id);
    const std::uint64_t mount_id = fields && (fields->mask & ask_mount_id) != 0 ? fields->mount_id : 0;
    const std::string table = read_small("/proc/self/mountinfo", std::size_t{4} << 20);
    const auto mount = find_mount(table, mount_id, major(st.st_dev), minor(st.st_dev));

    const auto magic = static_cast<std::uint64_t>(fs.f_type) & 0xFFFF'FFFF;
    std::string type = mount ? mount->type : std::string();
    // A FUSE driver over a block device rarely says which file system it drives; the volume does, to whoever may read
    // it.
    if (magic == fuse_magic && type == "fuseblk") {
        const auto kind = kind_of_boot_sector(read_small(mount->source.c_str(), 512));
        if (!kind.empty()) type += "." + std::string(kind);
    }
    drive_facts facts = facts_by_kind(magic, type);
    if (mount && mount->options.find("data=journal") != std::string::npos) facts.uncached_reads = false;
    if (!on_block_device(root)) facts.uncached_reads = false;
    if (fs.f_bsize > 0) facts.cluster = static_cast<std::uint64_t>(fs.f_bsize);
    return facts;
}

bool reads_uncached(int file_descriptor) {
    const auto fields = statx_of(file_descriptor, ask_direct_io);
    if (fields && (fields->mask & ask_direct_io) != 0) {
        const auto memory = fields->direct_memory_align, offset = fields->direct_offset_align;
        return memory != 0 && offset != 0 && memory <= 4096 && offset <= 4096;
    }
    return !kernel_tells_direct_io() && direct_read_works(file_descriptor);
}

void try_out(int scratch, drive_facts& facts) {
    for (const char* name : scratch_names) ::unlinkat(scratch, name, 0);  // of a run that was killed here
    constexpr int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const descriptor file(::openat(scratch, scratch_names[0], flags, 0600));
    if (!file) {
        // A full drive cannot be asked: then by its kind.
        const bool full = errno == ENOSPC || errno == EDQUOT;
        facts.hard_links = full && (facts.flush == flush_rule::one_syncfs || facts.file_system == "tmpfs");
        if (!full) facts.uncached_reads = false;
        return;
    }
    facts.hard_links = ::linkat(scratch, scratch_names[0], scratch, scratch_names[1], 0) == 0;
    facts.uncached_reads = facts.uncached_reads && reads_uncached(file.get());
    // 128-byte inodes of ext4 and xfs without bigtime end in 2038.
    if (facts.newest_time_ns > year_2038 && !holds_time(file.get(), std::min(facts.newest_time_ns, year_2106)))
        facts.newest_time_ns = year_2038;
    for (const char* name : scratch_names) ::unlinkat(scratch, name, 0);
}

}  // namespace decamp::world::posix
