#include "engine/retrieval/selection.hpp"

#include <gtest/gtest.h>

#include <tuple>

namespace decamp::retrieval {
namespace {

constexpr std::int64_t noon_2024_05_01 = 1'714'536'000'000;  // 2024-05-01T04:00:00Z, noon at UTC+8
constexpr std::int64_t hour = 3'600'000;

list_line photo(std::string name, std::optional<std::int64_t> taken = noon_2024_05_01) {
    list_line line;
    line.file = "data/albums/Camera/x.jpg";
    line.name = std::move(name);
    line.taken_ms = taken;
    return line;
}

TEST(selection, asks_for_nothing_by_itself) {
    EXPECT_TRUE(everything({}));
    EXPECT_TRUE(wanted({}, "albums/Camera/x.jpg", photo("x.jpg", std::nullopt)));
    EXPECT_FALSE(everything({.patterns = {"*"}}));
    EXPECT_FALSE(everything({.albums = {"a"}}));
    EXPECT_FALSE(everything({.until = "2024-01-01"}));
}

TEST(selection, patterns) {
    const std::tuple<const char*, bool> table[] = {
        {"*", true},
        {"*.jpg", true},
        {"x.jpg", true},
        {"X.jpg", false},
        {"orig*.jpg", true},  // the original name
        {"Camera/*", true},
        {"Camera/orig?nal.jpg", true},
        {"Cam*/x.jpg", true},
        {"albums/Camera/x.jpg", true},
        {"data/albums/Camera/x.jpg", true},
        {"albums/*", false},
        {"albums/**", true},
        {"Camera", false},
        {"Trips/*", false},
    };
    for (const auto& [pattern, fits] : table)
        EXPECT_EQ(wanted({.patterns = {pattern}}, "albums/Camera/x.jpg", photo("original.jpg")), fits) << pattern;
    EXPECT_TRUE(wanted({.patterns = {"no", "*.jpg"}}, "albums/Camera/x.jpg", photo("original.jpg")));
}

TEST(selection, albums_and_folders) {
    const std::tuple<const char*, const char*, bool> table[] = {
        {"Camera", "albums/Camera/x.jpg", true},
        {"Cam", "albums/Camera/x.jpg", false},
        {"Camera/", "albums/Camera/x.jpg", true},
        {"trip", "files/trip/day 1/x.jpg", true},
        {"trip/day 1", "files/trip/day 1/x.jpg", true},
        {"day 1", "files/trip/day 1/x.jpg", false},
        {"trip", "files/x.jpg", false},
        {"trip", "files/trip2/x.jpg", false},
        {"cafe\xCC\x81", "albums/caf\xC3\xA9/x", true},  // accents, however typed
    };
    for (const auto& [album, target, fits] : table)
        EXPECT_EQ(wanted({.albums = {album}}, target, photo("x.jpg")), fits) << album << " " << target;
    EXPECT_TRUE(wanted({.albums = {"no", "Camera"}}, "albums/Camera/x.jpg", photo("x.jpg")));
}

TEST(selection, days_are_those_of_the_source) {
    const auto in = [](const char* since, const char* until, std::optional<std::int64_t> taken) {
        return wanted({.since = since, .until = until}, "albums/Camera/x.jpg", photo("x.jpg", taken));
    };
    EXPECT_TRUE(in("2024-05-01", "2024-05-01", noon_2024_05_01));
    EXPECT_TRUE(in("2024-05-01", "2024-05-01", noon_2024_05_01 + 12 * hour - 1));
    EXPECT_FALSE(in("2024-05-01", "2024-05-01", noon_2024_05_01 + 12 * hour));
    EXPECT_FALSE(in("2024-05-01", "2024-05-01", noon_2024_05_01 - 12 * hour - 1));
    EXPECT_TRUE(in("", "2024-05-01", noon_2024_05_01 - 100 * hour));
    EXPECT_TRUE(in("2024-05-01", "", noon_2024_05_01 + 100 * hour));
    EXPECT_FALSE(in("2024-05-01", "", std::nullopt));
    EXPECT_TRUE(in("", "", std::nullopt));
    list_line changed = photo("x.jpg", std::nullopt);
    changed.modified_ms = noon_2024_05_01;
    EXPECT_EQ(day_of(changed), "2024-05-01");
}

TEST(selection, says_what_is_wrong) {
    EXPECT_FALSE(problem({}, language::en));
    EXPECT_TRUE(problem({.patterns = {"[a"}}, language::en));
    EXPECT_NE(problem({.since = "today"}, language::en)->find("--since"), std::string::npos);
    EXPECT_NE(problem({.until = "2024-02-30"}, language::zh_cn)->find("--until"), std::string::npos);
}

}  // namespace
}  // namespace decamp::retrieval
