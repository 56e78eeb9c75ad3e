#include "tools/samplecloud/library.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tools/samplecloud/civil_time.hpp"
#include "tools/samplecloud/names.hpp"

namespace decamp::samplecloud {
namespace {

scenario with(std::uint64_t items, std::uint64_t albums, std::uint64_t hidden = 7) {
    scenario out;
    out.library.items = items;
    out.library.albums = albums;
    out.library.private_items = hidden;
    out.library.second_album_percent = 30;
    out.library.twins_percent = 20;
    out.library.videos_percent = 8;
    out.library.live_photos.per_mille = 30;
    out.library.zero_bytes.per_mille = 20;
    return out;
}

struct shape {
    std::uint64_t items;
    std::uint64_t albums;
};

class libraries : public testing::TestWithParam<shape> {
  protected:
    scenario from = with(GetParam().items, GetParam().albums);
    library items{from};
    list_state still;

    struct looked_at {
        std::int64_t day;
        std::uint64_t album;
        std::uint64_t also;
    };
    std::vector<looked_at> table = [this] {
        std::vector<looked_at> out;
        for (std::uint64_t i = 0; i < items.first_inserted() + 5; ++i) {
            const item_facts item = items.facts(i);
            out.push_back({floor_div(item.taken_ms + utc8_ms, day_ms), item.album_id, item.also_album_id});
        }
        return out;
    }();

    std::vector<std::uint64_t> listed(const list_view& view, const list_state& state) const {
        std::vector<std::uint64_t> out;
        for (std::uint64_t k = 0; k < items.count(view, state); ++k) out.push_back(items.nth_newest(view, state, k));
        return out;
    }
    /// The same by looking at every item: what the arithmetic must equal.
    std::vector<std::uint64_t> by_looking(std::optional<std::uint64_t> album, std::int64_t first, std::int64_t last,
                                          const list_state& state) const {
        std::vector<std::uint64_t> out;
        for (std::uint64_t i = items.first_inserted() + state.inserted; i-- > 0;) {
            if (std::binary_search(state.removed.begin(), state.removed.end(), i)) continue;
            const looked_at& item = table[i];
            const bool in_album = !album ? item.album != private_album_id : *album == item.album || *album == item.also;
            if (in_album && item.day >= first && item.day <= last) out.push_back(i);
        }
        return out;
    }
};

TEST_P(libraries, ids_are_distinct_and_lead_back) {
    std::set<std::uint64_t> ids;
    for (std::uint64_t i = 0; i < items.first_inserted() + 5; ++i) {
        const std::uint64_t id = items.id_of(i);
        EXPECT_GT(id, 1ULL << 53);
        EXPECT_TRUE(ids.insert(id).second);
        EXPECT_EQ(items.index_of(id, 5), i);
    }
    EXPECT_EQ(items.index_of(items.id_of(items.first_inserted() + 5), 5), std::nullopt);
    EXPECT_EQ(items.index_of(0, 5), std::nullopt);
    EXPECT_EQ(items.index_of(~0ULL, 5), std::nullopt);
}

TEST_P(libraries, every_list_equals_what_looking_at_each_item_finds) {
    std::mt19937 random(3);
    list_state moved;
    moved.inserted = 4;
    for (int i = 0; i < 6 && items.first_inserted() != 0; ++i)
        moved.removed.push_back(random() % items.first_inserted());
    moved.removed.push_back(items.first_inserted() + 1);
    std::sort(moved.removed.begin(), moved.removed.end());
    moved.removed.erase(std::unique(moved.removed.begin(), moved.removed.end()), moved.removed.end());

    std::vector<std::optional<std::uint64_t>> albums{std::nullopt, private_album_id};
    for (std::uint64_t a = 0; a < std::min<std::uint64_t>(items.album_count(), 12); ++a) {
        albums.emplace_back(items.album_id(a));
    }
    const std::int64_t start = table.front().day;
    const std::int64_t end = table[items.first_inserted()].day;
    for (const auto& album : albums) {
        for (const list_state* state : {&still, &moved}) {
            const list_view all = items.view(album, std::nullopt, std::nullopt);
            ASSERT_EQ(listed(all, *state), by_looking(album, start - 10, end + 10, *state));
            std::uint64_t sum = 0;
            for (const day_count& day : items.days(all, *state)) {
                const auto range = items.view(album, day.day, day.day);
                ASSERT_EQ(items.count(range, *state), day.count);
                sum += day.count;
            }
            ASSERT_EQ(sum, items.count(all, *state));
            for (int i = 0; i < 10; ++i) {
                const std::int64_t first = start - 2 + static_cast<std::int64_t>(random() % 30);
                const std::int64_t last = first + static_cast<std::int64_t>(random() % 30);
                ASSERT_EQ(listed(items.view(album, first, last), *state), by_looking(album, first, last, *state));
            }
        }
    }
}

TEST_P(libraries, lists_are_newest_first) {
    const auto all = listed(items.view(std::nullopt, std::nullopt, std::nullopt), still);
    for (std::size_t i = 1; i < all.size(); ++i) {
        ASSERT_GE(items.facts(all[i - 1]).taken_ms, items.facts(all[i]).taken_ms);
    }
}

TEST_P(libraries, twins_have_the_bytes_of_an_earlier_item_and_size_is_the_length) {
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(items.first_inserted(), 300); ++i) {
        const item_facts item = items.facts(i);
        ASSERT_LE(item.content_index, i);
        ASSERT_EQ(items.facts(item.content_index).content_index, item.content_index) << "twins of twins are resolved";
        ASSERT_EQ(content(item.recipe).size(), item.recipe.size);
        ASSERT_EQ(items.facts(item.content_index).recipe.key, item.recipe.key);
    }
}

INSTANTIATE_TEST_SUITE_P(shapes, libraries,
                         testing::Values(shape{0, 1}, shape{1, 1}, shape{1, 3}, shape{40, 2}, shape{333, 6},
                                         shape{257, 250}, shape{950, 230}));

TEST(library, switches_show_in_about_the_share_asked_for) {
    const scenario from = with(20'000, 6);
    const library items(from);
    int twins = 0;
    int videos = 0;
    int live = 0;
    int empty = 0;
    int also = 0;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        const item_facts item = items.facts(i);
        twins += item.content_index != i ? 1 : 0;
        videos += item.recipe.kind == content_kind::video ? 1 : 0;
        live += item.recipe.kind == content_kind::live_photo ? 1 : 0;
        empty += item.recipe.kind == content_kind::empty ? 1 : 0;
        also += item.also_album_id != 0 ? 1 : 0;
    }
    EXPECT_NEAR(twins, 20'000 * 0.2, 800);
    EXPECT_GT(videos, 0);
    EXPECT_NEAR(live, 20'000 * 0.03, 200);
    EXPECT_NEAR(empty, 20'000 * 0.02, 200);
    EXPECT_NEAR(also, 20'000 * 0.3, 3000);
}

TEST(library, sizes_lie_in_the_range_and_over_all_its_octaves) {
    scenario from;
    from.library.items = 4000;
    from.library.size_min = 2048;
    from.library.size_max = 1 << 20;
    from.library.videos_percent = 0;
    const library items(from);
    std::map<unsigned long, int> octaves;
    for (std::uint64_t i = 0; i < 4000; ++i) {
        const std::uint64_t size = items.facts(i).recipe.size;
        ASSERT_GE(size, 2048U);
        ASSERT_LE(size, 1U << 20);
        ++octaves[static_cast<unsigned long>(std::bit_width(size))];
    }
    for (unsigned long octave = 12; octave <= 20; ++octave) EXPECT_NEAR(octaves[octave], 4000 / 9, 130) << octave;
}

TEST(library, four_billion_items_are_as_quick_as_one) {
    scenario from;
    from.library.items = 1ULL << 32;
    from.library.albums = 300;
    const library items(from);
    const auto album = items.view(items.album_id(0), std::nullopt, std::nullopt);
    const std::uint64_t held = items.count(album, {});
    EXPECT_GT(held, 1ULL << 30);
    const item_facts middle = items.facts(items.nth_newest(album, {}, held / 2));
    EXPECT_TRUE(middle.album_id == 1 || middle.also_album_id == 1);
    EXPECT_EQ(items.index_of(middle.id, 0), middle.index);
}

TEST(library, pairs_of_ids_fall_together_as_doubles) {
    const scenario from;
    const library items(from);
    int same = 0;
    for (std::uint64_t i = 0; i < 100; i += 2) {
        same += static_cast<double>(items.id_of(i)) == static_cast<double>(items.id_of(i + 1)) ? 1 : 0;
    }
    EXPECT_GT(same, 10);
}

TEST(library, a_day_begins_and_ends_at_its_edges_in_utc_8) {
    scenario from;
    from.library.items = 4;
    from.library.private_items = 0;
    const library items(from);
    EXPECT_EQ((items.facts(0).taken_ms + utc8_ms) % day_ms, 0);
    EXPECT_EQ((items.facts(3).taken_ms + utc8_ms) % day_ms, day_ms - 1);
}

TEST(library, days_before_1970_work) {
    scenario from;
    from.library.items = 30;
    from.library.first_day = "19621105";
    const library items(from);
    const auto days = items.days(items.view(std::nullopt, std::nullopt, std::nullopt), {});
    EXPECT_EQ(days.front().day, days_from_civil({1962, 11, 5}));
    EXPECT_LT(items.facts(0).taken_ms, 0);
    EXPECT_EQ(items.facts(0).name, "IMG_19621105_000000.jpg");
}

TEST(library, hostile_names_listed_by_index_come_in_order) {
    scenario from;
    from.library.hostile_names.items = {3, 5, 8};
    from.library.names = {{9, "given.jpg"}};
    const library items(from);
    EXPECT_EQ(items.facts(3).name, hostile_name(0));
    EXPECT_EQ(items.facts(5).name, hostile_name(1));
    EXPECT_EQ(items.facts(8).name, hostile_name(2));
    EXPECT_EQ(items.facts(9).name, "given.jpg");
}

TEST(library, the_hostile_names_hold_what_the_documents_promise) {
    std::multiset<std::string> names;
    std::size_t longest = 0;
    for (std::uint64_t i = 0; i < hostile_name_count(); ++i) {
        names.insert(hostile_name(i));
        longest = std::max(longest, hostile_name(i).size());
    }
    for (const char* wanted :
         {"../x.jpg", "a/b.jpg", "%41.jpg", "CON.jpg", "", "trailing dot.", "trailing space ", "Case.JPG", "case.jpg",
          "line\r\nbreak.jpg", "back\\slash.jpg", "caf\xc3\xa9.jpg", "cafe\xcc\x81.jpg"}) {
        EXPECT_TRUE(names.contains(wanted)) << wanted;
    }
    EXPECT_EQ(names.count("same.jpg"), 2U);
    EXPECT_GE(longest, 300U);
}

TEST(library, a_shared_digest_is_that_of_another_content_of_equal_size) {
    scenario from;
    from.library.shared_sha1.items = {21};
    from.library.videos_percent = 0;
    from.library.twins_percent = 0;
    const library items(from);
    ASSERT_EQ(items.announces_digest_of(21), 20U);
    EXPECT_EQ(items.announces_digest_of(20), std::nullopt);
    EXPECT_EQ(items.facts(21).recipe.size, items.facts(20).recipe.size);
    EXPECT_NE(sha1_of(content(items.facts(21).recipe)), sha1_of(content(items.facts(20).recipe)));
}

TEST(library, calendar_agrees_with_known_days) {
    EXPECT_EQ(days_from_civil({1970, 1, 1}), 0);
    EXPECT_EQ(days_from_civil({2000, 3, 1}), 11'017);
    EXPECT_EQ(days_from_civil({1969, 12, 31}), -1);
    for (std::int64_t day = -200'000; day < 200'000; day += 37) {
        ASSERT_EQ(days_from_civil(civil_from_days(day)), day);
    }
}

}  // namespace
}  // namespace decamp::samplecloud
