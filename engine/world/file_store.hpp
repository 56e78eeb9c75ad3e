#pragma once
// The destination's files. Every path is relative to the destination, '/'-separated UTF-8, and cannot leave it, not
// even through a symbolic link planted there. All calls block: they belong on world::workers, never on a network
// thread. Any thread may call any file_store function; one file is used by one thread at a time.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/error.hpp"

namespace decamp::world {

enum class file_errc {
    no_space = 1,  // ENOSPC, EDQUOT
    not_found,
    exists,
    not_a_folder,
    is_a_folder,
    read_only,     // EROFS, EACCES, EPERM
    device_gone,   // ENODEV, ENXIO, ESTALE, ENOTCONN of FUSE
    io,            // EIO and all else
    outside,       // the path would leave the destination
    too_large,     // beyond what the file system holds in one file
    name_refused,  // the file system refuses the name
    no_links,      // hard links are not to be had here
    in_use,        // locked by another process
    cached_only,   // open_mode::read_uncached of a file that only comes through the page cache: read it with `read`
                   // and call the proof `cache`
};

boost::system::error_code make_error_code(file_errc e);

struct file_info {
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;
    bool folder = false;
    bool symlink = false;
    std::uint64_t links = 1;
    std::uint64_t inode = 0;
    bool special = false;  // a device, a pipe, a socket
};

class file {
  public:
    virtual ~file() = default;  // closes without flushing
    virtual result<void> write_at(std::uint64_t offset, std::span<const std::byte> from) = 0;
    // Bytes read; fewer than asked only at the end of the file. Of an uncached file: offset, size and address aligned
    // to 4096, the size a multiple of it.
    virtual result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) = 0;
    virtual result<void> truncate(std::uint64_t size) = 0;
    virtual result<void> sync() = 0;  // data and what is needed to read it: fdatasync
    virtual result<file_info> info() = 0;
    result<std::uint64_t> size() {
        const auto there = info();
        if (!there) return there.error();
        return there.value().size;
    }
    virtual result<void> set_modified(std::int64_t unix_ns) = 0;
};

// read_uncached: past the page cache where facts().uncached_reads holds, else file_errc::cached_only; also for the
// single file that a file system keeps in its cache for reasons of its own (inline data, encryption).
enum class open_mode { read, read_uncached, read_write, create_new };

// How many flushes make a group durable; chosen by file system, never by hope.
enum class flush_rule {
    one_syncfs,  // ext4, xfs, btrfs: rename all, then one syncfs a group
    each_file,   // all else, FUSE always: fsync each file before its rename, then each folder
};

// What kind of drive this is. `hard_links` and `uncached_reads` take a file of ours to find out: known once
// lock_exclusively() has answered, and earlier where the destination was empty or an export already. Constant from then
// on.
struct drive_facts {
    std::string file_system;  // "ext4", "fuseblk", "tmpfs", "0x65735546" ...
    flush_rule flush = flush_rule::each_file;
    bool hard_links = false;          // tried, not assumed
    bool uncached_reads = false;      // reading back passes the page cache: kernel file system over a block device
    std::uint64_t largest_file = 0;   // bytes; UINT64_MAX where no limit is known
    std::int64_t oldest_time_ns = 0;  // what an mtime can hold
    std::int64_t newest_time_ns = 0;
    std::uint64_t cluster = 4096;  // bytes a small file takes at least
};

struct drive_space {
    std::uint64_t free_bytes = 0;  // for an ordinary user
    std::uint64_t total_bytes = 0;
    std::uint64_t free_files = 0;  // UINT64_MAX where the file system has no such limit
};

// What a short try on the drive came to. 0: not found out.
struct write_rates {
    std::uint64_t bytes_per_s = 0;  // of one large file, written and flushed
    std::int64_t file_ns = 0;       // for a small file: made, written, made durable by the drive's rule, under its name
};

// The entries of one folder, in the file system's own order. Used by one thread at a time.
class folder_reader {
  public:
    virtual ~folder_reader() = default;
    struct entry {
        std::string name;
        file_info info;
    };
    // None: that was the last. What goes away between its listing and the look at it is passed over.
    virtual result<std::optional<entry>> next() = 0;
};

class file_store {
  public:
    virtual ~file_store() = default;
    virtual const drive_facts& facts() const = 0;
    virtual result<std::unique_ptr<file>> open(std::string_view path, open_mode mode) = 0;
    // Never replaces: file_errc::exists when `to` is there.
    virtual result<void> rename(std::string_view from, std::string_view to) = 0;
    // Replaces `to` in one step; only for files that are ours alone (manifest, certificate).
    virtual result<void> replace(std::string_view from, std::string_view to) = 0;
    virtual result<void> link(std::string_view existing, std::string_view added) = 0;
    virtual result<void> remove(std::string_view path) = 0;         // a file; not_found is an error
    virtual result<void> remove_folder(std::string_view path) = 0;  // an empty folder
    // With all parents. The folders that were made are appended to `made`, outermost first.
    virtual result<void> make_folders(std::string_view path, std::vector<std::string>* made = nullptr) = 0;
    virtual result<std::optional<file_info>> info(std::string_view path) = 0;  // none: not there; links not followed
    virtual result<void> set_modified(std::string_view path, std::int64_t unix_ns) = 0;
    virtual result<void> sync_folder(std::string_view path) = 0;
    virtual result<void> sync_all() = 0;  // syncfs; durable only under flush_rule::one_syncfs
    virtual result<drive_space> space() = 0;
    // Writes up to 16 MiB and some small files in .decamp/, for a second or so, and removes them again. Not of every
    // store: file_errc::io where it is not to be had.
    virtual result<write_rates> measure_writes() {
        return failure(make_error_code(file_errc::io), "writing cannot be measured here");
    }
    // Every entry below `path`, folders before what is in them; symbolic links are reported, not followed. `visit`
    // returns false to stop. Memory: a name a depth, not the tree.
    virtual result<void> walk(std::string_view path,
                              const std::function<bool(std::string_view path, const file_info&)>& visit) = 0;
    // Entries of one folder alone, piece by piece. Not of every store: file_errc::io where it is not to be had.
    virtual result<std::unique_ptr<folder_reader>> read_folder(std::string_view path) {
        return failure(make_error_code(file_errc::io), std::string(path) + ": folders cannot be read here");
    }
    // Keeps every other process out of this destination until the store is destroyed: file_errc::in_use when one is in
    // already. Makes .decamp/ and its file `lock` where they are missing.
    virtual result<void> lock_exclusively() = 0;
    // Absolute path for programs that open files themselves (SQLite).
    virtual std::string native_path(std::string_view path) const = 0;
};

// Opens DEST; `create`: made with its parents if it is not there. DEST itself may be a symbolic link; nothing below it
// is followed. Files are created 0600 where they are to stay in .decamp/ and 0644 elsewhere, folders 0700 and 0755
// (less umask).
result<std::unique_ptr<file_store>> open_posix_store(const std::string& destination, bool create);

}  // namespace decamp::world

template <>
struct boost::system::is_error_code_enum<decamp::world::file_errc> : std::true_type {};
