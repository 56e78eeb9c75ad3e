#include "engine/listing/ranges.hpp"

#include <algorithm>

#include "formats/time.hpp"

namespace decamp::listing {

namespace {

std::string day_after(std::string_view day, std::int64_t step = 1) {
    const auto date = formats::parse_day(day);
    return date ? formats::format_day(formats::civil_from_days(formats::days_from_civil(*date) + step)) : std::string();
}

bool is_day(std::string_view bucket) {
    return formats::parse_day(bucket).has_value();
}

bool within(const scope& where, std::string_view bucket) {
    if (is_single(where)) return bucket == where.first_bucket;
    return is_day(bucket) && (where.first_bucket.empty() || bucket >= where.first_bucket) &&
           (where.last_bucket.empty() || bucket <= where.last_bucket);
}

std::vector<bucket_count> part_of(const std::vector<bucket_count>& counts, const scope& where) {
    std::vector<bucket_count> part;
    for (auto b = std::ranges::lower_bound(counts, where.first_bucket, {}, &bucket_count::bucket); b != counts.end();
         ++b) {
        if (!where.last_bucket.empty() && b->bucket > where.last_bucket) break;
        if (b->count > 0 && within(where, b->bucket)) part.push_back(*b);
    }
    return part;
}

bool counts_day(const std::vector<bucket_count>& counts, std::string_view day) {
    const auto at = std::ranges::lower_bound(counts, day, {}, &bucket_count::bucket);
    return at != counts.end() && at->bucket == day;
}

// A guess can be a day off, where the source's days begin at another hour; more than that is no guess.
bool near_days_of(const std::vector<bucket_count>& guessed, const std::vector<bucket_count>& announced) {
    return std::ranges::all_of(guessed, [&](const bucket_count& b) {
        return counts_day(announced, b.bucket) || counts_day(announced, day_after(b.bucket)) ||
               counts_day(announced, day_after(b.bucket, -1));
    });
}

// Each begins behind the one before; what lies between is asked for along with what follows.
void close_gaps(std::vector<scope>& days) {
    for (std::size_t i = 1; i < days.size(); ++i) days[i].first_bucket = day_after(days[i - 1].last_bucket);
    days.front().first_bucket.clear();
    days.back().last_bucket.clear();
}

}  // namespace

bool is_single(const scope& where) {
    return !where.first_bucket.empty() && where.first_bucket == where.last_bucket;
}

std::vector<scope> scopes_of(const collection_id& collection, const std::vector<bucket_count>& announced,
                             std::uint64_t page_size) {
    std::vector<scope> scopes, others;
    std::uint64_t in_last = 0;
    for (const bucket_count& b : announced) {
        if (b.count == 0) continue;
        if (!is_day(b.bucket)) {
            others.push_back({collection, b.bucket, b.bucket});
        } else if (!scopes.empty() && b.count <= page_size && in_last <= page_size - b.count) {
            scopes.back().last_bucket = b.bucket;
            in_last += b.count;
        } else {
            scopes.push_back({collection, b.bucket, b.bucket});
            in_last = b.count;
        }
    }
    if (scopes.empty() && others.empty()) return scopes;
    if (scopes.empty()) scopes.push_back({collection, {}, {}});
    close_gaps(scopes);
    scopes.insert(scopes.end(), others.begin(), others.end());
    return scopes;
}

std::vector<bucket_count> held_by_bucket(const std::vector<scope>& scopes,
                                         const std::vector<std::optional<std::uint64_t>>& answered,
                                         const std::vector<bucket_count>& announced,
                                         const std::vector<bucket_count>& guessed) {
    std::vector<bucket_count> held;
    for (std::size_t i = 0; i < scopes.size(); ++i) {
        const scope& where = scopes[i];
        if (is_single(where) && answered[i]) {
            held.push_back({where.first_bucket, *answered[i]});
            continue;
        }
        const auto wanted = part_of(announced, where), found = part_of(guessed, where);
        const bool agrees = answered[i] && *answered[i] == total(wanted) && near_days_of(found, wanted);
        const auto& part = agrees ? wanted : found;
        held.insert(held.end(), part.begin(), part.end());
    }
    std::ranges::sort(held, {}, &bucket_count::bucket);
    return held;
}

void set_count(std::vector<bucket_count>& counts, const std::string& bucket, std::uint64_t count) {
    const auto at = std::ranges::lower_bound(counts, bucket, {}, &bucket_count::bucket);
    if (at != counts.end() && at->bucket == bucket)
        at->count = count;
    else
        counts.insert(at, {bucket, count});
}

std::vector<bucket_difference> compare(const std::vector<bucket_count>& announced,
                                       const std::vector<bucket_count>& listed) {
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

std::uint64_t sum(std::uint64_t a, std::uint64_t b) {
    return b > ~a ? ~std::uint64_t{0} : a + b;
}

std::uint64_t total(const std::vector<bucket_count>& counts) {
    std::uint64_t all = 0;
    for (const bucket_count& b : counts) all = sum(all, b.count);
    return all;
}

}  // namespace decamp::listing
