#pragma once
// Taking items out of an export into a folder. Blocking; one thread.
//
// Memory: what names.hpp says, 40 bytes an item that is wanted, and 200 bytes for each that is wanted of one volume.

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "decamp/retrieve.hpp"
#include "engine/retrieval/export_folder.hpp"
#include "engine/retrieval/target_folder.hpp"

namespace decamp::retrieval {

struct extract_sums {
    std::uint64_t wanted = 0, done = 0;  // items; those that were there already are done, too
    std::uint64_t there = 0;             // of them
    std::uint64_t bytes = 0;             // written
    std::uint64_t in_the_way = 0, damaged = 0;
    bool whole = false;  // not stopped before its end
};

enum class trouble {
    in_the_way,  // something else has the name
    damaged,
    bad_line,  // detail: the number of the line
};

struct extract_watcher {
    std::function<void(trouble what, std::string_view path, std::string_view detail)> found;
    std::function<void(const extract_sums&)> progress;  // after every item
    std::stop_token stop;
};

// An error is about the folder to write to where `of_target` is set, else about the export.
struct extract_end {
    result<void> how;
    bool of_target = false;
    extract_sums sums;
};
extract_end extract(export_folder& from, target_folder& to, const item_selection& only,
                    const extract_watcher& watching);

}  // namespace decamp::retrieval
