#include "engine/source/webdav/folder_reader.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/source/webdav/status_words.hpp"
#include "formats/bytes.hpp"
#include "formats/digest.hpp"
#include "formats/unicode.hpp"

namespace decamp::source::webdav {

namespace {

std::uint64_t hash_of(std::string_view text) {
    return formats::xxh3_64_of(formats::as_bytes(text));
}

std::string_view without_slash(std::string_view path) {
    while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    return path;
}

// Nothing in it says whether it is a file, a folder, or anything.
bool says_nothing(const dav_entry& entry, bool slash) {
    return !entry.described && !slash;
}

}  // namespace

folder_reader::folder_reader(std::string root, transport::url asked, std::string folder)
    : root_(std::move(root)),
      asked_(std::move(asked)),
      folder_(std::move(folder)),
      components_(components(asked_.path)) {
    reader_.emplace([this](dav_entry entry) { take(std::move(entry)); });
}

result<void> folder_reader::feed(std::string_view bytes) {
    auto read = reader_->feed(bytes);
    if (!read) return read;
    if (entries_ > entry_limit) return failure(source_errc::unusable_answer, "more entries than a folder may have");
    return {};
}

result<void> folder_reader::finish() {
    auto read = reader_->finish();
    if (!read) return read;
    // RFC 4918, 9.1: the folder itself is part of its answer. Not every server knows; but one that lists neither it nor
    // anything within it speaks of something else.
    if (first_page_ && !self_ && children_ == 0)
        return failure(source_errc::unusable_answer, "it lists another folder than asked");
    // Some servers answer so of what is not there (nginx), instead of 404.
    const bool nothing = self_ && !self_described_ && self_refusal_ >= 400 && children_ == 0;
    if (!nothing) return {};
    const bool refused = self_refusal_ == 401 || self_refusal_ == 403;
    return failure(refused ? source_errc::refused : source_errc::gone, status_words(self_refusal_));
}

void folder_reader::begin_page(transport::url asked) {
    asked_ = std::move(asked);
    first_page_ = false;
    page_entries_ = page_digest_ = 0;
    reader_.emplace([this](dav_entry entry) { take(std::move(entry)); });
}

void folder_reader::end_list() {
    for (const auto& [path, spelled] : unnamed_) {
        if (!folder_names_.try_emplace(hash_of(path), 0).second) continue;
        folder_ref found{path, {}};
        if (encoded_path(root_, path) != spelled) found.spelled = spelled;
        folders_.push_back(to_text(found));
    }
    unnamed_.clear();
    if (names_left_out_) {
        gaps_.push_back({folder_ + " names",
                         folder_,
                         {folder_},
                         exception_reason::names_collide,
                         "more than " + std::to_string(names_limit) + " folders, which are not all compared"});
    }
    if (gaps_found_ > gap_limit) {
        gaps_.push_back({folder_ + " more",
                         folder_,
                         {folder_},
                         exception_reason::entry_not_read,
                         std::to_string(gaps_found_ - gap_limit) + " more in this folder"});
    }
}

std::vector<listed_item> folder_reader::take_items(std::size_t most) {
    if (items_.size() <= most) return std::exchange(items_, {});
    const auto end = items_.begin() + static_cast<std::ptrdiff_t>(most);
    std::vector<listed_item> out(std::make_move_iterator(items_.begin()), std::make_move_iterator(end));
    items_.erase(items_.begin(), end);
    return out;
}

std::vector<std::string> folder_reader::take_folders() {
    return std::exchange(folders_, {});
}

std::vector<list_gap> folder_reader::take_gaps() {
    return std::exchange(gaps_, {});
}

std::string folder_reader::short_of_count() const {
    const std::uint64_t folders = folder_names_.size();
    if (counts_.files && *counts_.files > files_ + odd_)
        return "it counts " + std::to_string(*counts_.files) + " files and lists " + std::to_string(files_);
    if (counts_.folders && *counts_.folders > folders + odd_)
        return "it counts " + std::to_string(*counts_.folders) + " folders and lists " + std::to_string(folders);
    // Of a folder that holds others, the bytes are those of the whole tree.
    const bool comparable = counts_.bytes && folders == 0 && odd_ == 0 && every_size_;
    if (comparable && *counts_.bytes > bytes_)
        return "it counts " + std::to_string(*counts_.bytes) + " bytes and lists " + std::to_string(bytes_);
    return {};
}

std::string folder_reader::path_of(const std::string& name) const {
    return (folder_ == "/" ? folder_ : folder_ + "/") + shown_component(name);
}

// Of a folder that counts: whether the name is met for the first time, so that one that stands twice hides nothing.
bool folder_reader::is_new(std::string_view name) {
    if (!counts_.any() || counted_.size() >= names_limit) return true;
    return counted_.insert(hash_of(name)).second;
}

void folder_reader::add_gap(std::string_view href, exception_reason reason, std::string detail) {
    if (++gaps_found_ > gap_limit) return;
    list_gap gap;
    gap.name = href_for_people(href);
    if (gap.name.empty()) gap.name = "?";
    // Two names that are cut alike are two gaps.
    gap.id = gap.name;
    if (gap.name.ends_with("...") || gap.name == "?") gap.id += " " + std::to_string(entries_) + " of " + folder_;
    gap.collection.value = folder_;
    gap.reason = reason;
    gap.detail = std::move(detail);
    gaps_.push_back(std::move(gap));
}

void folder_reader::take(dav_entry entry) {
    ++entries_;
    // The folder itself stands first, if anything does.
    const bool first = entries_ == 1 && entry.folder;
    seen_from where = place_href(asked_, components_, entry.href, prefix_);
    if (first && (where.what == seen_from::kind::above || where.what == seen_from::kind::elsewhere)) {
        prefix_ = missing_prefix(asked_, entry.href).value_or("");
        where = place_href(asked_, components_, entry.href, prefix_);
    }
    const bool self = !entry.href.empty() && where.what == seen_from::kind::itself;
    if (self) return take_self(entry);
    ++page_entries_;
    page_digest_ = hash_of(std::to_string(page_digest_) + entry.href);
    if (entry.href.empty()) {
        ++odd_;
        return add_gap({}, exception_reason::entry_not_read, "an entry without a name");
    }
    switch (where.what) {
        case seen_from::kind::itself:
        case seen_from::kind::above:
            return;
        case seen_from::kind::child:
            return take_child(where, entry);
        case seen_from::kind::deeper:
            return take_deeper(where, entry);
        case seen_from::kind::elsewhere:
            break;
    }
    if (entry.status == 404 || entry.status == 410) return;
    const bool too_long = entry.href.size() > path_limit;
    if (too_long) ++children_;
    add_gap(entry.href, exception_reason::entry_not_read,
            too_long ? "too long" : "outside of the folder that was asked for");
}

void folder_reader::take_self(const dav_entry& entry) {
    self_ = true;
    self_described_ |= entry.described;
    if (self_refusal_ == 0) self_refusal_ = entry.refusal;
    self_typed_ |= entry.typed;
    self_folder_ |= entry.folder;
    if (entry.status >= 400) self_status_ = entry.status;
    if (children_ == 0 && entry.counts.any()) counts_ = entry.counts;
}

void folder_reader::take_child(const seen_from& where, const dav_entry& entry) {
    ++children_;
    // Gone between the server's two looks at it.
    if (entry.status == 404 || entry.status == 410) return;
    const std::string path = path_of(where.name);
    const bool is_folder = entry.folder || (!entry.typed && where.slash);
    const bool reachable =
        where.path.size() <= path_limit && path.size() <= path_limit && components_.size() + 1 <= depth_limit;
    if (says_nothing(entry, where.slash)) {
        ++odd_;
        const int said = entry.status != 0 ? entry.status : entry.refusal;
        const std::string detail = said >= 400 ? status_words(said) : "it does not say what it is";
        add_gap(entry.href, exception_reason::entry_not_read, detail);
    } else if (!reachable) {
        ++odd_;
        const auto reason = is_folder ? exception_reason::folder_not_listed : exception_reason::entry_not_read;
        add_gap(entry.href, reason, "too long or too deep");
    } else if (is_folder) {
        add_folder(where, path, entry);
    } else {
        add_item(where, path, entry);
    }
}

// From servers that take every Depth for infinity. Its folder is asked for itself, even where nothing else names it.
void folder_reader::take_deeper(const seen_from& where, const dav_entry& entry) {
    ++children_;
    if (entry.status == 404 || entry.status == 410) return;
    const std::string path = path_of(where.name);
    const bool climbs = where.name == "." || where.name == "..";
    const bool reachable = where.path.size() <= path_limit && path.size() <= path_limit &&
                           components_.size() + 1 <= depth_limit && !climbs;
    const bool known = folder_names_.contains(hash_of(path)) || unnamed_.contains(path);
    if (known) return;
    if (reachable && unnamed_.size() < unnamed_limit)
        unnamed_.emplace(path, where.path);
    else
        add_gap(entry.href, exception_reason::entry_not_read, "outside of the folder that was asked for");
}

void folder_reader::add_folder(const seen_from& where, const std::string& path, const dav_entry& entry) {
    const std::uint64_t key = hash_of(path), raw = hash_of(without_slash(path_as_sent(entry.href)));
    if (folder_names_.size() >= names_limit && !folder_names_.contains(key)) {
        names_left_out_ = true;
    } else {
        const auto [at, first] = folder_names_.try_emplace(key, raw);
        if (!first && at->second != raw) add_gap(entry.href, exception_reason::names_collide, {});
        if (!first) return;
    }
    folder_ref found{path, {}};
    if (encoded_path(root_, path) != where.path) found.spelled = where.path;
    folders_.push_back(to_text(found));
}

void folder_reader::add_item(const seen_from& where, const std::string& path, const dav_entry& entry) {
    if (is_new(where.name)) {
        ++files_;
        bytes_ += std::min(entry.size.value_or(0), ~bytes_);
        every_size_ &= entry.size.has_value();
    }
    listed_item item;
    item.id.value = path.substr(1);
    item.home.value = folder_;
    item.name = formats::to_valid_utf8(where.name);
    item.raw_name = without_slash(path_as_sent(entry.href));
    item.size = entry.size;
    item.modified_ms = entry.modified_ms;
    expectation digests;
    read_checksums(entry.checksums, digests);
    item.sha1 = digests.sha1;
    item.md5 = digests.md5;
    item.sha256 = digests.sha256;
    locator at{strong_etag(entry.etag), {}};
    if (encoded_path(root_, path) != where.path) at.spelled = where.path;
    item.locator = to_text(at);
    items_.push_back(std::move(item));
}

}  // namespace decamp::source::webdav
