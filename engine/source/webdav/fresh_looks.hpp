#pragma once
// A folder's list asked anew, for what a request of its own was told is gone, refused or changed although a list named
// it: such an answer is no verdict as long as the list stands by its word. Coordinator's thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/model/error.hpp"
#include "engine/model/item.hpp"
#include "engine/runtime/task.hpp"
#include "engine/source/source.hpp"
#include "engine/source/webdav/dav_client.hpp"
#include "engine/source/webdav/folder_stream.hpp"
#include "engine/source/webdav/paths.hpp"
#include "engine/world/clock.hpp"

namespace decamp::source::webdav {

class fresh_looks {
  public:
    static constexpr unsigned looks_each = 8;                 // at a folder, until what the last one found is used
    static constexpr std::size_t remembered_limit = 200'000;  // entries of that folder

    // Both outlive it.
    fresh_looks(dav_client& client, world::clock& clock) : client_(client), clock_(clock) {}

    // Whether a list still names this folder, which is not the root. Where the folder above is gone too, the one above
    // that is asked, and so on. Errors: it cannot be said; those of the root itself, where it comes to that.
    task<result<bool>> is_listed(transport::url root, folder_ref folder);
    // The same of a file.
    task<result<second_look>> look_again(transport::url root, listed_item of);
    // The folders that the last of these lists named, as to_text(folder_ref); a few thousand at most.
    std::vector<std::string> take_folders() { return std::exchange(folders_, {}); }
    // After is_listed(): its files, where they are not many.
    std::vector<listed_item> take_rows() { return std::exchange(rows_, {}); }

  private:
    struct sighting {
        bool folder = false, same = false;
        std::optional<listed_item> item;
        std::vector<listed_item> alike;  // of its version, under other names
        std::vector<listed_item> rows;   // of the whole list, as far as it is short
        std::vector<std::string> folders;
        bool found() const { return folder || item.has_value(); }
    };
    // What a folder held when it was looked at last: XXH3 of an entry's path, and of its version.
    struct remembered {
        std::string folder;
        world::steady_time at{};
        std::unordered_map<std::uint64_t, std::uint64_t> entries;
        unsigned stood = 0;  // looks, one after the other, that found the entry as it was listed
    };
    task<result<sighting>> look_above(transport::url root, folder_ref of, listed_item item);
    task<result<sighting>> look_into(transport::url root, folder_ref folder, std::string path, listed_item item);
    static void note(folder_reader& list, const std::string& path, const listed_item& item, remembered& fresh,
                     sighting& into);
    bool is_remembered(const folder_ref& of, std::uint64_t version) const;
    void stood(const std::string& folder, bool as_before);

    dav_client& client_;
    world::clock& clock_;
    remembered last_;
    std::vector<std::string> folders_;
    std::vector<listed_item> rows_;
};

// Whether two rows speak of the same version of a file at the same place, and announce the same.
bool same_version(const listed_item& before, const listed_item& now);

}  // namespace decamp::source::webdav
