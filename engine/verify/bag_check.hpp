#pragma once
// A bag's files against its manifests, and what the bag says of itself against both, from the drive alone: no
// catalogue, no network. Blocking.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/error.hpp"
#include "engine/verify/read_back.hpp"
#include "engine/world/file_store.hpp"
#include "formats/bagit.hpp"

namespace decamp::verify {

enum class fault {
    missing,
    changed,        // detail: which bytes, as far as known
    unreadable,     // detail: the error
    bad_line,       // of a manifest: no digest, no name, or a name that leads out; path: the manifest, detail: the line
    unusable,       // a closing file that cannot be what it should be: empty, cut short, without what it is there for
    unvouched,      // path: the tag manifest, detail: a closing file that it does not list
    unlisted,       // a file that the lists name and the manifest does not
    sum_differs,    // the manifest and the Payload-Oxum of bag-info.txt
    count_differs,  // the manifest and certificate.json
};

struct finding {
    fault what = fault::missing;
    std::string path, detail;
    formats::sha256_digest wanted{};  // what the manifest has, or the lists; else nothing
    // Where sums or counts differ: what is stated elsewhere, and what the manifest and its files come to.
    formats::payload_oxum stated{}, found{};
};

struct bag_sums {
    std::uint64_t listed = 0;  // files the manifests name
    std::uint64_t good = 0;
    std::uint64_t bytes = 0;  // read
    std::uint64_t changed = 0, missing = 0, unreadable = 0, bad_lines = 0;
    std::uint64_t contradictions = 0;  // of the bag with itself: the faults from `unusable` on
    std::uint64_t expected = 0;  // files there should be, where more than `listed`: by what the bag says of itself
    std::uint64_t unlisted = 0;  // files below data/ that nothing names
    bool any_cache = false;      // something was read through the page cache
    bool certified = true;       // false: a run has put the certificate aside and has not come to its end
    bool whole = false;          // not stopped before its end
    bool sound() const { return changed + missing + unreadable + bad_lines + contradictions == 0; }
};

struct bag_watcher {
    std::function<void(const finding&)> found;
    std::function<void(std::string_view path, bool left_by_a_computer)> unlisted;
    std::function<bool(const bag_sums&)> go_on;  // asked after every file; false: stop
};

// Every line of a manifest, good or not; `see` answers false: stop.
result<void> each_manifest_line(world::file_store& files, std::string_view manifest,
                                const std::function<bool(formats::manifest_record&&)>& see);

// file_errc::not_found when there is no manifest at all. Memory: eight bytes a listed file. A name that the drive gives
// back in another normal form is the same name.
result<bag_sums> check_bag(world::file_store& files, const bag_watcher& watcher);

}  // namespace decamp::verify
