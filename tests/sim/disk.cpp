#include "tests/sim/disk.hpp"

#include <algorithm>
#include <cstring>

namespace decamp::sim {

using world::file_errc;

disk::disk(drive_kind kind, std::uint64_t seed) : kind_(kind), dice_(seed), root_(std::make_shared<inode>()) {
    root_->folder = true;
    root_->links = 1;
}

result<void> disk::may(drive_op what) {
    if (dead_) return failure(file_errc::device_gone);
    const bool changes = what != drive_op::read && what != drive_op::open;
    if (changes) {
        ++changes_;
        if (dies_at && changes_ >= *dies_at) {
            die();
            return failure(file_errc::device_gone);
        }
    }
    const int now = phase();
    ++counts_[{what, -1}];
    ++counts_[{what, now}];
    for (const drive_fault& fault : faults) {
        if (fault.phase != -1 && fault.phase != now) continue;
        const std::uint64_t number = counts_[{what, fault.phase}];
        if (fault.on != what || number < fault.first || number - fault.first >= fault.times) continue;
        ++faults_shown_;
        on_fault(fault);
        return failure(fault.with);
    }
    return {};
}

std::uint64_t disk::free() const {
    const std::uint64_t limit = room ? std::min(kind_.capacity, used_at_start_ + *room) : kind_.capacity;
    return used_ < limit ? limit - used_ : 0;
}

failure disk::no_space(drive_op at) {
    ++faults_shown_;
    on_fault({.on = at, .with = file_errc::no_space});
    return failure(file_errc::no_space);
}

std::pair<std::string_view, std::string_view> disk::split(std::string_view path) const {
    const auto slash = path.rfind('/');
    if (slash == std::string_view::npos) return {std::string_view(), path};
    return {path.substr(0, slash), path.substr(slash + 1)};
}

result<std::shared_ptr<inode>> disk::find(std::string_view path) const {
    std::shared_ptr<inode> at = root_;
    while (!path.empty()) {
        const auto slash = std::min(path.find('/'), path.size());
        const std::string name(path.substr(0, slash));
        path.remove_prefix(std::min(slash + 1, path.size()));
        if (!at->folder) return failure(file_errc::not_a_folder);
        const auto entry = at->entries.find(name);
        if (entry == at->entries.end()) return failure(file_errc::not_found);
        at = entry->second;
    }
    return at;
}

void disk::set_entry(const std::shared_ptr<inode>& folder, const std::string& name, std::shared_ptr<inode> now,
                     std::uint64_t step) {
    const auto old = folder->entries.find(name);
    if (old != folder->entries.end()) {
        inode& gone = *old->second;
        if (--gone.links == 0 && !gone.folder) used_ -= std::min(used_, room_of(gone.bytes.size()));
        folder->entries.erase(old);
    }
    if (now) {
        if (now->links++ == 0 && !now->folder) used_ += room_of(now->bytes.size());
        folder->entries[name] = now;
    }
    pending_.push_back({folder, name, std::move(now), step});
}

result<std::shared_ptr<inode>> disk::make(std::string_view path, bool folder) {
    const auto [above, name] = split(path);
    auto parent = find(above);
    if (!parent) return parent;
    if (!(*parent)->folder) return failure(file_errc::not_a_folder);
    if ((*parent)->entries.contains(std::string(name))) return failure(file_errc::exists);
    auto made = std::make_shared<inode>();
    made->folder = folder;
    made->number = next_number_++;
    set_entry(*parent, std::string(name), made, next_step_++);
    return made;
}

result<void> disk::write(inode& to, std::uint64_t offset, std::string_view bytes) {
    const std::uint64_t end = offset + bytes.size();
    if (end > to.bytes.size()) {
        const std::uint64_t more = room_of(end) - room_of(to.bytes.size());
        if (more > free()) return no_space(drive_op::write);
        if (to.links > 0) used_ += more;
        to.bytes.resize(end);
    }
    std::memcpy(to.bytes.data() + offset, bytes.data(), bytes.size());
    if (to.dirty.size() < room_of(end) / block) to.dirty.resize(room_of(end) / block);
    for (std::uint64_t b = offset / block; b * block < end; ++b) to.dirty[b] = true;
    return {};
}

result<void> disk::resize(inode& what, std::uint64_t size) {
    if (size > what.bytes.size()) {
        const std::uint64_t more = room_of(size) - room_of(what.bytes.size());
        if (more > free()) return no_space(drive_op::truncate);
        if (what.links > 0) used_ += more;
    } else if (what.links > 0) {
        used_ -= std::min(used_, room_of(what.bytes.size()) - room_of(size));
    }
    what.bytes.resize(size);
    what.dirty.resize(room_of(size) / block);
    if (size % block != 0) what.dirty[size / block] = true;
    return {};
}

// A block reaches the cells. On a fake stick it may lie where another one lay.
void disk::put_in_cells(inode& what, std::uint64_t number) {
    what.worn.erase(number);
    if (kind_.true_capacity == 0) return;
    if (what.cells.size() <= number) what.cells.resize(number + 1);
    const std::uint64_t there = kind_.true_capacity / block;
    if (what.cells[number] == 0) what.cells[number] = ++next_cell_;
    const std::uint64_t slot = what.cells[number] % there;
    if (cells_.size() < there) cells_.resize(there);
    const auto before = cells_[slot].first.lock();
    if (before && (before.get() != &what || cells_[slot].second != number)) {
        const std::uint64_t lost = cells_[slot].second;
        const std::string ours = what.bytes.substr(std::min<std::uint64_t>(number * block, what.bytes.size()), block);
        if (lost * block < before->bytes.size()) before->worn[lost] = ours;
    }
    cells_[slot] = {what.weak_from_this(), number};
}

void disk::sync(inode& what) {
    if (flushes_lie) return;
    what.durable.resize(what.bytes.size());
    for (std::uint64_t b = 0; b < what.dirty.size(); ++b) {
        if (!what.dirty[b]) continue;
        const std::uint64_t from = b * block;
        if (from >= what.bytes.size()) break;
        const std::uint64_t size = std::min<std::uint64_t>(block, what.bytes.size() - from);
        std::memcpy(what.durable.data() + from, what.bytes.data() + from, size);
        put_in_cells(what, b);
    }
    what.dirty.assign(what.dirty.size(), false);
    what.durable_modified_ns = what.modified_ns;
}

result<void> disk::rename(std::string_view from, std::string_view to, bool replace) {
    const auto [from_above, from_name] = split(from);
    const auto [to_above, to_name] = split(to);
    auto moved = find(from);
    if (!moved) return moved.error();
    auto source = find(from_above);
    auto target = find(to_above);
    if (!target) return target.error();
    if (!(*target)->folder) return failure(file_errc::not_a_folder);
    if (!replace && (*target)->entries.contains(std::string(to_name))) return failure(file_errc::exists);
    const std::uint64_t step = next_step_++;
    (*moved)->links++;  // not gone in between
    set_entry(*source, std::string(from_name), nullptr, step);
    set_entry(*target, std::string(to_name), *moved, step);
    (*moved)->links--;
    return {};
}

result<void> disk::link(std::string_view existing, std::string_view added) {
    if (!kind_.links) return failure(file_errc::no_links);
    auto there = find(existing);
    if (!there) return there.error();
    const auto [above, name] = split(added);
    auto parent = find(above);
    if (!parent) return parent.error();
    if ((*parent)->entries.contains(std::string(name))) return failure(file_errc::exists);
    set_entry(*parent, std::string(name), *there, next_step_++);
    return {};
}

result<void> disk::remove(std::string_view path, bool folder) {
    auto there = find(path);
    if (!there) return there.error();
    if ((*there)->folder != folder) return failure(folder ? file_errc::not_a_folder : file_errc::is_a_folder);
    if (folder && !(*there)->entries.empty()) return failure(file_errc::io, "not empty");
    const auto [above, name] = split(path);
    set_entry(find(above).value(), std::string(name), nullptr, next_step_++);
    return {};
}

void disk::sync_folder(const std::shared_ptr<inode>& folder) {
    std::erase_if(pending_, [&](const name_change& change) {
        if (change.folder != folder) return false;
        if (change.now)
            folder->durable_entries[change.name] = change.now;
        else
            folder->durable_entries.erase(change.name);
        return true;
    });
}

void disk::sync_all() {
    std::vector<std::shared_ptr<inode>> left{root_};
    while (!left.empty()) {
        const auto at = left.back();
        left.pop_back();
        for (const auto& [name, entry] : at->entries) {
            if (entry->folder)
                left.push_back(entry);
            else
                sync(*entry);
        }
        at->durable_entries = at->entries;
    }
    pending_.clear();
}

std::size_t disk::read(const inode& from, std::uint64_t offset, char* into, std::size_t size, bool from_cells) const {
    if (offset >= from.bytes.size()) return 0;
    size = static_cast<std::size_t>(std::min<std::uint64_t>(size, from.bytes.size() - offset));
    std::memcpy(into, from.bytes.data() + offset, size);
    if (!from_cells || from.worn.empty()) return size;
    const std::string medium = on_medium(from);
    std::memcpy(into, medium.data() + offset, size);
    return size;
}

std::string disk::on_medium(const inode& of) const {
    std::string all = of.bytes;
    for (const auto& [number, bytes] : of.worn) {
        for (std::size_t i = 0; i < block && number * block + i < all.size(); ++i)
            all[number * block + i] = i < bytes.size() ? bytes[i] : '\0';
    }
    return all;
}

std::optional<std::string> disk::durable_bytes(std::string_view path) const {
    std::shared_ptr<inode> at = root_;
    while (!path.empty()) {
        const auto slash = std::min(path.find('/'), path.size());
        const auto entry = at->durable_entries.find(std::string(path.substr(0, slash)));
        path.remove_prefix(std::min(slash + 1, path.size()));
        if (entry == at->durable_entries.end()) return std::nullopt;
        at = entry->second;
    }
    return at->durable;
}

bool disk::flip(const std::string& path, std::uint64_t offset) {
    const auto there = find(path);
    if (!there || (*there)->folder || offset >= (*there)->bytes.size()) return false;
    inode& what = **there;
    std::string now = on_medium(what).substr(offset / block * block, block);
    now[offset % block] = static_cast<char>(now[offset % block] ^ 1);
    what.worn[offset / block] = now;
    return true;
}

bool disk::spoil(const std::string& path) {
    const auto there = find(path);
    if (!there || (*there)->folder || (*there)->bytes.empty()) return false;
    for (std::string* held : {&(*there)->bytes, &(*there)->durable})
        if (!held->empty()) (*held)[0] = static_cast<char>((*held)[0] ^ 1);
    return true;
}

// What a power cut leaves of a file: of each sector not flushed the old or the new, of a size the old or the new.
void disk::survive(inode& what, dice& with) {
    std::string left = what.durable;
    const auto mood = with.below(3);  // nothing, some of it, all of it
    if (mood != 0 && what.bytes.size() != left.size() && (mood == 2 || with.chance(500)))
        left.resize(what.bytes.size());
    for (std::uint64_t b = 0; b < what.dirty.size() && mood != 0; ++b) {
        if (!what.dirty[b]) continue;
        for (std::uint64_t at = b * block; at < (b + 1) * block; at += sector) {
            if (at >= what.bytes.size() || at >= left.size() || (mood == 1 && with.chance(500))) continue;
            const std::uint64_t size = std::min({sector, what.bytes.size() - at, left.size() - at});
            std::memcpy(left.data() + at, what.bytes.data() + at, size);
        }
    }
    what.bytes = left;
    for (const auto& [number, bytes] : what.worn) {
        for (std::size_t i = 0; i < block && number * block + i < what.bytes.size(); ++i)
            what.bytes[number * block + i] = i < bytes.size() ? bytes[i] : '\0';
    }
    what.worn.clear();
    what.durable = what.bytes;
    if (with.chance(500)) what.modified_ns = what.durable_modified_ns;
    what.durable_modified_ns = what.modified_ns;
    what.dirty.assign(room_of(what.bytes.size()) / block, false);
}

void disk::settle(const std::shared_ptr<inode>& folder, dice& with, std::map<const inode*, bool>& seen) {
    folder->entries = folder->durable_entries;
    for (const auto& [name, entry] : folder->entries) {
        if (seen[entry.get()]) continue;
        seen[entry.get()] = true;
        if (entry->folder)
            settle(entry, with, seen);
        else
            survive(*entry, with);
    }
}

void disk::count_links(const std::shared_ptr<inode>& folder) {
    for (const auto& [name, entry] : folder->entries) {
        if (entry->links++ == 0 && !entry->folder) used_ += room_of(entry->bytes.size());
        if (entry->folder) count_links(entry);
    }
}

void disk::restart(bool power_cut) {
    dead_ = false;
    dies_at.reset();
    faults.clear();
    room.reset();
    counts_.clear();
    changes_ = 0;
    used_at_start_ = used_;
    if (!power_cut) return;
    dice with = dice_.apart(1);
    // A journal keeps a first part of all that was done; without one, each folder keeps a first part of its own.
    std::uint64_t kept = kind_.journaled ? with.below(next_step_ + 1) : 0;
    if (kind_.journaled && !pending_.empty())
        kept = pending_.front().step + with.below(next_step_ - pending_.front().step + 1);
    std::map<const inode*, std::uint64_t> last_kept;
    for (const name_change& change : pending_) {
        if (!kind_.journaled && !last_kept.contains(change.folder.get()))
            last_kept[change.folder.get()] = change.step + with.below(next_step_ - change.step + 1);
        const std::uint64_t limit = kind_.journaled ? kept : last_kept[change.folder.get()];
        if (change.step >= limit) continue;
        if (change.now)
            change.folder->durable_entries[change.name] = change.now;
        else
            change.folder->durable_entries.erase(change.name);
    }
    pending_.clear();
    std::map<const inode*, bool> seen;
    settle(root_, with, seen);
    std::vector<std::shared_ptr<inode>> left{root_};
    while (!left.empty()) {
        const auto at = left.back();
        left.pop_back();
        for (const auto& [name, entry] : at->entries) {
            entry->links = 0;
            if (entry->folder) left.push_back(entry);
        }
    }
    used_ = 0;
    count_links(root_);
    used_at_start_ = used_;
}

}  // namespace decamp::sim
