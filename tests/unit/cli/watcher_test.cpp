#include "tools/decamp/watcher.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/messages/messages.hpp"

namespace decamp::cli {
namespace {

class kept_lines final : public world::line_output {
  public:
    bool write(std::string_view line) override {
        if (lines.size() == room) return false;
        lines.emplace_back(line);
        return true;
    }
    std::string name() const override { return "events.jsonl"; }
    std::vector<std::string> lines;
    std::size_t room = 1000;
};

struct screen {
    std::string seen;
    std::size_t columns = 0;
    display on{[this](std::string_view text) { seen += text; }, [this] { return columns; }};
    long lines() const { return std::count(seen.begin(), seen.end(), '\n'); }
};

void work_for(watcher& w, double seconds) {
    for (double t = 0; t <= seconds; t += 0.25) {
        progress p;
        p.seconds = t;
        p.items_listed = 10;
        p.bytes_received = static_cast<std::uint64_t>(t * 1e6);
        w.on_progress(p);
    }
}

TEST(watcher, plain_lines_come_every_ten_seconds) {
    screen s;
    watcher w(s.on, nullptr, {});
    work_for(w, 9);
    EXPECT_EQ(s.lines(), 0);
    work_for(w, 35);
    EXPECT_EQ(s.lines(), 3);
    EXPECT_NE(s.seen.find("0 of 10 files so far"), std::string::npos);
    EXPECT_NE(s.seen.find("1.0 MB/s"), std::string::npos);
    EXPECT_EQ(s.seen.find('\r'), std::string::npos);
}

TEST(watcher, a_terminal_is_redrawn_each_time) {
    screen s;
    s.columns = 100;
    watcher w(s.on, nullptr, {});
    work_for(w, 2);
    EXPECT_EQ(std::count(s.seen.begin(), s.seen.end(), '\r'), 9);
    EXPECT_EQ(s.lines(), 0);
}

TEST(watcher, no_progress_and_quiet) {
    for (const std::size_t columns : {std::size_t{0}, std::size_t{80}}) {
        screen s;
        s.columns = columns;
        watcher silent(s.on, nullptr, {.messages = false, .progress = false});
        work_for(silent, 60);
        silent.on_message("hello");
        EXPECT_EQ(s.seen, "");
        watcher no_progress(s.on, nullptr, {.progress = false});
        work_for(no_progress, 60);
        no_progress.on_message("hello");
        EXPECT_EQ(s.seen, "hello\n");
    }
}

TEST(watcher, events_go_where_they_were_asked_to) {
    screen s;
    kept_lines lines;
    watcher w(s.on, &lines, {});
    EXPECT_TRUE(w.wants_events());
    w.on_event({"run_started", R"({"event":"run_started"})"});
    EXPECT_EQ(lines.lines, std::vector<std::string>{R"({"event":"run_started"})"});
    EXPECT_FALSE(watcher(s.on, nullptr, {}).wants_events());
    EXPECT_EQ(s.seen, "");
}

TEST(watcher, lost_events_are_said_once_and_stop_nothing) {
    screen s;
    kept_lines lines;
    lines.room = 1;
    watcher w(s.on, &lines, {.messages = false, .progress = false});
    for (int i = 0; i < 5; ++i) w.on_event({"item_stored", "{}"});
    EXPECT_EQ(s.seen, messages::say(language::en, messages::id::err_events_lost, "events.jsonl") + "\n");
    EXPECT_FALSE(w.wants_events());
    EXPECT_EQ(lines.lines.size(), 1U);
}

}  // namespace
}  // namespace decamp::cli
