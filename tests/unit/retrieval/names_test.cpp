#include "engine/retrieval/names.hpp"

#include <gtest/gtest.h>

#include <set>

namespace decamp::retrieval {
namespace {

struct given {
    std::string album, file, name, id;
    std::optional<std::string> planned = {};
};

std::vector<std::string> named(const std::vector<given>& lines, arrangement how = arrangement::albums) {
    name_book book;
    const auto line_of = [](const given& g) {
        list_line line;
        line.file = g.file;
        line.name = g.name;
        line.id = g.id;
        return line;
    };
    for (const given& g : lines) book.note({how, g.album}, line_of(g));
    book.done();
    std::vector<std::string> names;
    for (const given& g : lines) {
        const list_context in{how, g.album};
        const naming chosen = book.choose(in, line_of(g), g.planned);
        names.push_back(target_of(in, line_of(g), chosen, g.planned));
    }
    return names;
}

using names = std::vector<std::string>;

TEST(names, those_of_their_bytes) {
    EXPECT_EQ(named({{"A", "data/albums/A/x.jpg", "x.jpg", "one"}, {"A", "data/albums/A/x~two.jpg", "x.jpg", "two"}}),
              (names{"albums/A/x.jpg", "albums/A/x~two.jpg"}));
}

TEST(names, a_twin_in_another_album) {
    EXPECT_EQ(named({{"A", "data/albums/A/x.jpg", "x.jpg", "one"}, {"B", "data/albums/A/x.jpg", "y.jpg", "two"}}),
              (names{"albums/A/x.jpg", "albums/B/y.jpg"}));
}

TEST(names, a_twin_that_comes_before_its_leader_takes_nothing_from_it) {
    EXPECT_EQ(named({{"A", "data/albums/A/y.jpg", "x.jpg", "one"}, {"A", "data/albums/A/y.jpg", "y.jpg", "two"}}),
              (names{"albums/A/x.jpg", "albums/A/y.jpg"}));
    // Of one name: the leader came first.
    EXPECT_EQ(named({{"A", "data/albums/A/x.jpg", "x.jpg", "one"}, {"A", "data/albums/A/x.jpg", "x.jpg", "two"}}),
              (names{"albums/A/x.jpg", "albums/A/x~two.jpg"}));
}

TEST(names, a_name_that_a_file_has_is_not_given_again) {
    EXPECT_EQ(named({{"A", "data/albums/B/q.jpg", "X.JPG", "one"},
                     {"A", "data/albums/A/x.jpg", "x.jpg", "two"},
                     {"B", "data/albums/B/q.jpg", "q.jpg", "three"}}),
              (names{"albums/A/X~one.JPG", "albums/A/x.jpg", "albums/B/q.jpg"}));
}

TEST(names, what_several_albums_show_is_in_each) {
    EXPECT_EQ(named({{"A", "data/albums/A/x.jpg", "x.jpg", "one"},
                     {"B", "data/albums/A/x.jpg", "x.jpg", "one"},
                     {"C", "data/albums/A/x.jpg", "x.jpg", "one"}}),
              (names{"albums/A/x.jpg", "albums/B/x.jpg", "albums/C/x.jpg"}));
}

TEST(names, what_the_catalogue_says_is_taken) {
    EXPECT_EQ(named({{"A", "data/albums/A/x.jpg", "x.jpg", "one", "data/albums/A/x.jpg"},
                     {"A", "data/albums/A/x.jpg", "x.jpg", "two", "data/albums/A/x~20240501T000000Z.jpg"},
                     {"B", "data/albums/A/x.jpg", "x.jpg", "one", "data/albums/A/x.jpg"}}),
              (names{"albums/A/x.jpg", "albums/A/x~20240501T000000Z.jpg", "albums/B/x.jpg"}));
}

TEST(names, what_contradicts_its_digest_stays_apart) {
    EXPECT_EQ(
        named({{"A", "data/unproven/x~one.jpg", "x.jpg", "one"}, {"B", "data/unproven/x~one.jpg", "x.jpg", "one"}}),
        (names{"unproven/x~one.jpg", "albums/B/x.jpg"}));
}

TEST(names, a_tree_takes_folders_from_ids) {
    EXPECT_EQ(named({{"", "data/files/a/x.txt", "x.txt", "a/x.txt"},
                     {"", "data/files/a/x.txt", "x.txt", "b/c/x.txt"},
                     {"", "data/files/a/x.txt", "x.txt", "x.txt"}},
                    arrangement::tree),
              (names{"files/a/x.txt", "files/b/c/x.txt", "files/x.txt"}));
}

TEST(names, nothing_climbs_out) {
    for (const auto& name : named({{"A", "data/albums/A/x", "../../../etc/passwd", "1"},
                                   {"..", "data/albums/A/x", "..", ".."},
                                   {"A", "data/.decamp/lock", "lock", "3"},
                                   {"A", "data/albums/A/x", "", "/"},
                                   {"/", "data/albums/A/x", "a/b", "4"}})) {
        EXPECT_FALSE(name.starts_with("/")) << name;
        EXPECT_FALSE(name.starts_with(".decamp")) << name;
        EXPECT_EQ(("/" + name + "/").find("/../"), std::string::npos) << name;
        EXPECT_EQ(name.find("//"), std::string::npos) << name;
    }
}

TEST(names, many_of_one_name_all_differ) {
    std::vector<given> lines{{"A", "data/albums/A/x", "x", "0"}};
    for (int i = 0; i < 150; ++i) lines.push_back({"A", "data/albums/A/x", "x", "same"});
    const auto all = named(lines);
    EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());
}

TEST(names, as_people_type_them) {
    EXPECT_EQ(plain_name("data/albums/A/x"), "albums/A/x");
    EXPECT_EQ(plain_name("./albums/A/x"), "albums/A/x");
    EXPECT_EQ(plain_name("albums/A/x"), "albums/A/x");
    EXPECT_EQ(plain_name("x.jpg"), "x.jpg");
}

}  // namespace
}  // namespace decamp::retrieval
