#include "engine/pipeline/conclude.hpp"

#include <gtest/gtest.h>

namespace decamp::pipeline {
namespace {

run_result complete(std::uint64_t listed, std::uint64_t excluded) {
    certify::statement s;
    s.code = exit_code::complete;
    s.says = verdict::complete;
    s.counts.listed = listed;
    s.counts.excluded = excluded;
    s.counts.stored = listed - excluded;
    if (excluded > 0) s.facts.include = {"Camera/*"};
    run_result ended;
    ended.stated = s;
    return ended;
}

TEST(conclude, filters_that_match_nothing_are_said_to) {
    for (const language words : {language::en, language::zh_cn}) {
        const explain_context in{words, "/drive", "i.mi.com", ""};
        const std::string nothing = conclude(complete(405, 405), in).sentence;
        const std::string some = conclude(complete(405, 400), in).sentence;
        const std::string all = conclude(complete(405, 0), in).sentence;
        EXPECT_EQ(nothing, messages::say(words, messages::id::done_nothing_matched, 405));
        EXPECT_EQ(conclude(complete(405, 405), in).code, exit_code::nothing_matched);
        EXPECT_EQ(conclude(complete(405, 400), in).code, exit_code::complete);
        EXPECT_EQ(conclude(complete(0, 0), in).code, exit_code::complete);
        run_result near = complete(405, 405);
        near.nearest = "Camera";
        EXPECT_EQ(conclude(near, in).sentence,
                  messages::say(words, messages::id::done_nothing_matched_near, 405, "Camera"));
        EXPECT_NE(some.find("400"), std::string::npos) << some;
        EXPECT_EQ(all.find("400"), std::string::npos) << all;
        EXPECT_EQ(conclude(complete(0, 0), in).sentence, messages::say(words, messages::id::done_empty));
    }
}

}  // namespace
}  // namespace decamp::pipeline
