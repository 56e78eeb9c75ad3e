#pragma once
// One folder's list, turned into items and subfolders while it streams: one answer, or several where the server gives
// it in pages. Pure.
//
// What an answer holds and no item or folder can be made of is a gap. No gap: the folder itself, those it lies in, an
// entry that the server says is gone (404, 410), and what lies deeper, since its folder is asked for itself.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
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
    static constexpr std::size_t gap_limit = 1000;            // of one folder: named one by one
    static constexpr std::size_t names_limit = 1'000'000;     // of one folder: names that are compared
    static constexpr std::size_t unnamed_limit = 10'000;      // folders known by what lies in them alone

    // `root`: the encoded path of what the user named, with its slash. `asked`: what the answer came from. `folder`:
    // the folder's path of ours.
    folder_reader(std::string root, transport::url asked, std::string folder);
    folder_reader(const folder_reader&) = delete;
    folder_reader& operator=(const folder_reader&) = delete;

    // Errors: source_errc::unusable_answer.
    result<void> feed(std::string_view bytes);
    // The answer's end. Fails too where the first one was of another folder than asked, or says nothing of it but "not
    // found": it would pass for an empty one. Errors: source_errc::gone and refused as well.
    result<void> finish();
    // After finish(): what is fed from now on is the next page.
    void begin_page(transport::url asked);
    // After the last page's finish(): what is known by then alone.
    void end_list();

    // Found and not taken yet.
    std::size_t waiting() const { return items_.size() + folders_.size() + gaps_.size(); }
    // In the server's order, at most `most`.
    std::vector<listed_item> take_items(std::size_t most);
    std::vector<std::string> take_folders();  // as to_text(folder_ref)
    std::vector<list_gap> take_gaps();
    // It says that it is no folder.
    bool is_file() const { return self_typed_ && !self_folder_ && children_ == 0; }
    // The folder's own response has a status of failure: RFC 6578, 3.6, says so of a list that was cut off. Else 0.
    int own_status() const { return self_status_; }
    // Of the present page: entries beside the folder itself, and a digest over their names.
    std::uint64_t page_entries() const { return page_entries_; }
    std::uint64_t page_digest() const { return page_digest_; }
    // Where the folder counts more than was listed: both numbers. Else empty.
    std::string short_of_count() const;

  private:
    void take(dav_entry entry);
    void take_self(const dav_entry& entry);
    void take_child(const seen_from& where, const dav_entry& entry);
    void take_deeper(const seen_from& where, const dav_entry& entry);
    void add_item(const seen_from& where, const std::string& path, const dav_entry& entry);
    void add_folder(const seen_from& where, const std::string& path, const dav_entry& entry);
    void add_gap(std::string_view href, exception_reason reason, std::string detail);
    std::string path_of(const std::string& name) const;
    bool is_new(std::string_view name);

    std::string root_;
    transport::url asked_;
    std::string folder_;
    std::vector<std::string> components_;
    std::vector<listed_item> items_;
    std::vector<std::string> folders_;
    std::vector<list_gap> gaps_;
    std::uint64_t gaps_found_ = 0;
    std::unordered_map<std::uint64_t, std::uint64_t> folder_names_;  // XXH3 of the path of ours and of the name as sent
    std::map<std::string, std::string> unnamed_;  // path of ours -> encoded, of entries that lie deeper
    bool names_left_out_ = false;
    own_counts counts_;
    std::unordered_set<std::uint64_t> counted_;  // where the folder counts: names of files
    std::uint64_t files_ = 0, bytes_ = 0, odd_ = 0;
    bool every_size_ = true;
    std::uint64_t entries_ = 0, children_ = 0, page_entries_ = 0, page_digest_ = 0;
    bool first_page_ = true;
    int self_status_ = 0, self_refusal_ = 0;
    std::string prefix_;  // that hrefs lack
    bool self_ = false, self_described_ = false, self_typed_ = false, self_folder_ = false;
    std::optional<multistatus_reader> reader_;
};

}  // namespace decamp::source::webdav
