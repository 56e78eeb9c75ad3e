#include "engine/source/s3/object_headers.hpp"

#include <gtest/gtest.h>

#include <string>

namespace decamp::source::s3 {
namespace {

TEST(object_headers, one_request_finds_out_for_all) {
    object_headers of(false);
    EXPECT_FALSE(of.is_being_tried("one"));
    EXPECT_TRUE(of.ask_for_checksum("one"));
    EXPECT_FALSE(of.is_being_tried("one"));
    EXPECT_TRUE(of.is_being_tried("two"));
    of.came("other", false);
    EXPECT_TRUE(of.is_being_tried("two"));
    of.came("one", true);
    EXPECT_FALSE(of.is_being_tried("two"));
    EXPECT_TRUE(of.ask_for_checksum("two"));
    EXPECT_FALSE(of.refused_for_checksum("two", true, false));
    // Named, it is believed at any time.
    EXPECT_TRUE(of.refused_for_checksum("two", true, true));
    EXPECT_FALSE(of.ask_for_checksum("two"));
    of.came("one", true);
    EXPECT_FALSE(of.ask_for_checksum("one"));
    EXPECT_FALSE(object_headers(true).is_being_tried("one"));
}

TEST(object_headers, a_bad_request_that_names_nothing) {
    object_headers of(false);
    EXPECT_TRUE(of.ask_for_checksum("one"));
    EXPECT_TRUE(of.refused_for_checksum("one", true, false));
    EXPECT_FALSE(of.ask_for_checksum("two"));
    EXPECT_TRUE(of.refused_for_checksum("two", true, false));  // was under way
    of.came("two", false);                                     // says nothing of the one in doubt
    of.came("one", false);
    EXPECT_FALSE(of.ask_for_checksum("two"));

    object_headers innocent(false);
    EXPECT_TRUE(innocent.ask_for_checksum("one"));
    EXPECT_TRUE(innocent.refused_for_checksum("one", true, false));
    EXPECT_FALSE(innocent.refused_for_checksum("one", false, false));
    EXPECT_TRUE(innocent.ask_for_checksum("one"));
    EXPECT_FALSE(innocent.refused_for_checksum("one", true, false));
}

// Else everything would wait for one object that is never given out.
TEST(object_headers, an_answer_that_says_nothing_of_it) {
    object_headers of(false);
    EXPECT_TRUE(of.ask_for_checksum("one"));
    of.answered_otherwise("two");
    EXPECT_TRUE(of.is_being_tried("two"));
    of.answered_otherwise("one");
    EXPECT_FALSE(of.is_being_tried("two"));
    EXPECT_TRUE(of.ask_for_checksum("two"));
    EXPECT_TRUE(of.is_being_tried("one"));
    EXPECT_TRUE(of.refused_for_checksum("two", true, false));
    of.answered_otherwise("two");
    EXPECT_TRUE(of.ask_for_checksum("one"));
}

TEST(object_headers, etags_that_never_match) {
    object_headers of(true);
    for (const std::string id : {"1", "2"}) {
        EXPECT_TRUE(of.ask_for_match(id));
        of.still_listed(id);  // not for that
        EXPECT_TRUE(of.ask_for_match(id));
        of.did_not_match(id);
        EXPECT_TRUE(of.ask_for_match(id));
        of.still_listed(id);
        EXPECT_FALSE(of.ask_for_match(id));
    }
    EXPECT_TRUE(of.ask_for_match("3"));
    of.did_not_match("3");
    of.still_listed("3");
    EXPECT_FALSE(of.ask_for_match("4"));
}

}  // namespace
}  // namespace decamp::source::s3
