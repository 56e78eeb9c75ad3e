#pragma once
// A drive: what programs see of it, what of that would survive a power cut, and what its cells really hold. Bytes and
// names become durable only when they are flushed; what was not may survive in part.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/world/file_store.hpp"
#include "tests/sim/dice.hpp"

namespace decamp::sim {

struct drive_kind {
    bool journaled = true;  // ext4, xfs, btrfs: names survive in the order they were given; else each folder for itself
    bool links = true;      // hard links
    bool uncached_reads = true;  // what is read back comes from the cells
    std::uint64_t capacity = std::uint64_t{1} << 40;
    std::uint64_t true_capacity = 0;  // a fake stick wraps around here; 0: it holds what it says
};

enum class drive_op {
    write,
    truncate,
    sync,
    rename,
    link,
    remove,
    make_folder,
    set_time,
    sync_folder,
    sync_all,
    read,
    open
};

// The `first`th operation of that kind, counted from 1, and `times` - 1 after it, fail.
struct drive_fault {
    drive_op on = drive_op::write;
    std::uint64_t first = 1;
    std::uint64_t times = 1;
    world::file_errc with = world::file_errc::io;
    int phase = -1;  // counted within this one alone; -1: from the start
};

struct inode : std::enable_shared_from_this<inode> {
    bool folder = false;
    std::string bytes;        // as programs see it
    std::string durable;      // as the drive has been told
    std::vector<bool> dirty;  // by block: bytes and durable differ
    std::map<std::string, std::shared_ptr<inode>> entries, durable_entries;
    std::map<std::uint64_t, std::string> worn;  // blocks whose cells hold something else
    std::vector<std::uint64_t> cells;           // by block: where it lies, from 1; 0: nowhere yet
    std::int64_t modified_ns = 0, durable_modified_ns = 0;
    std::uint64_t number = 0;
    std::uint64_t links = 0;
};

class disk {
  public:
    disk(drive_kind kind, std::uint64_t seed);

    const drive_kind& kind() const { return kind_; }

    // --- what happens to it
    std::vector<drive_fault> faults;
    std::optional<std::uint64_t> dies_at;  // the change, counted from 1, before which everything stops
    std::optional<std::uint64_t> room;     // bytes this life may still take, however large the drive is
    std::function<int()> phase = [] { return 0; };
    bool flushes_lie = false;  // says it has flushed, and has not
    std::uint64_t changes() const { return changes_; }
    bool dead() const { return dead_; }
    void die() {
        dead_ = true;
        on_death();
    }
    // After the program is gone: the next one finds what the page cache holds, or, after a power cut, what survives.
    void restart(bool power_cut);
    bool spoil(const std::string& path);  // another program wrote over a file's begin, as everyone now reads it
    bool flip(const std::string& path, std::uint64_t offset);  // one bit in the cells, the cache still holds it right
    std::uint64_t faults_shown() const { return faults_shown_; }
    // Operations since the restart, by kind and phase; phase -1: all of them.
    const std::map<std::pair<drive_op, int>, std::uint64_t>& counts() const { return counts_; }
    std::function<void()> on_death = [] {};
    std::function<void(const drive_fault&)> on_fault = [](const drive_fault&) {};

    // --- what programs do with it
    result<void> may(drive_op what);  // counts it; an error when it fails
    result<std::shared_ptr<inode>> find(std::string_view path) const;
    result<std::shared_ptr<inode>> make(std::string_view path, bool folder);
    result<void> write(inode& to, std::uint64_t offset, std::string_view bytes);
    result<void> resize(inode& what, std::uint64_t size);
    void sync(inode& what);
    result<void> rename(std::string_view from, std::string_view to, bool replace);
    result<void> link(std::string_view existing, std::string_view added);
    result<void> remove(std::string_view path, bool folder);
    void sync_folder(const std::shared_ptr<inode>& folder);
    void sync_all();
    std::size_t read(const inode& from, std::uint64_t offset, char* into, std::size_t size, bool from_cells) const;
    std::uint64_t used() const { return used_; }
    std::uint64_t free() const;
    std::shared_ptr<inode> root() const { return root_; }
    // What the cells hold of a file, as after unplugging.
    std::string on_medium(const inode& of) const;
    // What of a file is sure to survive a power cut; none: its name is not.
    std::optional<std::string> durable_bytes(std::string_view path) const;

    static constexpr std::uint64_t block = 4096, sector = 512;

  private:
    struct name_change {
        std::shared_ptr<inode> folder;
        std::string name;
        std::shared_ptr<inode> now;  // none: removed
        std::uint64_t step;          // equal for the two sides of one rename
    };

    std::pair<std::string_view, std::string_view> split(std::string_view path) const;
    void set_entry(const std::shared_ptr<inode>& folder, const std::string& name, std::shared_ptr<inode> now,
                   std::uint64_t step);
    void put_in_cells(inode& what, std::uint64_t number);
    void survive(inode& what, dice& with);
    void settle(const std::shared_ptr<inode>& folder, dice& with, std::map<const inode*, bool>& seen);
    static std::uint64_t room_of(std::uint64_t size) { return (size + block - 1) / block * block; }
    failure no_space(drive_op at);
    void count_links(const std::shared_ptr<inode>& folder);

    drive_kind kind_;
    dice dice_;
    std::shared_ptr<inode> root_;
    std::vector<name_change> pending_;
    std::vector<std::pair<std::weak_ptr<inode>, std::uint64_t>> cells_;  // who lies where
    std::uint64_t next_cell_ = 0, next_number_ = 1, next_step_ = 1;
    std::uint64_t used_ = 0, changes_ = 0, faults_shown_ = 0;
    std::map<std::pair<drive_op, int>, std::uint64_t> counts_;
    std::uint64_t used_at_start_ = 0;
    bool dead_ = false;
};

// The drive as the engine sees it.
std::unique_ptr<world::file_store> make_disk_store(std::shared_ptr<disk> on);

// The SQLite VFS over simulated drives, by name; registered on first use.
std::string disk_vfs();

}  // namespace decamp::sim
