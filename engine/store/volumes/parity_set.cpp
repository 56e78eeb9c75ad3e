#include "engine/store/volumes/parity_set.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "engine/model/layout.hpp"
#include "engine/model/volume.hpp"
#include "formats/par2_reader.hpp"

namespace decamp::store {

namespace {

constexpr std::size_t buffer_bytes = std::size_t{1} << 20;
constexpr std::size_t sector = 4096;
constexpr std::size_t most_parity_files = 64;
constexpr std::size_t most_copies = 64;

// Names of ordinary files in one folder, in order, as far as `most`.
result<std::vector<std::string>> names_in(world::file_store& files, std::string_view folder, std::size_t most,
                                          const std::function<bool(std::string_view name)>& wanted) {
    std::vector<std::string> names;
    const auto there = files.info(folder);
    if (!there) return there.error();
    if (!there.value() || !there.value()->folder) return names;
    const auto walked = files.walk(folder, [&](std::string_view path, const world::file_info& info) {
        const bool ordinary = !info.folder && !info.symlink && !info.special && layout::parent_of(path) == folder;
        if (ordinary && wanted(layout::name_of(path))) names.emplace_back(layout::name_of(path));
        return true;
    });
    if (!walked) return walked.error();
    std::ranges::sort(names);
    if (names.size() > most) names.resize(most);
    return names;
}

bool is_of_file(const failure& why) {
    return why.code == world::file_errc::io || classify(why) != error_class::run;
}

}  // namespace

result<std::optional<torn_file>> torn_file::open(world::file_store& files, const std::string& path) {
    auto opened = files.open(path, world::open_mode::read);
    if (!opened) {
        const auto& code = opened.error().code;
        const bool none = is_of_file(opened.error()) || code == world::file_errc::not_found ||
                          code == world::file_errc::outside || code == world::file_errc::is_a_folder;
        if (!none) return opened.error();
        return std::optional<torn_file>();
    }
    const auto size = opened.value()->size();
    if (!size) return size.error();
    return std::optional<torn_file>(torn_file(std::move(opened.value()), size.value()));
}

result<void> torn_file::read(std::uint64_t offset, std::span<std::byte> into) {
    const auto got = file_->read_at(offset, into);
    if (got) {
        std::ranges::fill(into.subspan(got.value()), std::byte{0});
        return {};
    }
    if (!is_of_file(got.error())) return got.error();
    // A bad sector costs itself, not all that was asked for.
    for (std::size_t at = 0; at < into.size(); at += sector) {
        const auto part = into.subspan(at, std::min(sector, into.size() - at));
        const auto some = file_->read_at(offset + at, part);
        if (!some && !is_of_file(some.error())) return some.error();
        std::ranges::fill(part.subspan(some ? some.value() : 0), std::byte{0});
    }
    return {};
}

result<std::optional<parity_set>> find_parity(world::file_store& files, const std::string& volume_name) {
    const auto names = names_in(files, layout::volumes_folder, most_parity_files,
                                [&](std::string_view name) { return protected_name(name) == volume_name; });
    if (!names) return names.error();
    parity_set found;
    formats::par2_reader reader;
    std::vector<std::byte> buffer;
    for (const std::string& name : names.value()) {
        auto file = torn_file::open(files, layout::below(layout::volumes_folder, name));
        if (!file) return file.error();
        if (!file.value()) continue;
        reader.begin_file(static_cast<std::uint32_t>(found.files.size()), file.value()->size());
        while (const auto want = reader.wanted()) {
            buffer.resize(want->length);
            if (auto r = file.value()->read(want->offset, buffer); !r) return r.error();
            reader.feed(buffer);
        }
        found.files.push_back(std::move(*file.value()));
    }
    auto set = reader.finish();
    if (std::holds_alternative<formats::par2_fault>(set)) return std::optional<parity_set>();
    found.says = std::move(std::get<formats::par2_set>(set));
    return std::optional<parity_set>(std::move(found));
}

std::vector<std::uint32_t> slice_sources::damaged() const {
    std::vector<std::uint32_t> all;
    for (std::uint32_t i = 0; i < of_slice.size(); ++i) {
        if (of_slice[i] == nowhere) all.push_back(i);
    }
    return all;
}

result<slice_sources> find_slices(world::file_store& files, const std::string& path, const formats::par2_set& set,
                                  const std::function<bool()>& go_on) {
    const std::string name(layout::name_of(path));
    const std::string stem =
        name.substr(0, name.find('.'));  // of "volume-0001.tar~1.zst" and of "volume-0001~1.zip" too
    const auto aside = names_in(files, layout::damaged_folder, most_copies, [&](std::string_view other) {
        const bool ours = other.starts_with(stem) && other.size() > stem.size() &&
                          (other[stem.size()] == '.' || other[stem.size()] == '~');
        return ours && !other.ends_with(".par2") && !other.ends_with(".sha256");
    });
    if (!aside) return aside.error();
    std::vector<std::string> paths{path};
    for (const std::string& other : aside.value()) paths.push_back(layout::below(layout::damaged_folder, other));

    slice_sources found;
    found.of_slice.assign(set.slices.size(), slice_sources::nowhere);
    std::vector<std::byte> buffer(buffer_bytes);
    for (const std::string& one : paths) {
        auto file = torn_file::open(files, one);
        if (!file) return file.error();
        if (!file.value()) continue;
        formats::par2_checker checker(set);
        const std::uint64_t bytes = std::min(file.value()->size(), set.file_bytes);
        for (std::uint64_t at = 0; at < bytes && go_on();) {
            const auto part =
                std::span(buffer).first(static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), bytes - at)));
            if (auto r = file.value()->read(at, part); !r) return r.error();
            checker.update(part);
            at += part.size();
        }
        const auto verdict = checker.finish();
        std::vector<bool> bad(set.slices.size());
        for (const std::uint32_t slice : verdict.damaged) bad[slice] = true;
        for (std::size_t i = 0; i < bad.size(); ++i) {
            if (!bad[i] && found.of_slice[i] == slice_sources::nowhere)
                found.of_slice[i] = static_cast<std::uint8_t>(found.files.size());
        }
        found.files.push_back(std::move(*file.value()));
        if (std::ranges::find(found.of_slice, slice_sources::nowhere) == found.of_slice.end()) break;
    }
    return found;
}

}  // namespace decamp::store
