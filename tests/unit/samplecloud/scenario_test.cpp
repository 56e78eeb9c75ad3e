#include "tools/samplecloud/scenario.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace decamp::samplecloud {
namespace {

std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

const std::filesystem::path scenarios = std::filesystem::path(DECAMP_SOURCE_DIR) / "tools/samplecloud/scenarios";

TEST(scenario, an_empty_object_is_the_defaults) {
    EXPECT_EQ(parse_scenario("{}"), scenario{});
}

TEST(scenario, every_file_in_the_folder_parses) {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(scenarios)) {
        EXPECT_NO_THROW(parse_scenario(text_of(entry.path()))) << entry.path();
        found.insert(entry.path().filename());
    }
    for (const char* name : {"demo.json", "ten.json", "tenthousand.json", "hundredthousand.json", "hostile-names.json",
                             "many-albums.json", "faults-transient.json", "faults-permanent.json"}) {
        EXPECT_TRUE(found.contains(name)) << name;
    }
}

TEST(scenario, the_demo_file_is_the_demo) {
    EXPECT_EQ(parse_scenario(text_of(scenarios / "demo.json")), demo_scenario());
}

TEST(scenario, the_demo_heals_altogether) {
    const scenario demo = demo_scenario();
    for (const item_fault& fault : demo.faults) EXPECT_NE(fault.times, 0U);
    for (const burst& one : demo.bursts) EXPECT_NE(one.times, 0U);
    EXPECT_TRUE(demo.counts.empty());
    EXPECT_EQ(demo.library.wrong_sha1, selector{});
}

TEST(scenario, selectors_have_three_forms) {
    const scenario read = parse_scenario(
        R"({"library": {"live_photos": 7, "zero_bytes": [9, 3], "wrong_sha1": {"per_mille": 2, "items": [1]}}})");
    EXPECT_EQ(read.library.live_photos.per_mille, 7U);
    EXPECT_EQ(read.library.zero_bytes.items, (std::vector<std::uint64_t>{3, 9}));
    EXPECT_EQ(read.library.wrong_sha1.per_mille, 2U);
    EXPECT_TRUE(read.library.wrong_sha1.names(1));
    EXPECT_FALSE(read.library.wrong_sha1.names(2));
}

TEST(scenario, changes_keep_what_they_do_not_name) {
    scenario one = demo_scenario();
    apply_scenario(one, R"({"session": {"expire_after": 5}, "faults": []})");
    EXPECT_EQ(one.session.expire_after, 5U);
    EXPECT_TRUE(one.faults.empty());
    EXPECT_EQ(one.library, demo_scenario().library);
}

TEST(scenario, a_bad_change_changes_nothing) {
    scenario one = demo_scenario();
    EXPECT_THROW(apply_scenario(one, R"({"session": {"expire_after": 5}, "faults": 3})"), scenario_error);
    EXPECT_EQ(one, demo_scenario());
}

struct wrong {
    const char* text;
    const char* named;  ///< what the message must say
};

class refusals : public testing::TestWithParam<wrong> {};

TEST_P(refusals, name_the_key) {
    try {
        parse_scenario(GetParam().text);
        FAIL() << "accepted";
    } catch (const scenario_error& error) {
        EXPECT_NE(std::string(error.what()).find(GetParam().named), std::string::npos) << error.what();
    }
}

INSTANTIATE_TEST_SUITE_P(
    table, refusals,
    testing::Values(
        wrong{"", "JSON"}, wrong{"[]", "object"}, wrong{R"({"libary": {}})", "libary"},
        wrong{R"({"library": {"itens": 1}})", "itens"}, wrong{R"({"library": {"items": -1}})", "items"},
        wrong{R"({"library": {"items": "1"}})", "items"}, wrong{R"({"library": {"items": 1.5}})", "items"},
        wrong{R"({"library": {"items": 99999999999}})", "items"}, wrong{R"({"library": {"albums": 0}})", "albums"},
        wrong{R"({"library": {"twins_percent": 101}})", "twins_percent"},
        wrong{R"({"library": {"first_day": "2018"}})", "first_day"},
        wrong{R"({"library": {"size_min": 9, "size_max": 3}})", "size_max"},
        wrong{R"({"library": {"live_photos": 1001}})", "live_photos"},
        wrong{R"({"library": {"live_photos": [-1]}})", "live_photos"},
        wrong{R"({"library": {"id_type": "float"}})", "alternate"},
        wrong{R"({"faults": [{"kind": "shrt_body"}]})", "short_body"},
        wrong{R"({"faults": [{"kind": "reset", "when": 1}]})", "when"}, wrong{R"({"bursts": [{"every": 0}]})", "every"},
        wrong{R"({"list_faults": [{"first": 0}]})", "first"}, wrong{R"({"counts": [{}]})", "day"},
        wrong{R"({"api": {"page_size_max": 0}})", "page_size_max"}, wrong{R"({"moves": {"often": 1}})", "often"}));

}  // namespace
}  // namespace decamp::samplecloud
