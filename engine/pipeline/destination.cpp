#include "engine/pipeline/destination.hpp"

#include <utility>

#include "engine/model/layout.hpp"
#include "engine/pipeline/take_up_members.hpp"
#include "engine/store/rescue.hpp"
#include "engine/store/space.hpp"
#include "formats/bagit.hpp"
#include "formats/bytes.hpp"
#include "formats/safe_name.hpp"

namespace decamp::pipeline {

namespace {

class destination_category final : public decamp_category {
  public:
    const char* name() const noexcept override { return "destination"; }
    std::string message(int value) const override {
        switch (static_cast<destination_errc>(value)) {
            case destination_errc::not_ours:
                return "the folder holds something that is no export";
            case destination_errc::not_writable:
                return "the folder cannot be written";
            case destination_errc::catalogue_damaged:
                return "the catalogue is damaged and was put aside";
            case destination_errc::other_source:
                return "the folder holds an export of another cloud";
            case destination_errc::other_format:
                return "the export was begun in another form";
            case destination_errc::recovery_of_a_tree:
                return "recovery data is for archives";
            case destination_errc::begun_without_recovery:
                return "the export was begun without recovery data";
            case destination_errc::no_room:
                return "no room to begin";
        }
        return "unknown";
    }
    error_class classify(int) const noexcept override { return error_class::run; }
};

constexpr std::string_view last_of_origin = "source_host";
constexpr std::size_t longest_bag_info = std::size_t{64} << 10;

// True: bag-info.txt says that decamp wrote this bag.
result<bool> is_our_bag(world::file_store& files) {
    const auto there = files.info(layout::bag_info);
    if (!there) return there.error();
    if (!there.value() || there.value()->folder || there.value()->size > longest_bag_info) return false;
    auto file = files.open(layout::bag_info, world::open_mode::read);
    if (!file) return file.error();
    std::string text(there.value()->size, '\0');
    const auto got = file.value()->read_at(0, std::as_writable_bytes(std::span(text.data(), text.size())));
    if (!got) return got.error();
    const auto fields = formats::parse_bag_info(text);
    if (!fields) return false;
    for (const auto& [label, value] : *fields) {
        if (label == "Bag-Software-Agent" && value.starts_with("decamp ")) return true;
    }
    return false;
}

// A damaged catalogue is kept for whoever wants to look at it; the next run starts a new one from what is on the drive.
result<std::string> put_aside_catalogue(world::file_store& files) {
    for (unsigned n = 1; n < 1000; ++n) {
        const std::string aside = std::string(layout::damaged_catalogue) + std::to_string(n);
        const auto there = files.info(aside);
        if (!there) return there.error();
        if (there.value()) continue;
        for (const std::string_view tail : {"-wal", "-journal", ""}) {
            const std::string from = std::string(layout::catalogue) + std::string(tail);
            const auto moved = files.rename(from, aside + std::string(tail));
            if (!moved && moved.error().code != world::file_errc::not_found) return moved.error();
        }
        if (auto r = files.sync_folder(layout::state_folder); !r) return r.error();
        return aside;
    }
    return failure(world::file_errc::exists, "too many damaged catalogues");
}

// A new catalogue takes up what lies on the drive already. One that does not say yet where the export comes from is
// new, or was left by a run that was stopped while it took up what there was.
result<void> take_up_what_is_there(destination& d) {
    const auto origin = d.catalogue->fact(last_of_origin);
    if (!origin) return origin.error();
    if (origin.value()) return {};
    const auto found = store::take_up_lost_export(*d.files, *d.catalogue);
    if (!found) return found.error();
    d.taken_up = found.value().files;
    if (d.taken_up != 0) d.kind = destination_kind::catalogue_lost;
    return take_up_members(*d.files, *d.catalogue, found.value().vouched);
}

// SQLite opens its files itself, by path: it would follow a link planted in their place, and make the catalogue
// readable to everybody. So what is there is looked at first, and what is missing is made here.
result<void> make_way_for_catalogue(world::file_store& files) {
    for (const std::string_view tail : {"", "-wal", "-journal", "-shm"}) {
        const std::string path = std::string(layout::catalogue) + std::string(tail);
        const auto there = files.info(path);
        if (!there) return there.error();
        if (there.value()) {
            // Opening refuses whatever is no file: a link, a pipe, a folder.
            auto opened = files.open(path, world::open_mode::read);
            if (!opened) return opened.error();
        } else if (tail.empty()) {
            auto made = files.open(path, world::open_mode::create_new);
            if (!made) return made.error();
        }
    }
    return {};
}

result<std::unique_ptr<catalogue::catalogue>> open_catalogue(world::file_store& files,
                                                             const catalogue::open_options& options) {
    if (auto r = make_way_for_catalogue(files); !r) return r.error();
    auto opened = catalogue::catalogue::open(files.native_path(layout::catalogue), options);
    if (opened || opened.error().code != catalogue::catalogue_errc::damaged) return opened;
    const auto aside = put_aside_catalogue(files);
    if (!aside) return aside.error();
    return failure(destination_errc::catalogue_damaged, aside.value());
}

result<void> room_to_begin(world::file_store& files) {
    const auto space = files.space();
    if (!space) return space.error();
    if (space.value().free_bytes < store::closing_room(0) || space.value().free_files < store::closing_files(0))
        return failure(destination_errc::no_room);
    return {};
}

}  // namespace

boost::system::error_code make_error_code(destination_errc e) {
    static const destination_category category;
    return {static_cast<int>(e), category};
}

result<destination_kind> look_at(world::file_store& files) {
    const auto state = files.info(layout::catalogue);
    if (!state) return state.error();
    if (state.value()) return destination_kind::ours;
    const auto folder = files.info(layout::state_folder);
    if (!folder) return folder.error();
    const auto bag = is_our_bag(files);
    if (!bag) return bag.error();
    if (bag.value()) return destination_kind::catalogue_lost;
    bool anything = false;
    bool payload = false;
    const auto walked = files.walk("", [&](std::string_view path, const world::file_info&) {
        payload = payload || path == layout::payload_folder;
        if (!layout::is_state(path) && !formats::is_foreign_file(path)) anything = true;
        return !anything || (folder.value() && !payload);
    });
    if (!walked) return walked.error();
    // Our state folder without a catalogue: a run that was stopped before its first bag.
    if (folder.value()) return payload ? destination_kind::catalogue_lost : destination_kind::fresh;
    return anything ? destination_kind::foreign : destination_kind::fresh;
}

result<std::unique_ptr<catalogue::catalogue>> open_known_catalogue(world::file_store& files, std::size_t cache_bytes,
                                                                   const encryption_wishes& wishes) {
    using none = std::unique_ptr<catalogue::catalogue>;
    const auto there = files.info(layout::catalogue);
    if (!there) return there.error();
    if (!there.value() || there.value()->folder) return none();
    if (auto r = make_way_for_catalogue(files); !r) return r.error();
    catalogue::open_options options;
    options.cache_bytes = cache_bytes;
    std::optional<encryption::export_key> key;
    if (const auto name = encryption::key_wanted(files); !name || name.value()) {
        if (!name) return none();
        auto found = encryption::find_key(files, *name.value(), wishes.keys, wishes.key_folder);
        if (!found) return none();
        key = std::move(found.value());
        options.key = &*key;
    }
    auto opened = catalogue::catalogue::open(files.native_path(layout::catalogue), options);
    if (!opened && opened.error().code == catalogue::catalogue_errc::damaged) return none();
    return opened;
}

result<destination> open_destination(const std::string& path, const export_origin& from, std::size_t catalogue_cache,
                                     const encryption_wishes& wishes, world::random& random) {
    auto files = world::open_posix_store(path, true);
    if (!files) {
        if (files.error().code == world::file_errc::read_only) return failure(destination_errc::not_writable);
        return files.error();
    }
    catalogue::open_options options;
    options.cache_bytes = catalogue_cache;
    return enter_destination(std::move(files.value()), from, options, wishes, random);
}

result<destination> enter_destination(std::unique_ptr<world::file_store> files, const export_origin& from,
                                      catalogue::open_options options, const encryption_wishes& wishes,
                                      world::random& random) {
    destination d;
    d.files = std::move(files);
    const auto kind = look_at(*d.files);
    if (!kind) return kind.error();
    d.kind = kind.value();
    if (d.kind == destination_kind::foreign) return failure(destination_errc::not_ours);
    if (d.kind == destination_kind::fresh) {
        if (auto r = room_to_begin(*d.files); !r) return r.error();
    }
    if (auto r = d.files->lock_exclusively(); !r) {
        if (r.error().code == world::file_errc::read_only) return failure(destination_errc::not_writable);
        return r.error();
    }
    // The state folder's own name, which a run that was killed may have left unflushed.
    if (auto r = d.files->sync_folder(""); !r) return r.error();
    const auto key = agree_on_key(*d.files, d.kind != destination_kind::fresh, wishes, random);
    if (!key) return key.error();
    if (key.value()) {
        options.key = &*key.value();
        d.encrypting = std::make_unique<encryption::staging_cipher>(*d.files, *key.value());
    }
    auto opened = open_catalogue(*d.files, options);
    if (!opened) return opened.error();
    d.catalogue = std::move(opened.value());
    if (auto r = take_up_what_is_there(d); !r) return r.error();
    if (auto r = bind_to_source(*d.catalogue, from, random); !r) return r.error();
    if (key.value()) {
        auto lock = agree_on_lock(*d.catalogue, wishes, random);
        if (!lock) return lock.error();
        d.lock = std::move(lock.value());
    }
    d.on_fat = d.files->facts().largest_file < (std::uint64_t{1} << 33);
    return d;
}

}  // namespace decamp::pipeline
