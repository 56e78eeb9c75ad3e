#include "engine/pipeline/explain.hpp"

#include <gtest/gtest.h>

#include "engine/catalogue/catalogue.hpp"
#include "engine/pipeline/memory_plan.hpp"
#include "engine/pipeline/places.hpp"
#include "engine/pipeline/settings.hpp"
#include "engine/source/source.hpp"
#include "engine/transport/http.hpp"
#include "engine/world/file_store.hpp"
#include "engine/world/network.hpp"

namespace decamp::pipeline {
namespace {

TEST(Explain, EveryEndHasItsCodeAndASentence) {
    const std::pair<failure, exit_code> table[] = {
        {failure(source::source_errc::login_refused), exit_code::source_refused},
        {failure(source::source_errc::session_died), exit_code::source_refused},
        {failure(source::source_errc::end_to_end_encrypted), exit_code::source_refused},
        {failure(source::source_errc::clock_skewed), exit_code::source_refused},
        {failure(source::source_errc::not_found, "no such bucket"), exit_code::source_unreachable},
        {failure(source::source_errc::region_ended), exit_code::source_unreachable},
        {failure(source::source_errc::unusable_answer, "cut"), exit_code::source_unreachable},
        {failure(transport::http_errc::not_http), exit_code::source_unreachable},
        {failure(transport::http_errc::tls_not_verified), exit_code::source_unreachable},
        {failure(world::network_errc::refused), exit_code::source_unreachable},
        {failure(world::file_errc::no_space), exit_code::destination_failed},
        {failure(world::file_errc::device_gone), exit_code::destination_failed},
        {failure(world::file_errc::io), exit_code::destination_failed},
        {failure(catalogue::catalogue_errc::full), exit_code::destination_failed},
        {failure(catalogue::catalogue_errc::newer_version), exit_code::usage},
        {failure(world::file_errc::in_use), exit_code::usage},
        {failure(world::file_errc::not_a_folder), exit_code::usage},
    };
    for (const auto& [why, code] : table) {
        for (const language words : {language::en, language::zh_cn}) {
            const outcome o = explain(why, {words, "/drive", "i.mi.com", ""});
            EXPECT_EQ(o.code, code) << to_string(why);
            EXPECT_FALSE(o.sentence.empty());
            EXPECT_EQ(o.sentence.find('{'), std::string::npos) << o.sentence;
        }
    }
}

TEST(Explain, NewCredentialsAreThoseOfTheSource) {
    const failure refused(source::source_errc::login_refused, "HTTP 403");
    const outcome browser = explain(refused, {language::en, "/drive", "i.mi.com", "", true});
    EXPECT_EQ(browser.further.size(), 2u);
    const outcome own = explain(refused, {language::en, "/drive", "host.example", "", false});
    EXPECT_NE(own.sentence.find("host.example"), std::string::npos) << own.sentence;
    ASSERT_EQ(own.further.size(), 1u);
    EXPECT_EQ(own.further[0].find("cookie"), std::string::npos) << "nobody but Xiaomi Cloud has one";
}

TEST(MemoryPlan, StaysWithinItsCeiling) {
    for (const std::size_t mib : {32u, 48u, 64u, 128u, 512u}) {
        const auto plan = plan_memory(mib << 20);
        std::size_t sum = plan.payload;
        for (const auto& part : plan.reserves) sum += part.bytes;
        EXPECT_LE(sum, (mib << 20)) << mib;
        EXPECT_GE(plan.payload, std::size_t{4} << 20);
        EXPECT_EQ(plan.payload % (1 << 20), 0u);
    }
}

TEST(MemoryPlan, RecoveryDataTakesHalfOfWhatThereIs) {
    volume_settings v{.kind = container::tar, .recovery_percent = 5};
    unsigned last = 1000;
    for (const std::size_t mib : {64u, 128u, 512u, 4096u}) {
        auto plan = plan_memory(mib << 20);
        const std::size_t before = plan.payload;
        plan_archives(plan, v, 2);
        EXPECT_LE(plan.payload + plan.parity_bytes, before + plan.unused + (std::size_t{1} << 20)) << mib;
        EXPECT_EQ(plan.payload % (1 << 20), 0u);
        EXPECT_LE(plan.parity_readings, last) << mib;
        last = plan.parity_readings;
    }
    EXPECT_EQ(last, 1u);  // 4 GiB of memory: a volume of 4 GiB is read once
}

export_options good() {
    export_options o;
    o.source = "micloud:http://127.0.0.1:8080";
    o.destination = "/nowhere";
    o.credentials = R"({"userId":"1","serviceToken":"t"})";
    return o;
}

exit_code code_of_check(const export_options& o) {
    auto found = find_place(o);
    const auto* problem = std::get_if<outcome>(&found);
    std::variant<checked_options, outcome> checked;
    if (problem == nullptr) {
        checked = check_options(o, std::move(std::get<std::unique_ptr<source::place>>(found)));
        problem = std::get_if<outcome>(&checked);
    }
    if (problem != nullptr) EXPECT_FALSE(problem->sentence.empty());
    return problem == nullptr ? exit_code::complete : problem->code;
}

TEST(CheckOptions, RefusesWhatCannotBeUsed) {
    EXPECT_EQ(code_of_check(good()), exit_code::complete);
    auto bad = good();
    bad.source = "micloud:mars";
    EXPECT_EQ(code_of_check(bad), exit_code::usage);
    for (const char* source : {"s3://", "s3:bucket", "webdav://", "webdavs://u:p@h/", "links:", "links:/not/there",
                               "folder:", "folder:/not/there", "ftp://x", "", "micloud", "micloud:ftp://x"}) {
        bad = good();
        bad.source = source;
        EXPECT_EQ(code_of_check(bad), exit_code::usage) << source;
    }
    for (const char* credentials : {"", "{", "hello", R"({"userId":"1"})", R"({"serviceToken":"t"})"}) {
        bad = good();
        bad.credentials = credentials;
        EXPECT_EQ(code_of_check(bad), exit_code::usage) << credentials;
    }
    bad = good();
    bad.memory_bytes = (32u << 20) - 1;
    EXPECT_EQ(code_of_check(bad), exit_code::usage);
    bad = good();
    bad.since = "2024-13-01";
    EXPECT_EQ(code_of_check(bad), exit_code::usage);
    bad = good();
    bad.include = {"[a"};
    EXPECT_EQ(code_of_check(bad), exit_code::usage);
}

}  // namespace
}  // namespace decamp::pipeline
