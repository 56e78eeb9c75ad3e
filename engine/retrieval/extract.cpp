#include "engine/retrieval/extract.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/model/layout.hpp"
#include "engine/retrieval/delivery.hpp"
#include "engine/retrieval/selection.hpp"
#include "engine/retrieval/volume_bytes.hpp"
#include "engine/retrieval/volume_scan.hpp"
#include "engine/store/volumes/member_reader.hpp"
#include "formats/time.hpp"

namespace decamp::retrieval {

namespace {

class extraction {
  public:
    extraction(export_folder& from, list_set& lists, target_folder& to, const extract_watcher& watching)
        : from_(from), lists_(lists), watching_(watching), out_(from, lists, to, watching) {}

    extract_end run(const item_selection& only) {
        extract_end end;
        end.how = go(only);
        end.of_target = out_.of_target;
        end.sums = out_.sums;
        end.sums.whole = end.how && !stopped();
        return end;
    }

  private:
    bool stopped() const { return watching_.stop.stop_requested(); }
    result<void> go(const item_selection& only);
    result<void> choose(const item_selection& only);
    result<void> from_files();
    result<void> from_volume(std::uint32_t volume);

    struct located_group {
        store::member_place place;
        std::optional<std::int64_t> modified_ns;
        wanted_group items;
    };
    result<std::vector<located_group>> locate(std::uint32_t volume);
    result<void> take_located(std::uint32_t volume);

    using links = std::map<std::string, wanted_group>;  // by what they lead to
    result<void> scan(std::uint32_t volume);
    result<void> take_linked(std::uint32_t volume, links& found);
    result<void> take_entry(const wanted_group& items, const formats::archived_entry& entry, const body_reader& body);

    export_folder& from_;
    list_set& lists_;
    const extract_watcher& watching_;
    delivery out_;
    wanted_lines wanted_;
    // Of the volume that is read:
    std::uint64_t packed_ = 0;
    std::map<const wanted_line*, std::string> troubles_;  // by the first of a group
};

result<void> extraction::choose(const item_selection& only) {
    item_visitor see;
    see.item = [&](shown_item&& item) {
        if (wanted(only, item.target, item.line)) wanted_.add(item.line, item.place, item.how);
        return !stopped();
    };
    // A line that says nothing may be one that was asked for.
    see.bad_line = [&](const list_file& list, std::uint64_t number) {
        ++out_.sums.damaged;
        watching_.found(trouble::bad_line, list.path, std::to_string(number));
    };
    if (auto r = each_item(from_, lists_, see); !r) return r;
    wanted_.sort();
    out_.sums.wanted = wanted_.size();
    return {};
}

result<void> extraction::go(const item_selection& only) {
    if (auto r = choose(only); !r) return r;
    for (std::uint32_t volume = 0; volume < wanted_.volumes() && !stopped(); ++volume) {
        auto r = volume == 0 ? from_files() : from_volume(volume);
        if (!r) return r;
    }
    return out_.close();
}

// Files in the order of the lists, which is nearly that in which they were written.
result<void> extraction::from_files() {
    auto groups = wanted_.groups_of(0);
    std::ranges::sort(groups, {},
                      [](const wanted_group& g) { return std::tuple(g.front()->place.list, g.front()->place.offset); });
    for (const wanted_group& items : groups) {
        if (stopped()) return {};
        const auto line = out_.line_of(*items.front());
        if (!line) return line.error();
        std::string why;
        result<bool> good = false;
        auto file = from_.files().open(line.value().file, world::open_mode::read);
        if (file) {
            found_bytes found;
            std::uint64_t at = 0;
            found.read = [&](std::span<std::byte> room) {
                auto got = file.value()->read_at(at, room);
                if (got) at += got.value();
                return got;
            };
            const auto info = from_.files().info(line.value().file);
            if (info && info.value()) found.modified_ns = info.value()->modified_ns;
            good = out_.deliver(items, found, why);
        } else {
            why = file.error().code.message();
        }
        if (!good) return good.error();
        if (good.value() || stopped()) continue;
        if (auto r = out_.give_up(items, why); !r) return r;
    }
    return {};
}

// What the catalogue knows is read where it lies; for the rest, and for what is not found to be so, the volume is read
// from its start.
result<void> extraction::from_volume(std::uint32_t volume) {
    troubles_.clear();
    const auto info = from_.files().info(wanted_.volume(volume));
    packed_ = info && info.value() ? info.value()->size : 0;
    if (from_.catalogue() != nullptr) {
        if (auto r = take_located(volume); !r) return r;
    }
    const auto open = [](const wanted_group& g) { return !settled(g); };
    const auto groups = wanted_.groups_of(volume);
    if (stopped() || std::ranges::none_of(groups, open)) return {};
    if (auto r = scan(volume); !r || stopped()) return r;
    for (const wanted_group& items : groups) {
        if (settled(items)) continue;
        const auto known = troubles_.find(items.front());
        const std::string why =
            known != troubles_.end() ? known->second : wanted_.volume(volume) + ": it is not in there";
        if (auto r = out_.give_up(items, why); !r) return r;
    }
    return {};
}

// --- by the catalogue

// In the order in which they lie, so that each frame is opened once; twins of the same body together.
result<std::vector<extraction::located_group>> extraction::locate(std::uint32_t volume) {
    std::vector<located_group> all;
    catalogue::reading* where = from_.catalogue();
    if (where == nullptr) return all;
    for (wanted_group& items : wanted_.groups_of(volume)) {
        const auto line = out_.line_of(*items.front());
        if (!line) return line.error();
        const auto held = where->find(line.value().file);
        if (!held || !held.value() || !held.value()->body) continue;
        const located_member& body = *held.value()->body;
        located_group g;
        g.place = store::place_of(body.volume, body.member);
        if (!is_volume_path(g.place.path)) continue;
        if (body.member.time_ms) g.modified_ns = formats::ns_from_ms(*body.member.time_ms);
        g.items = std::move(items);
        all.push_back(std::move(g));
    }
    const auto order = [](const located_group& g) {
        return std::tuple(std::string_view(g.place.path), g.place.body, g.place.stored);
    };
    std::ranges::sort(all, {}, order);
    std::vector<located_group> joined;
    for (located_group& g : all) {
        if (!joined.empty() && order(joined.back()) == order(g))
            joined.back().items.insert(joined.back().items.end(), g.items.begin(), g.items.end());
        else
            joined.push_back(std::move(g));
    }
    return joined;
}

result<void> extraction::take_located(std::uint32_t volume) {
    const auto groups = locate(volume);
    if (!groups) return groups.error();
    std::unique_ptr<volume_bytes> bytes;
    std::string open;
    for (const located_group& g : groups.value()) {
        if (stopped() || from_.catalogue() == nullptr) return {};
        if (!g.place.deflated && open != g.place.path) {
            auto opened = open_volume(from_.files(), g.place.path, g.place.kind);
            if (!opened) return {};  // reading it from its start says why
            bytes = std::move(opened.value());
            open = g.place.path;
        }
        std::unique_ptr<store::member_bytes> member;
        if (g.place.deflated) {
            auto opened = store::read_member(from_.files(), g.place);
            if (!opened) return {};
            member = std::move(opened.value());
        }
        found_bytes found;
        found.size = g.place.size;
        found.declared = g.place.size;
        found.packed = packed_;
        found.modified_ns = g.modified_ns;
        std::uint64_t at = 0;
        found.read = [&](std::span<std::byte> room) -> result<std::size_t> {
            const auto most = std::min<std::uint64_t>(room.size(), g.place.size - at);
            const auto some = room.first(static_cast<std::size_t>(most));
            auto got = member ? member->read(at, some) : bytes->read(g.place.body + at, some);
            if (got) at += got.value();
            return got;
        };
        std::string why;
        const auto good = out_.deliver(g.items, found, why);
        if (!good) return good.error();
        if (!good.value()) troubles_[g.items.front()] = why;
    }
    return {};
}

// --- from its start

result<void> extraction::take_entry(const wanted_group& items, const formats::archived_entry& entry,
                                    const body_reader& body) {
    found_bytes found;
    found.read = [&body](std::span<std::byte> room) -> result<std::size_t> {
        if (const auto got = body(room)) return *got;
        return failure(world::file_errc::io, "it is damaged in the archive");
    };
    found.declared = entry.size;
    found.packed = packed_;
    found.modified_ns = entry.modified_ns;
    std::string why;
    const auto good = out_.deliver(items, found, why);
    if (!good) return good.error();
    for (const wanted_line* w : items)
        if (!good.value() && !w->done) troubles_[w] = why;
    return {};
}

result<void> extraction::scan(std::uint32_t volume) {
    const std::string& path = wanted_.volume(volume);
    links linked;
    result<void> failed;
    const auto read = scan_volume(
        from_.files(), path, kind_of(path), [&](const formats::archived_entry& entry, const body_reader& body) {
            if (stopped()) return false;
            const wanted_group items = wanted_.group(volume, layout::below(layout::payload_folder, entry.name));
            if (settled(items)) return true;
            if (entry.what == formats::archived_entry::kind::file) failed = take_entry(items, entry, body);
            if (entry.what == formats::archived_entry::kind::link) {
                auto& group = linked[entry.link_to];
                group.insert(group.end(), items.begin(), items.end());
            }
            return failed.has_value();
        });
    if (!failed) return failed;
    if (!read) {
        for (const wanted_group& items : wanted_.groups_of(volume))
            troubles_[items.front()] = path + ": " + read.error().code.message();
        return {};
    }
    return linked.empty() || stopped() ? result<void>() : take_linked(volume, linked);
}

// Links are never made as such: what they lead to is read, in a second pass where it was not wanted for itself.
result<void> extraction::take_linked(std::uint32_t volume, links& linked) {
    const std::string& path = wanted_.volume(volume);
    const auto with_leader = [&](const std::string& name, const wanted_group& items) {
        wanted_group all = wanted_.group(volume, layout::below(layout::payload_folder, name));
        if (!settled(all)) all.clear();
        all.insert(all.end(), items.begin(), items.end());
        return all;
    };
    result<void> failed;
    const auto read = scan_volume(from_.files(), path, kind_of(path),
                                  [&](const formats::archived_entry& entry, const body_reader& body) {
                                      if (stopped()) return false;
                                      const auto known = linked.find(entry.name);
                                      if (known == linked.end() || entry.what != formats::archived_entry::kind::file)
                                          return true;
                                      failed = take_entry(with_leader(known->first, known->second), entry, body);
                                      linked.erase(known);
                                      return failed.has_value() && !linked.empty();
                                  });
    (void)read;  // what it did not give is named by the caller
    return failed;
}

}  // namespace

extract_end extract(export_folder& from, target_folder& to, const item_selection& only,
                    const extract_watcher& watching) {
    auto lists = from.lists();
    if (!lists) return {lists.error(), false, {}};
    return extraction(from, lists.value(), to, watching).run(only);
}

}  // namespace decamp::retrieval
