// The walk over a gallery that is scripted: what it asks for, what it names, and what it counts.

#include "engine/listing/lister.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <map>

#include "tests/support/still_world.hpp"
#include "tests/support/virtual_clock.hpp"
#include "tests/unit/world/temporary_folder.hpp"

namespace decamp::listing {
namespace {

using source::source_errc;

struct photo {
    std::string id, album, day;
};

// A gallery in memory. Bends: each function is asked first.
class scripted final : public source::source {
  public:
    std::string kind() const override { return "scripted"; }
    std::uint64_t page_size() const override { return 4; }
    bool in_parts() const override { return parts; }
    task<result<::decamp::source::account_info>> sign_in() override { co_return ::decamp::source::account_info{}; }
    task<result<void>> keep_alive() override { co_return result<void>(); }
    task<result<::decamp::source::download_link>> link(listed_item) override {
        co_return ::decamp::source::download_link{};
    }
    task<result<::decamp::source::second_look>> look_again(listed_item) override {
        co_return ::decamp::source::second_look{};
    }

    task<result<collection_page>> collections(std::string) override {
        collection_page page;
        page.collections = albums(++walks);
        co_return page;
    }
    task<result<std::optional<std::vector<bucket_count>>>> announced(collection_id of) override {
        ++counted;
        if (const auto refused = refuse(of, {}, true)) co_return *refused;
        std::map<std::string, std::uint64_t> days;
        for (const photo& p : photos) {
            if (of.everything() || p.album == of.value) ++days[p.day];
        }
        std::vector<bucket_count> out;
        for (const auto& [day, count] : days) out.push_back({day, count});
        bend_counts(of, out);
        std::optional<std::vector<bucket_count>> some = std::move(out);
        co_return some;
    }
    task<result<item_page>> page(scope where, std::string cursor) override {
        asked.push_back(where);
        if (const auto refused = refuse(where.collection, where, false)) co_return *refused;
        std::vector<photo> held;
        for (const photo& p : photos) {
            const bool within = (where.first_bucket.empty() || where.first_bucket <= p.day) &&
                                (where.last_bucket.empty() || p.day <= where.last_bucket);
            if (within && (where.collection.everything() || p.album == where.collection.value)) held.push_back(p);
        }
        const std::size_t from = cursor.empty() ? 0 : std::stoul(cursor);
        item_page out;
        for (std::size_t i = from; i < std::min(from + 4, held.size()); ++i) {
            listed_item item;
            item.id.value = held[i].id;
            item.home.value = homes ? held[i].album : std::string();
            item.name = held[i].id + ".jpg";
            item.size = 7;
            item.bucket = where.first_bucket == where.last_bucket && !where.first_bucket.empty() ? where.first_bucket
                                                                                                 : held[i].day;
            bend_item(item);
            out.items.push_back(std::move(item));
        }
        if (from + 4 < held.size()) out.next = std::to_string(from + 4);
        after_page(where);
        co_return out;
    }
    task<result<std::optional<std::uint64_t>>> bytes_held() override {
        ++quotas;
        co_return quota;
    }

    bool parts = true, homes = true;
    std::vector<photo> photos;
    std::function<std::vector<collection>(unsigned walk)> albums = [](unsigned) {
        return std::vector<collection>{{{"1"}, "Camera", {}, false}, {{"2"}, "Trip", {}, false}};
    };
    std::function<std::optional<failure>(const collection_id&, const scope&, bool counts)> refuse =
        [](const collection_id&, const scope&, bool) { return std::optional<failure>(); };
    std::function<void(const collection_id&, std::vector<bucket_count>&)> bend_counts =
        [](const collection_id&, std::vector<bucket_count>&) {};
    std::function<void(listed_item&)> bend_item = [](listed_item&) {};
    std::function<void(const scope&)> after_page = [](const scope&) {};
    std::optional<std::uint64_t> quota;
    unsigned walks = 0, counted = 0, quotas = 0;
    std::vector<scope> asked;
};

class inline_workers final : public world::workers {
  public:
    explicit inline_workers(boost::asio::io_context& context) : context_(context) {}
    boost::asio::any_io_executor on(world::queue) override { return context_.get_executor(); }

  private:
    boost::asio::io_context& context_;
};

struct walk_fixture {
    walk_fixture() : where(catalogue::catalogue::open(folder / "catalogue.sqlite", {}).value()) {
        where->begin_run(1).value();
        for (int n = 0; n < 12; ++n)
            from.photos.push_back(
                {std::to_string(100 + n), n % 2 == 0 ? "1" : "2", "2024010" + std::to_string(1 + n / 3)});
    }
    list_outcome walk() {
        plan::planner plans(*where, {});
        lister walks(around, from, plans, *where, [] {});
        std::optional<result<list_outcome>> out;
        decamp::testing::run(context, clock, keep(walks.run(), out));
        if (!*out) throw std::runtime_error(to_string(out->error()));
        return std::move(**out);
    }
    static task<void> keep(task<result<list_outcome>> work, std::optional<result<list_outcome>>& out) {
        auto got = co_await std::move(work);
        out.emplace(std::move(got));
    }
    // "id reason" of all gaps; what was listed and never stored stands there as well, and is left out.
    std::vector<std::string> gaps() {
        std::vector<std::string> out;
        where
            ->each_exception([&](const certificate_exception& e) {
                if (e.reason != "not_downloaded" && e.reason != "deleted_in_cloud")
                    out.push_back(e.id + " " + e.reason);
                return true;
            })
            .value();
        return out;
    }
    std::vector<std::string> differences() {
        std::vector<std::string> out;
        where
            ->each_difference([&](const certificate_difference& d) {
                out.push_back(d.collection + "/" + d.day + " " + std::to_string(d.announced) + ":" +
                              std::to_string(d.listed));
                return true;
            })
            .value();
        return out;
    }
    std::uint64_t listed() { return where->items_known().value(); }
    std::size_t asked_of(const std::string& album) {
        return static_cast<std::size_t>(
            std::ranges::count_if(from.asked, [&](const scope& s) { return s.collection.value == album; }));
    }

    testing::temporary_folder folder;
    std::unique_ptr<catalogue::catalogue> where;
    boost::asio::io_context context;
    decamp::testing::virtual_clock clock;
    decamp::testing::counting_random random;
    inline_workers workers{context};
    observer nobody;
    runtime::stop_state stop;
    runtime::reporter report{nobody, language::en, [] { return std::string(); }};
    runtime::surroundings around{clock, random, workers, stop, report};
    scripted from;
};

using gaps_named = std::vector<std::string>;

TEST(Lister, AnOrdinaryGalleryCostsNoSecondLook) {
    walk_fixture f;
    const auto outcome = f.walk();
    EXPECT_TRUE(outcome.whole);
    EXPECT_EQ(outcome.announced, 12u);
    EXPECT_EQ(f.listed(), 12u);
    EXPECT_EQ(f.report.counters.items_listed, 12u);
    EXPECT_EQ(f.gaps(), gaps_named());
    EXPECT_EQ(f.differences(), gaps_named());
    EXPECT_EQ(f.from.walks, 2u) << "the albums, until two walks agree";
    EXPECT_EQ(f.asked_of(""), 4u) << "a page a scope";
    EXPECT_EQ(f.from.quotas, 0u);
    // From the beginning of time to its end.
    EXPECT_EQ(f.from.asked.front().first_bucket, "");
    EXPECT_EQ(f.from.asked[3].last_bucket, "");
}

TEST(Lister, TheAlbumListIsWalkedUntilTwoWalksAgree) {
    walk_fixture f;
    f.from.albums = [](unsigned walk) {
        std::vector<collection> all{{{"1"}, "Camera", {}, false}, {{"2"}, "Trip", {}, false}};
        if (walk == 1) all.pop_back();
        return all;
    };
    EXPECT_TRUE(f.walk().whole);
    EXPECT_EQ(f.from.walks, 3u);
    EXPECT_GT(f.asked_of("2"), 0u);

    walk_fixture never;
    never.from.albums = [](unsigned walk) {
        return std::vector<collection>{{{"1"}, "Camera", {}, false}, {{"x" + std::to_string(walk)}, "Trip", {}, false}};
    };
    EXPECT_FALSE(never.walk().whole);
    EXPECT_EQ(never.from.walks, 4u);
    EXPECT_EQ(never.gaps(), gaps_named({"albums list_unsteady"}));
}

TEST(Lister, AlbumsThatOnlyItemsNameAreWalked) {
    walk_fixture f;
    f.from.albums = [](unsigned) { return std::vector<collection>{{{"1"}, "Camera", {}, false}}; };
    EXPECT_TRUE(f.walk().whole);
    EXPECT_GT(f.asked_of("2"), 0u);
}

TEST(Lister, AnAlbumThatIsRefusedCostsItselfAlone) {
    for (const source_errc code : {source_errc::not_found, source_errc::refused, source_errc::throttled,
                                   source_errc::server_error, source_errc::unusable_answer}) {
        walk_fixture f;
        f.from.refuse = [code](const collection_id& of, const scope&, bool) {
            return of.value == "1" ? std::optional(failure(code, "no")) : std::nullopt;
        };
        const auto outcome = f.walk();
        EXPECT_FALSE(outcome.whole);
        EXPECT_FALSE(outcome.unusable);
        EXPECT_EQ(f.gaps(), gaps_named({"1 album_not_listed"}));
        EXPECT_EQ(f.listed(), 12u);
        EXPECT_GT(f.asked_of("2"), 0u);
    }
}

TEST(Lister, ADayThatIsRefusedCostsItselfAlone) {
    walk_fixture f;
    f.from.refuse = [](const collection_id& of, const scope& where, bool counts) {
        const bool hit =
            of.everything() && !counts && where.first_bucket <= "20240102" && "20240102" <= where.last_bucket;
        return hit ? std::optional(failure(source_errc::server_error, "HTTP 500")) : std::nullopt;
    };
    f.from.albums = [](unsigned) { return std::vector<collection>(); };
    f.from.homes = false;
    const auto outcome = f.walk();
    EXPECT_FALSE(outcome.whole);
    EXPECT_FALSE(outcome.unusable);
    EXPECT_EQ(f.listed(), 9u);
    EXPECT_FALSE(f.gaps().empty());
    EXPECT_EQ(f.differences(), gaps_named({"/2024-01-02 3:0"}));
}

TEST(Lister, WhatRefusesEverythingIsUnusable) {
    walk_fixture f;
    f.from.refuse = [](const collection_id&, const scope&, bool) {
        return std::optional(failure(source_errc::server_error));
    };
    EXPECT_TRUE(f.walk().unusable);
}

TEST(Lister, ARefusalOnceIsAMoments) {
    walk_fixture f;
    unsigned times = 0;
    f.from.refuse = [&](const collection_id& of, const scope&, bool counts) {
        return of.value == "2" && !counts && times++ == 0 ? std::optional(failure(source_errc::not_found))
                                                          : std::nullopt;
    };
    EXPECT_TRUE(f.walk().whole);
}

TEST(Lister, WhereOnlyAlbumsCanBeAskedForTheyAreAllThereIs) {
    walk_fixture f;
    f.from.refuse = [](const collection_id& of, const scope&, bool) {
        return of.everything() ? std::optional(failure(source_errc::server_error, "HTTP 400")) : std::nullopt;
    };
    const auto outcome = f.walk();
    EXPECT_TRUE(outcome.whole);
    EXPECT_FALSE(outcome.announced);
    EXPECT_EQ(f.listed(), 12u);
    EXPECT_EQ(f.report.counters.items_listed, 12u);
    EXPECT_EQ(f.gaps(), gaps_named());
}

TEST(Lister, ATimelineThatIsRefusedIsNamedAndTheListWalkedAllTheSame) {
    walk_fixture f;
    f.from.refuse = [](const collection_id& of, const scope&, bool counts) {
        return of.everything() && counts ? std::optional(failure(source_errc::unusable_answer)) : std::nullopt;
    };
    EXPECT_FALSE(f.walk().whole);
    EXPECT_EQ(f.listed(), 12u);
    EXPECT_EQ(f.gaps(), gaps_named({"timeline entry_not_read"}));
}

// Days that the counts begin at another hour than the lists.
TEST(Lister, DaysThatDifferForGoodAreNoDifferenceWhereAllAgrees) {
    walk_fixture f;
    f.from.bend_counts = [](const collection_id&, std::vector<bucket_count>& days) {
        for (std::size_t i = 0; i + 1 < days.size(); ++i) {
            --days[i].count;
            ++days[i + 1].count;
        }
    };
    EXPECT_TRUE(f.walk().whole);
    EXPECT_EQ(f.differences(), gaps_named());
    walk_fixture lost;
    lost.from.bend_counts = [](const collection_id& of, std::vector<bucket_count>& days) {
        if (of.everything()) ++days.front().count;
    };
    lost.walk();
    EXPECT_EQ(lost.differences(), gaps_named({"/2024-01-01 4:3"}));
}

// The same, where what is walked a second time does not add up by itself.
TEST(Lister, DaysOfTheListsThatBeginAtAnotherHourAreNoDifference) {
    walk_fixture f;
    f.from.photos.clear();
    for (int n = 0; n < 24; ++n)
        f.from.photos.push_back({std::to_string(100 + n), "1", "202401" + std::to_string(10 + n / 3)});
    f.from.bend_counts = [](const collection_id&, std::vector<bucket_count>& days) {
        for (std::size_t i = 0; i + 1 < days.size(); ++i) days[i].count = i % 2 == 0 ? 4 : 2;
    };
    EXPECT_TRUE(f.walk().whole);
    EXPECT_EQ(f.listed(), 24u);
}

TEST(Lister, ADayOfSeveralPagesIsWalkedUntilTwoWalksAgree) {
    walk_fixture f;
    f.from.photos.clear();
    for (int n = 0; n < 11; ++n) f.from.photos.push_back({std::to_string(100 + n), "1", "20240101"});
    unsigned pages = 0;
    f.from.after_page = [&](const scope& where) {
        if (!where.collection.everything() || ++pages != 1) return;
        // What was listed goes, so that one is skipped; one comes, so that the count stays.
        f.from.photos.erase(f.from.photos.begin());
        f.from.photos.push_back({"200", "1", "20240101"});
    };
    EXPECT_TRUE(f.walk().whole);
    EXPECT_EQ(f.listed(), 12u) << "the one that was skipped, too";

    walk_fixture never;
    never.from.photos = f.from.photos;
    never.from.homes = true;
    int next = 300;
    never.from.after_page = [&](const scope& where) {
        if (!where.collection.everything()) return;
        never.from.photos.erase(never.from.photos.begin());
        never.from.photos.push_back({std::to_string(next++), "1", "20240101"});
    };
    EXPECT_FALSE(never.walk().whole);
    const auto named = never.gaps();
    EXPECT_NE(std::ranges::find(named, "everything list_unsteady"), named.end());
}

TEST(Lister, MovesBetweenDaysAreSeenThoughTheTotalsAgree) {
    walk_fixture f;
    bool moved = false;
    f.from.after_page = [&](const scope& where) {
        if (where.collection.value != "1" || std::exchange(moved, true)) return;
        f.from.photos.erase(f.from.photos.begin());
        f.from.photos.push_back({"200", "none", "20240104"});
    };
    EXPECT_TRUE(f.walk().whole);
    EXPECT_EQ(f.listed(), 13u);
}

TEST(Lister, WhatNoTimelineCountsIsListed) {
    walk_fixture f;
    f.from.albums = [](unsigned) { return std::vector<collection>(); };
    f.from.photos.push_back({"300", "1", "19000101"});
    f.from.photos.push_back({"301", "1", "20300101"});
    f.from.bend_counts = [](const collection_id&, std::vector<bucket_count>& days) {
        std::erase_if(days, [](const bucket_count& b) { return b.bucket < "2024" || b.bucket > "2025"; });
    };
    EXPECT_TRUE(f.walk().whole);
    EXPECT_EQ(f.listed(), 14u);
}

// Items that do not say where they lie get the album in which they are listed.
TEST(Lister, AlbumsComeFirstWhereItemsDoNotSayWhichTheyLieIn) {
    walk_fixture f;
    f.from.homes = false;
    EXPECT_TRUE(f.walk().whole);
    const auto planned = f.where->next_planned({}, 100).value();
    ASSERT_EQ(planned.size(), 12u);
    for (const auto& one : planned) {
        const bool camera = one.path.find("/Camera/") != std::string::npos,
                   trip = one.path.find("/Trip/") != std::string::npos;
        EXPECT_TRUE(camera || trip) << one.path;
    }
}

TEST(Lister, NothingAtAllIsAskedForTwiceAndThenTheQuota) {
    for (const std::uint64_t bytes : {std::uint64_t{0}, std::uint64_t{5000}}) {
        walk_fixture f;
        f.from.photos.clear();
        f.from.quota = bytes;
        EXPECT_EQ(f.walk().whole, bytes == 0);
        EXPECT_EQ(f.gaps(), bytes == 0 ? gaps_named() : gaps_named({"everything list_unsteady"}));
        EXPECT_EQ(f.from.quotas, 1u);
        EXPECT_EQ(f.from.walks, 4u);
    }
}

// An album counts more than it lists, and is absent when it is asked for again.
TEST(Lister, AFirstFigureStandsWhereNoOtherComes) {
    walk_fixture f;
    f.from.albums = [](unsigned walk) {
        std::vector<collection> all{{{"1"}, "Camera", 9, false}, {{"2"}, "Trip", 6, false}};
        if (walk > 2) all.erase(all.begin());
        return all;
    };
    f.walk();
    EXPECT_EQ(f.differences(), gaps_named({"1/ 9:6"}));
}

TEST(Lister, CountsThatWouldWrapStandAtTheLargestNumber) {
    walk_fixture f;
    f.from.bend_counts = [](const collection_id& of, std::vector<bucket_count>& days) {
        if (!of.everything()) return;
        for (int n = 5; n < 9; ++n) days.push_back({"2024010" + std::to_string(n), std::uint64_t{1} << 62});
    };
    const auto outcome = f.walk();
    EXPECT_EQ(outcome.announced, ~std::uint64_t{0});
    EXPECT_EQ(f.differences().size(), 4u);
}

TEST(Lister, ASourceOfOnePieceIsAskedOnce) {
    walk_fixture f;
    f.from.parts = false;
    EXPECT_TRUE(f.walk().whole);
    EXPECT_EQ(f.from.walks, 1u);
}

}  // namespace
}  // namespace decamp::listing
