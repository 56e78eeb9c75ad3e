#include "engine/source/webdav/fresh_looks.hpp"

#include <chrono>
#include <utility>

#include "engine/transport/url.hpp"
#include "formats/bytes.hpp"
#include "formats/digest.hpp"

namespace decamp::source::webdav {

namespace {

constexpr std::size_t entries_at_once = 2000;
constexpr std::size_t most_alike = 16, most_rows = 2000;
constexpr auto remembered_for = std::chrono::seconds(10);

std::uint64_t hash_of(std::string_view text) {
    return formats::xxh3_64_of(formats::as_bytes(text));
}

std::uint64_t version_of(const listed_item& item) {
    return hash_of(item.locator + "\n" + std::to_string(listed_fingerprint(item)));
}

std::string path_of(const listed_item& item) {
    return "/" + item.id.value;
}

template <class T>
bool differ(const std::optional<T>& before, const std::optional<T>& now) {
    return before && now && *before != *now;
}

// A row of another name that may be the same file: of one size and entity tag, or whose name is that one's once more
// encoded.
bool is_alike(const listed_item& wanted, const listed_item& row) {
    const std::string was = locator_of(wanted.locator).etag, is = locator_of(row.locator).etag;
    if (!was.empty() && was == is && wanted.size == row.size) return true;
    const auto decoded = transport::percent_decode(row.name);
    return decoded && *decoded == wanted.name;
}

}  // namespace

bool same_version(const listed_item& before, const listed_item& now) {
    const locator was = locator_of(before.locator), is = locator_of(now.locator);
    if (was.spelled != is.spelled) return false;
    if (differ(before.size, now.size) || differ(before.sha1, now.sha1) || differ(before.md5, now.md5) ||
        differ(before.sha256, now.sha256))
        return false;
    if (!was.etag.empty() && !is.etag.empty()) return was.etag == is.etag;
    return !before.modified_ms || !now.modified_ms || *before.modified_ms == *now.modified_ms;
}

task<result<bool>> fresh_looks::is_listed(transport::url root, folder_ref folder) {
    if (is_remembered(folder, 0)) co_return true;
    const std::string above = parent_of(folder).path;
    auto seen = co_await look_above(std::move(root), std::move(folder), listed_item());
    if (!seen) co_return seen.error();
    stood(above, seen->found());
    folders_ = std::move(seen->folders);
    if (seen->rows.size() <= most_rows) rows_ = std::move(seen->rows);
    co_return seen->found();
}

task<result<second_look>> fresh_looks::look_again(transport::url root, listed_item of) {
    second_look out;
    folder_ref place{path_of(of), locator_of(of.locator).spelled};
    if (is_remembered(place, version_of(of))) co_return out;
    const std::string above = parent_of(place).path;
    auto seen = co_await look_above(std::move(root), std::move(place), of);
    if (!seen) co_return seen.error();
    stood(above, seen->same);
    folders_ = std::move(seen->folders);
    if (seen->rows.size() <= most_rows) out.rows = std::move(seen->rows);
    if (seen->same) co_return out;
    out.found = seen->item ? second_look::finding::other : second_look::finding::missing;
    out.now = std::move(seen->item);
    if (!out.now) out.others = std::move(seen->alike);
    co_return out;
}

// In the folder that `of` lies in. Where that one is gone, what it held is gone as well, if a list above it agrees.
task<result<fresh_looks::sighting>> fresh_looks::look_above(transport::url root, folder_ref of, listed_item item) {
    const folder_ref above = parent_of(of);
    auto seen = co_await look_into(root, above, of.path, std::move(item));
    if (seen || seen.error().code != source_errc::gone) co_return seen;
    failure why = seen.error();
    for (folder_ref at = above; at.path != "/"; at = parent_of(at)) {
        seen = co_await look_into(root, parent_of(at), at.path, listed_item());
        if (!seen && seen.error().code == source_errc::gone) continue;
        if (!seen) co_return seen;
        if (!seen->found()) co_return sighting();
        co_return failure(source_errc::not_listed, why.detail);
    }
    co_return failure(source_errc::not_found, why.detail);
}

task<result<fresh_looks::sighting>> fresh_looks::look_into(transport::url root, folder_ref folder, std::string path,
                                                           listed_item item) {
    remembered fresh;
    fresh.folder = folder.path;
    fresh.at = clock_.now();
    folder_stream list(client_, std::move(root), std::move(folder));
    const auto begun = co_await list.begin();
    if (!begun) co_return begun.error();
    sighting out;
    bool whole = true;
    do {
        const auto read = co_await list.read_on(entries_at_once);
        if (!read) co_return read.error();
        note(list.reader(), path, item, fresh, out);
        whole &= list.reader().take_gaps().empty();
    } while (!list.ended());
    if (!out.found() && (!whole || !list.cut_short().empty()))
        co_return failure(source_errc::not_listed, "the list of its folder is not whole");
    if (last_.folder == fresh.folder) fresh.stood = last_.stood;
    last_ = std::move(fresh);
    co_return out;
}

void fresh_looks::note(folder_reader& list, const std::string& path, const listed_item& item, remembered& fresh,
                       sighting& into) {
    const bool room = fresh.entries.size() <= remembered_limit;
    for (const std::string& text : list.take_folders()) {
        const std::string found = folder_of(text).path;
        into.folder |= found == path;
        if (into.folders.size() < most_rows) into.folders.push_back(text);
        if (room) fresh.entries.insert_or_assign(hash_of(found), 0);
    }
    for (listed_item& found : list.take_items(list.waiting())) {
        const bool wanted = path_of(found) == path;
        if (room) fresh.entries.insert_or_assign(hash_of(path_of(found)), version_of(found));
        if (!wanted && into.alike.size() < most_alike && is_alike(item, found)) into.alike.push_back(found);
        if (!wanted && into.rows.size() <= most_rows) into.rows.push_back(found);
        if (!wanted || into.same) continue;
        into.same = same_version(item, found);
        if (into.same || !into.item) into.item = std::move(found);
    }
}

// Where a folder stood by its word some times, what it held just now stands for what it would say: a thousand refused
// files of one folder are no thousand lists of it.
bool fresh_looks::is_remembered(const folder_ref& of, std::uint64_t version) const {
    if (last_.stood < looks_each || last_.folder != parent_of(of).path) return false;
    if (clock_.now() - last_.at > remembered_for) return false;
    const auto found = last_.entries.find(hash_of(of.path));
    return found != last_.entries.end() && found->second == version;
}

void fresh_looks::stood(const std::string& folder, bool as_before) {
    if (last_.folder != folder) return;
    last_.stood = as_before ? last_.stood + 1 : 0;
}

}  // namespace decamp::source::webdav
