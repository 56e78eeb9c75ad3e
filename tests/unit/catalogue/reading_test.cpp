#include "engine/catalogue/reading.hpp"

#include <filesystem>
#include <fstream>

#include "tests/unit/catalogue/fixture.hpp"

namespace decamp::catalogue {
namespace {

class reading_test : public fixture {
  protected:
    // What a finished export leaves: closed, nothing beside it.
    void close() { catalogue_.reset(); }
};

TEST_F(reading_test, finds_files_by_their_names_and_leaves_nothing) {
    const auto one = plan("one", 1);
    plan(item_named("twin", 1), one.blob);
    plan("planned", 2);
    store(one, 1);
    publish_twins(publication::listed);
    close();
    {
        auto in = must(reading::open(path_));
        const auto found = must(in->find("data/albums/A/one.jpg"));
        ASSERT_TRUE(found);
        EXPECT_EQ(found->path, "data/albums/A/one.jpg");
        EXPECT_EQ(found->bytes, found->path);
        EXPECT_EQ(found->sha256, sha256_for(1));
        EXPECT_FALSE(found->body);
        const auto of_twin = must(in->find("data/albums/A/twin.jpg"));
        ASSERT_TRUE(of_twin);
        EXPECT_EQ(of_twin->bytes, "data/albums/A/one.jpg");
        EXPECT_FALSE(must(in->find("data/albums/A/planned.jpg")));
        EXPECT_FALSE(must(in->find("data/albums/A/nowhere.jpg")));
        EXPECT_EQ(must(in->own_path("twin")), "data/albums/A/twin.jpg");
        EXPECT_FALSE(must(in->own_path("nobody")));
        for (const char* tail : {"-wal", "-shm", "-journal"})
            EXPECT_FALSE(std::filesystem::exists(path_ + tail)) << tail;
    }
    for (const char* tail : {"-wal", "-shm", "-journal"}) EXPECT_FALSE(std::filesystem::exists(path_ + tail)) << tail;
}

TEST_F(reading_test, refuses_what_is_no_catalogue) {
    close();
    EXPECT_FALSE(reading::open(folder_.file("nowhere.sqlite")));
    EXPECT_FALSE(std::filesystem::exists(folder_.file("nowhere.sqlite")));
    const std::string other = folder_.file("other?x#%41.sqlite");
    std::ofstream(other) << "not a database, but long enough to be looked at as one, surely, and then some";
    EXPECT_FALSE(reading::open(other));
    std::filesystem::copy_file(path_, folder_.file("a?b#c%41.sqlite"));
    EXPECT_TRUE(reading::open(folder_.file("a?b#c%41.sqlite")));
    std::filesystem::create_symlink(path_, folder_.file("link.sqlite"));
    EXPECT_FALSE(reading::open(folder_.file("link.sqlite")));
}

}  // namespace
}  // namespace decamp::catalogue
