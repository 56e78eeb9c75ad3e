#include "engine/certify/certificate.hpp"

namespace decamp::certify {

namespace {

// What the source counts beyond what it lists, by named differences.
result<std::uint64_t> named_gap(catalogue::catalogue& where) {
    std::uint64_t gap = 0;
    const auto visited = where.each_difference([&](const certificate_difference& d) {
        const std::uint64_t more = d.announced > d.listed ? d.announced - d.listed : 0;
        gap = more > ~gap ? ~std::uint64_t{0} : gap + more;  // counts are hostile: a sum that wrapped would be none
        return true;
    });
    if (!visited) return visited.error();
    return gap;
}

}  // namespace

result<statement> take_stock(catalogue::catalogue& where, const run_facts& facts) {
    statement s;
    s.facts = facts;
    const auto counts = where.counts();
    if (!counts) return counts.error();
    s.counts = counts.value();
    s.counts.announced = facts.announced;
    const auto bytes = where.bytes();
    if (!bytes) return bytes.error();
    s.bytes = bytes.value();
    const auto read_back = where.read_back();
    if (!read_back) return read_back.error();
    s.read_back = read_back.value();

    auto gap = named_gap(where);
    if (!gap) return gap.error();
    if (gap.value() == 0 && facts.announced && *facts.announced > s.counts.listed) {
        if (auto r = where.add_difference({"", "", *facts.announced, s.counts.listed}); !r) return r.error();
        gap = *facts.announced - s.counts.listed;
    }
    s.found.end = facts.end;
    s.found.listing_whole = facts.listing_whole;
    s.found.gap = gap.value();
    std::uint64_t kept = 0;  // exceptions whose bytes are stored all the same
    const auto visited = where.each_exception([&](const certificate_exception& e) {
        ++(lies_with_source(e.reason) ? s.found.source_exceptions : s.found.own_exceptions);
        const auto reason = exception_reason_of(e.reason);
        if (reason == exception_reason::digest_mismatch || reason == exception_reason::size_mismatch ||
            reason == exception_reason::same_bytes || reason == exception_reason::length_unknown)
            ++kept;
        return true;
    });
    if (!visited) return visited.error();
    s.counts.exceptions = s.found.source_exceptions + s.found.own_exceptions;
    const auto unproven = where.unproven_left();
    if (!unproven) return unproven.error();
    s.found.unproven = unproven.value();
    const auto left = where.planned_left();
    if (!left) return left.error();
    const std::uint64_t accounted = s.counts.stored + s.counts.excluded + s.counts.exceptions - kept;
    s.found.unstored = s.counts.listed > accounted ? s.counts.listed - accounted : 0;
    if (s.found.unstored == 0) s.found.unstored = left.value();
    s.code = code_of(s.found);
    s.says = verdict_of(s.found);
    return s;
}

}  // namespace decamp::certify
