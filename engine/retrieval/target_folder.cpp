#include "engine/retrieval/target_folder.hpp"

#include "engine/model/layout.hpp"

namespace decamp::retrieval {

namespace {

constexpr std::size_t piece_bytes = std::size_t{256} << 10;
constexpr std::size_t most_touched = 10'000;

std::string temporary() {
    return layout::below(layout::staging_folder, "taking-out");
}

result<void> gone(world::file_store& files, const std::string& path) {
    auto r = files.remove(path);
    if (!r && r.error().code != world::file_errc::not_found) return r;
    return {};
}

}  // namespace

result<target_folder> target_folder::open(const std::string& path) {
    auto files = world::open_posix_store(path, true);
    if (!files) return files.error();
    return target_folder(std::move(files.value()));
}

target_folder::~target_folder() {
    if (files_) (void)close();
}

result<bool> target_folder::is_export() const {
    for (const std::string_view sign : {layout::catalogue, layout::manifest, layout::payload_folder}) {
        const auto there = files_->info(sign);
        if (!there) return there.error();
        if (there.value()) return true;
    }
    return false;
}

result<target_folder::standing> target_folder::look(const std::string& name, const formats::sha256_digest& sha256) {
    const auto there = files_->info(name);
    // A component on the way that is a file or a link.
    if (!there &&
        (there.error().code == world::file_errc::not_a_folder || there.error().code == world::file_errc::outside))
        return standing::other;
    if (!there) return there.error();
    if (!there.value()) return standing::free;
    const world::file_info& info = *there.value();
    if (info.folder || info.symlink || info.special) return standing::other;
    const auto file = files_->open(name, world::open_mode::read);
    if (!file) return file.error();
    std::vector<std::byte> piece(piece_bytes);
    formats::sha256_hasher hasher;
    for (std::uint64_t at = 0;;) {
        const auto got = file.value()->read_at(at, piece);
        if (!got) return got.error();
        if (got.value() == 0) break;
        hasher.update(std::span(piece).first(got.value()));
        at += got.value();
    }
    return hasher.finish() == sha256 ? standing::same : standing::other;
}

result<void> target_folder::incoming::write(std::span<const std::byte> bytes) {
    if (auto r = file_->write_at(size_, bytes); !r) return r;
    size_ += bytes.size();
    return {};
}

result<target_folder::incoming> target_folder::begin() {
    if (!locked_) {
        if (auto r = files_->lock_exclusively(); !r) return r.error();
        locked_ = true;
        if (auto r = files_->make_folders(layout::staging_folder); !r) return r.error();
    }
    if (auto r = gone(*files_, temporary()); !r) return r.error();  // of a run that was killed
    auto file = files_->open(temporary(), world::open_mode::create_new);
    if (!file) return file.error();
    incoming what;
    what.file_ = std::move(file.value());
    return what;
}

result<void> target_folder::drop(incoming&& what) {
    what.file_.reset();
    return gone(*files_, temporary());
}

result<void> target_folder::make_way(const std::string& name) {
    const std::string folder(layout::parent_of(name));
    if (folder == made_) return {};
    std::vector<std::string> made;
    if (auto r = files_->make_folders(folder, &made); !r) return r;
    for (const std::string& each : made) touched_.insert(std::string(layout::parent_of(each)));
    touched_.insert(folder);
    made_ = folder;
    if (touched_.size() < most_touched) return {};
    for (const std::string& each : touched_)
        if (auto r = files_->sync_folder(each); !r) return r;
    touched_ = {folder};
    return {};
}

result<bool> target_folder::finish(incoming&& what, const std::string& name, std::optional<std::int64_t> modified_ns) {
    if (modified_ns)
        (void)what.file_->set_modified(*modified_ns);  // a drive that keeps no such time still keeps the bytes
    if (auto r = what.file_->sync(); !r) return r.error();
    what.file_.reset();
    auto r = make_way(name);
    if (r) r = files_->rename(temporary(), name);
    if (r) return true;
    if (auto dropped = gone(*files_, temporary()); !dropped) return dropped.error();
    using world::file_errc;
    for (const auto taken : {file_errc::exists, file_errc::not_a_folder, file_errc::outside, file_errc::is_a_folder})
        if (r.error().code == taken) return false;
    return r.error();
}

result<bool> target_folder::repeat(const std::string& existing, const std::string& name,
                                   const formats::sha256_digest& sha256, std::optional<std::int64_t> modified_ns) {
    using world::file_errc;
    if (links_) {
        auto r = make_way(name);
        if (r) r = files_->link(existing, name);
        if (r) return true;
        for (const auto taken : {file_errc::exists, file_errc::not_a_folder, file_errc::outside})
            if (r.error().code == taken) return false;
        if (r.error().code != file_errc::no_links) return r.error();
        links_ = false;
    }
    auto from = files_->open(existing, world::open_mode::read);
    if (!from) return from.error();
    auto to = begin();
    if (!to) return to.error();
    std::vector<std::byte> piece(piece_bytes);
    formats::sha256_hasher hasher;
    for (;;) {
        const auto got = from.value()->read_at(to.value().size(), piece);
        if (!got) return got.error();
        if (got.value() == 0) break;
        const auto bytes = std::span<const std::byte>(piece).first(got.value());
        hasher.update(bytes);
        if (auto r = to.value().write(bytes); !r) return r.error();
    }
    if (hasher.finish() != sha256) return failure(file_errc::io, existing + ": the drive gives back other bytes");
    return finish(std::move(to.value()), name, modified_ns);
}

result<void> target_folder::close() {
    result<void> first;
    const auto note = [&first](result<void> r) {
        if (first && !r) first = r;
    };
    for (const std::string& each : touched_) note(files_->sync_folder(each));
    touched_.clear();
    if (!locked_) return first;
    note(gone(*files_, temporary()));
    // Whoever waits for the lock makes what it needs again; what is not ours keeps the folder.
    (void)files_->remove_folder(layout::staging_folder);
    (void)files_->remove(layout::lock_file);
    (void)files_->remove_folder(layout::state_folder);
    locked_ = false;
    return first;
}

}  // namespace decamp::retrieval
