// The drive behind the engine's own interface.

#include <limits>
#include <set>

#include "tests/sim/disk.hpp"
#include "tests/sim/disk_vfs.hpp"

namespace decamp::sim {

namespace {

using world::file_errc;

world::file_info info_of(const inode& of) {
    return {of.bytes.size(), of.modified_ns, of.folder, false, of.links, of.number};
}

class disk_file final : public world::file {
  public:
    disk_file(std::shared_ptr<disk> on, std::shared_ptr<inode> of, bool uncached)
        : disk_(std::move(on)), inode_(std::move(of)), uncached_(uncached) {}

    result<void> write_at(std::uint64_t offset, std::span<const std::byte> from) override {
        if (auto r = disk_->may(drive_op::write); !r) return r;
        return disk_->write(*inode_, offset, {reinterpret_cast<const char*>(from.data()), from.size()});
    }
    result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
        if (auto r = disk_->may(drive_op::read); !r) return r.error();
        return disk_->read(*inode_, offset, reinterpret_cast<char*>(into.data()), into.size(), uncached_);
    }
    result<void> truncate(std::uint64_t size) override {
        if (auto r = disk_->may(drive_op::truncate); !r) return r;
        return disk_->resize(*inode_, size);
    }
    result<void> sync() override {
        if (auto r = disk_->may(drive_op::sync); !r) return r;
        disk_->sync(*inode_);
        return {};
    }
    result<world::file_info> info() override {
        if (auto r = disk_->may(drive_op::read); !r) return r.error();
        return info_of(*inode_);
    }
    result<void> set_modified(std::int64_t unix_ns) override {
        if (auto r = disk_->may(drive_op::set_time); !r) return r;
        inode_->modified_ns = unix_ns;
        return {};
    }

  private:
    std::shared_ptr<disk> disk_;
    std::shared_ptr<inode> inode_;
    bool uncached_;
};

bool climbs(std::string_view path) {
    if (path.starts_with('/') || path.find('\0') != path.npos) return true;
    while (!path.empty()) {
        const auto slash = std::min(path.find('/'), path.size());
        const auto part = path.substr(0, slash);
        if (part.empty() || part == "." || part == "..") return true;
        path.remove_prefix(std::min(slash + 1, path.size()));
    }
    return false;
}

class disk_store final : public world::file_store {
  public:
    explicit disk_store(std::shared_ptr<disk> on) : disk_(std::move(on)), name_(vfs_name_of(disk_)) {
        facts_.file_system = disk_->kind().journaled ? "simulated, journaled" : "simulated";
        facts_.flush = disk_->kind().journaled ? world::flush_rule::one_syncfs : world::flush_rule::each_file;
        facts_.hard_links = disk_->kind().links;
        facts_.uncached_reads = disk_->kind().uncached_reads;
        facts_.largest_file = std::numeric_limits<std::uint64_t>::max();
        facts_.oldest_time_ns = std::numeric_limits<std::int64_t>::min();
        facts_.newest_time_ns = std::numeric_limits<std::int64_t>::max();
    }
    ~disk_store() override { forget_vfs_name(name_); }

    const world::drive_facts& facts() const override { return facts_; }

    result<std::unique_ptr<world::file>> open(std::string_view path, world::open_mode mode) override {
        if (climbs(path)) return failure(file_errc::outside, std::string(path));
        if (mode == world::open_mode::create_new) {
            if (auto r = disk_->may(drive_op::write); !r) return r.error();
            auto made = disk_->make(path, false);
            if (!made) return made.error();
            return std::unique_ptr<world::file>(std::make_unique<disk_file>(disk_, *made, false));
        }
        if (auto r = disk_->may(drive_op::open); !r) return r.error();
        auto there = disk_->find(path);
        if (!there) return there.error();
        if ((*there)->folder) return failure(file_errc::is_a_folder, std::string(path));
        const bool uncached = mode == world::open_mode::read_uncached;
        if (uncached && !facts_.uncached_reads) return failure(file_errc::cached_only);
        return std::unique_ptr<world::file>(std::make_unique<disk_file>(disk_, *there, uncached));
    }
    result<void> rename(std::string_view from, std::string_view to) override { return moved(from, to, false); }
    result<void> replace(std::string_view from, std::string_view to) override { return moved(from, to, true); }
    result<void> link(std::string_view existing, std::string_view added) override {
        if (climbs(existing) || climbs(added)) return failure(file_errc::outside);
        if (auto r = disk_->may(drive_op::link); !r) return r;
        return disk_->link(existing, added);
    }
    result<void> remove(std::string_view path) override {
        if (climbs(path)) return failure(file_errc::outside);
        if (auto r = disk_->may(drive_op::remove); !r) return r;
        return disk_->remove(path, false);
    }
    result<void> remove_folder(std::string_view path) override {
        if (climbs(path)) return failure(file_errc::outside);
        if (auto r = disk_->may(drive_op::remove); !r) return r;
        return disk_->remove(path, true);
    }
    result<void> make_folders(std::string_view path, std::vector<std::string>* made) override {
        if (climbs(path)) return failure(file_errc::outside);
        for (std::size_t at = 0; at < path.size();) {
            const std::size_t end = std::min(path.find('/', at), path.size());
            const std::string so_far(path.substr(0, end));
            at = end + 1;
            const auto there = disk_->find(so_far);
            if (there && (*there)->folder) continue;
            if (there) return failure(file_errc::not_a_folder, so_far);
            if (auto r = disk_->may(drive_op::make_folder); !r) return r;
            if (auto r = disk_->make(so_far, true); !r) return r.error();
            if (made != nullptr) made->push_back(so_far);
        }
        return {};
    }
    result<std::optional<world::file_info>> info(std::string_view path) override {
        if (climbs(path)) return failure(file_errc::outside);
        if (auto r = disk_->may(drive_op::open); !r) return r.error();
        const auto there = disk_->find(path);
        if (!there && there.error().code == file_errc::not_found) return std::optional<world::file_info>();
        if (!there) return there.error();
        return std::optional(info_of(**there));
    }
    result<void> set_modified(std::string_view path, std::int64_t unix_ns) override {
        if (auto r = disk_->may(drive_op::set_time); !r) return r;
        const auto there = disk_->find(path);
        if (!there) return there.error();
        (*there)->modified_ns = unix_ns;
        return {};
    }
    result<void> sync_folder(std::string_view path) override {
        if (auto r = disk_->may(drive_op::sync_folder); !r) return r;
        const auto there = disk_->find(path);
        if (!there) return there.error();
        disk_->sync_folder(*there);
        return {};
    }
    // Without a journal it answers 0 and does nothing, as has been seen on a FUSE exFAT.
    result<void> sync_all() override {
        if (auto r = disk_->may(drive_op::sync_all); !r) return r;
        if (disk_->kind().journaled) disk_->sync_all();
        return {};
    }
    result<world::drive_space> space() override {
        if (auto r = disk_->may(drive_op::open); !r) return r.error();
        return world::drive_space{disk_->free(), disk_->kind().capacity, std::numeric_limits<std::uint64_t>::max()};
    }
    // As a disk of a computer and a stick are.
    result<world::write_rates> measure_writes() override {
        if (disk_->kind().journaled) return world::write_rates{200'000'000, 50'000};
        return world::write_rates{10'000'000, 15'000'000};
    }
    result<void> walk(std::string_view path,
                      const std::function<bool(std::string_view, const world::file_info&)>& visit) override {
        if (auto r = disk_->may(drive_op::open); !r) return r;
        const auto there = disk_->find(path);
        if (!there) return there.error();
        (void)walk_below(**there, std::string(path), visit);
        return {};
    }
    result<void> lock_exclusively() override {
        std::vector<std::string> made;
        if (auto r = make_folders(".decamp", &made); !r) return r;
        if (disk_->find(".decamp/lock")) return {};
        if (auto r = disk_->may(drive_op::write); !r) return r;
        auto lock = disk_->make(".decamp/lock", false);
        if (!lock) return lock.error();
        return {};
    }
    std::string native_path(std::string_view path) const override { return name_ + std::string(path); }

  private:
    result<void> moved(std::string_view from, std::string_view to, bool replace) {
        if (climbs(from) || climbs(to)) return failure(file_errc::outside);
        if (auto r = disk_->may(drive_op::rename); !r) return r;
        return disk_->rename(from, to, replace);
    }
    static bool walk_below(const inode& folder, const std::string& path,
                           const std::function<bool(std::string_view, const world::file_info&)>& visit) {
        const auto entries = folder.entries;  // visitors may change it
        for (const auto& [name, entry] : entries) {
            const std::string below = path.empty() ? name : path + "/" + name;
            if (!visit(below, info_of(*entry))) return false;
            if (entry->folder && !walk_below(*entry, below, visit)) return false;
        }
        return true;
    }

    std::shared_ptr<disk> disk_;
    std::string name_;
    world::drive_facts facts_;
};

}  // namespace

std::unique_ptr<world::file_store> make_disk_store(std::shared_ptr<disk> on) {
    return std::make_unique<disk_store>(std::move(on));
}

}  // namespace decamp::sim
