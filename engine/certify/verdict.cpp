#include "engine/certify/verdict.hpp"

#include <boost/system/errc.hpp>

#include "engine/catalogue/catalogue.hpp"
#include "engine/model/exception_reason.hpp"
#include "engine/source/source.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::certify {

run_end end_of(const failure& why) {
    using source::source_errc;
    if (why.code == source_errc::login_refused || why.code == source_errc::session_died ||
        why.code == source_errc::end_to_end_encrypted || why.code == source_errc::clock_skewed)
        return run_end::source_refused;
    const auto& category = why.code.category();
    const bool store = category == make_error_code(world::file_errc::io).category() ||
                       category == make_error_code(catalogue::catalogue_errc::io).category();
    return store ? run_end::destination_failed : run_end::source_unreachable;
}

bool lies_with_source(std::string_view word) {
    const auto reason = exception_reason_of(word);
    return reason && decamp::lies_with_source(*reason);
}

exit_code code_of(const findings& f) {
    switch (f.end) {
        case run_end::interrupted:
            return exit_code::interrupted;
        case run_end::source_refused:
            return exit_code::source_refused;
        case run_end::source_unreachable:
            return exit_code::source_unreachable;
        case run_end::destination_failed:
            return exit_code::destination_failed;
        case run_end::whole:
            break;
    }
    if (!f.listing_whole || f.own_exceptions > 0 || f.gap > 0 || f.unproven > 0 || f.unstored > 0)
        return exit_code::incomplete;
    return f.source_exceptions > 0 ? exit_code::complete_with_exceptions : exit_code::complete;
}

verdict verdict_of(const findings& f) {
    switch (code_of(f)) {
        case exit_code::complete:
            return verdict::complete;
        case exit_code::complete_with_exceptions:
            return verdict::complete_with_exceptions;
        default:
            return verdict::incomplete;
    }
}

std::string_view word_of(verdict v) {
    switch (v) {
        case verdict::complete:
            return "complete";
        case verdict::complete_with_exceptions:
            return "complete_with_exceptions";
        case verdict::incomplete:
            return "incomplete";
    }
    return "incomplete";
}

}  // namespace decamp::certify
