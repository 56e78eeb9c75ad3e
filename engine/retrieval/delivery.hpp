#pragma once
// Bytes that were found, put under the names of all items that have them. Inside engine/retrieval only.

#include <optional>
#include <string>

#include "engine/retrieval/extract.hpp"
#include "engine/retrieval/item_bytes.hpp"
#include "engine/retrieval/wanted_lines.hpp"

namespace decamp::retrieval {

struct found_bytes {
    byte_reader read;                         // from their beginning; called to their end, or not at all
    std::optional<std::uint64_t> size;        // that they must have
    std::optional<std::uint64_t> declared;    // by an archive; `size` is none then
    std::uint64_t packed = 0;                 // bytes of the volume
    std::optional<std::int64_t> modified_ns;  // where the lists tell no time
};

class delivery {
  public:
    delivery(export_folder& from, list_set& lists, target_folder& to, const extract_watcher& watching)
        : from_(from), lists_(lists), to_(to), watching_(watching) {}

    extract_sums sums;
    bool of_target = false;  // the last error was about the folder that is written to

    result<list_line> line_of(const wanted_line& w) { return lists_.at(w.place); }
    // True: each of the items is done. False: the bytes are not theirs (`why`), and nothing was written.
    result<bool> deliver(const wanted_group& items, const found_bytes& found, std::string& why);
    // Those that are not done cannot be had.
    result<void> give_up(const wanted_group& items, const std::string& why);
    result<void> close() { return writing(to_.close()); }

  private:
    struct part {
        wanted_line* item;
        std::string target;
        std::optional<std::int64_t> modified_ns;
    };
    struct sifted {
        list_line line;                       // one of them: all have the same bytes
        std::vector<part> left;               // to be written
        std::optional<std::string> existing;  // a name that has the bytes
    };
    result<sifted> sift(const wanted_group& items, const found_bytes& found);
    result<bool> bring(const sifted& s, const found_bytes& found, target_folder::incoming& into, std::string& why);
    void done(wanted_line& w, std::uint64_t& counted);
    void in_the_way(wanted_line& w, std::string_view target);
    template <class T>
    result<T> writing(result<T> r) {
        if (!r) of_target = true;
        return r;
    }

    export_folder& from_;
    list_set& lists_;
    target_folder& to_;
    const extract_watcher& watching_;
};

}  // namespace decamp::retrieval
