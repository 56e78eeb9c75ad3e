#include "engine/source/webdav/folder_reader.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "formats/unicode.hpp"

namespace decamp::source::webdav {

folder_reader::folder_reader(std::string root, transport::url asked, std::string folder)
    : root_(std::move(root)),
      asked_(std::move(asked)),
      folder_(std::move(folder)),
      components_(components(asked_.path)),
      reader_([this](dav_entry entry) { take(std::move(entry)); }) {}

result<void> folder_reader::feed(std::string_view bytes) {
    auto read = reader_.feed(bytes);
    if (!read) return read;
    if (entries_ > entry_limit) return failure(source_errc::unusable_answer, "more entries than a folder may have");
    return {};
}

result<void> folder_reader::finish() {
    auto read = reader_.finish();
    if (!read) return read;
    // RFC 4918, 9.1: the folder itself is part of its answer. Not every server knows; but one that lists neither it nor
    // anything within it speaks of something else.
    if (!self_ && children_ == 0) return failure(source_errc::unusable_answer, "it lists another folder than asked");
    return {};
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

std::vector<std::string> folder_reader::take_unreachable() {
    return std::exchange(unreachable_, {});
}

void folder_reader::take(dav_entry entry) {
    ++entries_;
    if (entry.href.size() > path_limit) {
        ++children_;
        unreachable_.push_back(for_people(entry.href));
        return;
    }
    const seen_from where = place_href(asked_, components_, entry.href);
    if (where.what == seen_from::kind::itself) {
        self_ = true;
        self_typed_ |= entry.typed;
        self_folder_ |= entry.folder;
        return;
    }
    if (where.what != seen_from::kind::child) return;
    ++children_;
    // Gone between the server's two looks at it.
    if (entry.status == 404 || entry.status == 410) return;
    const std::string path = (folder_ == "/" ? folder_ : folder_ + "/") + shown_component(where.name);
    const bool is_folder = entry.folder || (!entry.typed && where.slash);
    const bool reachable =
        where.path.size() <= path_limit && path.size() <= path_limit && components_.size() + 1 <= depth_limit;
    if (!reachable) {
        unreachable_.push_back(for_people(path));
    } else if (is_folder) {
        folder_ref found{path, {}};
        if (encoded_path(root_, path) != where.path) found.spelled = where.path;
        folders_.push_back(to_text(found));
    } else {
        add_item(where, path, entry);
    }
}

void folder_reader::add_item(const seen_from& where, const std::string& path, const dav_entry& entry) {
    listed_item item;
    item.id.value = path.substr(1);
    item.home.value = folder_;
    item.name = formats::to_valid_utf8(where.name);
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
