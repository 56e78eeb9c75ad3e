#pragma once
// How a collection's list is asked for, and what its counts say of the answer. Pure.

#include <cstdint>
#include <string>
#include <vector>

#include "engine/model/item.hpp"

namespace decamp::listing {

// Consecutive buckets joined into scopes of at most `page_size` announced items, so that each is one page: deep pages of
// a large list are slow, and offsets into it shift while it moves. A bucket that alone is larger is a scope of its own.
std::vector<scope> scopes_of(const collection_id& collection, const std::vector<bucket_count>& announced,
                             std::uint64_t page_size);

struct bucket_difference {
    std::string bucket;
    std::uint64_t announced = 0, listed = 0;
    bool operator==(const bucket_difference&) const = default;
};

// Buckets whose counts differ, ascending. Both inputs ascending by bucket.
std::vector<bucket_difference> compare(const std::vector<bucket_count>& announced, const std::vector<bucket_count>& listed);

// Counts are hostile: a sum that would wrap stays at the largest number.
std::uint64_t total(const std::vector<bucket_count>& counts);

}  // namespace decamp::listing
