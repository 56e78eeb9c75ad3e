#include "engine/certify/verdict.hpp"

#include <gtest/gtest.h>

#include "engine/catalogue/catalogue.hpp"
#include "engine/source/source.hpp"
#include "engine/transport/http.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::certify {
namespace {

findings good() {
    findings f;
    f.listing_whole = true;
    return f;
}

TEST(Verdict, CompleteOnlyWithNothingMissing) {
    EXPECT_EQ(code_of(good()), exit_code::complete);
    EXPECT_EQ(verdict_of(good()), verdict::complete);
    for (std::uint64_t findings::*missing :
         {&findings::own_exceptions, &findings::gap, &findings::unproven, &findings::unstored}) {
        findings f = good();
        f.*missing = 1;
        EXPECT_EQ(code_of(f), exit_code::incomplete);
        EXPECT_EQ(verdict_of(f), verdict::incomplete);
        f.source_exceptions = 5;
        EXPECT_EQ(code_of(f), exit_code::incomplete);
    }
    findings unlisted = good();
    unlisted.listing_whole = false;
    EXPECT_EQ(code_of(unlisted), exit_code::incomplete);
}

TEST(Verdict, ExceptionsOfTheSourceAreNamed) {
    findings f = good();
    f.source_exceptions = 1;
    EXPECT_EQ(code_of(f), exit_code::complete_with_exceptions);
    EXPECT_EQ(verdict_of(f), verdict::complete_with_exceptions);
}

TEST(Verdict, AnEarlyEndIsNeverComplete) {
    const std::pair<run_end, exit_code> table[] = {{run_end::interrupted, exit_code::interrupted},
                                                   {run_end::source_refused, exit_code::source_refused},
                                                   {run_end::source_unreachable, exit_code::source_unreachable},
                                                   {run_end::destination_failed, exit_code::destination_failed}};
    for (const auto& [end, code] : table) {
        findings f = good();
        f.end = end;
        EXPECT_EQ(code_of(f), code);
        EXPECT_EQ(verdict_of(f), verdict::incomplete);
    }
}

TEST(EndOf, TellsWhoFailed) {
    EXPECT_EQ(end_of(failure(source::source_errc::session_died)), run_end::source_refused);
    EXPECT_EQ(end_of(failure(source::source_errc::end_to_end_encrypted)), run_end::source_refused);
    EXPECT_EQ(end_of(failure(source::source_errc::clock_skewed)), run_end::source_refused);
    EXPECT_EQ(end_of(failure(source::source_errc::unusable_answer)), run_end::source_unreachable);
    EXPECT_EQ(end_of(failure(transport::http_errc::not_http)), run_end::source_unreachable);
    EXPECT_EQ(end_of(failure(world::file_errc::no_space)), run_end::destination_failed);
    EXPECT_EQ(end_of(failure(catalogue::catalogue_errc::full)), run_end::destination_failed);
}

TEST(Reasons, ThatLieWithTheSource) {
    for (const char* reason :
         {"deleted_in_cloud", "refused_by_cloud", "changed_in_cloud", "digest_mismatch", "size_mismatch"})
        EXPECT_TRUE(lies_with_source(reason)) << reason;
    for (const char* reason :
         {"not_downloaded", "read_back_differs", "too_large_for_drive", "", "unsteady_bytes", "length_unknown"})
        EXPECT_FALSE(lies_with_source(reason)) << reason;
}

}  // namespace
}  // namespace decamp::certify
