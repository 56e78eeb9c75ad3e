#include "engine/retrieval/lists.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <iterator>
#include <map>
#include <optional>

#include "engine/model/layout.hpp"
#include "formats/bagit.hpp"
#include "formats/bytes.hpp"

namespace decamp::retrieval {

namespace {

constexpr std::size_t piece_bytes = std::size_t{256} << 10;
constexpr std::size_t line_bytes = std::size_t{4} << 10;  // what a line usually fits into
constexpr std::string_view list_ending = ".jsonl";
constexpr std::string_view head_begin = "{\"list\"";

result<void> names_in(world::file_store& files, std::string_view folder,
                      const std::function<void(std::string_view)>& see) {
    const auto there = files.info(folder);
    if (!there) return there.error();
    if (!there.value() || !there.value()->folder) return {};
    return files.walk(folder, [&](std::string_view path, const world::file_info& info) {
        const bool ordinary = !info.folder && !info.symlink && !info.special;
        if (ordinary && layout::parent_of(path) == folder) see(path);
        return true;
    });
}

result<std::vector<list_file>> volume_lists(world::file_store& files) {
    std::map<std::string, std::string> volumes;  // by what the list beside is called
    std::vector<list_file> lists;
    const auto walked = names_in(files, layout::volumes_folder, [&](std::string_view path) {
        if (layout::is_volume_list(path))
            lists.push_back({std::string(path), list_file::form::volume, {arrangement::tree, {}}, {}, {}});
        else if (is_volume_path(path))
            volumes.emplace(layout::list_beside(path), std::string(path));
    });
    if (!walked) return walked.error();
    for (list_file& list : lists) list.volume = volumes[list.path];
    std::erase_if(lists, [](const list_file& l) { return l.volume.empty(); });
    return lists;
}

list_file list_of_album(std::string_view path) {
    const auto name = layout::name_of(path);
    list_file list;
    list.path = path;
    list.context = {arrangement::albums, std::string(name.substr(0, name.size() - list_ending.size()))};
    return list;
}

// Of a line that begins a list within a file of several: {"list": PATH}.
std::optional<list_file> list_begun_by(std::string_view line) {
    if (!line.starts_with(head_begin)) return std::nullopt;
    boost::system::error_code ec;
    const auto parsed = boost::json::parse(boost::json::string_view(line.data(), line.size()), ec);
    const auto* object = ec ? nullptr : parsed.if_object();
    const auto* value = object == nullptr ? nullptr : object->if_contains("list");
    const auto* text = value == nullptr ? nullptr : value->if_string();
    if (text == nullptr) return std::nullopt;
    const std::string_view path(text->data(), text->size());
    if (path == layout::files_list) {
        list_file list;
        list.path = path;
        list.context = {arrangement::tree, {}};
        return list;
    }
    if (layout::parent_of(path) != layout::album_lists_folder || !path.ends_with(list_ending)) return std::nullopt;
    return list_of_album(path);
}

}  // namespace

// All of it is read once, to know where each list begins.
result<void> list_set::find_within(std::string_view path) {
    const auto there = files_->info(path);
    if (!there) return there.error();
    if (!there.value() || there.value()->folder) return {};
    list_file whole;
    whole.path = path;
    std::vector<list_file> found;
    bool more = true;
    auto scanned = lines_of(
        whole,
        [&](const raw_line& line) {
            auto list = list_begun_by(line.text);
            if (!list) return;
            if (!found.empty()) found.back().end = line.begin;
            list->within = path;
            list->begin = line.next;
            found.push_back(std::move(*list));
        },
        more);
    if (!scanned) return scanned;
    std::ranges::move(found, std::back_inserter(lists_));
    return {};
}

result<list_set> list_set::find(world::file_store& files) {
    list_set set(files);
    const auto walked = names_in(files, layout::album_lists_folder, [&](std::string_view path) {
        if (!path.ends_with(list_ending)) return;
        set.lists_.push_back(list_of_album(path));
    });
    if (!walked) return walked.error();
    if (auto r = set.find_within(layout::all_lists); !r) return r.error();
    for (const auto& [path, what] : {std::pair(layout::files_list, list_file::form::lines),
                                     std::pair(layout::manifest, list_file::form::manifest)}) {
        const auto there = files.info(path);
        if (!there) return there.error();
        const bool serves = set.lists_.empty() || what == list_file::form::lines;
        if (!serves || !there.value() || there.value()->folder) continue;
        set.lists_.push_back({std::string(path), what, {arrangement::tree, {}}, {}, {}});
    }
    if (set.lists_.size() == 1 && set.lists_.front().what == list_file::form::manifest) {
        auto volumes = volume_lists(files);
        if (!volumes) return volumes.error();
        if (!volumes.value().empty()) set.lists_ = std::move(volumes.value());
    }
    std::ranges::sort(set.lists_, {}, &list_file::path);
    return set;
}

std::variant<list_line, line_fault> list_set::parsed(const list_file& list, std::string_view text) const {
    if (list.what == list_file::form::lines) return read_list_line(text);
    const auto entry = formats::parse_manifest_line(text);
    if (!entry) return line_fault::malformed;
    list_line line;
    line.file = list.what == list_file::form::volume ? layout::below(layout::payload_folder, entry->path) : entry->path;
    line.volume = list.volume;
    line.name = layout::name_of(line.file);
    line.sha256 = entry->digest;
    if (!is_payload_path(line.file)) return line_fault::unsafe_path;
    return line;
}

// Its lines, empty ones too.
result<void> list_set::lines_of(const list_file& list, const line_visitor& see, bool& more) {
    const auto file = files_->open(list.file(), world::open_mode::read);
    if (!file) return file.error();
    std::vector<std::byte> piece(piece_bytes);
    std::string rest;
    bool too_long = false;
    std::uint64_t at = list.begin, begin = list.begin;
    const auto end_line = [&](std::string_view text, std::uint64_t next) {
        if (text.ends_with('\r')) text.remove_suffix(1);
        see({too_long ? std::string_view() : text, too_long, begin, next});
        too_long = false;
        begin = next;
    };
    while (more && at < list.end) {
        const auto most = std::min<std::uint64_t>(piece.size(), list.end - at);
        const auto got = file.value()->read_at(at, std::span(piece).first(static_cast<std::size_t>(most)));
        if (!got) return got.error();
        if (got.value() == 0) break;
        std::string_view text = formats::as_text(std::span(piece).first(got.value()));
        at += got.value();
        for (std::size_t end = text.find('\n'); more && end != std::string_view::npos; end = text.find('\n')) {
            const std::uint64_t next = at - (text.size() - end - 1);
            if (rest.empty()) {
                end_line(text.substr(0, end), next);
            } else {
                rest.append(text.substr(0, end));
                end_line(rest, next);
                rest.clear();
            }
            text.remove_prefix(end + 1);
        }
        if (rest.size() + text.size() > longest_list_line) too_long = true;
        if (!too_long) rest.append(text);
    }
    if (more && (!rest.empty() || too_long)) end_line(rest, at);
    return {};
}

result<void> list_set::read(std::uint32_t index, const std::function<bool(seen_line&&)>& see, bool& more) {
    const list_file& list = lists_[index];
    std::uint64_t number = 0;
    return lines_of(
        list,
        [&](const raw_line& line) {
            ++number;
            if (line.text.empty() && !line.too_long) return;
            auto content =
                line.too_long ? std::variant<list_line, line_fault>(line_fault::malformed) : parsed(list, line.text);
            more = see({list, {index, line.begin}, number, std::move(content)});
        },
        more);
}

result<void> list_set::each(const std::function<bool(seen_line&&)>& see) {
    bool more = true;
    for (std::uint32_t i = 0; i < lists_.size() && more; ++i) {
        if (auto r = read(i, see, more); !r) return r;
    }
    return {};
}

result<list_line> list_set::at(list_place place) {
    if (!open_ || opened_ != place.list) {
        auto file = files_->open(lists_[place.list].file(), world::open_mode::read);
        if (!file) return file.error();
        open_ = std::move(file.value());
        opened_ = place.list;
    }
    std::string text;
    for (std::size_t want = line_bytes; want <= 2 * longest_list_line; want *= 4) {
        text.resize(want);
        const auto got = open_->read_at(place.offset, std::as_writable_bytes(std::span(text.data(), text.size())));
        if (!got) return got.error();
        const auto end = std::string_view(text).substr(0, got.value()).find('\n');
        if (end == std::string_view::npos && got.value() == want) continue;
        std::string_view line = std::string_view(text).substr(0, std::min(end, got.value()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        auto content = parsed(lists_[place.list], line);
        if (auto* good = std::get_if<list_line>(&content)) return std::move(*good);
        break;
    }
    return failure(world::file_errc::io, lists_[place.list].path + ": changed while it was read");
}

}  // namespace decamp::retrieval
