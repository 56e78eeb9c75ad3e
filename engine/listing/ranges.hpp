#pragma once
// How a collection's list is asked for, and what its counts say of the answers. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/item.hpp"

namespace decamp::listing {

// Consecutive buckets joined into scopes of at most `page_size` announced items, so that each is one page: deep pages
// of a large list are slow, and offsets into it shift while it moves. A bucket that alone is larger is a scope of its
// own. Days are asked for without gaps: each scope begins the day after the one before ends, the first and the last are
// open, and what fits one page is asked for without any day: so what no count knows is listed, too, and no request is
// added for it. Nothing counted: no scopes.
std::vector<scope> scopes_of(const collection_id& collection, const std::vector<bucket_count>& announced,
                             std::uint64_t page_size);

// Whether the scope is one bucket's alone.
bool is_single(const scope& where);

// What each bucket holds. The answer for a bucket alone says it; that for several is taken for as announced where it
// agrees with the counts as a whole, since the bucket of an item in it is a guess; else the guesses stand. `answered`:
// items with ids of their own in each scope's answers, none: it was not walked to its end. `guessed`: by the buckets
// that items carry. All ascending by bucket.
std::vector<bucket_count> held_by_bucket(const std::vector<scope>& scopes,
                                         const std::vector<std::optional<std::uint64_t>>& answered,
                                         const std::vector<bucket_count>& announced,
                                         const std::vector<bucket_count>& guessed);
void set_count(std::vector<bucket_count>& counts, const std::string& bucket, std::uint64_t count);

struct bucket_difference {
    std::string bucket;
    std::uint64_t announced = 0, listed = 0;
    bool operator==(const bucket_difference&) const = default;
};

// Buckets whose counts differ, ascending. Both inputs ascending by bucket.
std::vector<bucket_difference> compare(const std::vector<bucket_count>& announced,
                                       const std::vector<bucket_count>& listed);

// Counts are hostile: a sum that would wrap stays at the largest number.
std::uint64_t sum(std::uint64_t a, std::uint64_t b);
std::uint64_t total(const std::vector<bucket_count>& counts);

}  // namespace decamp::listing
