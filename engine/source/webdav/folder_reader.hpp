#pragma once
// One folder's answer, turned into items and subfolders while it streams. Pure.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/error.hpp"
#include "engine/model/item.hpp"
#include "engine/source/webdav/multistatus.hpp"
#include "engine/source/webdav/paths.hpp"
#include "engine/transport/url.hpp"

namespace decamp::source::webdav {

class folder_reader {
  public:
    static constexpr std::uint64_t entry_limit = 20'000'000;  // of one folder

    // `root`: the encoded path of what the user named, with its slash. `asked`: what the answer came from. `folder`:
    // the folder's path of ours.
    folder_reader(std::string root, transport::url asked, std::string folder);
    folder_reader(const folder_reader&) = delete;
    folder_reader& operator=(const folder_reader&) = delete;

    // Errors: source_errc::unusable_answer.
    result<void> feed(std::string_view bytes);
    // Fails too where the answer was of another folder than asked: it would pass for an empty one.
    result<void> finish();

    // Found and not taken yet.
    std::size_t waiting() const { return items_.size() + folders_.size() + unreachable_.size(); }
    // In the server's order, at most `most`.
    std::vector<listed_item> take_items(std::size_t most);
    std::vector<std::string> take_folders();      // as to_text(folder_ref)
    std::vector<std::string> take_unreachable();  // for people: too long or too deep to be asked for
    // It says that it is no folder.
    bool is_file() const { return self_typed_ && !self_folder_; }

  private:
    void take(dav_entry entry);
    void add_item(const seen_from& where, const std::string& path, const dav_entry& entry);

    std::string root_;
    transport::url asked_;
    std::string folder_;
    std::vector<std::string> components_;
    std::vector<listed_item> items_;
    std::vector<std::string> folders_, unreachable_;
    std::uint64_t entries_ = 0, children_ = 0;
    bool self_ = false, self_typed_ = false, self_folder_ = false;
    multistatus_reader reader_;
};

}  // namespace decamp::source::webdav
