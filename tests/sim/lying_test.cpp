// The lying world itself: that straight servers are exported whole, that each rule of the law can be broken, and that a
// planted wrong verdict is complained of.

#include <gtest/gtest.h>

#include "tests/sim/lying/law.hpp"
#include "tests/sim/lying/s3_server.hpp"
#include "tests/sim/lying/story.hpp"

namespace decamp::sim::lying {
namespace {

std::string joined(const complaints& found) {
    std::string all;
    for (const auto& one : found) all += one + "\n";
    return all;
}

// A seed of that kind, of a server that holds something, and nothing is bent.
lying_story straight_story(kind_of_source kind) {
    lying_story s = lying_story_of(4'000'004 + 4 * 25 + static_cast<std::uint64_t>(kind));
    s.bent.clear();
    s.lives.erase(s.lives.begin(), s.lives.end() - 1);
    s.lives[0].volumes = {};
    return s;
}

class LyingSources : public ::testing::TestWithParam<kind_of_source> {};

TEST_P(LyingSources, StraightServersAreExportedWhole) {
    hits seen;
    for (std::uint64_t n = 0; n < 40; ++n) {
        lying_story s = lying_story_of(first_lying_seed - 1 + 4 * n + static_cast<std::uint64_t>(GetParam()));
        s.bent.clear();
        EXPECT_EQ(joined(run_story(s, seen)), "") << "seed " << s.seed;
    }
    EXPECT_TRUE(seen.empty());
}

// Each bend comes to be, and is counted.
TEST_P(LyingSources, EachBendHappens) {
    hits seen;
    for (std::size_t k = 0; k < bend_kinds; ++k) {
        const auto what = static_cast<bend_kind>(k);
        if (!is_possible(what, GetParam())) continue;
        bend b;
        b.what = what;
        b.times = 3;
        b.status = 404;
        b.word = GetParam() == kind_of_source::s3 ? "SlowDown" : "50050";
        std::uint64_t count = 0;
        for (std::uint64_t n = 0; n < 60 && count == 0; ++n) {
            lying_story s = lying_story_of(first_lying_seed - 1 + 4 * n + static_cast<std::uint64_t>(GetParam()));
            bend cut;
            cut.what = bend_kind::cut_with_length;
            cut.on = purpose::get;
            cut.times = 2;
            s.bent = {b, cut};
            (void)run_story(s, seen);
            for (const auto& [cell, times] : seen)
                if (cell.first == "lie: " + name_of(b)) count = times;
        }
        EXPECT_GT(count, 0U) << name_of(b) << " of " << name_of(GetParam());
    }
}

INSTANTIATE_TEST_SUITE_P(Kinds, LyingSources,
                         ::testing::Values(kind_of_source::s3, kind_of_source::webdav, kind_of_source::links,
                                           kind_of_source::gallery),
                         [](const auto& of) { return std::string(name_of(of.param)); });

// The canary, and every other check: it complains when it has reason to.
struct planted_wrong {
    planted wrong;
    kind_of_source kind;
    std::string expected;
};

void PrintTo(const planted_wrong& what, std::ostream* out) {
    *out << "found as \"" << what.expected << '"';
}

class Planted : public ::testing::TestWithParam<planted_wrong> {};

TEST_P(Planted, IsFound) {
    hits seen;
    const lying_story s = straight_story(GetParam().kind);
    EXPECT_EQ(joined(run_story(s, seen)), "");
    const std::string found = joined(run_story(s, seen, GetParam().wrong));
    EXPECT_NE(found.find(GetParam().expected), found.npos) << found;
}

std::vector<planted_wrong> of_every_kind() {
    std::vector<planted_wrong> all;
    for (const auto kind :
         {kind_of_source::s3, kind_of_source::webdav, kind_of_source::links, kind_of_source::gallery}) {
        all.push_back({planted::lost_and_complete, kind, "called complete, and"});
        all.push_back({planted::changed_and_complete, kind, "called complete, and"});
        all.push_back({planted::unproven_and_complete, kind, "called complete, and"});
        all.push_back({planted::present_and_deleted, kind, "blamed on the source (3)"});
        all.push_back({planted::whole_and_excepted, kind, "nothing is wrong with any item"});
        all.push_back({planted::never_settles, kind, "nothing is wrong any more"});
        all.push_back({planted::without_bound, kind, "no end in sight"});
        all.push_back({planted::memory_kept, kind, "memory was not given back"});
    }
    all.push_back({planted::secret_on_drive, kind_of_source::gallery, "a secret stands in data/secret.txt"});
    all.push_back({planted::cookie_abroad, kind_of_source::gallery, "a cookie went abroad"});
    all.push_back({planted::asks_a_foreign_host, kind_of_source::webdav, "a host that only an href names"});
    return all;
}

INSTANTIATE_TEST_SUITE_P(Law, Planted, ::testing::ValuesIn(of_every_kind()));

// The law over plain values: one item, and what may be said of it.
class Law : public ::testing::Test {
  public:
    Law() {
        really_.items.resize(1);
        item().id = "a.bin";
        item().bytes = "aaaa";
        item().named = true;
        stated_.code = exit_code::complete;
        stated_.on_drive = {"aaaa"};
    }
    true_item& item() { return really_.items[0]; }
    std::string found(std::vector<bend> how = {}) {
        bends bent(std::move(how), kind_of_source::s3);
        const s3_server server(really_, bent, dice(1));
        complaints out;
        check_law(stated_, {kind_of_source::s3, really_, bent, server}, out);
        return joined(out);
    }

    truth really_{kind_of_source::s3, dice(1)};
    verdict stated_;
};

TEST_F(Law, CompleteNeedsEveryByte) {
    EXPECT_EQ(found(), "");
    stated_.on_drive = {"aaab"};
    EXPECT_NE(found(), "");
    item().named = false;  // nobody ever heard of it
    EXPECT_EQ(found(), "");
}

TEST_F(Law, WhatWasThereInThisLifeWillDo) {
    item().earlier = {"old"};
    item().version = 2;
    stated_.on_drive = {"old"};
    EXPECT_EQ(found(), "");
    item().earlier.clear();
    item().oldest = {"old"};
    EXPECT_NE(found(), "");
}

TEST_F(Law, ExceptionsNeedAReason) {
    stated_.code = exit_code::complete_with_exceptions;
    EXPECT_NE(found(), "");
    stated_.on_drive.clear();
    EXPECT_NE(found(), "");
    item().present = false;
    EXPECT_EQ(found(), "");
}

TEST_F(Law, AStatusIsNoReasonAndAWordIs) {
    stated_.code = exit_code::complete_with_exceptions;
    stated_.on_drive.clear();
    item().refused_last = true;
    bend refused{.what = bend_kind::refused, .on = purpose::get, .times = bend::for_good, .status = 403};
    EXPECT_NE(found({refused}), "");
    bend cold{
        .what = bend_kind::service_word, .on = purpose::get, .times = bend::for_good, .word = "InvalidObjectState"};
    EXPECT_EQ(found({cold}), "");
    cold.word = "NoSuchKey";
    EXPECT_NE(found({cold}), "");
}

TEST_F(Law, AnAnnouncementThatNeverFitsIsAReasonAndOneThatDidOnceIsNone) {
    stated_.code = exit_code::complete_with_exceptions;
    stated_.on_drive.clear();
    bend wrong{.what = bend_kind::wrong_digest, .on = purpose::list, .times = bend::for_good};
    EXPECT_EQ(found({wrong}), "");
    wrong.times = 0;
    EXPECT_EQ(found({wrong}), "");  // nobody announced what there is
    item().digest_listed = true;
    EXPECT_NE(found({wrong}), "");
}

// A folder was listed, and nobody ever got an answer about what is in it.
TEST_F(Law, WhatAListedPlaceHoldsBindsUntilItIsListed) {
    item().named = false;
    stated_.on_drive.clear();
    EXPECT_EQ(found(), "");
    item().place_named = true;
    EXPECT_NE(found(), "");
    item().was_due = true;
    EXPECT_EQ(found(), "");
}

TEST_F(Law, WhatCameOrChangedMeanwhileIsExcused) {
    stated_.on_drive.clear();
    item().is_new = true;
    EXPECT_EQ(found(), "");
    item().is_new = false;
    EXPECT_NE(found(), "");
    stated_.code = exit_code::complete_with_exceptions;
    item().earlier = {"old"};
    EXPECT_EQ(found(), "");
}

TEST_F(Law, IncompleteIsNeverWrong) {
    stated_.code = exit_code::incomplete;
    stated_.on_drive.clear();
    EXPECT_EQ(found(), "");
}

}  // namespace
}  // namespace decamp::sim::lying
