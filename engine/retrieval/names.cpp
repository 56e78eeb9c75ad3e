#include "engine/retrieval/names.hpp"

#include <algorithm>

#include "engine/model/layout.hpp"
#include "engine/model/volume.hpp"
#include "engine/plan/naming.hpp"
#include "formats/bytes.hpp"
#include "formats/digest.hpp"
#include "formats/safe_name.hpp"
#include "formats/unicode.hpp"

namespace decamp::retrieval {

namespace {

constexpr unsigned most_attempts = 200;

std::uint64_t key_of(std::string_view path) {
    return formats::xxh3_64_of(formats::as_bytes(formats::fold(path)));
}

bool below(std::string_view path, std::string_view folder) {
    return path.size() > folder.size() + 1 && path.starts_with(folder) && path[folder.size()] == '/';
}

std::string_view folder_below_files(std::string_view file) {
    if (!below(file, layout::files_folder)) return {};
    const auto folder = layout::parent_of(file);
    return below(folder, layout::files_folder) ? folder.substr(layout::files_folder.size() + 1) : std::string_view();
}

// In a tree an item's id is its path there; a link's is an address, which tells no folder.
std::string tree_folder(const list_line& line) {
    if (line.id.find("://") != std::string::npos || line.id.starts_with("bytes:"))
        return std::string(folder_below_files(line.file));
    std::string folder;
    for (std::size_t at = line.id.find('/'); at != std::string::npos; at = line.id.find('/', at + 1)) {
        if (at == 0) continue;
        const std::string so_far = (line.id.front() == '/' ? "" : "/") + line.id.substr(0, at);
        folder = plan::tree_candidate(folder, collection_id{so_far});
    }
    return folder;
}

std::string folder_of(const list_context& in, const list_line& line) {
    return in.how == arrangement::albums ? in.folder : tree_folder(line);
}

listed_item item_of(const list_line& line) {
    listed_item item;
    item.id.value = line.id;
    item.name = line.name;
    item.modified_ms = line.modified_ms;
    return item;
}

std::string candidate(const list_context& in, const list_line& line, unsigned attempt) {
    const listed_item item = item_of(line);
    const std::string folder = folder_of(in, line);
    return attempt == 0 ? plan::path_candidate(in.how, folder, item)
                        : plan::path_candidate_with_id(in.how, folder, item, attempt);
}

bool in_own_folder(const list_context& in, const list_line& line) {
    return in.how == arrangement::tree || !below(line.file, layout::albums_folder) ||
           layout::parent_of(line.file) == layout::below(layout::albums_folder, in.folder);
}

// The name of its bytes is one that this very item could have been given.
bool looks_own(const list_context& in, const list_line& line) {
    if (!in_own_folder(in, line)) return false;
    for (unsigned attempt = 0; attempt <= 2; ++attempt)
        if (line.file == candidate(in, line, attempt)) return true;
    return false;
}

}  // namespace

void name_book::note(const list_context& in, const list_line& line) {
    files_.push_back(key_of(line.file));
    if (looks_own(in, line)) owned_.push_back(files_.back());
}

void name_book::done() {
    for (auto* keys : {&files_, &owned_}) {
        std::ranges::sort(*keys);
        keys->erase(std::unique(keys->begin(), keys->end()), keys->end());
        keys->shrink_to_fit();
    }
    claimed_.assign(files_.size(), false);
}

bool name_book::is_file(std::uint64_t key) const {
    return std::ranges::binary_search(files_, key);
}

bool name_book::claim(std::uint64_t key) {
    const auto at = std::ranges::lower_bound(files_, key);
    if (at == files_.end() || *at != key) return false;
    auto taken = claimed_[static_cast<std::size_t>(at - files_.begin())];
    if (taken) return false;
    taken = true;
    return true;
}

naming name_book::choose(const list_context& in, const list_line& line, const std::optional<std::string>& planned) {
    const std::uint64_t key = key_of(line.file);
    const bool told = planned && is_payload_path(*planned);
    if (told) {
        list_line as_planned = line;
        as_planned.file = *planned;
        if (*planned == line.file) {
            if (in_own_folder(in, line) && claim(key)) return naming::of_bytes;
        } else if (in_own_folder(in, as_planned) && !is_file(key_of(*planned)) &&
                   given_.insert(key_of(*planned)).second) {
            return naming::planned;
        }
    } else if (in_own_folder(in, line)) {
        const bool own = looks_own(in, line) || !std::ranges::binary_search(owned_, key);
        if (own && claim(key)) return naming::of_bytes;
    }
    unsigned attempt = 0;
    for (; attempt < most_attempts; ++attempt) {
        const std::uint64_t wish = key_of(candidate(in, line, attempt));
        if (!is_file(wish) && given_.insert(wish).second) break;
    }
    return static_cast<naming>(static_cast<unsigned>(naming::chosen) + attempt);
}

std::string target_of(const list_context& in, const list_line& line, naming how,
                      const std::optional<std::string>& planned) {
    std::string path = line.file;
    if (how == naming::planned) path = planned.value_or(line.file);
    if (how != naming::of_bytes && how != naming::planned)
        path = candidate(in, line, static_cast<unsigned>(how) - static_cast<unsigned>(naming::chosen));
    std::string safe;
    std::string_view rest = archived_name(path);
    while (!rest.empty()) {
        const auto slash = std::min(rest.find('/'), rest.size());
        if (!safe.empty()) safe += '/';
        safe += formats::safe_component(rest.substr(0, slash));
        rest.remove_prefix(std::min(slash + 1, rest.size()));
    }
    return safe;
}

std::string_view plain_name(std::string_view typed) {
    while (typed.starts_with("./")) typed.remove_prefix(2);
    return archived_name(typed);
}

}  // namespace decamp::retrieval
