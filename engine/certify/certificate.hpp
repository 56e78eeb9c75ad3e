#pragma once
// The certificate as text, for people and for programs. What can be long (albums, differences, exceptions) is streamed
// from the catalogue. Blocking; on world::queue::catalogue.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "decamp/certificate.hpp"
#include "decamp/error.hpp"
#include "engine/catalogue/catalogue.hpp"
#include "engine/certify/draft.hpp"
#include "engine/certify/verdict.hpp"

namespace decamp::certify {

// What the run knows that the catalogue does not.
struct run_facts {
    std::string version;
    std::string kind, endpoint, account;       // of the source; no secrets
    arrangement arranged = arrangement::albums;
    std::vector<std::string> include, exclude;
    std::string since;
    std::int64_t started_ms = 0, finished_ms = 0;
    int utc_offset_minutes = 0;
    std::optional<std::uint64_t> announced;    // the source's own count after the walk
    bool listing_whole = false;
    run_end end = run_end::whole;
    language words = language::en;
    bool filtered() const { return !include.empty() || !exclude.empty() || !since.empty(); }
};

struct statement {
    run_facts facts;
    findings found;
    verdict says = verdict::incomplete;
    exit_code code = exit_code::incomplete;
    certificate_counts counts;
    certificate_bytes bytes;
    catalogue::catalogue::read_back_summary read_back;
};

// Counts from both sides, and what follows from them. Records the gap in the catalogue where only totals differ.
result<statement> take_stock(catalogue::catalogue& where, const run_facts& facts);

result<void> write_json(draft& to, const statement& s, catalogue::catalogue& where);
result<void> write_text(draft& to, const statement& s, catalogue::catalogue& where);

}  // namespace decamp::certify
