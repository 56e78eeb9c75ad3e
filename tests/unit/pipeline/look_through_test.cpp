#include "engine/pipeline/look_through.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace decamp::pipeline {
namespace {

class clock_by_hand final : public world::clock {
  public:
    explicit clock_by_hand(world::steady_time& now) : now_(now) {}
    world::steady_time now() const override { return now_; }
    std::int64_t unix_ms() const override { return 1'700'000'000'000; }
    int utc_offset_minutes() const override { return 0; }
    std::unique_ptr<world::alarm> make_alarm(boost::asio::any_io_executor) override {
        throw std::logic_error("nobody sleeps here");
    }

  private:
    world::steady_time& now_;
};

struct listener final : observer {
    void on_progress(const progress& p) override { shown.push_back(p); }
    void on_event(const event& e) override { events.push_back(e.json_line); }
    bool wants_events() const override { return true; }
    std::vector<progress> shown;
    std::vector<std::string> events;
};

struct looking : testing::Test {
    world::steady_time now{std::chrono::hours(1)};
    listener heard;
    look_through told{heard, language::en, std::make_unique<clock_by_hand>(now)};

    void pass(std::chrono::milliseconds time) {
        now += time;
        told.progress([&](progress& p) { p.items_proven = ++filled; });
    }
    std::uint64_t filled = 0;
};

TEST_F(looking, shows_how_far_it_is_four_times_a_second) {
    told.begin();
    for (int n = 0; n < 100; ++n) pass(std::chrono::milliseconds(10));
    ASSERT_EQ(heard.shown.size(), 4U);
    EXPECT_EQ(filled, 4U) << "figures are put together only where they are shown";
    EXPECT_EQ(heard.shown[3].items_proven, 4U);
    EXPECT_DOUBLE_EQ(heard.shown[3].seconds, 1.0);
    EXPECT_TRUE(heard.shown[3].listing_done);
}

TEST_F(looking, says_what_time_an_event_was) {
    told.report().event("read_back");
    ASSERT_EQ(heard.events.size(), 1U);
    EXPECT_NE(heard.events[0].find("2023-11-14T22:13:20"), std::string::npos) << heard.events[0];
}

TEST_F(looking, names_a_hundred_and_counts_the_others) {
    using messages::id;
    for (std::size_t n = 0; n < most_named; ++n) told.name(id::verify_missing_file, "f" + std::to_string(n));
    EXPECT_EQ(told.take_lines().size(), most_named) << "no more than these";
    EXPECT_TRUE(told.take_lines().empty());
    for (std::size_t n = 0; n < most_named + 3; ++n) told.name(id::verify_missing_file, "f" + std::to_string(n));
    EXPECT_EQ(told.named(), most_named + 3);
    const auto lines = told.take_lines();
    ASSERT_EQ(lines.size(), most_named + 1);
    EXPECT_EQ(lines[99], messages::say(language::en, id::verify_missing_file, "f99"));
    EXPECT_EQ(lines[100], messages::say(language::en, id::verify_more_files, 3));
}

}  // namespace
}  // namespace decamp::pipeline
