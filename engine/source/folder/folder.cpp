#include "engine/source/folder/folder.hpp"

#include <filesystem>
#include <utility>

#include "engine/source/ids.hpp"
#include "engine/world/file_store.hpp"
#include "engine/world/file_system_id.hpp"

namespace decamp::source::folder {

namespace {

using world::file_errc;
using kind = source_failure::kind;

constexpr std::string_view scheme = "folder:";
constexpr std::size_t page_items = 1000;
constexpr std::size_t deepest = 128;  // open folders at once

class folder_category final : public decamp_category {
  public:
    const char* name() const noexcept override { return "folder"; }
    std::string message(int value) const override {
        switch (static_cast<folder_errc>(value)) {
            case folder_errc::no_path:
                return "no folder is named";
            case folder_errc::not_a_folder:
                return "there is no such folder";
            case folder_errc::unreadable:
                return "the folder cannot be read";
        }
        return "unknown";
    }
    error_class classify(int) const noexcept override { return error_class::run; }
};

[[noreturn]] void fail(const failure& why) {
    if (why.code == file_errc::not_found || why.code == file_errc::not_a_folder)
        throw source_failure(kind::gone, why.detail);
    if (why.code == file_errc::outside) throw source_failure(kind::refused, why.detail);
    if (why.code == file_errc::device_gone) throw source_failure(kind::unreachable, why.detail);
    throw source_failure(kind::try_again, to_string(why));
}

template <class T>
T must(result<T> r) {
    if (!r) fail(r.error());
    return std::move(r.value());
}

// What tells one state of a file from another.
std::string version_of(const world::file_info& info) {
    return std::to_string(info.modified_ns) + "-" + std::to_string(info.size);
}

class file_stream final : public item_stream {
  public:
    file_stream(std::unique_ptr<world::file> file, std::uint64_t offset) : file_(std::move(file)), at_(offset) {}
    std::size_t read(std::byte* into, std::size_t size) override {
        if (ended_) return 0;
        const std::size_t got = must(file_->read_at(at_, std::span(into, size)));
        at_ += got;
        ended_ = got < size;
        return got;
    }

  private:
    std::unique_ptr<world::file> file_;
    std::uint64_t at_;
    bool ended_ = false;
};

// Walks depth first, one open folder a level, so that memory is a name a depth and a page of items.
class folder_source final : public blocking_source {
  public:
    explicit folder_source(std::unique_ptr<world::file_store> files) : files_(std::move(files)) {}

    std::string kind() const override { return "folder"; }
    std::string name() const override { return files_->native_path(""); }
    // Another drive can be mounted in the same place.
    std::string account() const override { return world::file_system_id(name()); }
    source_page next_page(const std::string& cursor, std::stop_token stop) override;
    opened_item open(const source_item& item, std::uint64_t offset, std::stop_token stop) override;

  private:
    struct level {
        std::unique_ptr<world::folder_reader> reader;
        std::string path;  // "" for the folder itself, else without a slash at its end
    };
    void begin();
    void descend(std::string path, source_page& page);
    void give_up(const failure& why, source_page& page);
    void take(const world::folder_reader::entry& entry, source_page& page);
    [[noreturn]] void explain(const std::string& path, const failure& why);  // why it cannot be opened

    std::unique_ptr<world::file_store> files_;
    std::vector<level> levels_;
    std::uint64_t page_ = 0;  // the number of the page to be given next
};

void folder_source::begin() {
    levels_.clear();
    page_ = 0;
    levels_.push_back({must(files_->read_folder("")), {}});
}

std::string below(const std::string& folder, const std::string& name) {
    return folder.empty() ? name : folder + "/" + name;
}

// A folder that cannot be read is named: what is missing then is in it.
void folder_source::descend(std::string path, source_page& page) {
    if (levels_.size() >= deepest) {
        page.gaps.push_back({std::move(path), "it lies too deep"});
        return;
    }
    auto reader = files_->read_folder(path);
    if (reader) {
        levels_.push_back({std::move(reader.value()), std::move(path)});
        return;
    }
    // Went away meanwhile, if nothing has its name any more.
    const auto there = files_->info(path);
    if (reader.error().code == file_errc::not_found && there && !there.value()) return;
    page.gaps.push_back({std::move(path), to_string(reader.error())});
}

// What is wrong with a folder within costs that one alone, from where it stopped.
void folder_source::give_up(const failure& why, source_page& page) {
    if (levels_.size() == 1 || why.code == file_errc::device_gone) {
        page_ = 0;
        fail(why);
    }
    page.gaps.push_back({std::move(levels_.back().path), to_string(why)});
    levels_.pop_back();
}

void folder_source::take(const world::folder_reader::entry& entry, source_page& page) {
    std::string path = below(levels_.back().path, entry.name);
    if (entry.info.folder) return descend(std::move(path), page);
    source_item item;
    item.id = id_of_path(path);
    item.path = std::move(path);
    item.modified_ms = entry.info.modified_ns / 1'000'000;
    if (!entry.info.symlink && !entry.info.special) {
        item.size = entry.info.size;
        item.note = version_of(entry.info);
    }
    page.items.push_back(std::move(item));
}

source_page folder_source::next_page(const std::string& cursor, std::stop_token stop) {
    // A page that failed is asked for again, and the folders have been read on meanwhile: the walk begins anew. What is
    // listed twice is taken once.
    if (cursor.empty() || cursor != std::to_string(page_)) begin();
    ++page_;
    source_page page;
    while (page.items.size() + page.gaps.size() < page_items && !levels_.empty()) {
        if (stop.stop_requested()) throw source_failure(kind::try_again, "stopped");
        auto entry = levels_.back().reader->next();
        if (!entry) {
            give_up(entry.error(), page);
            continue;
        }
        if (!entry.value()) {
            levels_.pop_back();
            continue;
        }
        take(*entry.value(), page);
    }
    if (!levels_.empty()) page.next = std::to_string(page_);
    return page;
}

void folder_source::explain(const std::string& path, const failure& why) {
    const auto there = must(files_->info(path));
    if (!there) throw source_failure(kind::gone, "not there any more");
    if (there->symlink) throw source_failure(kind::refused, "a symbolic link");
    if (there->special || there->folder) throw source_failure(kind::refused, "not a regular file");
    fail(why);
}

opened_item folder_source::open(const source_item& item, std::uint64_t offset, std::stop_token) {
    const auto path = path_of_id(item.id);
    if (!path) throw source_failure(kind::gone, "no path");
    // A folder that an older version could not list, and kept an item for.
    if (path->ends_with('/')) throw source_failure(kind::not_listed, "it could not be listed");
    auto file = files_->open(*path, world::open_mode::read);
    if (!file) explain(*path, file.error());
    // Of what was opened: another file may have its name by now.
    const world::file_info there = must(file.value()->info());
    std::string version = version_of(there);
    if (!item.note.empty() && item.note != version) throw source_failure(kind::changed, "changed since it was listed");
    opened_item opened;
    opened.begins_at = offset <= there.size ? offset : 0;
    opened.stream = std::make_unique<file_stream>(std::move(file.value()), opened.begins_at);
    opened.total = there.size;
    opened.version = std::move(version);
    return opened;
}

}  // namespace

boost::system::error_code make_error_code(folder_errc e) {
    static const folder_category category;
    return {static_cast<int>(e), category};
}

std::string path_of(std::string_view source) {
    if (!source.starts_with(scheme)) return {};
    source.remove_prefix(scheme.size());
    std::error_code error;
    const auto canonical = std::filesystem::canonical(std::filesystem::path(source), error);
    return error || source.empty() ? std::string() : canonical.string();
}

result<std::unique_ptr<blocking_source>> open_folder(std::string_view source) {
    if (!source.starts_with(scheme) || source.size() == scheme.size()) return failure(folder_errc::no_path);
    const std::string path(source.substr(scheme.size()));
    auto files = world::open_posix_store(path, false);
    if (!files) {
        const bool refused = files.error().code == file_errc::read_only;
        return failure(refused ? folder_errc::unreadable : folder_errc::not_a_folder, path);
    }
    // What cannot even be listed is told at once.
    if (auto top = files.value()->read_folder(""); !top) return failure(folder_errc::unreadable, path);
    return std::unique_ptr<blocking_source>(std::make_unique<folder_source>(std::move(files.value())));
}

}  // namespace decamp::source::folder
