#pragma once
// What a run came to: the verdict of its certificate and its exit code. Pure.

#include <cstdint>
#include <optional>
#include <string_view>

#include "decamp/certificate.hpp"
#include "decamp/error.hpp"
#include "engine/model/error.hpp"

namespace decamp::certify {

// How the run ended, before the counts are looked at.
enum class run_end {
    whole,               // nothing stopped it
    interrupted,         // by the user
    source_refused,      // login refused or died, end-to-end encryption
    source_unreachable,  // no HTTP, TLS not verified, lists unusable
    destination_failed,  // full, gone, I/O error
};

// Which end a failure of class run means.
run_end end_of(const failure& why);

struct findings {
    run_end end = run_end::whole;
    bool listing_whole = false;           // every list was walked to its end
    std::uint64_t source_exceptions = 0;  // named exceptions that lie with the source
    std::uint64_t own_exceptions = 0;     // all others
    std::uint64_t gap = 0;                // items the source counts beyond those it lists
    std::uint64_t unproven = 0;           // stored blobs not read back
    std::uint64_t unstored = 0;           // wanted items neither stored nor an exception
};

// True for reasons that lie with the source: complete_with_exceptions is still possible. Words of other versions do
// not.
bool lies_with_source(std::string_view word);

exit_code code_of(const findings& f);
verdict verdict_of(const findings& f);
std::string_view word_of(verdict v);  // as in certificate.json

}  // namespace decamp::certify
