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
    std::string kind, endpoint, account;  // of the source; no secrets
    arrangement arranged = arrangement::albums;
    std::vector<std::string> include, exclude;
    std::string since;
    std::int64_t started_ms = 0, finished_ms = 0;
    int utc_offset_minutes = 0;
    std::optional<std::uint64_t> announced;  // the source's own count after the walk
    std::optional<certificate_second_count> announced_by;
    bool listing_whole = false;
    run_end end = run_end::whole;
    language words = language::en;
    const encryption::lock* lock = nullptr;  // the export is encrypted for these
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

// What a certificate says: everything, or, on the drive of an encrypted export, nothing of any item, album or place:
// totals, and bytes in whole MiB.
enum class disclosure { full, totals };

result<void> write_json(draft& to, const statement& s, catalogue::catalogue& where, disclosure says = disclosure::full);
result<void> write_text(draft& to, const statement& s, catalogue::catalogue& where, disclosure says = disclosure::full);
// The statement as `totals` has it, and the number of differences that there are.
statement in_totals(const statement& s);
result<std::uint64_t> count_differences(catalogue::catalogue& where);

}  // namespace decamp::certify
