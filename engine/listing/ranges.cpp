#include "engine/listing/ranges.hpp"

namespace decamp::listing {

std::vector<scope> scopes_of(const collection_id& collection, const std::vector<bucket_count>& announced,
                             std::uint64_t page_size) {
    std::vector<scope> scopes;
    std::uint64_t in_last = 0;
    for (const bucket_count& b : announced) {
        if (b.count == 0) continue;
        if (!scopes.empty() && b.count <= page_size && in_last <= page_size - b.count) {
            scopes.back().last_bucket = b.bucket;
            in_last += b.count;
        } else {
            scopes.push_back({collection, b.bucket, b.bucket});
            in_last = b.count;
        }
    }
    return scopes;
}

std::vector<bucket_difference> compare(const std::vector<bucket_count>& announced, const std::vector<bucket_count>& listed) {
    std::vector<bucket_difference> differences;
    auto a = announced.begin();
    auto l = listed.begin();
    while (a != announced.end() || l != listed.end()) {
        bucket_difference d;
        if (l == listed.end() || (a != announced.end() && a->bucket < l->bucket)) {
            d = {a->bucket, a->count, 0};
            ++a;
        } else if (a == announced.end() || l->bucket < a->bucket) {
            d = {l->bucket, 0, l->count};
            ++l;
        } else {
            d = {a->bucket, a->count, l->count};
            ++a;
            ++l;
        }
        if (d.announced != d.listed) differences.push_back(std::move(d));
    }
    return differences;
}

std::uint64_t total(const std::vector<bucket_count>& counts) {
    std::uint64_t sum = 0;
    for (const bucket_count& b : counts) sum = b.count > ~sum ? ~std::uint64_t{0} : sum + b.count;
    return sum;
}

}  // namespace decamp::listing
