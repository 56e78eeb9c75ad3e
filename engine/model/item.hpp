#pragma once
// What a source lists. Values only; every string is valid UTF-8 as far as the source's parser could make it so, and
// hostile all the same.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/exception_reason.hpp"
#include "formats/digest.hpp"

namespace decamp {

// The source's own id of an item: opaque text, never a number (ids exceed 2^53).
struct item_id {
    std::string value;
    auto operator<=>(const item_id&) const = default;
};

// The source's own id of a collection. Empty: "everything", the source's view over all collections.
struct collection_id {
    std::string value;
    auto operator<=>(const collection_id&) const = default;
    bool everything() const { return value.empty(); }
};

struct collection {
    collection_id id;
    std::string name;                        // as the source has it; may be empty for built-in ones
    std::optional<std::uint64_t> announced;  // the source's own count of members, where it gives one
    bool outside_everything = false;         // its items may be missing from the view over everything (a private album)
    auto operator<=>(const collection&) const = default;
};

// How a source's items are laid out on the drive.
enum class arrangement {
    albums,  // data/albums/ALBUM/NAME: collections with names of their own
    tree,    // data/files/FOLDER/FOLDER/NAME: collections are folders, their ids paths: "/" is the root, "/a/b" lies in
             // "/a"
};

// An item as it stands in a list.
struct listed_item {
    item_id id;
    collection_id home;                            // the collection it says it belongs to
    std::string name;                              // file name as uploaded
    std::optional<std::uint64_t> size;             // bytes
    std::optional<formats::sha1_digest> sha1;      // announced by the source
    std::optional<formats::sha256_digest> sha256;  // announced by the source
    std::optional<formats::md5_digest> md5;        // announced by the source
    std::optional<std::int64_t> taken_ms;          // Unix milliseconds: when it was taken
    std::optional<std::int64_t> modified_ms;       // Unix milliseconds: when it was last changed
    std::string bucket;   // the source's grouping it was listed under (a day YYYYMMDD), or empty
    std::string locator;  // the source's own note of where its bytes are; of no meaning to others,
                          // not compared, and not a secret: it is kept in the catalogue
    // Its name as the answer spelled it, where another spelling could come to the same id; else empty. Two of these
    // under one id are two items: the second is named `other_id`, or, where there is none, is an exception. No secret:
    // a hash is kept.
    std::string raw_name;
    std::string other_id;
    bool operator==(const listed_item&) const = default;

    // The time its file carries: taken, else modified, else none.
    std::optional<std::int64_t> file_time_ms() const { return taken_ms ? taken_ms : modified_ms; }
};

// XXH3-64 over the fields that, when changed, mean that the item is another one (name, size, digests, modified).
// Stable over versions of decamp: stored in the catalogue.
std::uint64_t listed_fingerprint(const listed_item& item);

// A part of a source's list: a collection (or everything), narrowed to the buckets [first, last] (inclusive, compared
// as text) where the source can narrow.
struct scope {
    collection_id collection;
    std::string first_bucket, last_bucket;  // both empty: all of it
    bool operator==(const scope&) const = default;
};

// The source's own count for one bucket (a day) of a collection.
struct bucket_count {
    std::string bucket;
    std::uint64_t count = 0;
    bool operator==(const bucket_count&) const = default;
};

// What an answer holds, or should hold, and no item stands for: an entry that cannot be placed, a folder that could not
// be listed. Named in the certificate, where it makes the export incomplete, in this run alone.
struct list_gap {
    std::string id;  // as the certificate names it; one of an id and reason a run
    std::string name;
    collection_id collection;
    exception_reason reason = exception_reason::entry_not_read;
    std::string detail;  // in the source's own words, as far as it gave some; no secret
    bool operator==(const list_gap&) const = default;
};

// One answer of a list. `next` is handed back to get the page after; empty when this was the last.
struct item_page {
    std::vector<listed_item> items;
    std::string next;
    std::vector<list_gap> gaps = {};
};

struct collection_page {
    std::vector<collection> collections;
    std::string next;
    std::vector<list_gap> gaps = {};
};

}  // namespace decamp
