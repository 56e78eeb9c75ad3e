#pragma once
// What an export promises and what it has proven, as written to certificate.json ("decamp-certificate/1").

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace decamp {

enum class verdict { complete, complete_with_exceptions, incomplete };

struct certificate_counts {
    std::optional<std::uint64_t> announced;      // the source's own count after the walk, where it has one
    std::uint64_t listed = 0;                    // items listed, excluded ones included
    std::uint64_t excluded = 0;                  // by filters
    std::uint64_t stored = 0;                    // items whose bytes are on the drive
    std::uint64_t checked_by_source_digest = 0;  // items fetched whose announced digest agreed
    std::uint64_t twins_on_announcement = 0;     // items not fetched since a twin by announced digest and size was
    std::uint64_t twins_sampled = 0;             // of those, compared with what is stored at three places
    std::uint64_t unchecked = 0;                 // items stored of which neither length nor digest was announced
    std::uint64_t read_back = 0;                 // items whose bytes were read back and agreed
    std::uint64_t exceptions = 0;                // items named below
};

// Counted by the source a second way. Items that lie in several albums may count several times.
struct certificate_second_count {
    std::string by;  // the source's own name of what gave it
    std::uint64_t items = 0, bytes = 0;
};

struct certificate_bytes {
    std::uint64_t listed = 0;         // sum of listed sizes, excluded ones left out
    std::uint64_t stored_unique = 0;  // on the drive
    std::uint64_t downloaded = 0;     // over the network, retries included, all runs
    std::uint64_t saved_by_dedup = 0;
};

struct certificate_collection {
    std::string id, name;
    std::optional<std::uint64_t> announced;
    std::uint64_t listed = 0, stored = 0;
};

struct certificate_difference {
    std::string collection;  // id; empty: everything
    std::string day;         // "YYYY-MM-DD", or empty
    std::uint64_t announced = 0, listed = 0;
};

struct certificate_exception {
    std::string id, name, collection;
    std::string
        reason;  // "deleted_in_cloud", "digest_mismatch", "refused_by_cloud", "not_downloaded", "read_back_differs" ...
    std::string detail;
};

}  // namespace decamp
